/*
 * When a cycle ends: what happens between two quiet moments is one. It begins with the first call of
 * cycle_begin(), and ends when nobody has been busy for a moment, or CYCLE_MAX_MS after its
 * beginning: a slow plugin does not hold up the page longer. Loop thread.
 */
#ifndef HARVESTER_PLUGIN_CYCLE_H
#define HARVESTER_PLUGIN_CYCLE_H

#include <stdbool.h>
#include <uv.h>

struct cycle;
struct error;

#define CYCLE_QUIET_MS 10 /* the others that were due at the same time get this long to begin */
#define CYCLE_MAX_MS 500

struct cycle_events {
	bool (*is_busy)(void *arg);
	void (*ended)(void *arg);
};

/* `events` is borrowed. ERROR_NO_MEMORY. */
int cycle_create(uv_loop_t *loop, const struct cycle_events *events, void *arg,
		 struct cycle **ret_cycle, struct error *err);

/* Does nothing while one is under way. */
void cycle_begin(struct cycle *cycle);

/* No event follows; the memory ends in a later turn of the loop. NULL is allowed. */
void cycle_close(struct cycle *cycle);

#endif
