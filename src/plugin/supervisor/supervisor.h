/*
 * The supervisor runs all plugins of the plugins folder. It finds the plugins, starts them, and
 * loads a plugin again when its files or the owner's decisions change. Each plugin has a slot
 * (plugin/supervisor/slot.h).
 *
 * The supervisor also counts cycles. A cycle begins when a plugin has polled or failed. It ends
 * when all polls that were due have ended, at the latest after SCHEDULE_MAX_MS
 * (plugin/supervisor/schedule.h). At the end of a cycle, every plugin with update() or render()
 * gets the new state: the newest readings of all sensors.
 *
 * Call all functions on the loop thread.
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_SUPERVISOR_H
#define HARVESTER_PLUGIN_SUPERVISOR_SUPERVISOR_H

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
	/*
	 * A plugin has stopped since its files were removed or the owner has disabled it. `why`
	 * says which.
	 */
	void (*on_removed)(void *arg, const char *name, const char *why);
	/*
	 * The files on the disk did not take over from the running version, for the reason in
	 * `text` of one or more lines. The member may be NULL.
	 */
	void (*on_rejected)(void *arg, const char *name, const char *text);
	/*
	 * A cycle has ended. `is_wanted`: a plugin has update() or render(). Then returns the new
	 * state as JSON text, borrowed until the next call; NULL: there is no new state. Otherwise
	 * returns NULL.
	 */
	const char *(*on_cycle_ended)(void *arg, bool is_wanted, size_t *ret_size);
};

struct supervisor_config {
	uv_loop_t *loop; /* all pointers are borrowed until the supervisor has closed */
	struct clock *clock;
	const struct config *config;
	struct capability_host *host;
	const char *plugins_folder;
	const char *data_folder; /* holds approvals/ and disabled/ */
	const char *cache_folder;
	const char *guest_program;
	const char *runtime_artifact; /* the compiled Python runtime; NULL: no .py plugins */
	/*
	 * Options, such as --data, that make a command in an error text reach this node. NULL: no
	 * options.
	 */
	const struct advice *advice;
	const struct supervisor_events *events;
	void *events_arg;
};

/*
 * Create a supervisor, which runs nothing before supervisor_start(). The caller owns
 * *ret_supervisor and ends it with supervisor_close(). ERROR_NO_MEMORY, and all errors of
 * approvals_create(), disabled_plugins_create(), folder_watch_create(), artifact_cache_create() and
 * template_create().
 */
int supervisor_create(const struct supervisor_config *config, struct supervisor **ret_supervisor,
		      struct error *err);

/*
 * Scan the plugins folder, which blocks, and start the plugins. Errors of plugin_scan(), such as
 * ERROR_NOT_FOUND if there is no such folder. After an error the supervisor still watches the
 * folder.
 */
int supervisor_start(struct supervisor *supervisor, struct error *err);

/* End all guests. When no process is left and the memory is freed, call on_closed(arg). */
typedef void supervisor_closed(void *arg);
void supervisor_close(struct supervisor *supervisor, supervisor_closed *on_closed, void *arg);

/*
 * The owner's decisions on a plugin, from the API. A decision applies at once, and the thread pool
 * writes it to the data folder. If that write fails, an error is logged, and the decision is lost
 * when the node stops. The next three functions have these errors in common:
 * - ERROR_NOT_FOUND: there is no such plugin.
 * - ERROR_BUSY: too many decisions wait to be written.
 * - ERROR_CLOSED: the node is stopping.
 * - ERROR_NO_MEMORY.
 */

/*
 * Approve the plugin's request. `digest` names the request that the owner has seen: "request" in
 * supervisor_to_json(). ERROR_INVALID: the plugin now requests something else, or its permission
 * file has errors, which the text names with file:line:column.
 */
int supervisor_approve(struct supervisor *supervisor, const char *name, const char *digest,
		       struct error *err);

/*
 * Load the plugin's files again. A plugin in the state "backoff" or "failed" starts at once. A
 * plugin that works goes on until its candidate has polled.
 * - ERROR_INVALID: the plugin is disabled.
 * - ERROR_NOT_GRANTED: the owner has not approved the request.
 * - ERROR_BUSY: another plugin holds a gpio line or i2c address of the request.
 * - All other errors of admission_grant().
 */
int supervisor_reload(struct supervisor *supervisor, const char *name, struct error *err);

/*
 * Enable or disable the plugin. A disabled plugin stops, and does not start with the node either.
 * ERROR_INVALID: the configuration disables the plugin, so `enabled` cannot be true.
 */
int supervisor_set_enabled(struct supervisor *supervisor, const char *name, bool enabled,
			   struct error *err);

/* Whether the plugins folder has a plugin of that name, running or not. */
bool supervisor_has(const struct supervisor *supervisor, const char *name);

/*
 * Whether a line that shows a reading of this plugin may be logged now: see plugin_may_show(). True
 * if no version of the plugin runs.
 */
bool supervisor_may_show(const struct supervisor *supervisor, const char *name);

/*
 * Whether a line about this plugin's errors may be logged now: see plugin_may_report(). True if no
 * version of the plugin runs.
 */
bool supervisor_may_report(const struct supervisor *supervisor, const char *name);

/*
 * Apply a changed configuration to every plugin. A plugin whose changes cannot apply while it runs
 * is loaded again.
 */
void supervisor_reconfigure(struct supervisor *supervisor);

/* Begin a cycle without a poll here, for example because a spoke has sent readings. */
void supervisor_begin_cycle(struct supervisor *supervisor);

/*
 * All plugins, as an array sorted by name, which the caller owns. Each item is plugin_to_json()
 * with these members:
 * - "enabled".
 * - "asked" and "asks_for": the request of the running version, as an object like "granted" and as
 *   texts; if no version runs, the request of the files on the disk.
 * - "kept_back": texts of what the owner withholds from the running version; a device that is
 *   withheld under another name as "uart serial0 (the same as ttyAMA0)".
 * - "request": {"digest", "asks_for", "is_approved"}, the request of the files on the disk, which
 *   may be newer than the running version.
 */
json_t *supervisor_to_json(const struct supervisor *supervisor);

/*
 * Call found(context, name, is_failed) for each plugin in turn. is_failed: its state is "failed".
 * It must not change any plugin. It costs far less than the JSON.
 */
typedef void supervisor_found(void *context, const char *name, bool is_failed);
void supervisor_each(const struct supervisor *supervisor, supervisor_found *found, void *context);

#endif
