/*
 * A slot is one plugin's place in the supervisor. It holds the version that runs, a newer version
 * that is tried beside it (the candidate), or the reason why the plugin may not run.
 *
 * A candidate loads and polls once while the old version goes on. If that succeeds the candidate
 * takes over between two calls of the old version; if it fails the old version stays. If the old
 * version does not work, the new one replaces it at once.
 *
 * All functions: loop thread.
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
	/* The plugin may not run, for the reason in `text`; its readings become null. */
	void (*on_refused)(void *arg, const char *name, const char *text);
	/* The owner has disabled the plugin; its readings go and its sensor names become free. */
	void (*on_disabled)(void *arg, const char *name);
	/* A version of the plugin is closing; `closed` is called once for it, when it has closed.
	 */
	void (*on_closing)(void *arg);
	plugin_closed *on_closed;
	/* Asks for a call of slot_judge() from the loop in so many milliseconds, or earlier. */
	void (*judge_in)(void *arg, uint64_t milliseconds);
};

/* What all slots share. Every pointer is borrowed and must outlive the slots. */
struct slot_services {
	const struct plugin_services *plugin;
	const struct config *config;
	struct claims *claims;
	/* Options that commands in messages need to find this node; NULL: none. */
	const struct advice *advice;
	const json_t *no_settings; /* {}, for plugins without settings */
	const struct slot_events *events;
	void *events_arg;
};

/*
 * Create an empty slot; slot_take() fills it. Borrows `services`. The caller owns the result; NULL
 * if out of memory.
 */
struct slot *slot_create(const struct slot_services *services, const char *name);

/* Free the slot, after slot_stop(). */
void slot_destroy(struct slot *slot);

/* Borrowed. */
const char *slot_name(const struct slot *slot);

/* The mark of the snapshot item that was last given to slot_take(). Borrowed. */
const struct snapshot_mark *slot_mark(const struct slot *slot);

/*
 * Apply a changed configuration. A new interval or deadline takes effect at once; any other change
 * reloads the plugin.
 */
void slot_reconfigure(struct slot *slot);

/*
 * Update the slot from a fresh snapshot. Moves the data it needs out of `item`. No effect if
 * nothing has changed. A new plugin starts only when its files have not changed for a moment,
 * unless `at_once` is true. If the plugin waits for that, returns in how many milliseconds the
 * folder has to be scanned again; otherwise 0.
 */
uint64_t slot_take(struct slot *slot, struct snapshot_item *item, bool at_once);

/* Close the running version and its candidate, and release the plugin's claims. */
void slot_stop(struct slot *slot);

/* Start the plugin if it was refused because of another plugin's claim, which may be released now.
 */
void slot_retry_busy(struct slot *slot);

/*
 * Note that the candidate has succeeded (failure NULL) or failed; slot_judge() acts on it. False,
 * with no effect, if `candidate` is not this slot's.
 */
bool slot_note_candidate(struct slot *slot, const struct plugin *candidate, const char *failure);

/*
 * Act on the candidate, if there is one: let it take over if it has succeeded, and drop it if it
 * has failed. If its first call of a device waits until the running version is not in a poll, and
 * that is so now, let it go on.
 */
void slot_judge(struct slot *slot);

/* The running version, or NULL. Borrowed until control returns to the loop. */
struct plugin *slot_plugin(const struct slot *slot);

/*
 * Check the memory and processor time of the plugin's processes, and restart a failed plugin whose
 * pause of an hour or more is over. For the supervisor's timer.
 */
void slot_check(struct slot *slot);

/*
 * Store the running version and its candidate, if they exist, in ret_plugins and return how many.
 * Borrowed until control returns to the loop.
 */
#define SLOT_VERSIONS 2
size_t slot_versions(const struct slot *slot, struct plugin *ret_plugins[SLOT_VERSIONS]);

/* Load the plugin's files again; supervisor_reload() lists the errors. */
int slot_reload(struct slot *slot, struct error *err);

/*
 * Approve the request with this digest; supervisor_approve() lists the errors. Changes memory only;
 * the caller writes the approval to the disk.
 */
int slot_approve(struct slot *slot, const char *digest, struct error *err);

/* What the plugin's files request now. Borrowed until the next slot_take(). */
const struct permission *slot_request(const struct slot *slot);

/*
 * Enable or disable the plugin; supervisor_set_enabled() lists the errors. Changes memory only; the
 * caller writes the decision to the disk.
 */
int slot_set_enabled(struct slot *slot, bool enabled, struct error *err);

/* One item of supervisor_to_json(), also if no version runs. The caller owns it. */
json_t *slot_to_json(const struct slot *slot);

#endif
