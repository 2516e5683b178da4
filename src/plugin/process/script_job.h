/*
 * Reads the files of a .py plugin on the thread pool, since there may be thousands of them on a
 * slow card. All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_SCRIPT_JOB_H
#define HARVESTER_PLUGIN_PROCESS_SCRIPT_JOB_H

#include <cbor.h>
#include <uv.h>

struct error;
struct plugin_source;
struct script_job;

/*
 * `files`: as from plugin_source_read_script(), the callback owns it; or NULL, with the reason in
 * `err` (borrowed).
 */
typedef void script_job_done(void *arg, cbor_item_t *files, const struct error *err);

/*
 * Start reading. Copies `source`. on_done(arg) is called in a later turn of the loop and ends the
 * job. Borrow *ret_job until then. ERROR_NO_MEMORY.
 */
int script_job_start(uv_loop_t *loop, const struct plugin_source *source, script_job_done *on_done,
		     void *arg, struct script_job **ret_job, struct error *err);

/* Do not call on_done() any more. NULL is allowed. */
void script_job_cancel(struct script_job *job);

#endif
