#include "store/alerts/store.h"

#include <stdlib.h>

#include "base/error.h"
#include "store/sqlite.h"

#define BUSY_MS 250
#define SCHEMA_VERSION 1

struct alert_store {
	sqlite3 *db;
	sqlite3_stmt *set, *remove;
};

/* EXTRA until write-ahead logging is on: history/db.c says why. */
static const char settings[] = "PRAGMA synchronous = EXTRA;"
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;";

static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS records (kind INTEGER NOT NULL, key TEXT NOT NULL,"
	" value TEXT NOT NULL, PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;"
	"PRAGMA user_version = 1;"
	"COMMIT;";

static int fail(int code, struct error *err)
{
	return sqlite_fail("the alerts' database", code, err);
}

/* Check the whole file now, so that damage does not first show when an alert fires. */
static int check(sqlite3 *db, int64_t *ret_version, struct error *err)
{
	int64_t is_whole = 0;
	int code = sqlite_number(db, "PRAGMA user_version", ret_version);

	if (!code && *ret_version > SCHEMA_VERSION)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a newer version of harvester made this state of the alerts: "
				 "install that version");
	if (!code)
		code = sqlite_number(db, "SELECT quick_check = 'ok' FROM pragma_quick_check",
				     &is_whole);
	if (!code && !is_whole)
		code = SQLITE_CORRUPT;
	return code ? fail(code, err) : 0;
}

static int prepare(struct alert_store *store, int64_t version, struct error *err)
{
	int code = sqlite3_exec(store->db, settings, NULL, NULL, NULL);

	if (!code)
		code = sqlite_limit_cache(store->db);
	if (!code && !version)
		code = sqlite3_exec(store->db, schema, NULL, NULL, NULL);
	if (!code)
		code = sqlite3_prepare_v3(store->db,
					  "INSERT INTO records VALUES (?1, ?2, ?3)"
					  " ON CONFLICT DO UPDATE SET value = excluded.value",
					  -1, SQLITE_PREPARE_PERSISTENT, &store->set, NULL);
	if (!code)
		code = sqlite3_prepare_v3(store->db,
					  "DELETE FROM records WHERE kind = ?1 AND key = ?2", -1,
					  SQLITE_PREPARE_PERSISTENT, &store->remove, NULL);
	return code ? fail(code, err) : 0;
}

static int open_database(void *arg, const char *path, struct error *err)
{
	struct alert_store **ret_store = arg;
	struct alert_store *store = calloc(1, sizeof(*store));
	int64_t version = 0;
	int code, ret;

	if (!store)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the state of the alerts; this "
				 "machine needs more free memory");
	code = sqlite3_open_v2(path, &store->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	ret = code ? fail(code, err) : 0;
	if (!ret) {
		sqlite3_busy_timeout(store->db, BUSY_MS);
		ret = check(store->db, &version, err);
	}
	if (!ret)
		ret = prepare(store, version, err);
	if (ret)
		alert_store_close(store);
	else
		*ret_store = store;
	return ret;
}

int alert_store_open(const char *path, struct alert_store **ret_store, struct error *ret_note,
		     struct error *err)
{
	return sqlite_open_or_replace(
		path, open_database, ret_store,
		"what fires is judged again from the readings, and rules that were added over the "
		"API have to be added again",
		ret_note, err);
}

void alert_store_close(struct alert_store *store)
{
	if (!store)
		return;
	sqlite3_finalize(store->set);
	sqlite3_finalize(store->remove);
	sqlite3_close(store->db);
	free(store);
}

int alert_store_read(struct alert_store *store, alert_store_record *on_record, void *arg,
		     struct error *err)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(store->db,
				      "SELECT kind, key, value FROM records ORDER BY kind, key", -1,
				      &statement, NULL);

	if (code)
		return fail(code, err);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		on_record(arg, (enum alert_record)sqlite3_column_int(statement, 0),
			  (const char *)sqlite3_column_text(statement, 1),
			  (const char *)sqlite3_column_text(statement, 2));
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? 0 : fail(code, err);
}

static int change(struct alert_store *store, const struct alert_change *which)
{
	sqlite3_stmt *statement = which->value ? store->set : store->remove;
	int code = sqlite3_bind_int(statement, 1, (int)which->kind);

	if (!code)
		code = sqlite3_bind_text(statement, 2, which->key, -1, SQLITE_STATIC);
	if (!code && which->value)
		code = sqlite3_bind_text(statement, 3, which->value, -1, SQLITE_STATIC);
	if (!code)
		code = sqlite3_step(statement);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return code == SQLITE_DONE ? 0 : code;
}

int alert_store_write(struct alert_store *store, const struct alert_change *changes, size_t count,
		      struct error *err)
{
	int code = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (code)
		return fail(code, err);
	for (size_t i = 0; !code && i < count; i++)
		code = change(store, &changes[i]);
	if (!code)
		code = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
	if (!code)
		return 0;
	/* After some errors SQLite has rolled back already; then this fails, which does not matter.
	 */
	sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return fail(code, err);
}
