/*
 * The table of the newest reading of each sensor of each node. The table passes each new reading to
 * its consumers, and writes the readings as JSON for the HTTP API, the page and plugins.
 *
 * The table has a limited number of places, one for each sensor, and of bytes. Places and bytes are
 * divided between accounts. Each plugin of this node has an account; each other node has one
 * account for all its sensors. The division is fair (max-min fairness, base/fair_share.h): if the
 * table is full, the largest account loses its newest sensor, or the data of that sensor, to a
 * smaller one. A further reading of the largest account itself is refused.
 *
 * Call all functions on the loop thread. A consumer gets every reading in order and must not block.
 */
#ifndef HARVESTER_READING_TABLE_H
#define HARVESTER_READING_TABLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct clock;
struct reading;
struct reading_catalogue;
struct reading_source;
struct reading_table;

/* Limits of the table. Each of n accounts can rely on READING_TABLE_SENSORS_MAX / n places. */
#define READING_TABLE_SENSORS_MAX 1024
/* Likewise of a hub's table: 16 sensors for 1,000 nodes, of 1 KiB each. */
#define READING_TABLE_HUB_SENSORS_MAX 16384
#define READING_TABLE_HUB_BYTES_MAX (16u << 20)
#define READING_TABLE_PLUGIN_SENSORS_MAX 256 /* of one account */
/* Bytes of the data of all readings as JSON, plus READING_TABLE_ENTRY_BYTES for each reading. */
#define READING_TABLE_BYTES_MAX (4u << 20)
#define READING_TABLE_ENTRY_BYTES 256
/* How long a sensor stays after its plugin was removed: a day. */
#define READING_TABLE_RELEASED_MS 86400000

/* How much of one account did not fit. */
struct reading_share {
	size_t refused;	  /* sensors without a place, since reading_table_begin() */
	size_t shortened; /* sensors without room for their data, since reading_table_begin() */
	size_t left_out;  /* readings missing in the last result of reading_table_state() */
	uint64_t total;	  /* readings that were refused or shortened so far */
};

/* Show the sensors with their descriptions. `catalogue` is borrowed; NULL: without. */
void reading_table_use_catalogue(struct reading_table *table, struct reading_catalogue *catalogue);

/* The descriptions have changed: tell listeners all sensors again. */
void reading_table_refresh(struct reading_table *table);

/* The descriptions of a node's sensors, by sensor: {"dht22": {…}, …}; without those of which
 * nothing is known. `node` NULL: of all nodes, by "node:sensor". The caller owns the object; NULL
 * if memory runs out. */
json_t *reading_table_descriptions(const struct reading_table *table, const char *node);

typedef void reading_consumer(void *arg, const struct reading *reading);

/* Call on_reading(arg, reading) for the newest reading of each sensor. It must not change the
 * table.
 */
void reading_table_each(const struct reading_table *table, reading_consumer *on_reading, void *arg);

struct reading_table *reading_table_create(void); /* NULL if memory runs out */
/* With the limits of a hub. Memory is used only as sensors come. NULL likewise. */
struct reading_table *reading_table_create_for_hub(void);
void reading_table_destroy(struct reading_table *table); /* NULL is allowed */

/*
 * Call on_reading(arg, reading) for each new reading. `arg` is borrowed until
 * reading_table_unsubscribe() or the end of the table. A consumer must not unsubscribe during its
 * callback. ERROR_TOO_LARGE: there are 16 consumers.
 */
int reading_table_subscribe(struct reading_table *table, reading_consumer *on_reading, void *arg);
void reading_table_unsubscribe(struct reading_table *table, reading_consumer *on_reading,
			       void *arg);

/*
 * Store a reading as the newest of its sensor, and pass it to the consumers. The table takes a
 * reference of its own. If the account has no room for the data, the table stores an "error" in
 * place of the data.
 * - ERROR_TOO_LARGE: the account has too many sensors.
 * - ERROR_BUSY: the sensor belongs to another plugin.
 * - ERROR_NO_MEMORY.
 */
int reading_table_put(struct reading_table *table, struct reading *reading);

/*
 * Begin the readings of one poll of this plugin: set `refused` and `shortened` of its share to 0.
 */
void reading_table_begin(struct reading_table *table, const char *node, const char *plugin);

/* The share of a plugin; all 0 if the plugin has no account. */
struct reading_share reading_table_share(const struct reading_table *table, const char *node,
					 const char *plugin);

/*
 * Add sentences for people to `list`: how many sensors of the plugin are not shown, or are shown
 * without data, since the plugin is above its share.
 */
void reading_table_tell_share(const struct reading_table *table, const char *node,
			      const char *plugin, json_t *list);

/*
 * Record a failed poll of source->plugin. Each sensor of the plugin gets a reading with the error
 * `text` (see reading_create_failed()). A plugin without a sensor gets one with the plugin's name.
 */
void reading_table_fail(struct reading_table *table, const struct reading_source *source,
			const char *text);

/*
 * Record that the plugin was removed. Its sensors get a reading with the error `text`, and other
 * plugins may take over their names and places. The entry of a plugin that never reported a sensor
 * is deleted after that reading.
 */
void reading_table_release(struct reading_table *table, const struct reading_source *source,
			   const char *text);

/*
 * Let another plugin take over this sensor. The caller has decided who owns the sensor (owners.h).
 * No effect if the table does not have the sensor.
 */
void reading_table_let_go(struct reading_table *table, const char *node, const char *sensor);

/*
 * Delete a sensor ("NODE:SENSOR") whose plugin was removed. The sensor returns if a plugin reports
 * it again.
 * - ERROR_NOT_FOUND: the table does not have the sensor.
 * - ERROR_BUSY: the plugin of the sensor was not removed.
 */
int reading_table_forget(struct reading_table *table, const char *sensor_id);

/* Delete all sensors whose plugin was removed at least READING_TABLE_RELEASED_MS ago. */
void reading_table_forget_old(struct reading_table *table, uint64_t now_ms);

/* How many sensors were deleted so far. */
uint64_t reading_table_removals(const struct reading_table *table);

/* The newest reading of a sensor, borrowed until the table changes; NULL if it does not have the
 * sensor. */
const struct reading *reading_table_find(struct reading_table *table, const char *node,
					 const char *sensor);

/* The same by "NODE:SENSOR". */
const struct reading *reading_table_find_id(const struct reading_table *table,
					    const char *sensor_id);

/* The time between the last two good readings of a sensor, in ms; 0 if it is not known. */
uint64_t reading_table_interval_ms(struct reading_table *table, const char *node,
				   const char *sensor);

/* An array of the ids of all sensors. The caller owns it; NULL if memory runs out. */
json_t *reading_table_ids(const struct reading_table *table);

/*
 * The revision of the table, which grows with each change. Text made from the table stays current
 * as long as the revision stays the same.
 */
uint64_t reading_table_revision(const struct reading_table *table);

/* The number of sensors in the table. */
size_t reading_table_count(const struct reading_table *table);

/* How many readings were refused, or lost their place to a smaller account, so far. */
uint64_t reading_table_refused(const struct reading_table *table);

/* How many readings were stored without their data, or lost it to a smaller account, so far. */
uint64_t reading_table_shortened(const struct reading_table *table);

/*
 * Append {"readings": […], "last_update": n}, the answer to GET /api/readings. A failure is in
 * text->failed, also for reading_table_write_shown().
 */
void reading_table_write(const struct reading_table *table, struct buffer *text);

/* Append [{…}, …]: all sensors in the form of reading_table_show(), but faster. */
void reading_table_write_shown(const struct reading_table *table, uint64_t now_ms,
			       struct buffer *text);

/*
 * Send one round of news to a listener: call on_told(arg, text, size) with the JSON text of sensors
 * whose newest reading was not sent yet. A round has about `size` bytes, which the accounts share
 * fairly. An account may send READING_NEWS_BURST bytes in a burst, and READING_NEWS_A_SECOND on
 * average. The sensors that were sent least recently go first; the others wait for the next round.
 * Returns how many sensors wait. `clock` is borrowed for the call. The table remembers what was
 * sent for one listener only.
 */
#define READING_NEWS_BURST (128u << 10)
#define READING_NEWS_A_SECOND (32u << 10)
typedef void reading_told(void *arg, const char *text, size_t size);
size_t reading_table_tell(struct reading_table *table, struct clock *clock, size_t size,
			  reading_told *on_told, void *arg);

/*
 * Send all sensors, for a client that begins to listen, in a round of `size` bytes as above.
 * Sensors that do not fit follow with reading_table_tell().
 */
void reading_table_tell_all(struct reading_table *table, uint64_t now_ms, size_t size,
			    reading_told *on_told, void *arg);

/* Mark every reading as sent. Call when no client listens. */
void reading_table_tell_none(struct reading_table *table);

/*
 * Returns an array of the sensors that have changed since the revision `after` (0: all sensors), in
 * the form of GET /api/v1/readings. Each has its age, its units, its description
 * (reading/catalogue.h), its status ("ok", "stale", "error"), and "removed" if its plugin was
 * removed. A reading is stale if it is older than 5 s and older than three intervals of its sensor.
 * The caller owns the array; NULL: out of memory.
 */
json_t *reading_table_show(const struct reading_table *table, uint64_t after, uint64_t now_ms);

/*
 * How many sensors are stale or have an error. A reading becomes stale without a change of the
 * revision; this number then changes.
 */
size_t reading_table_stale(const struct reading_table *table, uint64_t now_ms);

/* The newest timestamp of all readings, Unix time in ms; 0 if there is none. */
uint64_t reading_table_last_update(const struct reading_table *table);

/*
 * The state, as JSON text, for the render() and update() of plugins; docs/PLUGINS.md shows its
 * form. The state has at most READING_STATE_BYTES_MAX bytes of readings, which the accounts share
 * fairly. Newer sensors of a larger account are left out; "left_out" counts them: [{"node",
 * "plugin", "readings"}, …]. The caller frees the text with free(); NULL: out of memory.
 */
#define READING_STATE_BYTES_MAX (256u << 10)
char *reading_table_state(struct reading_table *table, const char *own_node, size_t *ret_size);

#endif
