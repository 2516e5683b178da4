/*
 * Limits how much each plugin may write to the history: a burst, and then a number of bytes per
 * second, so that no plugin wears out the SD card or takes its neighbours' room. A plugin that
 * writes more is thinned: for each of its sensors only the newest reading is held, and written
 * when the plugin may write again. Sensors take turns, so that each is written sooner or later.
 *
 * Each plugin has one token bucket, found by the plugin's name, so that a restart does not refill
 * it. Loop thread.
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
 * A reading is counted as its values, its names and 40 bytes more, and as four times its names more
 * if this sensor had no reading with these names before: the database writes them once, in full.
 * For comparison: 32 sensors of 16 values each, every second, are 11 kB/s; 8 values of one sensor
 * 50 times a second are 9 kB/s.
 */
#define HISTORY_INTAKE_BYTES_A_SECOND 16384
#define HISTORY_INTAKE_BYTES_AT_ONCE (1 << 20)
#define HISTORY_INTAKE_PLUGINS_MAX 1024 /* plugins that have a bucket at the same time */
/* Held readings of one plugin, one for each sensor; the oldest gives way to a further one. */
#define HISTORY_INTAKE_HELD_MAX 256

struct history_intake_events {
	/*
	 * Write the reading to the history. Returns the bytes that it occupies there; 0 if it was
	 * dropped.
	 */
	size_t (*write)(void *arg, const struct reading *reading);
	/*
	 * Called when the plugin begins to be thinned, and not again until the plugin has been
	 * quiet for as long as its bucket takes to fill.
	 */
	void (*on_thinned)(void *arg, const char *plugin);
	void *arg; /* borrowed */
};

/* `clock` is borrowed until destroy, `events` is copied. NULL without memory. */
struct history_intake *history_intake_create(struct clock *clock,
					     const struct history_intake_events *events);

/* Held readings are lost. NULL is allowed. */
void history_intake_destroy(struct history_intake *intake);

/* Write this reading now, or hold a reference to it until its plugin may write again. */
void history_intake_put(struct history_intake *intake, const struct reading *reading);

/*
 * Write as many of the held readings as their plugins may write by now. Call about once a second
 * while readings are held.
 */
void history_intake_release(struct history_intake *intake);

/* Number of readings of plugins for which there was no bucket: HISTORY_INTAKE_PLUGINS_MAX others
 * had one, or memory had run out. */
uint64_t history_intake_dropped(const struct history_intake *intake);

/* Whether any reading is held. */
bool history_intake_holds(const struct history_intake *intake);

/* Number of the plugin's held readings that a newer one replaced before they were written. */
uint64_t history_intake_thinned(const struct history_intake *intake, const char *plugin);

/* Whether the plugin is being thinned, or was until a moment ago. */
bool history_intake_is_thinning(struct history_intake *intake, const char *plugin);

#endif
