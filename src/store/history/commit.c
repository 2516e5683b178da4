/* Commits readings: finds or adds the source, sensor and series of each record, and inserts it. */
#include <string.h>

#include "base/error.h"
#include "store/history/db.h"
#include "store/history/pack.h"
#include "store/history/roll.h"
#include "store/history/write.h"

/* The commit of one chunk of readings. */
struct commit {
	struct history_db *db;
	struct history_write *write;
	int64_t source;
	/* Sequences of the source up to which it is rolled up, and deleted. */
	uint64_t rolled, trimmed;
	uint64_t next; /* sequence for this node's next reading */
	/* Rolls up readings that came after their neighbours were rolled up; NULL if none did. */
	struct history_roll *late;
	struct history_appended result;
	struct error *err;
};

static int sql_fail(struct commit *commit, int code)
{
	return history_db_fail(commit->db, code, commit->err);
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text, size_t size)
{
	sqlite3_bind_text(statement, place, text, (int)size, SQLITE_STATIC);
}

/*
 * Read the first column of the only row and reset the statement. ERROR_NOT_FOUND if there is no
 * row.
 */
static int take_number(struct commit *commit, sqlite3_stmt *statement, int64_t *ret_number)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	if (code == SQLITE_ROW)
		return 0;
	return code == SQLITE_DONE ? ERROR_NOT_FOUND : sql_fail(commit, code);
}

/* Run an INSERT whose WHERE clause checks a limit: ERROR_TOO_LARGE if it inserted nothing. */
static int take_inserted(struct commit *commit, sqlite3_stmt *statement, int64_t *ret_id)
{
	int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	if (code != SQLITE_DONE)
		return sql_fail(commit, code);
	if (!sqlite3_changes(commit->db->db))
		return ERROR_TOO_LARGE;
	*ret_id = sqlite3_last_insert_rowid(commit->db->db);
	return 0;
}

/* The source */

static sqlite3_stmt *bind_source(struct commit *commit, enum history_statement which)
{
	sqlite3_stmt *statement = history_db_statement(commit->db, which);

	bind_text(statement, 1, commit->write->node, strlen(commit->write->node));
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)commit->write->stream);
	return statement;
}

static int find_source(struct commit *commit)
{
	sqlite3_stmt *statement = bind_source(commit, STATEMENT_FIND_SOURCE);
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW) {
		commit->source = sqlite3_column_int64(statement, 0);
		commit->rolled = (uint64_t)sqlite3_column_int64(statement, 1);
		commit->trimmed = (uint64_t)sqlite3_column_int64(statement, 2);
	}
	sqlite3_reset(statement);
	if (code == SQLITE_DONE)
		return take_inserted(commit, bind_source(commit, STATEMENT_ADD_SOURCE),
				     &commit->source);
	return code == SQLITE_ROW ? 0 : sql_fail(commit, code);
}

static int find_next(struct commit *commit)
{
	sqlite3_stmt *statement = history_db_statement(commit->db, STATEMENT_LAST_READING);
	int64_t first = commit->source << HISTORY_SEQUENCE_BITS, last = 0;
	int ret;

	sqlite3_bind_int64(statement, 1, first);
	sqlite3_bind_int64(statement, 2, first | (int64_t)HISTORY_SEQUENCE_MAX);
	ret = take_number(commit, statement, &last);
	if (ret)
		return ret;
	commit->next = last > first ? (uint64_t)(last - first) : 0;
	/*
	 * The last readings may have been deleted to make room, so count from what was rolled up
	 * or deleted.
	 */
	if (commit->next < commit->rolled)
		commit->next = commit->rolled;
	if (commit->next < commit->trimmed)
		commit->next = commit->trimmed;
	commit->next++;
	return 0;
}

/* The series */

static int find_sensor(struct commit *commit, const struct history_record *record,
		       int64_t *ret_sensor)
{
	static const enum history_statement tries[] = {STATEMENT_FIND_SENSOR, STATEMENT_ADD_SENSOR};
	sqlite3_stmt *statement;
	int ret = 0;

	for (int i = 0; i < 2; i++) {
		statement = history_db_statement(commit->db, tries[i]);
		sqlite3_bind_int64(statement, 1, commit->source);
		bind_text(statement, 2, record->sensor, record->sensor_size);
		/*
		 * A new sensor has no deleted readings yet; an earlier reading of another node may
		 * still arrive.
		 */
		if (i)
			sqlite3_bind_int64(statement, 3,
					   (int64_t)(commit->write->is_own ? commit->next - 1
									   : commit->trimmed));
		ret = i ? take_inserted(commit, statement, ret_sensor)
			: take_number(commit, statement, ret_sensor);
		if (ret != ERROR_NOT_FOUND)
			break;
	}
	return ret;
}

static int find_series(struct commit *commit, const struct history_record *record,
		       int64_t *ret_series)
{
	sqlite3_stmt *statement = history_db_statement(commit->db, STATEMENT_FIND_SERIES);

	sqlite3_bind_int64(statement, 1, commit->source);
	bind_text(statement, 2, record->sensor, record->sensor_size);
	bind_text(statement, 3, record->key, record->key_size);
	return take_number(commit, statement, ret_series);
}

/* A new series: the sensor belongs to its plugin from now on, and its names count as bytes. */
static int own_sensor(struct commit *commit, const struct history_record *record, int64_t sensor)
{
	sqlite3_stmt *statement = history_db_statement(commit->db, STATEMENT_OWN_SENSOR);
	size_t size;
	const char *plugin = history_record_plugin(record, &size);
	int code;

	sqlite3_bind_int64(statement, 1, sensor);
	bind_text(statement, 2, plugin, size);
	sqlite3_bind_int64(statement, 3, HISTORY_SERIES_BYTES(record->key_size));
	code = sqlite3_step(statement);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : sql_fail(commit, code);
}

static int add_series(struct commit *commit, const struct history_record *record,
		      int64_t *ret_series)
{
	sqlite3_stmt *statement;
	int64_t sensor, count;
	int ret = find_sensor(commit, record, &sensor);

	if (ret)
		return ret;
	statement = history_db_statement(commit->db, STATEMENT_COUNT_SERIES);
	sqlite3_bind_int64(statement, 1, sensor);
	ret = take_number(commit, statement, &count);
	if (ret)
		return ret;
	/*
	 * Twice as many series without names: one for each plugin that provided the sensor in
	 * turn.
	 */
	if (count >=
	    HISTORY_SENSOR_SERIES_MAX * (record->key[record->key_size - 1] == '\n' ? 2 : 1))
		return ERROR_TOO_LARGE;
	statement = history_db_statement(commit->db, STATEMENT_ADD_SERIES);
	sqlite3_bind_int64(statement, 1, sensor);
	bind_text(statement, 2, record->key, record->key_size);
	ret = take_inserted(commit, statement, ret_series);
	return ret ? ret : own_sensor(commit, record, sensor);
}

static int find_or_add_series(struct commit *commit, const struct history_record *record,
			      int64_t *ret_series)
{
	int ret = find_series(commit, record, ret_series);

	return ret == ERROR_NOT_FOUND ? add_series(commit, record, ret_series) : ret;
}

/* Move the field names of the record into its value, so that it needs no series of its own. */
static int make_whole(struct history_record *record, struct buffer *values)
{
	const char *names = memchr(record->key, '\n', record->key_size);
	size_t prefix = (size_t)(names + 1 - record->key);
	json_t *data = history_unpack(record->key + prefix, record->key_size - prefix,
				      record->values, record->values_size);
	int ret = data ? history_pack_whole(data, values) : ERROR_NO_MEMORY;

	json_decref(data);
	record->key_size = prefix;
	record->values = values->data;
	record->values_size = values->size;
	return ret;
}

/* Readings */

static int add_late(struct commit *commit, int64_t series, uint64_t sequence,
		    const struct history_record *record)
{
	const struct history_rolled rolled = {
		.series = series,
		.sequence = sequence,
		.time_ms = record->time_ms,
		.values = record->values,
		.values_size = record->values_size,
	};

	if (!commit->late)
		commit->late = history_roll_create(commit->db);
	return commit->late ? history_roll_add(commit->late, &rolled, commit->err)
			    : ERROR_NO_MEMORY;
}

static int insert(struct commit *commit, int64_t series, uint64_t sequence,
		  const struct history_record *record)
{
	sqlite3_stmt *statement = history_db_statement(commit->db, STATEMENT_ADD_READING);
	int code;

	sqlite3_bind_int64(statement, 1,
			   (commit->source << HISTORY_SEQUENCE_BITS) | (int64_t)sequence);
	sqlite3_bind_int64(statement, 2, series);
	sqlite3_bind_int64(statement, 3, (sqlite3_int64)record->time_ms);
	sqlite3_bind_blob(statement, 4, record->values, (int)record->values_size, SQLITE_STATIC);
	code = sqlite3_step(statement);
	sqlite3_reset(statement);
	if (code != SQLITE_DONE)
		return sql_fail(commit, code);
	if (!sqlite3_changes(commit->db->db)) {
		commit->result.known++;
		return 0;
	}
	commit->result.added++;
	return sequence <= commit->rolled ? add_late(commit, series, sequence, record) : 0;
}

/*
 * Whether this reading was stored before and then deleted to make room. *ret_deleted is untouched
 * otherwise.
 */
static int check_deleted(struct commit *commit, int64_t series, uint64_t sequence,
			 bool *ret_deleted)
{
	sqlite3_stmt *statement;
	int64_t trimmed = 0;
	int ret;

	if (sequence > commit->rolled)
		return 0;
	statement = history_db_statement(commit->db, STATEMENT_FIND_TRIMMED);
	sqlite3_bind_int64(statement, 1, series);
	ret = take_number(commit, statement, &trimmed);
	if (!ret)
		*ret_deleted = sequence <= (uint64_t)trimmed;
	return ret;
}

static int add_record(struct commit *commit, struct history_record *record, struct buffer *whole)
{
	uint64_t sequence = commit->write->is_own ? commit->next : record->sequence;
	bool was_deleted = false;
	int64_t series;
	int ret;

	if (sequence <= commit->trimmed) {
		commit->result.known++;
		return 0;
	}
	ret = find_or_add_series(commit, record, &series);
	if (ret == ERROR_TOO_LARGE && !make_whole(record, whole))
		ret = find_or_add_series(commit, record, &series);
	if (ret == ERROR_TOO_LARGE) {
		commit->result.refused++;
		commit->result.reason = "its node has too many sensors already";
		return 0;
	}
	if (!ret)
		ret = check_deleted(commit, series, sequence, &was_deleted);
	if (!ret && was_deleted)
		commit->result.known++;
	else if (!ret)
		ret = insert(commit, series, sequence, record);
	if (!ret)
		commit->next++;
	return ret;
}

static int add_records(struct commit *commit)
{
	struct history_record record;
	struct buffer whole;
	size_t at = 0;
	int ret = 0;

	buffer_init(&whole, HISTORY_WRITE_SIZE_MAX);
	while (!ret && history_write_next(commit->write, &at, &record)) {
		buffer_clear(&whole);
		ret = add_record(commit, &record, &whole);
	}
	buffer_finish(&whole);
	return ret;
}

static int add_write(struct history_db *db, struct history_write *write, struct error *err)
{
	struct commit commit = {.db = db, .write = write, .err = err};
	int ret;

	if (write->is_own)
		write->stream = db->stream;
	ret = find_source(&commit);
	if (ret == ERROR_TOO_LARGE) {
		write->result = (struct history_appended){
			.refused = write->count,
			.reason = "the history holds too many nodes already",
		};
		return 0;
	}
	if (!ret && write->is_own)
		ret = find_next(&commit);
	if (!ret)
		ret = add_records(&commit);
	if (!ret && commit.late)
		ret = history_roll_flush(commit.late, err);
	history_roll_destroy(commit.late);
	write->result = commit.result;
	return ret;
}

static int set_cursor(struct history_db *db, const struct history_cursor *cursor, struct error *err)
{
	sqlite3_stmt *statement = history_db_statement(db, STATEMENT_SET_CURSOR);
	int code;

	bind_text(statement, 1, cursor->name, strlen(cursor->name));
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)cursor->value);
	code = sqlite3_step(statement);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : history_db_fail(db, code, err);
}

int history_db_commit(struct history_db *db, struct history_write *writes,
		      const struct history_cursor *cursors, size_t cursors_count, struct error *err)
{
	int ret = history_db_begin(db, err);

	if (ret)
		return ret;
	for (struct history_write *write = writes; !ret && write; write = write->next)
		ret = add_write(db, write, err);
	for (size_t i = 0; !ret && i < cursors_count; i++)
		if (cursors[i].is_changed)
			ret = set_cursor(db, &cursors[i], err);
	if (ret == ERROR_NO_MEMORY)
		error_set(err, ret,
			  "out of memory while writing the history; this machine needs more free "
			  "memory");
	return history_db_end(db, ret, err);
}
