/*
 * Rollups: for each sensor and each minute, and each hour, the count, least, mean and greatest of
 * every field that had a number, and the first and last sequence that fell into it. A row exists
 * for each minute that had a reading at all. Readings may come in any order of time: what is there
 * already is merged with what is new.
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

/* of one sensor, of all times; further ones have no rollup */
#define HISTORY_ROLL_FIELDS_MAX 64

struct history_stats {
	uint64_t count; /* 0: none; the others are not defined then */
	double min, max, mean;
};

void history_stats_add(struct history_stats *stats, double number);
void history_stats_merge(struct history_stats *stats, const struct history_stats *more);

/*
 * A rollup's value: for each field with a number its place among the sensor's, count, min, max,
 * mean. Decode adds to `stats` of `count` places; false for bytes that make no sense.
 */
int history_stats_pack(struct buffer *value, size_t place, const struct history_stats *stats);
bool history_stats_unpack(const void *value, size_t size, struct history_stats *stats,
			  size_t count);

/* Is a field of this name a value of the sensor? "error" and "last_good_ms" are not. */
bool history_is_value_name(const char *name, size_t size);

/* A reading that is in the database. */
struct history_rolled {
	int64_t series;
	uint64_t sequence, time_ms;
	const void *values;
	size_t values_size;
};

/* Borrows the database, within a transaction that the caller has begun. NULL without memory. */
struct history_roll *history_roll_create(struct history_db *db);
void history_roll_destroy(struct history_roll *roll); /* NULL is allowed */

/* Fails with what history_db_commit() fails with. After a failure, only destroy it. */
int history_roll_add(struct history_roll *roll, const struct history_rolled *rolled,
		     struct error *err);

/* Write what has gathered. */
int history_roll_flush(struct history_roll *roll, struct error *err);

#endif
