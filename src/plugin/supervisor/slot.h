/*
 * A slot is one plugin's place in the supervisor (plugin/supervisor/supervisor.h). A slot holds the
 * version of the plugin that runs. If no version may run, the slot holds the reason.
 *
 * When the plugin's files change, the slot tries the new version beside the running one. The new
 * version is then called the candidate. A candidate loads and polls once. If both succeed, the
 * candidate takes over between two polls of the running version; otherwise the running version
 * stays. If the running version does not work, there is no candidate, and the new version starts in
 * its place.
 *
 * The caller scans the plugins folder, and passes what it finds to slot_take(). The caller also
 * writes the owner's decisions to the disk; the slot only keeps them in memory.
 *
 * Call all functions on the loop thread.
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_SLOT_H
#define HARVESTER_PLUGIN_SUPERVISOR_SLOT_H

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
	/*
	 * The plugin may not run, for the reason in `text`; the caller sets its readings to null.
	 */
	void (*on_refused)(void *arg, const char *name, const char *text);
	/*
	 * The owner has disabled the plugin; the caller removes its readings and frees its sensor
	 * names.
	 */
	void (*on_disabled)(void *arg, const char *name);
	/*
	 * The files on the disk did not take over, for the reason in `text` of one or more lines,
	 * and the running version goes on. The member may be NULL.
	 */
	void (*on_rejected)(void *arg, const char *name, const char *text);
	/*
	 * A version of the plugin begins to close. on_closed() is called when that version has
	 * closed.
	 */
	void (*on_closing)(void *arg);
	plugin_closed *on_closed;
	/* The caller has to call slot_judge() from the loop after so many milliseconds. */
	void (*judge_in)(void *arg, uint64_t milliseconds);
};

/* What all slots share. Every pointer is borrowed and must outlive the slots. */
struct slot_services {
	const struct plugin_services *plugin;
	const struct config *config;
	struct claims *claims;
	/*
	 * Error texts advise commands such as `harvester plugin approve door`. `advice` holds the
	 * options, such as --data, that make such a command reach this node. NULL: no options.
	 */
	const struct advice *advice;
	const json_t *no_settings; /* {}, for plugins without settings */
	const struct slot_events *events;
	void *events_arg;
};

/*
 * Create an empty slot; slot_take() fills it. `services` is borrowed. The caller owns the result,
 * and ends it with slot_stop() and slot_destroy(). NULL: out of memory.
 */
struct slot *slot_create(const struct slot_services *services, const char *name);

/* Free the slot. Call slot_stop() first. */
void slot_destroy(struct slot *slot);

/* Borrowed. */
const char *slot_name(const struct slot *slot);

/* The mark of the last item given to slot_take(). Borrowed. */
const struct snapshot_mark *slot_mark(const struct slot *slot);

/*
 * Apply a changed configuration. A new interval or deadline applies from the next call of the
 * plugin on. After any other change the slot loads the plugin again.
 */
void slot_reconfigure(struct slot *slot);

/*
 * Update the slot from a snapshot of the plugins folder. No effect if nothing has changed. The slot
 * moves `source` and `rules` out of `item`; the caller still owns `item`. A new plugin waits until
 * its files have not changed for a moment, since they may be incomplete; `at_once` skips this wait.
 * Returns 0, or, if the plugin waits, after how many milliseconds the caller has to scan the folder
 * again.
 */
uint64_t slot_take(struct slot *slot, struct snapshot_item *item, bool at_once);

/*
 * Close the running version and the candidate, and release the gpio lines and addresses that the
 * plugin has claimed.
 */
void slot_stop(struct slot *slot);

/*
 * Start the plugin if it was refused because another plugin had claimed its gpio line or address.
 * Call after any plugin has released its claims.
 */
void slot_retry_busy(struct slot *slot);

/*
 * Store the candidate's result for the next slot_judge(): `failure` is the reason of a failure,
 * NULL after a success. Returns false, with no effect, if `candidate` is not this slot's.
 */
bool slot_note_candidate(struct slot *slot, const struct plugin *candidate, const char *failure);

/*
 * Decide on the candidate, if there is one. A candidate that has succeeded takes over; a candidate
 * that has failed is closed. A candidate with devices is not polled while the running version is
 * polled: slot_judge() starts the candidate's poll when the running version is idle.
 */
void slot_judge(struct slot *slot);

/* The running version, or NULL. Borrowed until control returns to the loop. */
struct plugin *slot_plugin(const struct slot *slot);

/*
 * Check the memory and processor time of the plugin's processes. Restart the plugin if it is in the
 * state "failed" and its pause of 1, 6 or 24 hours is over (plugin/plugin.h). Call regularly. (A
 * plugin in the state "backoff" has a timer of its own.)
 */
void slot_check(struct slot *slot);

/*
 * Store the running version and the candidate, as far as they exist, in ret_plugins. Returns how
 * many. Borrowed until control returns to the loop.
 */
#define SLOT_VERSIONS 2
size_t slot_versions(const struct slot *slot, struct plugin *ret_plugins[SLOT_VERSIONS]);

/* Load the plugin's files again. supervisor_reload() lists the errors. */
int slot_reload(struct slot *slot, struct error *err);

/* Approve the request with this digest. supervisor_approve() lists the errors. */
int slot_approve(struct slot *slot, const char *digest, struct error *err);

/* What the plugin's files request now. Borrowed until the next slot_take(). */
const struct permission *slot_request(const struct slot *slot);

/* Enable or disable the plugin. supervisor_set_enabled() lists the errors. */
int slot_set_enabled(struct slot *slot, bool enabled, struct error *err);

/* The slot as one item of supervisor_to_json(). The caller owns the result. */
json_t *slot_to_json(const struct slot *slot);

#endif
