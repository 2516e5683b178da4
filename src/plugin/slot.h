/*
 * A slot is one plugin's place in the supervisor. It holds the version that runs, and a newer
 * version that is tried beside the running one (the candidate). If no version may run, it holds the
 * reason.
 *
 * A candidate loads and polls once while the running version goes on. If both succeed, the
 * candidate takes over between two calls of the running version; if not, the running version stays.
 * There is no candidate if the running version does not work: the new version replaces it directly.
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
	/* The plugin is not allowed to run, for the reason in `text`; its readings become null. */
	void (*on_refused)(void *arg, const char *name, const char *text);
	/*
	 * The owner has disabled the plugin; its readings are removed and its sensor names become
	 * free.
	 */
	void (*on_disabled)(void *arg, const char *name);
	/* A version of the plugin begins to close. on_closed() is called when it has closed. */
	void (*on_closing)(void *arg);
	plugin_closed *on_closed;
	/* Asks the caller to call slot_judge() from the loop within so many milliseconds. */
	void (*judge_in)(void *arg, uint64_t milliseconds);
};

/* What all slots share. Every pointer is borrowed and must outlive the slots. */
struct slot_services {
	const struct plugin_services *plugin;
	const struct config *config;
	struct claims *claims;
	/*
	 * Options, such as --data, that the commands in messages need to find this node; NULL:
	 * none.
	 */
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
 * Apply a changed configuration. A new interval or deadline applies from the next call on; any
 * other change reloads the plugin.
 */
void slot_reconfigure(struct slot *slot);

/*
 * Update the slot from a fresh snapshot. Moves the data it needs out of `item`. No effect if
 * nothing has changed. A new plugin starts only when its files have not changed for a moment, since
 * they may be incomplete; if `at_once` is true, it starts without this wait. Returns in how many
 * milliseconds the folder has to be scanned again because the plugin waits; 0: it does not wait.
 */
uint64_t slot_take(struct slot *slot, struct snapshot_item *item, bool at_once);

/* Close the running version and its candidate, and release the plugin's claims. */
void slot_stop(struct slot *slot);

/*
 * Try again to start a plugin that was refused because another plugin had claimed its line or
 * address. For the moment when some plugin has released its claims.
 */
void slot_retry_busy(struct slot *slot);

/*
 * Note that the candidate has succeeded (`failure` NULL) or failed; the next slot_judge() acts on
 * the note. Returns false, with no effect, if `candidate` is not this slot's.
 */
bool slot_note_candidate(struct slot *slot, const struct plugin *candidate, const char *failure);

/*
 * Act on the candidate, if there is one. One that has succeeded takes over; one that has failed is
 * closed. The candidate's first call of a device waits while the running version polls: if it waits
 * and the running version does not poll now, the call begins.
 */
void slot_judge(struct slot *slot);

/* The running version, or NULL. Borrowed until control returns to the loop. */
struct plugin *slot_plugin(const struct slot *slot);

/*
 * Check the memory and processor time of the plugin's processes. Restart a plugin in the state
 * failed whose rest (1, 6 or 24 hours, see plugin/plugin.h) is over; the short pauses of the state
 * backoff have timers of their own. For the supervisor's timer.
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
