/*
 * The template of the .py plugins: a guest process that holds the warm Python runtime and forks a
 * child for each plugin. Started with the first request, and again when it dies. Loop thread.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_TEMPLATE_H
#define HARVESTER_PLUGIN_PROCESS_TEMPLATE_H

#include <uv.h>

#include "plugin/process/guest.h"

struct error;
struct reaper;
struct template;

struct template_config {
	uv_loop_t *loop; /* borrowed, as all of these, until template_close() has ended */
	struct reaper *reaper;
	const char *guest_program; /* path of harvester-guest */
	const char *artifact;	   /* path of the compiled runtime */
	bool lockdown_required;	   /* see struct guest_command */
	uint64_t fork_ms_max; /* for one child, and for its own start; 0: TEMPLATE_FORK_MS_MAX */
};

#define TEMPLATE_FORK_MS_MAX 5000 /* on a slow board */

/* A child is there, and waits for its load frame; or `failure` says why there is none. */
typedef void template_forked(void *arg, const char *failure);

int template_create(const struct template_config *config, struct template **ret_template,
		    struct error *err);

/* No callback follows; children live on. NULL is allowed. */
void template_close(struct template *template);

/*
 * Ask for a child, whose guest is *ret_guest at once. `forked` is called later, unless the caller
 * closes the guest and calls template_cancel() before. The template has one request at a time. If
 * it does not answer within fork_ms_max it is killed, and that request alone fails: those that have
 * not had their turn get it with the next template.
 */
int template_fork(struct template *template, const struct guest_events *events, void *arg,
		  template_forked *forked, struct guest **ret_guest, struct error *err);
void template_cancel(struct template *template, const struct guest *guest);

#endif
