/*
 * One slot of the plugins folder: the version of it that runs, a newer one on trial beside it, or
 * the reason why neither is there.
 *
 * A new version is tried (see struct plugin_options) while the old one goes on, and takes over
 * between two of its calls; if it fails, the old one stays. Where the old one does not work there
 * is nothing to protect, and the new one replaces it at once.
 *
 * Loop thread.
 */
#ifndef HARVESTER_PLUGIN_SLOT_H
#define HARVESTER_PLUGIN_SLOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugin/plugin.h"

struct advice;
struct claims;
struct config;
struct slot;
struct snapshot_item;
struct snapshot_mark;

struct slot_events {
	/* It will not run, and this is why: its readings are none any more. */
	void (*refused)(void *arg, const char *name, const char *text);
	/* The owner has switched it off: its readings and sensors are nobody's. */
	void (*disabled)(void *arg, const char *name);
	/* One of its processes is closing: `closed` follows for it. */
	void (*closing)(void *arg);
	plugin_closed *closed;
	/* Call slot_judge() in so many milliseconds, from the loop. */
	void (*judge_in)(void *arg, uint64_t milliseconds);
};

/* What all slots share; everything is borrowed and outlives them. */
struct slot_services {
	const struct plugin_services *plugin;
	const struct config *config;
	struct claims *claims;
	const struct advice *advice; /* for commands in messages; NULL: no options */
	const json_t *no_settings;   /* {} */
	const struct slot_events *events;
	void *events_arg;
};

/* NULL without memory. `services` is borrowed. */
struct slot *slot_create(const struct slot_services *services, const char *name);

/* After slot_stop(). */
void slot_destroy(struct slot *slot);

const char *slot_name(const struct slot *slot);

/* What was last given to slot_take(). */
const struct snapshot_mark *slot_mark(const struct slot *slot);

/* The configuration has changed: a plugin that would be started otherwise now is loaded again. */
void slot_reconfigure(struct slot *slot);

/*
 * As it lies there now; takes what it needs out of the item. Nothing happens where that is as it
 * was. at_once: do not wait until a new plugin's files are quiet. The result is in how many
 * milliseconds to look again, 0 for none.
 */
uint64_t slot_take(struct slot *slot, struct snapshot_item *item, bool at_once);

/* End all versions, and let go of what they held. */
void slot_stop(struct slot *slot);

/* Another plugin let go of something: start it, if it waited for that. */
void slot_retry_busy(struct slot *slot);

/* False if the candidate is not this slot's. */
bool slot_tried(struct slot *slot, const struct plugin *candidate, const char *failure);

/* Decide on a version that was tried, if there is one. */
void slot_judge(struct slot *slot);

/* The version that runs, or NULL. Borrowed until the loop turns. */
struct plugin *slot_plugin(const struct slot *slot);

/* Memory and processor time of its processes, and the end of a long rest; now and then. */
void slot_check(struct slot *slot);

/*
 * The version that runs and its candidate, as far as they are there: returns how many. Borrowed
 * until the loop turns.
 */
#define SLOT_VERSIONS 2
size_t slot_versions(const struct slot *slot, struct plugin *ret_plugins[SLOT_VERSIONS]);

/* Start it anew from its files, whatever became of it before. The error says why it may not run. */
int slot_reload(struct slot *slot, struct error *err);

/*
 * The owner approves the request with this digest: in memory. ERROR_INVALID where the files ask for
 * something else by now, or cannot be understood.
 */
int slot_approve(struct slot *slot, const char *digest, struct error *err);
const struct permission *slot_request(const struct slot *slot);

/* ERROR_INVALID where the configuration disables it. */
int slot_set_enabled(struct slot *slot, bool enabled, struct error *err);

/* plugin_to_json(), with "asked"; of what does not run too. New. */
json_t *slot_to_json(const struct slot *slot);

#endif
