/*
 * Writes the owner's decisions (approve, disable, enable) to the data folder: on the thread pool,
 * one after the other, in the order in which they were made. All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_OWNER_STORE_H
#define HARVESTER_PLUGIN_POLICY_OWNER_STORE_H

#include <stdbool.h>

struct approvals;
struct error;
struct permission;
struct disabled_plugins;
struct work_queue;

/* A plain value. Every pointer is borrowed until the queue has closed. */
struct owner_store {
	struct work_queue *queue;
	const struct approvals *approvals;
	const struct disabled_plugins *disabled;
	/*
	 * Called once for every accepted decision when it is written, or could not be: then
	 * err->code is not 0. Every call comes before the queue closes.
	 */
	void (*on_written)(void *arg, const char *name, const struct error *err);
	void *arg;
};

/*
 * The first writes that the owner approves `request` (copied), the second that the plugin is
 * disabled (is_off) or enabled. Both return at once; on_written() follows. ERROR_BUSY if too many
 * writes wait, ERROR_CLOSED if the queue is closing, ERROR_NO_MEMORY.
 */
int owner_store_approve(const struct owner_store *store, const char *name,
			const struct permission *request, struct error *err);
int owner_store_switch(const struct owner_store *store, const char *name, bool is_off,
		       struct error *err);

#endif
