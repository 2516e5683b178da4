/*
 * A slot is the place of one plugin in the supervisor (plugin/supervisor/supervisor.h), which has a
 * slot for every plugin in the plugins folder. A slot holds the version of the plugin that runs, or
 * the reason why no version runs.
 *
 * When the plugin's files change, the slot starts the new version beside the running version. The
 * new version is then called the candidate. If the candidate loads and its first poll succeeds, the
 * candidate replaces the running version between two polls. Otherwise the candidate has failed, and
 * the running version stays. But an editor or a copy may still be writing the files. So the slot
 * waits until the files have been unchanged for a moment; only then it rejects the candidate, which
 * means that it closes and reports it. If the files change during this wait, the slot starts
 * another candidate instead. If there is no running version, or it has failed, the slot starts the
 * new version directly, without a candidate.
 *
 * The supervisor scans the plugins folder (plugin/supervisor/folder_snapshot.h) and passes the
 * result to slot_take(). It also writes the owner's decisions to the disk; the slot keeps them in
 * memory.
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
struct folder_snapshot_item;
struct folder_snapshot_mark;

/*
 * What a slot tells the supervisor. The functions below call these callbacks before they return; a
 * callback may not call functions of the slot. Only on_closed() comes on a later turn of the loop.
 */
struct slot_events {
	/*
	 * The plugin may not run; `text` is the reason. The supervisor then shows the plugin's
	 * sensors without values.
	 */
	void (*on_refused)(void *arg, const char *name, const char *text);
	/*
	 * The owner has disabled the plugin. The supervisor then removes the plugin's readings and
	 * lets other plugins use its sensor names.
	 */
	void (*on_disabled)(void *arg, const char *name);
	/*
	 * A new version was not accepted, and the running version goes on. `text` says why, in one
	 * or more lines. This callback may be NULL.
	 */
	void (*on_rejected)(void *arg, const char *name, const char *text);
	/*
	 * A version of the plugin begins to close; on_closed() follows when it has closed. The
	 * supervisor counts the versions that are closing, since it may end only after all have
	 * closed.
	 */
	void (*on_closing)(void *arg);
	plugin_closed *on_closed;
	/*
	 * A slot asks the supervisor to call slot_judge() of all slots after `milliseconds`. It
	 * does so when a candidate has failed, but its files have changed too recently to reject
	 * it.
	 */
	void (*judge_in)(void *arg, uint64_t milliseconds);
};

/* What all slots share. The struct and every pointer in it are borrowed until the last on_closed().
 */
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

/* Free the slot. Call slot_stop() first; there is no need to wait for on_closed(). */
void slot_destroy(struct slot *slot);

/* Returns the name of the plugin. Borrowed until slot_destroy(). */
const char *slot_name(const struct slot *slot);

/*
 * Returns the mark of the last item given to slot_take(), by which the next snapshot recognizes a
 * plugin that has not changed. Before the first slot_take(): a mark with the name alone, which no
 * plugin matches. Borrowed until the next slot_take().
 */
const struct folder_snapshot_mark *slot_mark(const struct slot *slot);

/*
 * Apply a changed configuration. The caller has changed the struct behind `config` of struct
 * slot_services before. A new interval or deadline applies from the next call of the
 * plugin on. After any other change the slot loads the plugin again.
 */
void slot_reconfigure(struct slot *slot);

/*
 * Update the slot from `item`, what a snapshot has found of this plugin. No effect if nothing has
 * changed. The slot moves `source` and `rules` out of `item`; the caller still owns `item`.
 *
 * The files of a new plugin may be incomplete, so the slot waits until they have not changed for a
 * moment; `at_once` skips this wait. Returns 0 if the slot does not wait. Otherwise returns the
 * number of milliseconds after which the caller scans the folder again.
 */
uint64_t slot_take(struct slot *slot, struct folder_snapshot_item *item, bool at_once);

/*
 * Close the running version and the candidate, and release the gpio lines and addresses that the
 * plugin has claimed.
 */
void slot_stop(struct slot *slot);

/*
 * Start the plugin if it was refused because another plugin had claimed its gpio line or address.
 * Call this function for every slot after each snapshot and each change of the configuration: other
 * plugins may have released their claims by then.
 */
void slot_retry_busy(struct slot *slot);

/*
 * Tell the slot whether its candidate has passed: its first poll succeeded or failed, or it failed
 * to load. Call it from on_candidate_done() of plugin/plugin.h. The next slot_judge() acts on it.
 * `failure` is the reason of a failure, or NULL after a success. Returns false, with no effect, if
 * `candidate` is not the candidate of this slot.
 */
bool slot_note_candidate(struct slot *slot, const struct plugin *candidate, const char *failure);

/*
 * Move the candidate forward, if there is one. A candidate that has succeeded replaces the running
 * version; a candidate that has failed is rejected. A candidate without devices makes its first
 * poll by itself. A candidate with devices waits, because two versions must never use one device at
 * once: this function lets it poll when the running version is idle.
 *
 * No effect if nothing can be done yet, so an extra call does no harm. Call it
 * - when judge_in() asks for it;
 * - after slot_note_candidate();
 * - after on_waiting() of plugin/plugin.h: a candidate waits for its first poll;
 * - after each poll of a running version, while there is a candidate.
 */
void slot_judge(struct slot *slot);

/* Returns the running version, or NULL. Borrowed until control returns to the loop. */
struct plugin *slot_plugin(const struct slot *slot);

/*
 * Kill the plugin's processes that use more memory or processor time than they may. Start the
 * plugin again if it is in the state "failed" and its pause of 1, 6 or 24 hours is over
 * (plugin/plugin.h). The supervisor calls this function regularly.
 */
void slot_check(struct slot *slot);

/*
 * Write the running version and the candidate, if they exist, to ret_plugins. Returns how many
 * there are. Borrowed until control returns to the loop.
 */
#define SLOT_VERSIONS 2
size_t slot_versions(const struct slot *slot, struct plugin *ret_plugins[SLOT_VERSIONS]);

/* Load the plugin's files again. supervisor_reload() lists the errors. */
int slot_reload(struct slot *slot, struct error *err);

/* Approve the request with this digest. supervisor_approve() lists the errors. */
int slot_approve(struct slot *slot, const char *digest, struct error *err);

/* What the plugin's files request now. Call slot_take() first. Borrowed until the next slot_take().
 */
const struct permission *slot_request(const struct slot *slot);

/* Enable or disable the plugin. supervisor_set_enabled() lists the errors. */
int slot_set_enabled(struct slot *slot, bool enabled, struct error *err);

/* The slot as one item of supervisor_to_json(). The caller owns the result. */
json_t *slot_to_json(const struct slot *slot);

#endif
