/*
 * The history's database file, as the writer sees it: opening, committing, rolling up, deleting.
 * Everything blocks on the disk. Any thread, one at a time for one database; readers (read.h) have
 * connections of their own. The tables:
 *
 * source        a node and a stream; up to where its readings are rolled up, and deleted
 * sensor        a sensor of a source: the field names of its rollups, the plugin that made its
 *               newest series, the bytes of its rows, and what was deleted to make room
 * series        the field names and the plugin of a sensor's readings, which store its number
 * reading       one row a reading, by source and sequence: new rows go behind the last row of
 *               their source, so that a commit touches one or two pages
 * minute, hour  rollups, by sensor and time
 * cursor        small numbers by name
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

#define HISTORY_SOURCES_MAX 4096	/* in the database */
#define HISTORY_SOURCE_SENSORS_MAX 4096 /* of one source */
/* Series of one sensor. If a sensor has more, its readings store their field names themselves. */
#define HISTORY_SENSOR_SERIES_MAX 64

/*
 * A reading's row number is its source's number, shifted left by these bits, plus its sequence.
 * This is the position of history.h.
 */
#define HISTORY_SEQUENCE_BITS 44
/*
 * A rollup's row number is its sensor's number, shifted left by these bits, plus the minute or
 * hour since 1970.
 */
#define HISTORY_BUCKET_BITS 28
#define HISTORY_BUCKET_MASK ((INT64_C(1) << HISTORY_BUCKET_BITS) - 1)
#define HISTORY_MINUTE_MS 60000u
#define HISTORY_HOUR_MS 3600000u

/* 2020-01-01. A clock that shows an earlier time had not been set when the reading was made. */
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
	uint64_t stream; /* the stream of this node's own readings */
	sqlite3_stmt *statements[STATEMENTS];
};

struct history_cursor {
	char name[65];
	uint64_t value;
	bool is_changed; /* since the last commit */
};

/*
 * Open the database, or create it. ERROR_MALFORMED if it is damaged, ERROR_UNSUPPORTED if a newer
 * version of harvester made it, ERROR_SYSTEM, ERROR_BUSY, ERROR_NO_MEMORY.
 */
int history_db_open(const char *path, struct history_db **ret_db, struct error *err);
void history_db_close(struct history_db *db); /* NULL is allowed */

/*
 * Write the whole list and the changed cursors in one transaction, which is on the disk on return,
 * and fill in the results. On failure nothing has changed.
 */
int history_db_commit(struct history_db *db, struct history_write *writes,
		      const struct history_cursor *cursors, size_t cursors_count,
		      struct error *err);

/* Read all cursors into `ret_cursors`, which has HISTORY_CURSORS_MAX places. */
int history_db_load_cursors(struct history_db *db, struct history_cursor *ret_cursors,
			    size_t *ret_count, struct error *err);

/*
 * Roll up at most `rows` readings in one transaction. *ret_more: there are further readings to
 * roll up.
 */
int history_db_roll(struct history_db *db, unsigned rows, bool *ret_more, struct error *err);

/*
 * Returns in *ret_age_ms the time that ages count up to: now_ms, but if the clock has leapt ahead,
 * by mistake or because the node was off, what the last call returned and HISTORY_AGE_SPEED times
 * passed_ms. So a clock that is wrong for some hours makes the history delete little. passed_ms:
 * since the last call, by the monotonic clock; 0 after a start. The database keeps the time.
 */
#define HISTORY_AGE_SPEED 24
#define HISTORY_AGE_NAME "'age of the history'" /* among the cursors, whose names have no space */
int history_db_age(struct history_db *db, uint64_t now_ms, uint64_t passed_ms, uint64_t *ret_age_ms,
		   struct error *err);

/*
 * Delete what exceeds the limits, in one transaction of about `rows` rows of ordinary size. Only
 * readings that are rolled up are deleted. *ret_deleted counts readings, not rollups. *ret_more:
 * there is more to delete.
 *
 * By age, unless `age_ms` is 0; ages count up to that time (history_db_age()). This looks at every
 * sensor: a source's readings are deleted from its first to the last one that is too old. A reading
 * whose time cannot be right (before 2020, or more than a day after now) is treated as being as old
 * as the next reading with a plausible time. Rollups are deleted by their time; a rollup whose time
 * cannot be right is deleted together with the rollups next to it in the order of sequences.
 *
 * By size: each plugin of this node and each other node has a share (max-min fair,
 * base/fair_share.h). Only those above their share lose rows: readings first, then minutes, then
 * hours, each oldest first. Another node's plugins share that node's part in the same way. Rows
 * that an older version of harvester wrote are counted first.
 */
int history_db_trim(struct history_db *db, const struct history_limits *limits, uint64_t age_ms,
		    uint64_t now_ms, unsigned rows, uint64_t *ret_deleted, bool *ret_more,
		    struct error *err);

/* Bytes in use: the size of the file without its free pages. */
int history_db_size(struct history_db *db, uint64_t *ret_bytes, struct error *err);

/* Only for the files that implement this header, maintenance.h and roll.h. */

/* Bytes that a row takes in the file in addition to its value: a measured average. */
#define HISTORY_ROW_BYTES 24
/* A series' names are stored twice, in the table and in an index. */
#define HISTORY_SERIES_BYTES(key_size) (2 * (int64_t)(key_size) + 32)
/* A step counts a row with more than this many bytes of values as several rows. */
#define HISTORY_ROLL_COST_BYTES 64
#define HISTORY_TRIM_COST_BYTES 512

int history_db_fail(struct history_db *db, int code, struct error *err);

/* A prepared statement without bindings. The caller resets it when done. */
sqlite3_stmt *history_db_statement(struct history_db *db, enum history_statement which);

int history_db_begin(struct history_db *db, struct error *err);

/* Commit if `ret` is 0, else roll back. Returns the first error. */
int history_db_end(struct history_db *db, int ret, struct error *err);

#endif
