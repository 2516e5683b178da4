/*
 * The latest reading of every sensor of every node, and the fan-out of new ones.
 *
 * One producer side (the loop thread), any number of consumers: each gets every change through its
 * callback, on the loop thread, in order. A consumer that must wait keeps its own bounded queue and
 * counts what it drops.
 */
#ifndef HARVESTER_READING_TABLE_H
#define HARVESTER_READING_TABLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct reading;
struct reading_source;
struct reading_table;

#define READING_TABLE_SENSORS_MAX 1024	     /* further sensors are refused and counted */
#define READING_TABLE_PLUGIN_SENSORS_MAX 256 /* of these, of one plugin */
#define READING_TABLE_RELEASED_MS 86400000 /* a day: so long a sensor is shown without its plugin */

typedef void reading_consumer(void *arg, const struct reading *reading);

struct reading_table *reading_table_create(void);
void reading_table_destroy(struct reading_table *table); /* NULL is allowed */

/*
 * arg is borrowed until it is unsubscribed (not from within the callback) or the table is destroyed.
 * At most 16 consumers; ERROR_TOO_LARGE after.
 */
int reading_table_subscribe(struct reading_table *table, reading_consumer *consumer, void *arg);
void reading_table_unsubscribe(struct reading_table *table, reading_consumer *consumer, void *arg);

/*
 * Take a reading in (a reference is taken), and hand it to the consumers. 0, ERROR_TOO_LARGE (too
 * many sensors), ERROR_BUSY (the sensor is another plugin's). Where the table is full, one of a
 * plugin that was removed gives way.
 */
int reading_table_put(struct reading_table *table, struct reading *reading);

/*
 * A poll of source->plugin failed: each sensor that this plugin has given before (or, where there is
 * none, one named like the plugin) gets a reading that says so; see reading_create_failed().
 */
void reading_table_fail(struct reading_table *table, const struct reading_source *source,
			const char *text);

/* The plugin is gone: its sensors fail, and another plugin may have their names and places. */
void reading_table_release(struct reading_table *table, const struct reading_source *source,
			   const char *text);

/*
 * This sensor's place may be taken by another plugin, whatever it shows now: it was decided elsewhere whose it
 * is (owners.h). No effect on one that is not there.
 */
void reading_table_let_go(struct reading_table *table, const char *node, const char *sensor);

/*
 * Forget a sensor ("NODE:SENSOR") whose plugin is gone: it is shown no more, until a plugin gives it again.
 * ERROR_NOT_FOUND; ERROR_BUSY where its plugin is not gone.
 */
int reading_table_forget(struct reading_table *table, const char *sensor_id);

/* The same of all whose plugin has been gone for READING_TABLE_RELEASED_MS. */
void reading_table_forget_old(struct reading_table *table, uint64_t now_ms);

/* Grows by one with each sensor that is forgotten. */
uint64_t reading_table_removals(const struct reading_table *table);

/* An array of the ids of all sensors. New; NULL without memory. */
json_t *reading_table_ids(const struct reading_table *table);

/* Grows by one with each change: what was made from the table under one revision can be kept. */
uint64_t reading_table_revision(const struct reading_table *table);
size_t reading_table_count(const struct reading_table *table);
uint64_t reading_table_refused(const struct reading_table *table);

/* {"readings": […], "last_update": n}, as GET /api/readings gives it. New; NULL without memory. */
json_t *reading_table_to_json(const struct reading_table *table);

/*
 * The sensors that changed after that revision (0: all), as GET /api/v1/readings shows each: with age,
 * status ("ok", "stale", "error"), units, and whether its plugin is gone ("removed"). Stale: three of
 * its intervals and at least 5 s old. New; NULL without memory.
 */
json_t *reading_table_show(const struct reading_table *table, uint64_t after, uint64_t now_ms);

/* How many are stale, errors or not: whether the statuses have changed without a new revision. */
size_t reading_table_stale(const struct reading_table *table, uint64_t now_ms);

/* Unix ms of the newest reading; 0: there is none. */
uint64_t reading_table_last_update(const struct reading_table *table);

/* The state for render() and update(): contract.md section 2. New; NULL without memory. */
json_t *reading_table_state(const struct reading_table *table, const char *own_node);

#endif
