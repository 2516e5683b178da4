#include "store/sqlite.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"

int sqlite_translate(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_NOMEM:
		return ERROR_NO_MEMORY;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERROR_BUSY;
	case SQLITE_INTERRUPT:
		return ERROR_TIMEOUT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERROR_MALFORMED;
	default:
		return ERROR_SYSTEM;
	}
}

int sqlite_fail(const char *what, int code, struct error *err)
{
	return error_set(err, sqlite_translate(code), "%s: %s", what, sqlite3_errstr(code));
}

int sqlite_number(sqlite3 *db, const char *text, int64_t *ret_number)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(db, text, -1, &statement, NULL);

	if (code)
		return code;
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? SQLITE_NOTFOUND : code;
}

static void delete_with_log(const char *path)
{
	char log[PATH_MAX];

	snprintf(log, sizeof(log), "%s-wal", path);
	unlink(log);
	unlink(path);
}

/* Names end in the time, so their order is that of age. */
static void delete_oldest(const char *path)
{
	char pattern[PATH_MAX];
	glob_t found = {0};

	snprintf(pattern, sizeof(pattern), "%s.corrupt-*[0-9]", path);
	if (!glob(pattern, 0, NULL, &found))
		for (size_t i = 0; i + SQLITE_CORRUPT_KEPT <= found.gl_pathc; i++)
			delete_with_log(found.gl_pathv[i]);
	globfree(&found);
}

int sqlite_move_aside(const char *path, uint64_t now_seconds, char *ret_aside, size_t size,
		      struct error *err)
{
	char log[PATH_MAX], log_aside[PATH_MAX];

	do {
		if (snprintf(log_aside, sizeof(log_aside), "%s.corrupt-%010" PRIu64 "-wal", path,
			     now_seconds) >= (int)sizeof(log_aside) ||
		    snprintf(ret_aside, size, "%s.corrupt-%010" PRIu64, path, now_seconds) >=
			    (int)size)
			return error_set(err, ERROR_TOO_LARGE, "%s: the path is too long", path);
		now_seconds++;
	} while (!access(ret_aside, F_OK));
	delete_oldest(path);
	/* The log first: the new database must not find it. */
	snprintf(log, sizeof(log), "%s-wal", path);
	rename(log, log_aside);
	snprintf(log, sizeof(log), "%s-shm", path);
	unlink(log);
	if (rename(path, ret_aside))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s is damaged, and not to be moved", path);
	return 0;
}
