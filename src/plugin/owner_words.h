/*
 * Keeps what the owner says in the data folder, at the pool and in the order in which it was said.
 * Loop thread.
 */
#ifndef HARVESTER_PLUGIN_OWNER_WORDS_H
#define HARVESTER_PLUGIN_OWNER_WORDS_H

#include <stdbool.h>

struct approvals;
struct error;
struct permission;
struct switches;
struct work_queue;

/* A plain value; all borrowed until the queue has closed. */
struct owner_words {
	struct work_queue *queue;
	const struct approvals *approvals;
	const struct switches *switches;
	/* Each word that was taken is written, or not (err->code), before the queue has closed. */
	void (*written)(void *arg, const char *name, const struct error *err);
	void *arg;
};

/* ERROR_BUSY where too much is being written, ERROR_NO_MEMORY, ERROR_CLOSED. */
int owner_words_approve(const struct owner_words *words, const char *name,
			const struct permission *request, struct error *err);
int owner_words_switch(const struct owner_words *words, const char *name, bool is_off,
		       struct error *err);

#endif
