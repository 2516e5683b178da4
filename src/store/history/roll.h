/*
 * Rollups: for each sensor and each minute or hour, the count, minimum, mean and maximum of every
 * field that had a number, and the first and last sequence of the readings covered. There is a row
 * for each minute and hour in which the sensor had a reading. Readings may come in any order of
 * time: new ones are merged into existing rows.
 */
#ifndef HARVESTER_STORE_HISTORY_ROLL_H
#define HARVESTER_STORE_HISTORY_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;
struct history_db;
struct history_roll;

/* Fields of one sensor, over all time; further fields have no rollup. */
#define HISTORY_ROLL_FIELDS_MAX 64

/* The statistics of one field over one minute or hour. */
struct history_stats {
	uint64_t count; /* 0: no number, and the others are undefined */
	double min, max, mean;
};

/* Add one number, or merge the numbers of `more`. */
void history_stats_add(struct history_stats *stats, double number);
void history_stats_merge(struct history_stats *stats, const struct history_stats *more);

/*
 * Pack and unpack the value of a rollup's row: for each field with a number, the field's index
 * among the sensor's fields, count, min, max, mean. Unpacking adds to `stats`, which has `count`
 * places; false if the bytes are damaged.
 */
int history_stats_pack(struct buffer *value, size_t place, const struct history_stats *stats);
bool history_stats_unpack(const void *value, size_t size, struct history_stats *stats,
			  size_t count);

/* Whether a field of this name is a measured value: "error" and "last_good_ms" are not. */
bool history_is_value_name(const char *name, size_t size);

/* A committed reading, as it is stored. */
struct history_rolled {
	int64_t series;
	uint64_t sequence, time_ms;
	const void *values;
	size_t values_size;
};

/*
 * Create an accumulator of rollups. It borrows the database and has to live within one
 * transaction, which the caller begins and ends. NULL without memory.
 */
struct history_roll *history_roll_create(struct history_db *db);
void history_roll_destroy(struct history_roll *roll); /* NULL is allowed */

/* Add a reading. Errors as of history_db_commit(); after one, only destroy `roll`. */
int history_roll_add(struct history_roll *roll, const struct history_rolled *rolled,
		     struct error *err);

/* Write the accumulated rollups to the database. */
int history_roll_flush(struct history_roll *roll, struct error *err);

#endif
