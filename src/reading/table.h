/*
 * The table of the newest reading of each sensor of each node. It passes each new reading to its
 * consumers, and writes the readings as JSON for the HTTP API, the page and plugins.
 *
 * Loop thread. A consumer's callback gets every reading in order and must not block; if the
 * consumer needs to wait, it keeps a bounded queue of its own and counts what it drops.
 */
#ifndef HARVESTER_READING_TABLE_H
#define HARVESTER_READING_TABLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct clock;
struct reading;
struct reading_source;
struct reading_table;

/*
 * The places and bytes of the table are divided between accounts, by max-min fairness
 * (base/fair_share.h). Each plugin of this node has an account, and each other node has one for all
 * its sensors. If the table is full, the largest account gives way to a smaller one: it loses its
 * newest sensor, or the data of that sensor. A reading of the largest account itself is refused. So
 * the sensors that have been shown the longest stay, and each of n accounts can rely on
 * READING_TABLE_SENSORS_MAX / n places.
 */
#define READING_TABLE_SENSORS_MAX 1024
#define READING_TABLE_PLUGIN_SENSORS_MAX 256 /* of one account */
/* The data of all readings as JSON, with READING_TABLE_ENTRY_BYTES for each reading */
#define READING_TABLE_BYTES_MAX (4u << 20)
#define READING_TABLE_ENTRY_BYTES 256
/* How long a sensor stays after its plugin was removed: a day */
#define READING_TABLE_RELEASED_MS 86400000

/* How much of one account did not fit. */
struct reading_share {
	size_t refused;	  /* sensors without a place, since reading_table_begin() */
	size_t shortened; /* sensors without room for their data, since reading_table_begin() */
	size_t left_out;  /* readings missing in the last result of reading_table_state() */
	uint64_t total;	  /* readings that were refused or shortened so far */
};

typedef void reading_consumer(void *arg, const struct reading *reading);

struct reading_table *reading_table_create(void);	 /* NULL if memory runs out */
void reading_table_destroy(struct reading_table *table); /* NULL is allowed */

/*
 * Call consumer(arg, reading) for each new reading. `arg` is borrowed until
 * reading_table_unsubscribe(), which no consumer may call from its callback, or until the table is
 * destroyed. ERROR_TOO_LARGE if there are 16 consumers already.
 */
int reading_table_subscribe(struct reading_table *table, reading_consumer *on_reading, void *arg);
void reading_table_unsubscribe(struct reading_table *table, reading_consumer *on_reading,
			       void *arg);

/*
 * Store a reading as the newest of its sensor, and pass it to the consumers. Adds its own
 * reference. If the account has no room for the data, the table stores an "error" in place of the
 * data. In a full table, sensors of removed plugins are dropped first. ERROR_TOO_LARGE if the
 * account has too many sensors, ERROR_BUSY if the sensor belongs to another plugin,
 * ERROR_NO_MEMORY.
 */
int reading_table_put(struct reading_table *table, struct reading *reading);

/* Begin the readings of a poll of this plugin: reset `refused` and `shortened` of its share. */
void reading_table_begin(struct reading_table *table, const char *node, const char *plugin);

/* The share of a plugin; all 0 if the table has no account for it. */
struct reading_share reading_table_share(const struct reading_table *table, const char *node,
					 const char *plugin);

/*
 * Record a failed poll of source->plugin: each of its sensors gets a reading with the error `text`
 * (see reading_create_failed()). If it has no sensor yet, a sensor with the plugin's name does.
 */
void reading_table_fail(struct reading_table *table, const struct reading_source *source,
			const char *text);

/* Record that the plugin was removed: its sensors get a reading with the error `text`, and another
 * plugin may take over their names and places. */
void reading_table_release(struct reading_table *table, const struct reading_source *source,
			   const char *text);

/*
 * Allow another plugin to take over this sensor; the caller has decided which plugin the sensor
 * belongs to (owners.h). No effect if the table does not have the sensor.
 */
void reading_table_let_go(struct reading_table *table, const char *node, const char *sensor);

/*
 * Delete a sensor ("NODE:SENSOR") whose plugin was removed. It comes back if a plugin reports it
 * again. ERROR_NOT_FOUND if the table does not have it, ERROR_BUSY if its plugin was not removed.
 */
int reading_table_forget(struct reading_table *table, const char *sensor_id);

/* Delete all sensors whose plugin was removed at least READING_TABLE_RELEASED_MS ago. */
void reading_table_forget_old(struct reading_table *table, uint64_t now_ms);

/* How many sensors were deleted so far. */
uint64_t reading_table_removals(const struct reading_table *table);

/* An array of the ids of all sensors. The caller owns it; NULL if memory runs out. */
json_t *reading_table_ids(const struct reading_table *table);

/* Grows with each change. Text that was made from the table is current while it stays the same. */
uint64_t reading_table_revision(const struct reading_table *table);

/* The number of sensors in the table. */
size_t reading_table_count(const struct reading_table *table);

/* How many readings were refused, or lost their place to a smaller account, so far. */
uint64_t reading_table_refused(const struct reading_table *table);

/* How many readings were stored without their data, or lost it to a smaller account, so far. */
uint64_t reading_table_shortened(const struct reading_table *table);

/*
 * Append {"readings": […], "last_update": n}, the answer to GET /api/readings. A failure is in
 * text->failed; so too for the next function.
 */
void reading_table_write(const struct reading_table *table, struct buffer *text);

/* Append [{…}, …]: all sensors in the form of reading_table_show(). Faster than that function,
 * since it copies the stored JSON text of each reading's data. */
void reading_table_write_shown(const struct reading_table *table, uint64_t now_ms,
			       struct buffer *text);

/*
 * Send news to the table's one listener: call on_told(arg, text, size) with the JSON text of each
 * sensor whose newest reading was not sent yet; older readings are skipped. A round has about
 * `size` bytes, which the accounts share by max-min fairness; each account may send
 * READING_NEWS_BURST bytes at once and then READING_NEWS_A_SECOND. The other sensors wait for the
 * next round; the one that was sent least recently goes first. Returns the number of sensors that
 * wait. `clock` is borrowed for the call.
 */
#define READING_NEWS_BURST (128u << 10)
#define READING_NEWS_A_SECOND (32u << 10)
typedef void reading_told(void *arg, const char *text, size_t size);
size_t reading_table_tell(struct reading_table *table, struct clock *clock, size_t size,
			  reading_told *on_told, void *arg);

/*
 * Send all sensors, for a client that begins to listen, shared in the same way. Those that do not
 * fit into `size` bytes follow with reading_table_tell().
 */
void reading_table_tell_all(struct reading_table *table, uint64_t now_ms, size_t size,
			    reading_told *on_told, void *arg);

/* Mark every reading as sent, because no client listens. */
void reading_table_tell_none(struct reading_table *table);

/*
 * An array of the sensors that changed after the revision `after` (0: all), each as in the answer
 * to GET /api/v1/readings: with its age, its status ("ok", "stale", "error"), its units, and
 * "removed" if its plugin was removed. A reading is stale if it is older than three intervals of
 * its sensor and older than 5 s. The caller owns the array; NULL if memory runs out.
 */
json_t *reading_table_show(const struct reading_table *table, uint64_t after, uint64_t now_ms);

/* How many sensors are stale, including those with an error. If the number changes, a status has
 * changed, although the revision has not. */
size_t reading_table_stale(const struct reading_table *table, uint64_t now_ms);

/* The newest timestamp of all readings, Unix time in ms; 0 if there is none. */
uint64_t reading_table_last_update(const struct reading_table *table);

/*
 * The state for render() and update() as JSON text; see docs/PLUGINS.md. It contains readings of at
 * most READING_STATE_BYTES_MAX bytes, which the accounts share by max-min fairness. If an account
 * has more, its newest sensors are left out and "left_out" counts them: [{"node", "plugin",
 * "readings"}, …]. The caller frees the text with free(); NULL if memory runs out.
 */
#define READING_STATE_BYTES_MAX (512u << 10)
char *reading_table_state(struct reading_table *table, const char *own_node, size_t *ret_size);

#endif
