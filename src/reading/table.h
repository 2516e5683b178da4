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

struct buffer;
struct reading;
struct reading_source;
struct reading_table;

/*
 * Places and bytes are shared by max-min fairness (base/fair_share.h): who has little is never
 * refused for one who has much. Where there is nothing left, the one with the most loses its newest
 * sensor, or the data of that sensor, to one that has less; and one that is itself the largest is
 * refused. So what is shown for longest stays, and each of n owners is sure of
 * READING_TABLE_SENSORS_MAX / n places. An owner is a plugin of this node, or another node as a
 * whole.
 */
#define READING_TABLE_SENSORS_MAX 1024
#define READING_TABLE_PLUGIN_SENSORS_MAX 256 /* of these, of one owner */
/* Of all data as JSON, with what is shown beside each, without errors in the place of data. */
#define READING_TABLE_BYTES_MAX (4u << 20)
#define READING_TABLE_ENTRY_BYTES 256 /* for the latter */
/* a day: so long a sensor is shown without its plugin */
#define READING_TABLE_RELEASED_MS 86400000

/* What did not fit, of one owner. */
struct reading_share {
	size_t refused;	  /* sensors without a place, */
	size_t shortened; /* and those whose data was over the share of bytes, since the last begin
			   */
	size_t left_out;  /* of the state, as it was made last: see reading_table_state() */
	uint64_t total;	  /* readings that were refused or shortened so far */
};

typedef void reading_consumer(void *arg, const struct reading *reading);

struct reading_table *reading_table_create(void);
void reading_table_destroy(struct reading_table *table); /* NULL is allowed */

/*
 * arg is borrowed until it is unsubscribed (not from within the callback) or the table is
 * destroyed. At most 16 consumers; ERROR_TOO_LARGE after.
 */
int reading_table_subscribe(struct reading_table *table, reading_consumer *consumer, void *arg);
void reading_table_unsubscribe(struct reading_table *table, reading_consumer *consumer, void *arg);

/*
 * Take a reading in (a reference is taken), and hand it to the consumers. 0, ERROR_TOO_LARGE (more
 * sensors than its share), ERROR_BUSY (the sensor is another plugin's), ERROR_NO_MEMORY. Where the
 * table is full, one of a plugin that was removed gives way first. One with more data than its
 * share is taken with an "error" that says so in its place.
 */
int reading_table_put(struct reading_table *table, struct reading *reading);

/* The readings of a poll of that plugin follow: what its poll before had too much is over. */
void reading_table_begin(struct reading_table *table, const char *node, const char *plugin);

/* Zeros for one that is not known. */
struct reading_share reading_table_share(const struct reading_table *table, const char *node,
					 const char *plugin);

/*
 * A poll of source->plugin failed: each sensor that this plugin has given before (or, where there
 * is none, one named like the plugin) gets a reading that says so; see reading_create_failed().
 */
void reading_table_fail(struct reading_table *table, const struct reading_source *source,
			const char *text);

/* The plugin is gone: its sensors fail, and another plugin may have their names and places. */
void reading_table_release(struct reading_table *table, const struct reading_source *source,
			   const char *text);

/*
 * This sensor's place may be taken by another plugin, whatever it shows now: it was decided
 * elsewhere whose it is (owners.h). No effect on one that is not there.
 */
void reading_table_let_go(struct reading_table *table, const char *node, const char *sensor);

/*
 * Forget a sensor ("NODE:SENSOR") whose plugin is gone: it is shown no more, until a plugin gives
 * it again. ERROR_NOT_FOUND; ERROR_BUSY where its plugin is not gone.
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
uint64_t reading_table_refused(const struct reading_table *table); /* readings */
uint64_t
reading_table_shortened(const struct reading_table *table); /* readings, and data for others */

/*
 * {"readings": […], "last_update": n}, as GET /api/readings gives it. Appended; what went wrong is
 * in text->failed, as with those that follow.
 */
void reading_table_write(const struct reading_table *table, struct buffer *text);

/* [{…}, …]: all sensors as reading_table_show() has them. From texts that were made once: cheap. */
void reading_table_write_shown(const struct reading_table *table, uint64_t now_ms,
			       struct buffer *text);

/*
 * What is to be told to a listener, of which there is one for a table: each sensor whose newest
 * reading was not told yet, never an older one. Owners share a round of at most `size` bytes by
 * max-min fairness, and each is told at most READING_NEWS_BURST bytes at once and
 * READING_NEWS_A_SECOND after that; what does not go with this round waits for the next, the sensor
 * that was told least lately first. `told` is called with the text of each reading. Returns how
 * many still wait.
 */
#define READING_NEWS_BURST (128u << 10)
#define READING_NEWS_A_SECOND (32u << 10)
typedef void reading_told(void *arg, const char *text, size_t size);
size_t reading_table_tell(struct reading_table *table, uint64_t now_ms, size_t size,
			  reading_told *told, void *arg);

/*
 * All sensors, for one that listens from now on, shared in the same way. Those that do not fit into
 * `size` bytes follow with reading_table_tell().
 */
void reading_table_tell_all(struct reading_table *table, uint64_t now_ms, size_t size,
			    reading_told *told, void *arg);

/* Nobody listens: nothing waits. */
void reading_table_tell_none(struct reading_table *table);

/*
 * The sensors that changed after that revision (0: all), as GET /api/v1/readings shows each: with
 * age, status ("ok", "stale", "error"), units, and whether its plugin is gone ("removed"). Stale:
 * three of its intervals and at least 5 s old. New; NULL without memory.
 */
json_t *reading_table_show(const struct reading_table *table, uint64_t after, uint64_t now_ms);

/* How many are stale, errors or not: whether the statuses have changed without a new revision. */
size_t reading_table_stale(const struct reading_table *table, uint64_t now_ms);

/* Unix ms of the newest reading; 0: there is none. */
uint64_t reading_table_last_update(const struct reading_table *table);

/*
 * The state for render() and update() as JSON: docs/PLUGINS.md. Of all readings' texts at most
 * READING_STATE_BYTES_MAX are in it, shared by owner; an owner's readings beyond its share are left
 * out, the newest sensors first, and "left_out" names it with their number: [{"node", "plugin",
 * "readings"}, …]. For free(); NULL without memory.
 */
#define READING_STATE_BYTES_MAX (512u << 10)
char *reading_table_state(struct reading_table *table, const char *own_node, size_t *ret_size);

#endif
