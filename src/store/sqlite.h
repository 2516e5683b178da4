/*
 * Small helpers that every SQLite database of this folder uses: translating error codes, reading
 * one number, limiting the page cache. Any thread, one at a time for one connection.
 */
#ifndef HARVESTER_STORE_SQLITE_H
#define HARVESTER_STORE_SQLITE_H

#include <sqlite3.h>
#include <stdint.h>

struct error;

/*
 * Translate a SQLite result code into one of base/error.h: ERROR_MALFORMED for a damaged file,
 * ERROR_BUSY for a locked one, ERROR_TIMEOUT for an interrupted query, ERROR_NO_MEMORY,
 * ERROR_SYSTEM for all others; 0 for SQLITE_OK.
 */
int sqlite_translate(int code);

/* Fill *err with "WHAT: " and SQLite's text for `code`. Returns the translated code. */
int sqlite_fail(const char *what, int code, struct error *err);

/*
 * Run the query `text` and read the first column of its first row. Returns SQLite's own result
 * code: 0 on success, SQLITE_NOTFOUND if the query has no row.
 */
int sqlite_number(sqlite3 *db, const char *text, int64_t *ret_number);

/*
 * Limit the page cache of a connection to SQLITE_CACHE_KB. SQLite's default is 2 MB, and a daemon
 * keeps several connections open for as long as it runs. Returns SQLite's own result code.
 */
#define SQLITE_CACHE_KB 512
int sqlite_limit_cache(sqlite3 *db);

/*
 * Open a database by open(arg, path, &error). If that finds it damaged (ERROR_MALFORMED), rename
 * the file (base/damaged_file.h) and call open() again, which then makes a new one: *ret_note says
 * so, and ends with `loss`, which says what the owner has lost. Otherwise ret_note->code is 0.
 * Blocks on the disk. The errors of open() and damaged_file_move_aside(); *err begins with the
 * path.
 */
int sqlite_open_or_replace(const char *path,
			   int (*open)(void *arg, const char *path, struct error *err), void *arg,
			   const char *loss, struct error *ret_note, struct error *err);

#endif
