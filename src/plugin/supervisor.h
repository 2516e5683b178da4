/*
 * The supervisor runs all plugins of the plugins folder: it finds them, starts them, and reloads
 * them when their files or the owner's decisions change. All functions: loop thread.
 *
 * It also runs the cycles. A cycle begins when a plugin has polled or failed, and ends when all
 * polls that were due have been answered, or after SCHEDULE_MAX_MS (plugin/schedule.h). At its end
 * every plugin that has update() or render() is given the new state.
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
	/* A plugin no longer runs: its files were removed or it was disabled. `why` says which. */
	void (*on_removed)(void *arg, const char *name, const char *why);
	/* A cycle ended. Returns the state as JSON text, borrowed until the next call, or NULL if
	 * there is no state. */
	const char *(*on_cycle_ended)(void *arg, size_t *ret_size);
};

struct supervisor_config {
	uv_loop_t *loop; /* this and all other pointers: borrowed until the supervisor is closed */
	struct clock *clock;
	const struct config *config;
	struct capability_host *host;
	const char *plugins_folder;
	const char *data_folder; /* holds approvals/ and disabled/ */
	const char *cache_folder;
	const char *guest_program;
	const char *runtime_artifact; /* the compiled Python runtime; NULL: no .py plugins */
	/* Options that commands in messages need to find this node; NULL: none. */
	const struct advice *advice;
	const struct supervisor_events *events;
	void *events_arg;
};

/*
 * Create a supervisor that runs nothing yet. The caller owns *ret_supervisor and ends it with
 * supervisor_close(). Errors of approvals_create(), disabled_plugins_create(),
 * folder_watch_create(), artifact_cache_create() and template_create(); ERROR_NO_MEMORY.
 */
int supervisor_create(const struct supervisor_config *config, struct supervisor **ret_supervisor,
		      struct error *err);

/*
 * Scan the plugins folder and start the plugins. Blocks for this one scan. Errors of plugin_scan(),
 * among them ERROR_NOT_FOUND if the folder does not exist; the supervisor keeps watching after one.
 */
int supervisor_start(struct supervisor *supervisor, struct error *err);

/* End all guests. Calls on_closed(arg) when no process is left and the memory has been freed. */
typedef void supervisor_closed(void *arg);
void supervisor_close(struct supervisor *supervisor, supervisor_closed *on_closed, void *arg);

/*
 * The owner's decisions on a plugin, from the API. A decision applies when the call returns, and is
 * written to the data folder soon after on the thread pool. If that write fails an error is logged,
 * and the decision applies until the node stops. Errors of all three functions: ERROR_NOT_FOUND if
 * no plugin has that name, ERROR_BUSY if too many decisions wait to be written, ERROR_CLOSED if the
 * node is stopping, ERROR_NO_MEMORY.
 */

/*
 * Approve the plugin's request. `digest` is that of the request that the owner saw: "request" in
 * supervisor_to_json(). ERROR_INVALID if the plugin requests something else by now, or if its
 * permission file has errors (the text has file:line:column).
 */
int supervisor_approve(struct supervisor *supervisor, const char *name, const char *digest,
		       struct error *err);

/*
 * Load the plugin's files again. Restarts a plugin in backoff or failed at once; a plugin that
 * works goes on until its candidate has polled. ERROR_INVALID if the plugin is disabled;
 * ERROR_NOT_GRANTED if its request is not approved; ERROR_BUSY if another plugin holds a line or an
 * address that it requests; other errors of admission_grant().
 */
int supervisor_reload(struct supervisor *supervisor, const char *name, struct error *err);

/*
 * Enable or disable the plugin. A disabled plugin is stopped and stays so after a restart of the
 * node; its "state" is "disabled". ERROR_INVALID if `enabled` is true and the configuration
 * disables the plugin.
 */
int supervisor_set_enabled(struct supervisor *supervisor, const char *name, bool enabled,
			   struct error *err);

/* Whether the plugins folder has a plugin of that name, in whatever state. */
bool supervisor_has(const struct supervisor *supervisor, const char *name);

/*
 * Whether a line that shows one of this plugin's readings may be logged now: see plugin_may_show().
 * True if no version of the plugin runs.
 */
bool supervisor_may_show(const struct supervisor *supervisor, const char *name);

/*
 * Whether a line about this plugin's errors may be logged now: see plugin_may_report(). True if no
 * version of the plugin runs.
 */
bool supervisor_may_report(const struct supervisor *supervisor, const char *name);

/*
 * Apply a changed configuration (polling, permissions, dashboard, plugins) to every plugin, and
 * reload those that cannot change while they run.
 */
void supervisor_reconfigure(struct supervisor *supervisor);

/* Begin a cycle because the state has changed without a poll here, such as by a spoke's readings.
 */
void supervisor_begin_cycle(struct supervisor *supervisor);

/*
 * All plugins, as an array sorted by name; the caller owns it. Each item is plugin_to_json() with
 * "enabled", "asked" (the request, in the form of "granted"), "asks_for" (the request as texts of
 * grant_difference()), and if a version runs "kept_back" (what is withheld from it, as such texts).
 * "request" is what the files on disk request now, which may differ from the running version's:
 * {"digest", "asks_for": texts, "is_approved"}.
 */
json_t *supervisor_to_json(const struct supervisor *supervisor);

#endif
