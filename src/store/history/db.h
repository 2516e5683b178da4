/*
 * The database of the history: the writer's side. Everything blocks on the disk. Any thread, one at
 * a time for one database; readers (read.h) have connections of their own.
 *
 *   source  a node and a stream; which of its readings are rolled up, which were deleted
 *   sensor  a sensor of a source, the names of the fields that its rollups have, its owner (the
 * plugin that gave its newest series), how many bytes its rows take, and which were deleted for
 * room series  a sensor's field names and who measured; a reading needs only its number reading a
 * row each, by source and sequence: new ones come behind the last of their source, so a commit
 * touches one page or two minute, hour   rollups, by sensor and time cursor  small numbers by name
 */
#ifndef HARVESTER_STORE_HISTORY_DB_H
#define HARVESTER_STORE_HISTORY_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/history/item.h"

struct error;
struct history_cursor;
struct history_write;

#define HISTORY_SCHEMA_VERSION 2

#define HISTORY_SOURCES_MAX 4096	/* of the database */
#define HISTORY_SOURCE_SENSORS_MAX 4096 /* of one source */
#define HISTORY_SENSOR_SERIES_MAX                                                                  \
	64 /* of one sensor; a further one keeps its names in each reading */

/* A reading's number is its source's, shifted, and its sequence: the position of history.h. */
#define HISTORY_SEQUENCE_BITS 44
/* A rollup's is its sensor's, shifted, and the minute or hour since 1970. */
#define HISTORY_BUCKET_BITS 28
#define HISTORY_BUCKET_MASK ((INT64_C(1) << HISTORY_BUCKET_BITS) - 1)
#define HISTORY_MINUTE_MS 60000u
#define HISTORY_HOUR_MS 3600000u

/* A clock that says less was not set, when nothing had told it the time. 2020-01-01. */
#define HISTORY_CLOCK_SET_MS UINT64_C(1577836800000)

enum history_statement {
	STATEMENT_FIND_SOURCE,
	STATEMENT_ADD_SOURCE,
	STATEMENT_LAST_READING,
	STATEMENT_FIND_SERIES,
	STATEMENT_FIND_SENSOR,
	STATEMENT_ADD_SENSOR,
	STATEMENT_COUNT_SERIES,
	STATEMENT_ADD_SERIES,
	STATEMENT_OWN_SENSOR,
	STATEMENT_FIND_TRIMMED,
	STATEMENT_ADD_READING,
	STATEMENT_SET_CURSOR,
	STATEMENTS
};

struct history_db {
	sqlite3 *db;
	uint64_t stream; /* of this node's own readings */
	sqlite3_stmt *statements[STATEMENTS];
};

struct history_cursor {
	char name[65];
	uint64_t value;
	bool is_changed; /* since it was committed */
};

/*
 * Open, or start, the database. ERROR_MALFORMED for a damaged one, ERROR_UNSUPPORTED for one of a
 * newer version, ERROR_SYSTEM, ERROR_BUSY, ERROR_NO_MEMORY.
 */
int history_db_open(const char *path, struct history_db **ret_db, struct error *err);
void history_db_close(struct history_db *db); /* NULL is allowed */

/*
 * All of the list and the changed cursors in one transaction, on the disk when it returns. Fills in
 * the results. On failure nothing has changed.
 */
int history_db_commit(struct history_db *db, struct history_write *writes,
		      const struct history_cursor *cursors, size_t cursors_count,
		      struct error *err);

/* *ret_count cursors into at most HISTORY_CURSORS_MAX places. */
int history_db_load_cursors(struct history_db *db, struct history_cursor *ret_cursors,
			    size_t *ret_count, struct error *err);

/* Roll up at most `rows` readings, a transaction. *ret_more: there are further ones. */
int history_db_roll(struct history_db *db, unsigned rows, bool *ret_more, struct error *err);

/*
 * Delete what the limits no longer allow, about `rows` rows of ordinary size, a transaction; only
 * what is rolled up. *ret_deleted: readings (not rollups). *ret_more: there is more to delete.
 *
 * By age, a source's readings go from its first on, up to one that is young enough; one whose time
 * cannot be right (before 2020, or a day after now) is as old as the next that has one. Rollups go
 * by their time; one whose time cannot be right goes with those that were made of readings of its
 * place in the order.
 *
 * By size, each plugin of this node and each other node has a share (max-min fair,
 * base/fair_share.h): only who has more loses anything, its readings first, then its minutes, then
 * its hours, in the order in which they were taken. Within another node its plugins share in the
 * same way. What an older version wrote is counted first.
 */
int history_db_trim(struct history_db *db, const struct history_limits *limits, uint64_t now_ms,
		    unsigned rows, uint64_t *ret_deleted, bool *ret_more, struct error *err);

/* Bytes that hold something: the file less its free pages. */
int history_db_size(struct history_db *db, uint64_t *ret_bytes, struct error *err);

/* For the files of this object. */

/* What a row takes beside its value, in the file; measured, on average. */
#define HISTORY_ROW_BYTES 24
/* A series' names are in an index too. */
#define HISTORY_SERIES_BYTES(key_size) (2 * (int64_t)(key_size) + 32)
/* So many bytes of values make a row count as one more in a step. */
#define HISTORY_ROLL_COST_BYTES 64
#define HISTORY_TRIM_COST_BYTES 512

int history_db_fail(struct history_db *db, int code, struct error *err);

/* The statement, cleared; reset it when done. */
sqlite3_stmt *history_db_statement(struct history_db *db, enum history_statement which);

int history_db_begin(struct history_db *db, struct error *err);

/* COMMIT where ret is 0, else ROLLBACK. Returns what went wrong first. */
int history_db_end(struct history_db *db, int ret, struct error *err);

#endif
