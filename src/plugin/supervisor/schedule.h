/*
 * Decides when a cycle ends. A cycle begins with a call of schedule_begin(), and ends as soon as no
 * plugin is polling, but not before SCHEDULE_QUIET_MS and not after SCHEDULE_MAX_MS, so that a slow
 * plugin cannot hold up the page. All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_SCHEDULE_H
#define HARVESTER_PLUGIN_SUPERVISOR_SCHEDULE_H

#include <stdbool.h>
#include <uv.h>

struct schedule;
struct error;

/* polls that are due at the same time get this long to begin */
#define SCHEDULE_QUIET_MS 10
#define SCHEDULE_MAX_MS 500

struct schedule_events {
	bool (*is_busy)(void *arg); /* whether a poll is under way */
	void (*on_ended)(void *arg);
};

/*
 * Borrows `events` and `arg`. The caller owns *ret_schedule and ends it with schedule_close().
 * ERROR_NO_MEMORY.
 */
int schedule_create(uv_loop_t *loop, const struct schedule_events *events, void *arg,
		    struct schedule **ret_schedule, struct error *err);

/* Begin a cycle. No effect while one is under way. */
void schedule_begin(struct schedule *schedule);

/*
 * End the schedule: no event follows, and its memory is freed in a later turn of the loop. NULL is
 * allowed.
 */
void schedule_close(struct schedule *schedule);

#endif
