#include "store/sqlite.h"

#include <stdio.h>

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
