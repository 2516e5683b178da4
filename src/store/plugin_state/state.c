#include "store/plugin_state/state.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/plugin_state/budget.h"
#include "store/sqlite.h"

#define BUSY_MS 250
#define SCHEMA_VERSION 1

enum statement {
	GET,
	SET,
	DELETE,
	KEYS,
	USAGE,
	STATEMENTS,
};

/*
 * ?1 is the plugin, ?2 the key. Keys are blobs, so that their length and order are those of their
 * bytes. USAGE counts all keys but ?2; all of them if ?2 is empty.
 */
#define TEXTS(table)                                                                               \
	{                                                                                          \
		[GET] = "SELECT value FROM " table " WHERE plugin = ?1 AND key = ?2",              \
		[SET] = "INSERT INTO " table " (plugin, key, value) VALUES (?1, ?2, ?3)"           \
			" ON CONFLICT DO UPDATE SET value = excluded.value"                        \
			" WHERE value <> excluded.value",                                          \
		[DELETE] = "DELETE FROM " table " WHERE plugin = ?1 AND key = ?2",                 \
		[KEYS] = "SELECT key FROM " table " WHERE plugin = ?1 ORDER BY key",               \
		[USAGE] = "SELECT count(*), ifnull(sum(length(key) + length(value)), 0)"           \
			  " FROM " table " WHERE plugin = ?1 AND key <> ?2",                       \
	}

static const char *const texts[STATEMENTS] = TEXTS("main.state");
static const char *const candidate_texts[STATEMENTS] = TEXTS("candidate.state");

#define COLUMNS                                                                                    \
	"(plugin TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"                           \
	" PRIMARY KEY (plugin, key)) STRICT, WITHOUT ROWID;"

/* EXTRA until write-ahead logging is on: history/db.c says why. */
static const char settings[] = "PRAGMA synchronous = EXTRA;"
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;";

static const char schema[] = "BEGIN IMMEDIATE;"
			     "CREATE TABLE IF NOT EXISTS state " COLUMNS "PRAGMA user_version = 1;"
			     "COMMIT;";

/* In memory: the state that a candidate sees, and a copy of the state when the candidate began. */
static const char candidate_schema[] =
	"ATTACH ':memory:' AS candidate;"
	"CREATE TABLE candidate.state " COLUMNS "CREATE TABLE candidate.before " COLUMNS;

#define FORGET                                                                                     \
	"DELETE FROM candidate.state WHERE plugin = ?1;"                                           \
	"DELETE FROM candidate.before WHERE plugin = ?1;"

static const char forget_candidate[] = FORGET;

static const char begin_candidate[] =
	FORGET "INSERT INTO candidate.state SELECT * FROM main.state WHERE plugin = ?1;"
	       "INSERT INTO candidate.before SELECT * FROM main.state WHERE plugin = ?1;";

/* Write only what the candidate changed: the running version may have set other keys meanwhile. */
static const char keep_candidate[] =
	"INSERT INTO main.state SELECT * FROM (SELECT * FROM candidate.state WHERE plugin = ?1"
	" EXCEPT SELECT * FROM candidate.before WHERE plugin = ?1) WHERE true"
	" ON CONFLICT DO UPDATE SET value = excluded.value;"
	"DELETE FROM main.state WHERE plugin = ?1 AND key IN"
	" (SELECT key FROM candidate.before WHERE plugin = ?1"
	" EXCEPT SELECT key FROM candidate.state WHERE plugin = ?1);" FORGET;

struct state_store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	struct state_store *candidate; /* owned; the candidates' copy; NULL in that copy */
	struct state_budget *budget;   /* owned; NULL: no limit on writes, as for candidates */
};

static int fail(int code, struct error *err)
{
	return sqlite_fail("the state database", code, err);
}

/* Opening */

/* Read the first column of the first row. */
static int query_number(struct state_store *store, const char *text, int *ret_number)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(store->db, text, -1, &statement, NULL);

	if (!code) {
		code = sqlite3_step(statement);
		if (code == SQLITE_ROW)
			*ret_number = sqlite3_column_int(statement, 0);
		sqlite3_finalize(statement);
	}
	return code == SQLITE_ROW ? 0 : code;
}

/* Check the whole file now, so that damage does not first show in a plugin's call. */
static int check(struct state_store *store, int *ret_version, struct error *err)
{
	int is_whole = 0;
	int code = query_number(store, "PRAGMA user_version", ret_version);

	if (!code && *ret_version > SCHEMA_VERSION)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a newer version of harvester made this file of the plugins' "
				 "state: install that version");
	if (!code)
		code = query_number(store, "SELECT quick_check = 'ok' FROM pragma_quick_check",
				    &is_whole);
	if (!code && !is_whole)
		code = SQLITE_CORRUPT;
	return code ? fail(code, err) : 0;
}

static int prepare_statements(struct state_store *store, const char *const *which)
{
	int code = 0;

	for (int i = 0; !code && i < STATEMENTS; i++)
		code = sqlite3_prepare_v3(store->db, which[i], -1, SQLITE_PREPARE_PERSISTENT,
					  &store->statements[i], NULL);
	return code;
}

static int prepare(struct state_store *store, int version, struct error *err)
{
	int code = sqlite3_exec(store->db, settings, NULL, NULL, NULL);

	if (!code)
		code = sqlite_limit_cache(store->db);
	if (!code && !version)
		code = sqlite3_exec(store->db, schema, NULL, NULL, NULL);
	if (!code)
		code = sqlite3_exec(store->db, candidate_schema, NULL, NULL, NULL);
	if (!code)
		code = prepare_statements(store, texts);
	if (!code)
		code = prepare_statements(store->candidate, candidate_texts);
	return code ? fail(code, err) : 0;
}

static int open_database(void *arg, const char *path, struct error *err)
{
	struct state_store **ret_store = arg;
	struct state_store *store = calloc(1, sizeof(*store));
	int code, ret, version = 0;

	if (store)
		store->candidate = calloc(1, sizeof(*store->candidate));
	if (!store || !store->candidate) {
		free(store);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the plugins' state; this machine "
				 "needs more free memory");
	}
	code = sqlite3_open_v2(path, &store->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (code) {
		ret = fail(code, err);
		goto close;
	}
	store->candidate->db = store->db;
	sqlite3_busy_timeout(store->db, BUSY_MS);
	ret = check(store, &version, err);
	if (!ret)
		ret = prepare(store, version, err);
	if (ret)
		goto close;
	*ret_store = store;
	return 0;
close:
	state_store_close(store);
	return ret;
}

int state_store_open(const char *path, struct state_store **ret_store, struct error *ret_note,
		     struct error *err)
{
	return sqlite_open_or_replace(path, open_database, ret_store, "plugins start without state",
				      ret_note, err);
}

void state_store_close(struct state_store *store)
{
	if (!store)
		return;
	for (int i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(store->statements[i]);
		sqlite3_finalize(store->candidate->statements[i]);
	}
	sqlite3_close(store->db);
	state_budget_destroy(store->budget);
	free(store->candidate);
	free(store);
}

int state_store_limit_writes(struct state_store *store, struct clock *clock, struct error *err)
{
	store->budget = state_budget_create(clock);
	return store->budget ? 0
			     : error_set(err, ERROR_NO_MEMORY,
					 "out of memory while opening the plugins' state; this "
					 "machine needs more free memory");
}

/* Calls */

static int check_key(const char *key, struct error *err)
{
	size_t size = strlen(key);
	json_t *text;

	if (!size)
		return error_set(err, ERROR_INVALID, "a key of state must have at least one byte");
	if (size > STATE_KEY_SIZE_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "a key of state may have at most %d bytes, but this one (%.16s…) "
				 "has %zu: choose a shorter one",
				 STATE_KEY_SIZE_MAX, key, size);
	text = json_stringn(key, size);
	if (!text)
		return error_set(err, ERROR_INVALID, "a key of state must be UTF-8 text");
	json_decref(text);
	return 0;
}

/* Bind a prepared statement. The caller resets it when done, which also ends its transaction. */
static sqlite3_stmt *bind(struct state_store *store, enum statement which, const char *plugin,
			  const char *key)
{
	sqlite3_stmt *statement = store->statements[which];

	sqlite3_clear_bindings(statement);
	sqlite3_bind_text(statement, 1, plugin, -1, SQLITE_STATIC);
	if (key)
		sqlite3_bind_blob(statement, 2, key, (int)strlen(key), SQLITE_STATIC);
	return statement;
}

/*
 * Run a statement that returns no rows. If it changed nothing, nothing was written, so it does not
 * count against the budget.
 */
static int run(struct state_store *store, sqlite3_stmt *statement, const char *plugin,
	       struct error *err)
{
	int code = sqlite3_step(statement);
	int changes = code == SQLITE_DONE ? sqlite3_changes(store->db) : 0;

	sqlite3_reset(statement);
	if (changes && store->budget)
		state_budget_charge(store->budget, plugin);
	return code == SQLITE_DONE ? 0 : fail(code, err);
}

int state_store_get(struct state_store *store, const char *plugin, const char *key,
		    uint8_t **ret_value, size_t *ret_size, struct error *err)
{
	int code, ret = check_key(key, err);
	sqlite3_stmt *statement;
	uint8_t *value;
	size_t size;

	if (ret)
		return ret;
	statement = bind(store, GET, plugin, key);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		size = (size_t)sqlite3_column_bytes(statement, 0);
		value = malloc(size + 1);
		if (value && size)
			memcpy(value, sqlite3_column_blob(statement, 0), size);
	}
	sqlite3_reset(statement);
	if (code == SQLITE_DONE)
		return error_set(err, ERROR_NOT_FOUND,
				 "this key of state is not set: set it before you get it");
	if (code != SQLITE_ROW)
		return fail(code, err);
	if (!value)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading the plugin's state; this machine "
				 "needs more free memory");
	*ret_value = value;
	*ret_size = size;
	return 0;
}

/* Count the bytes and keys of a plugin, without the key `but_key`. */
static int get_usage(struct state_store *store, const char *plugin, const char *but_key,
		     size_t *ret_bytes, size_t *ret_keys, struct error *err)
{
	sqlite3_stmt *statement = bind(store, USAGE, plugin, but_key);
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW) {
		*ret_keys = (size_t)sqlite3_column_int64(statement, 0);
		*ret_bytes = (size_t)sqlite3_column_int64(statement, 1);
	}
	sqlite3_reset(statement);
	return code == SQLITE_ROW ? 0 : fail(code, err);
}

static int check_room(struct state_store *store, const char *plugin, const char *key, size_t size,
		      size_t quota, struct error *err)
{
	size_t bytes, keys;
	int ret = get_usage(store, plugin, key, &bytes, &keys, err);

	if (ret)
		return ret;
	bytes += strlen(key) + size;
	if (bytes > quota)
		return error_set(err, ERROR_TOO_LARGE,
				 "state would take %zu bytes with this value, its quota is %zu: "
				 "delete keys, or raise state_kb in the plugin's permission file",
				 bytes, quota);
	if (keys >= STATE_KEYS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "state has %zu keys already, the limit: delete one first", keys);
	return 0;
}

/* Whether the key has this value already; with `value` NULL, whether it is not set. */
static bool is_already(struct state_store *store, const char *plugin, const char *key,
		       const uint8_t *value, size_t size)
{
	sqlite3_stmt *statement = bind(store, GET, plugin, key);
	int code = sqlite3_step(statement);
	bool same = code == SQLITE_DONE && !value;

	if (code == SQLITE_ROW && value)
		same = (size_t)sqlite3_column_bytes(statement, 0) == size &&
		       (!size || !memcmp(sqlite3_column_blob(statement, 0), value, size));
	sqlite3_reset(statement);
	return same;
}

/* A change that writes nothing does not need the budget. */
static int check_budget(struct state_store *store, const char *plugin, const char *key,
			const uint8_t *value, size_t size, struct error *err)
{
	if (!store->budget || is_already(store, plugin, key, value, size))
		return 0;
	return state_budget_check(store->budget, plugin, err);
}

int state_store_set(struct state_store *store, const char *plugin, const char *key,
		    const uint8_t *value, size_t size, size_t quota, struct error *err)
{
	int ret = check_key(key, err);
	sqlite3_stmt *statement;

	if (!ret && size > STATE_VALUE_SIZE_MAX)
		ret = error_set(err, ERROR_TOO_LARGE,
				"a value of state may have at most %u bytes, but this one has %zu: "
				"store less, or split it over several keys",
				STATE_VALUE_SIZE_MAX, size);
	if (!ret)
		ret = check_room(store, plugin, key, size, quota, err);
	if (!size)
		value = (const uint8_t *)""; /* a null pointer would be NULL, not an empty blob */
	if (!ret)
		ret = check_budget(store, plugin, key, value, size, err);
	if (ret)
		return ret;
	statement = bind(store, SET, plugin, key);
	sqlite3_bind_blob(statement, 3, value, (int)size, SQLITE_STATIC);
	return run(store, statement, plugin, err);
}

int state_store_delete(struct state_store *store, const char *plugin, const char *key,
		       struct error *err)
{
	int ret = check_key(key, err);

	if (!ret)
		ret = check_budget(store, plugin, key, NULL, 0, err);
	return ret ? ret : run(store, bind(store, DELETE, plugin, key), plugin, err);
}

int state_store_keys(struct state_store *store, const char *plugin, json_t **ret_keys,
		     struct error *err)
{
	sqlite3_stmt *statement = bind(store, KEYS, plugin, NULL);
	json_t *keys = json_array();
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *key = sqlite3_column_blob(statement, 0);
		size_t size = (size_t)sqlite3_column_bytes(statement, 0);

		if (json_array_append_new(keys, json_stringn(key, size))) {
			code = SQLITE_NOMEM;
			break;
		}
	}
	sqlite3_reset(statement);
	if (code == SQLITE_DONE && keys) {
		*ret_keys = keys;
		return 0;
	}
	json_decref(keys);
	return fail(code == SQLITE_DONE ? SQLITE_NOMEM : code, err);
}

int state_store_usage(struct state_store *store, const char *plugin, size_t *ret_bytes,
		      size_t *ret_keys, struct error *err)
{
	return get_usage(store, plugin, "", ret_bytes, ret_keys, err);
}

/* Candidates */

/* Run each statement of a text, with the plugin as ?1. */
static int run_all(sqlite3 *db, const char *text, const char *plugin)
{
	sqlite3_stmt *statement;
	int code = 0;

	while (!code && *text) {
		code = sqlite3_prepare_v2(db, text, -1, &statement, &text);
		if (code)
			break;
		sqlite3_bind_text(statement, 1, plugin, -1, SQLITE_STATIC);
		code = sqlite3_step(statement);
		sqlite3_finalize(statement);
		code = code == SQLITE_DONE ? 0 : code;
	}
	return code;
}

static int run_transaction(struct state_store *store, const char *text, const char *plugin,
			   struct error *err)
{
	int code = sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL);

	if (!code)
		code = run_all(store->db, text, plugin);
	if (!code)
		code = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
	if (code)
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return code ? fail(code, err) : 0;
}

int state_store_candidate_begin(struct state_store *store, const char *plugin, struct error *err)
{
	return run_transaction(store, begin_candidate, plugin, err);
}

int state_store_candidate_keep(struct state_store *store, const char *plugin, struct error *err)
{
	return run_transaction(store, keep_candidate, plugin, err);
}

int state_store_candidate_drop(struct state_store *store, const char *plugin, struct error *err)
{
	return run_transaction(store, forget_candidate, plugin, err);
}

struct state_store *state_store_candidate(struct state_store *store)
{
	return store->candidate;
}

uint64_t state_store_writes_refused(const struct state_store *store)
{
	return store->budget ? state_budget_refused(store->budget) : 0;
}
