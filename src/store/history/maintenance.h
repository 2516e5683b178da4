/*
 * Shared by the files that roll up and delete (trim.c, room.c, roll.c): running small statements,
 * and the state of one step of deleting.
 */
#ifndef HARVESTER_STORE_HISTORY_MAINTENANCE_H
#define HARVESTER_STORE_HISTORY_MAINTENANCE_H

#include <stdbool.h>

#include "store/history/db.h"

#define STEP_NUMBERS 4

/* Arguments ?1 to ?4 of a statement; texts follow as ?5, ?6, … */
struct numbers {
	int64_t values[STEP_NUMBERS];
};

#define NUMBERS(...) (&(const struct numbers){{__VA_ARGS__}})

/*
 * Prepare and bind a statement. The caller finalizes it. `texts` (NULL if there is none) have to
 * stay valid until then.
 */
int history_step_prepare(struct history_db *db, const char *text, const struct numbers *numbers,
			 const char *const *texts, sqlite3_stmt **ret_statement, struct error *err);

/*
 * Run a statement. ret_columns (may be NULL) has a place for each column of its first row; a place
 * gets 0 if the column is NULL or there is no row.
 */
int history_step_row(struct history_db *db, const char *text, const struct numbers *numbers,
		     const char *const *texts, int64_t *ret_columns, struct error *err);

/* The first and the last row number that a reading of the source can have. */
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
	uint64_t age_ms; /* ages count up to this time */
	/* Rows that may still be deleted in this step; a large row counts as several. */
	int64_t rows;
	uint64_t deleted;
	bool more;
	struct error *err;
};

/* A range of rows, by their row numbers, both ends included. */
struct trim_window {
	int64_t first, last;
	const char *owner; /* only rows of this plugin's sensors; NULL: of all sensors */
	int64_t bytes;	   /* stop when this many bytes are freed; 0: delete all */
};

/*
 * Delete readings of a window, in order, and subtract them from their sensors' counters.
 * *ret_last: all readings of the window up to this row number are deleted; 0 if none was.
 * *ret_bytes: the bytes freed.
 */
int history_trim_readings(struct trim *trim, const struct trim_window *window, int64_t *ret_last,
			  int64_t *ret_bytes);

/* The tables of rollups. */
enum trim_span { TRIM_MINUTE, TRIM_HOUR, TRIM_SPANS };

/*
 * Delete the first `rows` rollups (at most) of a window of one sensor, and subtract them from the
 * sensor's counter. *ret_sequence: the last sequence that any of them covered; 0 if none was
 * deleted. *ret_bytes: the bytes freed.
 */
int history_trim_rollups(struct trim *trim, enum trim_span span, const struct trim_window *window,
			 int64_t rows, int64_t *ret_sequence, int64_t *ret_bytes);

/* Delete rows if the file exceeds its size limit (room.c). */
int history_trim_by_size(struct trim *trim);

/*
 * Count the bytes of rows that an older version of harvester wrote without counting them, one step
 * at a time; trim->more is set while some are left.
 */
int history_count_older(struct trim *trim);

#endif
