/*
 * What one plugin may write to the history: so many bytes at once, and so many a second after that,
 * so that it wears out no card and takes no room of its neighbours. A plugin that writes more is
 * thinned: of each of its sensors only the newest reading waits, and is written when the plugin may
 * write again. The sensors take turns, so that none of them is left out for good.
 *
 * One token bucket a plugin, kept by its name, so that a plugin that restarts does not get a new
 * one. All functions run on the loop thread.
 */
#ifndef HARVESTER_STORE_HISTORY_INTAKE_H
#define HARVESTER_STORE_HISTORY_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct history_intake;
struct reading;

/*
 * Bytes as a reading waits for the disk: its values, its names and 40 more. 32 sensors of 16 values
 * each, every second, are 11 kB/s; 8 values of one sensor 50 times a second are 9 kB/s.
 */
#define HISTORY_INTAKE_BYTES_A_SECOND 16384
#define HISTORY_INTAKE_BYTES_AT_ONCE (1 << 20)
#define HISTORY_INTAKE_PLUGINS_MAX 1024 /* whose bytes are counted at a time */
/* sensors of one plugin that wait; then the oldest goes */
#define HISTORY_INTAKE_HELD_MAX 256

struct history_intake_events {
	/* Write it to the history. Returns the bytes that it takes there; 0 if it was dropped. */
	size_t (*write)(void *arg, const struct reading *reading);
	/* The plugin begins to be thinned; once until it has been quiet for as long as its bucket
	 * takes to fill. */
	void (*thinned)(void *arg, const char *plugin);
	void *arg; /* borrowed */
};

/* clock: borrowed. `events` is copied. NULL without memory. */
struct history_intake *history_intake_create(struct clock *clock,
					     const struct history_intake_events *events);

/* What still waits is lost, and counted. NULL is allowed. */
void history_intake_destroy(struct history_intake *intake);

/* Write this reading now, or hold a reference to it until its plugin may write again. */
void history_intake_put(struct history_intake *intake, const struct reading *reading);

/* Write of what is held as much as is allowed by now; to be called about once a second while
 * anything is. */
void history_intake_release(struct history_intake *intake);

/* Is a reading held? */
bool history_intake_holds(const struct history_intake *intake);

/* Readings of the plugin that a newer one replaced before they were written. */
uint64_t history_intake_thinned(const struct history_intake *intake, const char *plugin);

/* Is the plugin being thinned, or was it until a moment ago? */
bool history_intake_is_thinning(struct history_intake *intake, const char *plugin);

#endif
