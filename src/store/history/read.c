#include "store/history/read.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "store/history/db.h"
#include "store/history/internal.h"
#include "store/history/pack.h"
#include "store/sqlite.h"

#define BUSY_MS 2000
#define STEPS_BETWEEN_LOOKS 20000
#define BATCH_SIZE_MAX (2 << 20) /* bytes of values in one batch */

int history_reader_fail(int code, struct error *err)
{
	if (code == SQLITE_INTERRUPT)
		return error_set(err, ERROR_TIMEOUT,
				 "the query took longer than %d s: ask for a shorter time",
				 HISTORY_READ_SECONDS_MAX);
	return sqlite_fail("the history's database", code, err);
}

static int is_too_late(void *arg)
{
	const struct history_reader *reader = arg;

	return clock_monotonic_ns(reader->clock) > reader->deadline_ns;
}

void history_reader_start(struct history_reader *reader)
{
	reader->deadline_ns =
		clock_monotonic_ns(reader->clock) + HISTORY_READ_SECONDS_MAX * UINT64_C(1000000000);
}

static int check_version(struct history_reader *reader, struct error *err)
{
	int64_t version;
	int code = sqlite3_exec(reader->db, "PRAGMA query_only = 1", NULL, NULL, NULL);

	if (!code)
		code = sqlite_limit_cache(reader->db);
	if (!code)
		code = sqlite_number(reader->db, "PRAGMA user_version", &version);
	if (code)
		return history_reader_fail(code, err);
	reader->version = version;
	if (!version)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no history yet: wait until the node has written the "
				 "first readings (`commit_seconds` under [history])");
	if (version > HISTORY_SCHEMA_VERSION)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a newer version of harvester has written the history: install "
				 "the newest version");
	return 0;
}

int history_reader_open(const char *path, struct clock *clock, struct history_reader **ret_reader,
			struct error *err)
{
	struct history_reader *reader = calloc(1, sizeof(*reader));
	int code, ret;

	if (!reader)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading the history; this machine needs more "
				 "free memory");
	reader->clock = clock;
	code = sqlite3_open_v2(path, &reader->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (code == SQLITE_CANTOPEN) {
		ret = error_set(err, ERROR_NOT_FOUND,
				"there is no history yet: wait until the node has written the "
				"first readings (`commit_seconds` under [history])");
		goto close;
	}
	if (code) {
		ret = history_reader_fail(code, err);
		goto close;
	}
	sqlite3_busy_timeout(reader->db, BUSY_MS);
	history_reader_start(reader);
	sqlite3_progress_handler(reader->db, STEPS_BETWEEN_LOOKS, is_too_late, reader);
	ret = check_version(reader, err);
	if (ret)
		goto close;
	*ret_reader = reader;
	return 0;
close:
	history_reader_close(reader);
	return ret;
}

void history_reader_close(struct history_reader *reader)
{
	if (!reader)
		return;
	sqlite3_close(reader->db);
	free(reader);
}

int history_reader_prepare(struct history_reader *reader, const char *text, const int64_t *numbers,
			   int numbers_count, const char *const *texts, int texts_count,
			   sqlite3_stmt **ret_statement, struct error *err)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(reader->db, text, -1, &statement, NULL);

	if (code)
		return history_reader_fail(code, err);
	for (int i = 0; i < numbers_count; i++)
		sqlite3_bind_int64(statement, i + 1, numbers[i]);
	for (int i = 0; i < texts_count; i++)
		sqlite3_bind_text(statement, numbers_count + i + 1, texts[i], -1, SQLITE_STATIC);
	*ret_statement = statement;
	return 0;
}

static int add_sensor(json_t *list, sqlite3_stmt *row)
{
	return json_array_append_new(list,
				     json_pack("{s:s, s:s}", "node", sqlite3_column_text(row, 0),
					       "sensor", sqlite3_column_text(row, 1)));
}

int history_reader_sensors(struct history_reader *reader, json_t **ret_list, struct error *err)
{
	sqlite3_stmt *rows;
	json_t *list;
	int code, ret;

	history_reader_start(reader);
	ret = history_reader_prepare(reader,
				     "SELECT DISTINCT source.node, sensor.name FROM sensor"
				     " JOIN source ON source.id = sensor.source ORDER BY 1, 2",
				     NULL, 0, NULL, 0, &rows, err);
	if (ret)
		return ret;
	list = json_array();
	while ((code = sqlite3_step(rows)) == SQLITE_ROW)
		if (add_sensor(list, rows))
			ret = error_set(err, ERROR_NO_MEMORY,
					"out of memory while reading the history; this machine "
					"needs more free memory");
	sqlite3_finalize(rows);
	if (!ret && code != SQLITE_DONE)
		ret = history_reader_fail(code, err);
	if (ret) {
		json_decref(list);
		return ret;
	}
	*ret_list = list;
	return 0;
}

const char *history_reader_table(enum history_resolution resolution)
{
	return resolution == HISTORY_MINUTE ? "minute" : resolution == HISTORY_HOUR ? "hour" : NULL;
}

unsigned history_bucket_ms(enum history_resolution resolution)
{
	return resolution == HISTORY_MINUTE ? HISTORY_MINUTE_MS
	       : resolution == HISTORY_HOUR ? HISTORY_HOUR_MS
					    : 1;
}

static const char *const names[] = {
	[HISTORY_AUTO] = "auto",
	[HISTORY_RAW] = "raw",
	[HISTORY_MINUTE] = "minute",
	[HISTORY_HOUR] = "hour",
};

int history_resolution_parse(const char *name, enum history_resolution *ret_resolution)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(names[i], name)) {
			*ret_resolution = (enum history_resolution)i;
			return 0;
		}
	}
	return ERROR_INVALID;
}

const char *history_resolution_name(enum history_resolution resolution)
{
	return names[resolution];
}

int history_reader_range(struct history_reader *reader, int64_t source, const char *sensor,
			 uint64_t from_ms, uint64_t to_ms, uint64_t *ret_first, uint64_t *ret_last,
			 struct error *err)
{
	const int64_t numbers[] = {source, (int64_t)(from_ms / HISTORY_MINUTE_MS),
				   (int64_t)((to_ms - 1) / HISTORY_MINUTE_MS)};
	sqlite3_stmt *statement;
	int code, ret;

	ret = history_reader_prepare(
		reader,
		"SELECT ifnull(min(first), 0), ifnull(max(last), 0)"
		" FROM sensor JOIN minute"
		" ON minute.id BETWEEN (sensor.id << 28 | ?2) AND (sensor.id << 28 | ?3)"
		" WHERE sensor.source = ?1 AND (?4 = '' OR sensor.name = ?4)",
		numbers, 3, &sensor, 1, &statement, err);
	if (ret)
		return ret;
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		*ret_first = (uint64_t)sqlite3_column_int64(statement, 0);
		*ret_last = (uint64_t)sqlite3_column_int64(statement, 1);
	}
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? 0 : history_reader_fail(code, err);
}

/* Reading in order */

void history_batch_finish(struct history_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		json_decref(batch->items[i].data);
		free((char *)batch->items[i].sensor);
		free((char *)batch->items[i].plugin);
	}
	free(batch->items);
	batch->items = NULL;
	batch->count = 0;
}

/* Find the node's first source from number `from` on; 0 if there is none. */
static int find_source(struct history_reader *reader, const char *node, int64_t from,
		       struct history_place *ret_place, uint64_t *ret_stream, struct error *err)
{
	sqlite3_stmt *statement;
	int code, ret;

	ret = history_reader_prepare(reader,
				     "SELECT id, trimmed, stream FROM source"
				     " WHERE id >= ?1 AND node = ?2 ORDER BY id LIMIT 1",
				     &from, 1, &node, 1, &statement, err);
	if (ret)
		return ret;
	code = sqlite3_step(statement);
	ret_place->source = 0;
	if (code == SQLITE_ROW) {
		ret_place->source = sqlite3_column_int64(statement, 0);
		ret_place->trimmed = (uint64_t)sqlite3_column_int64(statement, 1);
		*ret_stream = (uint64_t)sqlite3_column_int64(statement, 2);
	}
	sqlite3_finalize(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : history_reader_fail(code, err);
}

static int take_item(sqlite3_stmt *rows, struct history_item *item)
{
	const char *key = (const char *)sqlite3_column_text(rows, 3);
	const char *fields = key ? strchr(key, '\n') : NULL;
	const char *name = (const char *)sqlite3_column_text(rows, 4);

	if (!fields)
		return SQLITE_CORRUPT;
	item->sequence = (uint64_t)sqlite3_column_int64(rows, 0) & HISTORY_SEQUENCE_MAX;
	item->time_ms = (uint64_t)sqlite3_column_int64(rows, 1);
	item->simulated = *key == '1';
	item->data = history_unpack(fields + 1, strlen(fields + 1), sqlite3_column_blob(rows, 2),
				    (size_t)sqlite3_column_bytes(rows, 2));
	item->sensor = name ? strdup(name) : NULL;
	item->plugin = strndup(key + 1, (size_t)(fields - key - 1));
	return item->data && item->sensor && item->plugin ? 0 : SQLITE_NOMEM;
}

static int take_items(struct history_reader *reader, int64_t source, uint64_t after, size_t limit,
		      struct history_batch *batch, struct error *err)
{
	const int64_t numbers[] = {
		(source << HISTORY_SEQUENCE_BITS) | (int64_t)after,
		(source << HISTORY_SEQUENCE_BITS) | (int64_t)HISTORY_SEQUENCE_MAX, (int64_t)limit};
	sqlite3_stmt *rows;
	int size = 0, code = SQLITE_DONE, ret;

	ret = history_reader_prepare(reader,
				     "SELECT reading.id, reading.time, reading.value, series.key,"
				     " sensor.name FROM reading"
				     " JOIN series ON series.id = reading.series"
				     " JOIN sensor ON sensor.id = series.sensor"
				     " WHERE reading.id > ?1 AND reading.id <= ?2"
				     " ORDER BY reading.id LIMIT ?3",
				     numbers, 3, NULL, 0, &rows, err);
	if (ret)
		return ret;
	while (size < BATCH_SIZE_MAX && (code = sqlite3_step(rows)) == SQLITE_ROW) {
		size += sqlite3_column_bytes(rows, 2);
		code = take_item(rows, &batch->items[batch->count++]);
		if (code)
			break;
	}
	/* Only retention leaves gaps in the sequences. */
	for (size_t i = 0; i < batch->count; i++) {
		batch->skipped += batch->items[i].sequence - after - 1;
		after = batch->items[i].sequence;
	}
	if (batch->count)
		batch->next = (uint64_t)numbers[1] - HISTORY_SEQUENCE_MAX +
			      batch->items[batch->count - 1].sequence;
	sqlite3_finalize(rows);
	return !code || code == SQLITE_DONE ? 0 : history_reader_fail(code, err);
}

int history_reader_after(struct history_reader *reader, const char *node, uint64_t after,
			 size_t limit, struct history_batch *ret_batch, struct error *err)
{
	struct history_place place = {.source = (int64_t)(after >> HISTORY_SEQUENCE_BITS)};
	struct history_batch batch = {.next = after};
	int ret = 0;

	if (limit > HISTORY_READ_MAX)
		limit = HISTORY_READ_MAX;
	batch.items = calloc(limit, sizeof(*batch.items));
	if (!batch.items)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading the history; this machine needs more "
				 "free memory");
	history_reader_start(reader);
	for (; !ret && !batch.count; place.source++) {
		uint64_t sequence = 0;

		ret = find_source(reader, node, place.source, &place, &batch.stream, err);
		if (ret || !place.source)
			break;
		if (place.source == (int64_t)(after >> HISTORY_SEQUENCE_BITS))
			sequence = after & HISTORY_SEQUENCE_MAX;
		if (place.trimmed > sequence) {
			batch.skipped += place.trimmed - sequence;
			sequence = place.trimmed;
			batch.next = ((uint64_t)place.source << HISTORY_SEQUENCE_BITS) | sequence;
		}
		ret = take_items(reader, place.source, sequence, limit, &batch, err);
	}
	if (ret)
		history_batch_finish(&batch);
	else
		*ret_batch = batch;
	return ret;
}
