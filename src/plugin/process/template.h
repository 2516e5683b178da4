/*
 * The template: a guest process that has the Python runtime ready and forks a new guest for each
 * .py plugin. It is started at the first request for a guest, and again after it died. All
 * functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_TEMPLATE_H
#define HARVESTER_PLUGIN_PROCESS_TEMPLATE_H

#include <uv.h>

#include "plugin/process/guest.h"

struct error;
struct reaper;
struct template;

struct template_config {
	uv_loop_t *loop; /* this and all other pointers: borrowed until template_close() */
	struct reaper *reaper;
	const char *guest_program; /* path of harvester-guest */
	const char *artifact;	   /* path of the compiled runtime */
	bool lockdown_required;	   /* see struct guest_command, as for `target` */
	const char *target;
	uint64_t start_ms_max; /* deadline of its start, in ms; 0: TEMPLATE_START_MS_MAX */
	uint64_t fork_ms_max;  /* deadline of each fork, in ms; 0: TEMPLATE_FORK_MS_MAX */
};

/*
 * The start reads the compiled runtime (45 MB) from the disk and runs the interpreter's own start;
 * a fork does neither. On a machine that is busy with its own start this has taken longer than 5 s.
 * A start that is killed begins again from nothing, so a limit that is too short would end every
 * start.
 */
#define TEMPLATE_START_MS_MAX 60000
#define TEMPLATE_FORK_MS_MAX 5000 /* enough for a slow board */

/*
 * Called once for each template_fork() that was not cancelled. `failure` NULL: the new guest runs
 * and waits for the frame that loads the plugin. Otherwise there is no guest, and `failure` says
 * why (borrowed).
 */
typedef void template_forked(void *arg, const char *failure);

/* Copies `config`. Starts no process. The caller owns *ret_template. ERROR_NO_MEMORY. */
int template_create(const struct template_config *config, struct template **ret_template,
		    struct error *err);

/*
 * End the template process; the guests that it forked run on. No callback follows. Frees the memory
 * in a later turn of the loop. NULL is allowed.
 */
void template_close(struct template *template);

/*
 * Ask for a new guest. The caller owns *ret_guest when this returns; on_forked(arg) is called
 * later, when the guest runs or its fork has failed, unless template_cancel() is called before. The
 * template handles one request at a time, the others wait. If the template does not answer within
 * fork_ms_max, it is killed, and only the request that it was handling fails; a new template
 * handles the others. If it is not ready within start_ms_max of its start, it is killed, and all
 * requests that wait fail. ERROR_SYSTEM if the template cannot be started, ERROR_NO_MEMORY.
 */
int template_fork(struct template *template, const struct guest_events *events, void *arg,
		  template_forked *on_forked, struct guest **ret_guest, struct error *err);

/* Do not call on_forked() for this guest any more. No effect if its request was answered. */
void template_cancel(struct template *template, const struct guest *guest);

#endif
