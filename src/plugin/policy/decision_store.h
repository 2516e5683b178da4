/*
 * Writes the decisions of the owner, the person who runs this node, to the data folder: a plugin is
 * approved, disabled or enabled. The supervisor uses the store when a decision comes over the API.
 * A work queue writes the decisions one after the other, in the order in which they were made.
 *
 * Call all functions on the loop thread. on_written() is called there too.
 */
#ifndef HARVESTER_PLUGIN_POLICY_DECISION_STORE_H
#define HARVESTER_PLUGIN_POLICY_DECISION_STORE_H

#include <stdbool.h>

struct approvals;
struct disabled_plugins;
struct error;
struct permission;
struct work_queue;

/* The caller keeps this struct, and all that it points to, until the queue has closed. */
struct decision_store {
	struct work_queue *queue;
	const struct approvals *approvals;	 /* the file of approvals */
	const struct disabled_plugins *disabled; /* the file of disabled plugins */
	/*
	 * Called once for every accepted decision: with err->code 0 when it is on the disk, or with
	 * an error when the write has failed. Decisions that still wait when the queue closes are
	 * written too; the last call comes before the queue's on_closed().
	 */
	void (*on_written)(void *arg, const char *name, const struct error *err);
	void *arg;
};

/*
 * Accept a decision and return without waiting for the disk; on_written() follows. `name` and
 * `request` are copied. decision_store_approve(): the owner approves `request`.
 * decision_store_switch(): the owner disables (is_off true) or enables the plugin. ERROR_BUSY if
 * too many writes wait, ERROR_CLOSED if the queue is closing, ERROR_NO_MEMORY; on_written() is not
 * called then.
 */
int decision_store_approve(const struct decision_store *store, const char *name,
			   const struct permission *request, struct error *err);
int decision_store_switch(const struct decision_store *store, const char *name, bool is_off,
			  struct error *err);

#endif
