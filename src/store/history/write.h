/*
 * Readings on their way to the disk, packed: made on the loop, written on the history's thread. One
 * owner at a time.
 */
#ifndef HARVESTER_STORE_HISTORY_WRITE_H
#define HARVESTER_STORE_HISTORY_WRITE_H

#include "base/buffer.h"
#include "store/history/history.h"

/* of one, in memory; a batch can be this large at most */
#define HISTORY_WRITE_SIZE_MAX (8u << 20)

struct history_write {
	struct history_write *next; /* owned by the list that it is in */
	char node[READING_NAME_MAX + 1];
	uint64_t stream;
	bool is_own; /* the database gives stream and sequences */
	size_t count;
	struct buffer records;
	history_append_done *done; /* NULL for own readings */
	void *arg;
	struct history_appended result;
};

/* One record; borrowed from the write. */
struct history_record {
	uint64_t sequence; /* 0 in own ones */
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
 * ERROR_INVALID (its sequence, its plugin's name) or the errors of reading_check() for what the
 * history does not keep; *err says why. What the host itself keeps ("_log") is held to the size of
 * the buffers alone.
 */
int history_write_add(struct history_write *write, const struct history_item *item,
		      struct error *err);

/* The plugin that a record is of: *ret_size bytes of its key. */
const char *history_record_plugin(const struct history_record *record, size_t *ret_size);

/* The bytes that it takes in a write. */
size_t history_record_size(const struct history_record *record);

/* Take the oldest records of this plugin out, until they are `bytes` or more. Returns the bytes
 * taken out. */
size_t history_write_remove(struct history_write *write, const char *plugin, size_t bytes);

/* From *at = 0 on, until false. */
bool history_write_next(const struct history_write *write, size_t *at,
			struct history_record *ret_record);

#endif
