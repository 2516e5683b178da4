/*
 * What every database of this folder needs from SQLite. One owner at a time, any thread.
 */
#ifndef HARVESTER_STORE_SQLITE_H
#define HARVESTER_STORE_SQLITE_H

#include <sqlite3.h>
#include <stdint.h>

struct error;

/* The error code for one of SQLite's: ERROR_MALFORMED for a damaged file, ERROR_BUSY, and so on. */
int sqlite_translate(int code);

/* Fill *err with what SQLite says of `code` behind "WHAT: ". Returns the translated code. */
int sqlite_fail(const char *what, int code, struct error *err);

/* The first column of the only row of `text`. Returns SQLite's code, 0 when it went well. */
int sqlite_number(sqlite3 *db, const char *text, int64_t *ret_number);

/*
 * Let a connection keep at most SQLITE_CACHE_KB of the file in memory, where SQLite itself takes 2
 * MB: a daemon has some connections open for as long as it runs. Returns SQLite's code.
 */
#define SQLITE_CACHE_KB 512
int sqlite_limit_cache(sqlite3 *db);

#endif
