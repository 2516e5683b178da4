/*
 * All plugins of a folder: found, started, watched, polled, reloaded when their files change. Loop
 * thread.
 *
 * A cycle is what happens between two quiet moments: plugins poll, and when the ones that were due
 * have answered (or SCHEDULE_MAX_MS have gone by) the cycle ends, once for all of them: the state
 * is offered to update() and render().
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_H
#define HARVESTER_PLUGIN_SUPERVISOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "plugin/plugin.h"

struct advice;
struct capability_host;
struct clock;
struct config;
struct error;
struct supervisor;

struct supervisor_events {
	struct plugin_events plugin;
	/* A plugin is gone: its folder slot was removed, or is disabled; `why` says which. */
	void (*removed)(void *arg, const char *name, const char *why);
	/* A cycle ended: the state as text (owned by the callee until the next call), or NULL for
	 * none. */
	const char *(*cycle_ended)(void *arg, size_t *ret_size);
};

struct supervisor_config {
	uv_loop_t *loop; /* all borrowed until the supervisor is closed */
	struct clock *clock;
	const struct config *config;
	struct capability_host *host;
	const char *plugins_folder;
	const char *data_folder; /* approvals and switches are kept in it */
	const char *cache_folder;
	const char *guest_program;
	const char *runtime_artifact; /* NULL: no .py plugins */
	const struct advice *advice;  /* for commands in messages; NULL: no options */
	const struct supervisor_events *events;
	void *events_arg;
};

/* ERROR_NOT_FOUND where the folder is not there. */
int supervisor_create(const struct supervisor_config *config, struct supervisor **ret_supervisor,
		      struct error *err);

/* Find the plugins and start them. */
int supervisor_start(struct supervisor *supervisor, struct error *err);

/* End all guests; `closed` when no memory and no process is left. */
typedef void supervisor_closed(void *arg);
void supervisor_close(struct supervisor *supervisor, supervisor_closed *closed, void *arg);

/*
 * What the owner says of a plugin, as the API brings it. It counts when the call returns, and is
 * kept in the data folder soon after (where that fails it is logged, and counts until the node
 * ends). All: ERROR_NOT_FOUND where there is no plugin of that name, ERROR_BUSY where too much is
 * being written, ERROR_NO_MEMORY.
 */

/*
 * Approve the request with this digest, which the owner saw: "request" in supervisor_to_json() has
 * it. ERROR_INVALID where the plugin asks for something else by now, and where its permission file
 * is bad (with file:line:column).
 */
int supervisor_approve(struct supervisor *supervisor, const char *name, const char *digest,
		       struct error *err);

/*
 * Load its files again; this ends a pause and a quarantine too. One that works goes on until the
 * new process has polled. ERROR_INVALID for a disabled one; where it may not run the text says why
 * (ERROR_NOT_GRANTED: "needs approval, …"; ERROR_BUSY: another has what it asks for).
 */
int supervisor_reload(struct supervisor *supervisor, const char *name, struct error *err);

/*
 * Disabled it is stopped, also after a restart of the node, and its "state" is "disabled".
 * ERROR_INVALID where the configuration disables what is to be enabled.
 */
int supervisor_set_enabled(struct supervisor *supervisor, const char *name, bool enabled,
			   struct error *err);

/* Whether a plugin of that name is in the folder, whatever its state. */
bool supervisor_has(const struct supervisor *supervisor, const char *name);

/*
 * Whether a line may be logged on this plugin's behalf now: see plugin_may_show(). True where no
 * version of it runs.
 */
bool supervisor_may_show(const struct supervisor *supervisor, const char *name);

/* The same for a line that says what is wrong with its readings: see plugin_may_report(). */
bool supervisor_may_report(const struct supervisor *supervisor, const char *name);

/*
 * What config says of polling, permissions, the dashboard and the plugins has changed: each plugin
 * runs by it from now on, and is loaded again where that needs it.
 */
void supervisor_reconfigure(struct supervisor *supervisor);

/* The state has changed by other means than a poll here: a cycle begins, and ends as any does. */
void supervisor_begin_cycle(struct supervisor *supervisor);

/*
 * An array of plugin_to_json(), by name, with "enabled", "asked" (as "granted"), and for people
 * "asks_for" and, where it runs, "kept_back": texts of grant_difference(). "request" is what its
 * files ask for now, which a version that runs may not have: {"digest", "asks_for": texts,
 * "is_approved"}. New.
 */
json_t *supervisor_to_json(const struct supervisor *supervisor);

#endif
