#include "store/history/db.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/history/history.h"
#include "store/sqlite.h"

#define BUSY_MS 2000
/* The write-ahead log's file is cut to this many bytes when it is empty. */
#define LOG_SIZE_MAX 8388608

#define STRING(x) #x
#define TEXT(x) STRING(x)

static const char *const texts[STATEMENTS] = {
	[STATEMENT_FIND_SOURCE] =
		"SELECT id, rolled, trimmed FROM source WHERE node = ?1 AND stream = ?2",
	[STATEMENT_ADD_SOURCE] =
		"INSERT INTO source (node, stream, rolled, trimmed) SELECT ?1, ?2, 0, 0"
		" WHERE (SELECT count(*) FROM source) < " TEXT(HISTORY_SOURCES_MAX),
	[STATEMENT_LAST_READING] = "SELECT max(id) FROM reading WHERE id BETWEEN ?1 AND ?2",
	[STATEMENT_FIND_SERIES] =
		"SELECT series.id FROM sensor JOIN series ON series.sensor = sensor.id"
		" WHERE sensor.source = ?1 AND sensor.name = ?2 AND series.key = ?3",
	[STATEMENT_FIND_SENSOR] = "SELECT id FROM sensor WHERE source = ?1 AND name = ?2",
	[STATEMENT_ADD_SENSOR] =
		"INSERT INTO sensor (source, name, fields, trimmed, minutes, hours)"
		" SELECT ?1, ?2, '', ?3, 0, 0"
		" WHERE (SELECT count(*) FROM sensor WHERE source = ?1) < " TEXT(
			HISTORY_SOURCE_SENSORS_MAX),
	[STATEMENT_COUNT_SERIES] = "SELECT count(*) FROM series WHERE sensor = ?1",
	[STATEMENT_ADD_SERIES] = "INSERT INTO series (sensor, key) VALUES (?1, ?2)",
	[STATEMENT_OWN_SENSOR] = "UPDATE sensor SET owner = ?2, names = names + ?3 WHERE id = ?1",
	[STATEMENT_FIND_TRIMMED] = "SELECT sensor.trimmed FROM series JOIN sensor"
				   " ON sensor.id = series.sensor WHERE series.id = ?1",
	[STATEMENT_ADD_READING] = "INSERT INTO reading (id, series, time, value)"
				  " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
	[STATEMENT_SET_CURSOR] = "INSERT INTO cursor (name, value) VALUES (?1, ?2)"
				 " ON CONFLICT DO UPDATE SET value = excluded.value",
};

/*
 * EXTRA until write-ahead logging is on: switching it on uses a rollback journal, and that journal
 * has to be gone from the folder on the disk, or a later power cut would undo everything written
 * since.
 */
static const char settings[] = "PRAGMA synchronous = EXTRA;"
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA journal_size_limit = " TEXT(LOG_SIZE_MAX) ";";

static const char schema[] =
	"CREATE TABLE own (stream INTEGER NOT NULL) STRICT;"
	"CREATE TABLE source (id INTEGER PRIMARY KEY, node TEXT NOT NULL, stream INTEGER NOT NULL,"
	" rolled INTEGER NOT NULL, trimmed INTEGER NOT NULL, UNIQUE (node, stream)) STRICT;"
	"CREATE TABLE sensor (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, name TEXT NOT NULL,"
	" fields TEXT NOT NULL, UNIQUE (source, name)) STRICT;"
	"CREATE TABLE series (id INTEGER PRIMARY KEY, sensor INTEGER NOT NULL, key TEXT NOT NULL,"
	" UNIQUE (sensor, key)) STRICT;"
	"CREATE TABLE reading (id INTEGER PRIMARY KEY, series INTEGER NOT NULL,"
	" time INTEGER NOT NULL, value BLOB NOT NULL) STRICT;"
	"CREATE TABLE minute (id INTEGER PRIMARY KEY, first INTEGER NOT NULL,"
	" last INTEGER NOT NULL, value BLOB NOT NULL) STRICT;"
	"CREATE TABLE hour (id INTEGER PRIMARY KEY, first INTEGER NOT NULL,"
	" last INTEGER NOT NULL, value BLOB NOT NULL) STRICT;"
	"CREATE TABLE cursor (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"PRAGMA user_version = 1;";

/*
 * Version 2 counts the bytes that each sensor takes in the file. Readings up to the sequence
 * `uncounted` are not counted yet, nor are a sensor's rollups while `minutes` and `hours` are
 * NULL. room.c counts them in steps.
 */
static const char schema_2[] =
	"ALTER TABLE source ADD COLUMN minute_trimmed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE source ADD COLUMN hour_trimmed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE source ADD COLUMN uncounted INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sensor ADD COLUMN owner TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE sensor ADD COLUMN trimmed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sensor ADD COLUMN names INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sensor ADD COLUMN readings INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sensor ADD COLUMN minutes INTEGER;"
	"ALTER TABLE sensor ADD COLUMN hours INTEGER;"
	"UPDATE source SET uncounted = rolled;"
	"UPDATE sensor SET names = (SELECT coalesce(sum(2 * length(CAST(key AS BLOB)) + 32), 0)"
	"  FROM series WHERE series.sensor = sensor.id),"
	" owner = coalesce((SELECT substr(key, 2, instr(key, char(10)) - 2)"
	"  FROM series WHERE series.sensor = sensor.id ORDER BY id DESC LIMIT 1), '');"
	"PRAGMA user_version = 2;";

int history_db_fail(struct history_db *db, int code, struct error *err)
{
	(void)db;
	return sqlite_fail("the history's database", code, err);
}

sqlite3_stmt *history_db_statement(struct history_db *db, enum history_statement which)
{
	sqlite3_clear_bindings(db->statements[which]);
	return db->statements[which];
}

int history_db_begin(struct history_db *db, struct error *err)
{
	int code = sqlite3_exec(db->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	return code ? history_db_fail(db, code, err) : 0;
}

int history_db_end(struct history_db *db, int ret, struct error *err)
{
	int code = ret ? 0 : sqlite3_exec(db->db, "COMMIT", NULL, NULL, NULL);

	if (code)
		ret = history_db_fail(db, code, err);
	if (!sqlite3_get_autocommit(db->db))
		sqlite3_exec(db->db, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}

/* Opening */

/* This database's stream: 63 random bits, since SQLite's integers are signed. */
static int add_stream(struct history_db *db)
{
	sqlite3_stmt *statement;
	uint64_t stream;
	int code = sqlite3_prepare_v2(db->db, "INSERT INTO own (stream) VALUES (?1)", -1,
				      &statement, NULL);

	if (code)
		return code;
	randombytes_buf(&stream, sizeof(stream));
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)(stream >> 1));
	sqlite3_step(statement);
	return sqlite3_finalize(statement);
}

/* Update the schema from `version` (0 for a new file) to this program's. */
static int update_schema(struct history_db *db, int64_t version, struct error *err)
{
	int code = 0, ret = history_db_begin(db, err);

	if (ret)
		return ret;
	if (version < 1)
		code = sqlite3_exec(db->db, schema, NULL, NULL, NULL);
	if (!code && version < 1)
		code = add_stream(db);
	if (!code)
		code = sqlite3_exec(db->db, schema_2, NULL, NULL, NULL);
	return history_db_end(db, code ? history_db_fail(db, code, err) : 0, err);
}

static int prepare(struct history_db *db, struct error *err)
{
	int64_t stream = 0;
	int code = sqlite_number(db->db, "SELECT stream FROM own", &stream);

	db->stream = (uint64_t)stream;
	for (int i = 0; !code && i < STATEMENTS; i++)
		code = sqlite3_prepare_v3(db->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
					  &db->statements[i], NULL);
	return code ? history_db_fail(db, code, err) : 0;
}

static int set_up(struct history_db *db, struct error *err)
{
	int64_t version;
	int code = sqlite3_exec(db->db, settings, NULL, NULL, NULL);
	int ret = 0;

	if (!code)
		code = sqlite_limit_cache(db->db);
	if (!code)
		code = sqlite_number(db->db, "PRAGMA user_version", &version);
	if (code)
		return history_db_fail(db, code, err);
	if (version > HISTORY_SCHEMA_VERSION)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a newer version of harvester has written the history: install "
				 "the newest version");
	if (version < HISTORY_SCHEMA_VERSION)
		ret = update_schema(db, version, err);
	return ret ? ret : prepare(db, err);
}

int history_db_open(const char *path, struct history_db **ret_db, struct error *err)
{
	struct history_db *db = calloc(1, sizeof(*db));
	int code, ret;

	if (!db)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the history; this machine needs more "
				 "free memory");
	code = sqlite3_open_v2(path, &db->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (code) {
		ret = history_db_fail(db, code, err);
	} else {
		sqlite3_busy_timeout(db->db, BUSY_MS);
		ret = set_up(db, err);
	}
	if (ret) {
		history_db_close(db);
		return ret;
	}
	*ret_db = db;
	return 0;
}

void history_db_close(struct history_db *db)
{
	if (!db)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->db);
	free(db);
}

int history_db_load_cursors(struct history_db *db, struct history_cursor *ret_cursors,
			    size_t *ret_count, struct error *err)
{
	sqlite3_stmt *statement;
	size_t count = 0;
	int code = sqlite3_prepare_v2(
		db->db, "SELECT name, value FROM cursor WHERE name <> " HISTORY_AGE_NAME, -1,
		&statement, NULL);

	if (code)
		return history_db_fail(db, code, err);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW && count < HISTORY_CURSORS_MAX) {
		struct history_cursor *cursor = &ret_cursors[count++];

		snprintf(cursor->name, sizeof(cursor->name), "%s",
			 (const char *)sqlite3_column_text(statement, 0));
		cursor->value = (uint64_t)sqlite3_column_int64(statement, 1);
		cursor->is_changed = false;
	}
	sqlite3_finalize(statement);
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		return history_db_fail(db, code, err);
	*ret_count = count;
	return 0;
}

int history_db_size(struct history_db *db, uint64_t *ret_bytes, struct error *err)
{
	int64_t pages = 0, free_pages = 0, size = 0;
	int code = sqlite_number(db->db, "PRAGMA page_count", &pages);

	if (!code)
		code = sqlite_number(db->db, "PRAGMA freelist_count", &free_pages);
	if (!code)
		code = sqlite_number(db->db, "PRAGMA page_size", &size);
	if (code)
		return history_db_fail(db, code, err);
	*ret_bytes = (uint64_t)(pages - free_pages) * (uint64_t)size;
	return 0;
}
