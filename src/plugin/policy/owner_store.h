/*
 * Keeps what the owner says in the data folder, at the pool and in the order in which it was said.
 * Loop thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_OWNER_STORE_H
#define HARVESTER_PLUGIN_POLICY_OWNER_STORE_H

#include <stdbool.h>

struct approvals;
struct error;
struct permission;
struct disabled_plugins;
struct work_queue;

/* A plain value; all borrowed until the queue has closed. */
struct owner_store {
	struct work_queue *queue;
	const struct approvals *approvals;
	const struct disabled_plugins *disabled;
	/* Each word that was taken is written, or not (err->code), before the queue has closed. */
	void (*written)(void *arg, const char *name, const struct error *err);
	void *arg;
};

/* ERROR_BUSY where too much is being written, ERROR_NO_MEMORY, ERROR_CLOSED. */
int owner_store_approve(const struct owner_store *words, const char *name,
			const struct permission *request, struct error *err);
int owner_store_switch(const struct owner_store *words, const char *name, bool is_off,
		       struct error *err);

#endif
