/*
 * Reads a script's files at the pool: there may be thousands, on a slow card. Loop thread.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_SCRIPT_JOB_H
#define HARVESTER_PLUGIN_PROCESS_SCRIPT_JOB_H

#include <cbor.h>
#include <uv.h>

struct error;
struct plugin_source;
struct script_job;

/* As plugin_source_read_script(): `files` is the callee's; NULL: `err` says why not. */
typedef void script_job_done(void *arg, cbor_item_t *files, const struct error *err);

/* `source` is copied. `done` follows in a later turn of the loop, and ends the job. */
int script_job_start(uv_loop_t *loop, const struct plugin_source *source, script_job_done *done,
		     void *arg, struct script_job **ret_job, struct error *err);

/* No `done` follows. NULL is allowed. */
void script_job_cancel(struct script_job *job);

#endif
