#include "store/sqlite.h"

#include <limits.h>
#include <stdio.h>

#include "base/damaged_file.h"
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

int sqlite_limit_cache(sqlite3 *db)
{
	char text[64];

	snprintf(text, sizeof(text), "PRAGMA cache_size = -%d", SQLITE_CACHE_KB);
	return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static int move_aside(const char *path, const struct error *why, const char *loss,
		      struct error *ret_note, struct error *err)
{
	char aside[PATH_MAX];
	int ret = damaged_file_move_aside(path, aside, sizeof(aside), err);

	if (ret)
		return error_wrap(err, ret, "damaged (%s), and cannot be moved aside", why->text);
	error_set(ret_note, ERROR_MALFORMED, "%s: damaged (%s); moved to %s: %s", path, why->text,
		  aside, loss);
	return 0;
}

int sqlite_open_or_replace(const char *path,
			   int (*open)(void *arg, const char *path, struct error *err), void *arg,
			   const char *loss, struct error *ret_note, struct error *err)
{
	struct error why = {0}, second = {0};
	int ret = open(arg, path, &why);

	ret_note->code = 0;
	if (ret == ERROR_MALFORMED) {
		ret = move_aside(path, &why, loss, ret_note, &second);
		if (!ret)
			ret = open(arg, path, &second);
		why = second;
	}
	return ret ? error_set(err, ret, "%s: %s", path, why.text) : 0;
}
