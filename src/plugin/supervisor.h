/*
 * All plugins of a folder: found, started, watched, polled, reloaded when their files change. Loop
 * thread.
 *
 * A cycle is what happens between two quiet moments: plugins poll, and when the ones that were due
 * have answered (or CYCLE_MAX_MS have gone by) the cycle ends, once for all of them: the state is
 * offered to update() and render().
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_H
#define HARVESTER_PLUGIN_SUPERVISOR_H

#include <jansson.h>
#include <stddef.h>
#include <uv.h>

#include "plugin/plugin.h"

struct capability_host;
struct clock;
struct config;
struct error;
struct supervisor;

struct supervisor_events {
	struct plugin_events plugin;
	/* A plugin is gone: its folder entry was removed, or is disabled. */
	void (*removed)(void *arg, const char *name);
	/* A cycle ended: the state as text (owned by the callee until the next call), or NULL for none. */
	const char *(*cycle_ended)(void *arg, size_t *ret_size);
};

struct supervisor_config {
	uv_loop_t *loop; /* all borrowed until the supervisor is closed */
	struct clock *clock;
	const struct config *config;
	struct capability_host *host;
	const char *plugins_folder;
	const char *data_folder; /* approvals are kept in it */
	const char *cache_folder;
	const char *guest_program;
	const char *runtime_artifact; /* NULL: no .py plugins */
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

/* An array of plugin_to_json(), by name. New. */
json_t *supervisor_to_json(const struct supervisor *supervisor);

#endif
