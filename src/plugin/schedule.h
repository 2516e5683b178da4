/*
 * When a cycle ends: what happens between two quiet moments is one. It begins with the first call
 * of schedule_begin(), and ends when nobody has been busy for a moment, or SCHEDULE_MAX_MS after
 * its beginning: a slow plugin does not hold up the page longer. Loop thread.
 */
#ifndef HARVESTER_PLUGIN_SCHEDULE_H
#define HARVESTER_PLUGIN_SCHEDULE_H

#include <stdbool.h>
#include <uv.h>

struct schedule;
struct error;

/* the others that were due at the same time get this long to begin */
#define SCHEDULE_QUIET_MS 10
#define SCHEDULE_MAX_MS 500

struct schedule_events {
	bool (*is_busy)(void *arg);
	void (*ended)(void *arg);
};

/* `events` is borrowed. ERROR_NO_MEMORY. */
int schedule_create(uv_loop_t *loop, const struct schedule_events *events, void *arg,
		    struct schedule **ret_cycle, struct error *err);

/* Does nothing while one is under way. */
void schedule_begin(struct schedule *schedule);

/* No event follows; the memory ends in a later turn of the loop. NULL is allowed. */
void schedule_close(struct schedule *schedule);

#endif
