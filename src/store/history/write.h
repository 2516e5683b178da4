/*
 * A chunk of packed readings on its way to the disk: made on the loop, written on the history's
 * thread, touched by one thread at a time.
 */
#ifndef HARVESTER_STORE_HISTORY_WRITE_H
#define HARVESTER_STORE_HISTORY_WRITE_H

#include "base/buffer.h"
#include "store/history/history.h"

/* Bytes of one chunk in memory, and so of one batch. */
#define HISTORY_WRITE_SIZE_MAX (8u << 20)

struct history_write {
	struct history_write *next; /* owned by the list that it is in */
	char node[READING_NAME_MAX + 1];
	uint64_t stream;
	bool is_own; /* this node's readings: the database assigns stream and sequences */
	size_t count;
	struct buffer records;
	history_append_done *on_done; /* NULL for own readings */
	void *arg;
	struct history_appended result;
};

/* One packed reading; borrowed from its chunk. */
struct history_record {
	uint64_t sequence; /* 0 in this node's own readings */
	uint64_t time_ms;
	const char *sensor;
	size_t sensor_size;
	const char *key; /* "0" or, simulated, "1"; the plugin; "\n"; the fields' names */
	size_t key_size;
	const char *values;
	size_t values_size;
};

struct history_write *history_write_create(const char *node);
void history_write_destroy(struct history_write *write); /* NULL is allowed */

/*
 * Append a reading. ERROR_INVALID if the sequence or the plugin's name is invalid, or the error of
 * reading_check(); *err says why. Readings of the broker itself ("_log") are checked only for
 * their size.
 */
int history_write_add(struct history_write *write, const struct history_item *item,
		      struct error *err);

/* The plugin of a record: *ret_size bytes, borrowed from its key. */
const char *history_record_plugin(const struct history_record *record, size_t *ret_size);

/* The bytes that the record occupies in a chunk. */
size_t history_record_size(const struct history_record *record);

/*
 * Remove the oldest records of this plugin until at least `bytes` bytes are removed. Returns the
 * bytes removed.
 */
size_t history_write_remove(struct history_write *write, const char *plugin, size_t bytes);

/* Iterate over the records: begin with *at = 0; false at the end. */
bool history_write_next(const struct history_write *write, size_t *at,
			struct history_record *ret_record);

#endif
