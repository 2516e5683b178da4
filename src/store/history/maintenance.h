/*
 * What the files share that roll up and delete: small statements, and a step of deleting under way.
 */
#ifndef HARVESTER_STORE_HISTORY_MAINTENANCE_H
#define HARVESTER_STORE_HISTORY_MAINTENANCE_H

#include <stdbool.h>

#include "store/history/db.h"

#define STEP_NUMBERS 4

/* ?1 to ?4 of a statement; ?5 and on are texts. */
struct numbers {
	int64_t values[STEP_NUMBERS];
};

#define NUMBERS(...) (&(const struct numbers){{__VA_ARGS__}})

/* Finalize it. texts (NULL if there is none) have to outlive it. */
int history_step_prepare(struct history_db *db, const char *text, const struct numbers *numbers,
			 const char *const *texts, sqlite3_stmt **ret_statement, struct error *err);

/*
 * Run a statement. ret_columns (NULL is allowed): a place for each column of its first row; 0 where
 * that is NULL, or no row.
 */
int history_step_row(struct history_db *db, const char *text, const struct numbers *numbers,
		     const char *const *texts, int64_t *ret_columns, struct error *err);

/* The first number that a reading of the source can have, and the last. */
static inline int64_t history_first_of(int64_t source)
{
	return source << HISTORY_SEQUENCE_BITS;
}

static inline int64_t history_last_of(int64_t source)
{
	return history_first_of(source) | (int64_t)HISTORY_SEQUENCE_MAX;
}

/* Deleting */

struct trim {
	struct history_db *db;
	const struct history_limits *limits;
	uint64_t now_ms;
	int64_t rows; /* that may still be deleted in this step; large ones count for more */
	uint64_t deleted;
	bool more;
	struct error *err;
};

/* Readings from one to another, both as numbers of rows. */
struct trim_window {
	int64_t first, last;
	const char *owner; /* of these sensors' alone; NULL: of all */
	int64_t bytes;	   /* enough when so many are free; 0: all of them */
};

/*
 * Delete readings of a window in their order, and count them off their sensors. *ret_last: up to
 * here, included, all are gone; 0: none was there. *ret_bytes: how many are free.
 */
int history_trim_readings(struct trim *trim, const struct trim_window *window, int64_t *ret_last,
			  int64_t *ret_bytes);

/* A table of rollups. */
enum trim_span { TRIM_MINUTE, TRIM_HOUR, TRIM_SPANS };

/*
 * Delete at most `rows` rollups of a sensor from the first on that are from `first` to `last`, as
 * numbers of rows, and count them off it. *ret_sequence: the last sequence that was in one of them;
 * 0: none was there.
 */
int history_trim_rollups(struct trim *trim, enum trim_span span, const struct trim_window *window,
			 int64_t rows, int64_t *ret_sequence, int64_t *ret_bytes);

/* Make room where the file is above its limit; room.c. */
int history_trim_by_size(struct trim *trim);

/* What an older version wrote, and nobody has counted yet: a step of that. trim->more: it goes on.
 */
int history_count_older(struct trim *trim);

#endif
