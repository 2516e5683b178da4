/* Answers a query for readings, one page at a time. */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "store/history/db.h"
#include "store/history/internal.h"
#include "store/history/pack.h"
#include "store/history/roll.h"

#define RAW_SPAN_MS (2 * UINT64_C(3600000))
#define MINUTE_SPAN_MS (7 * UINT64_C(86400000))
#define PAGE_SIZE_MAX (2u << 20) /* bytes of values in one page */
/*
 * The broker's own entries, such as a spoke's log lines, have names that begin with "_": they are
 * not readings.
 */
#define IS_SHOWN "substr(sensor.name, 1, 1) <> '_'"
#define WINDOW 200000 /* largest number of sequences searched for one page */

struct page {
	struct history_reader *reader;
	const struct history_query *query;
	json_t *readings; /* owned */
	size_t count, size;
	int64_t last;	/* the last row that was examined */
	int64_t window; /* sequences that may still be searched */
	bool is_full;
	struct error *err;
};

static enum history_resolution resolve(const struct history_query *query)
{
	uint64_t span = query->to_ms - query->from_ms;

	if (query->resolution != HISTORY_AUTO)
		return query->resolution;
	if (span <= RAW_SPAN_MS || (!query->from_ms && query->to_ms > HISTORY_TIME_MS_MAX))
		return HISTORY_RAW;
	return span <= MINUTE_SPAN_MS ? HISTORY_MINUTE : HISTORY_HOUR;
}

static int no_memory(struct page *page)
{
	return error_set(
		page->err, ERROR_NO_MEMORY,
		"out of memory while reading the history; this machine needs more free memory");
}

/*
 * Add a reading to the page. Takes ownership of `reading`; value_size is the size of its stored
 * value.
 */
static int add(struct page *page, int64_t row, json_t *reading, int value_size)
{
	if (json_array_append_new(page->readings, reading))
		return no_memory(page);
	page->last = row;
	page->size += (size_t)value_size;
	page->is_full = ++page->count == page->query->limit || page->size > PAGE_SIZE_MAX;
	return 0;
}

/* Rows of readings */

/*
 * Reduce `data` to the field of the query, if the query names one; NULL if `data` does not have
 * it. Takes ownership of `data`.
 */
static json_t *select_field(json_t *data, const char *field)
{
	json_t *value = json_object_get(data, field), *one;

	if (!*field)
		return data;
	one = value ? json_pack("{s:O}", field, value) : NULL;
	json_decref(data);
	return one;
}

static int take_reading(struct page *page, sqlite3_stmt *rows)
{
	const char *key = (const char *)sqlite3_column_text(rows, 3);
	const char *fields = key ? strchr(key, '\n') : NULL;
	int64_t row = sqlite3_column_int64(rows, 0);
	char stream[17];
	json_t *data, *reading;

	if (!fields)
		return history_reader_fail(SQLITE_CORRUPT, page->err);
	data = history_unpack(fields + 1, strlen(fields + 1), sqlite3_column_blob(rows, 2),
			      (size_t)sqlite3_column_bytes(rows, 2));
	if (!data)
		return history_reader_fail(SQLITE_CORRUPT, page->err);
	data = select_field(data, page->query->field);
	if (!data)
		return 0;
	snprintf(stream, sizeof(stream), "%016" PRIx64, (uint64_t)sqlite3_column_int64(rows, 6));
	reading = json_pack(
		"{s:o, s:I, s:I, s:s, s:o}", "sensor_id",
		json_sprintf("%s:%s", sqlite3_column_text(rows, 5), sqlite3_column_text(rows, 4)),
		"timestamp_ms", (json_int_t)sqlite3_column_int64(rows, 1), "sequence",
		(json_int_t)(row & (int64_t)HISTORY_SEQUENCE_MAX), "stream", stream, "data", data);
	if (reading && *key == '1')
		json_object_set_new(reading, "simulated", json_true());
	return add(page, row, reading, sqlite3_column_bytes(rows, 2));
}

/* Read the readings of a source from sequence `first` to `last`. */
static int read_rows(struct page *page, int64_t source, uint64_t first, uint64_t last)
{
	static const char text[] =
		"SELECT reading.id, reading.time, reading.value, series.key, sensor.name,"
		" source.node, source.stream FROM reading"
		" JOIN series ON series.id = reading.series"
		" JOIN sensor ON sensor.id = series.sensor"
		" JOIN source ON source.id = sensor.source"
		" WHERE reading.id BETWEEN ?1 AND ?2 AND reading.time >= ?3 AND reading.time < ?4"
		" AND (?5 = '' OR sensor.name = ?5) AND " IS_SHOWN " ORDER BY reading.id";
	int64_t base = source << HISTORY_SEQUENCE_BITS, from = base | (int64_t)first;
	int64_t to = base | (int64_t)last, after = (int64_t)page->query->after;
	const char *sensor = page->query->sensor;
	sqlite3_stmt *rows;
	int code = SQLITE_ROW, ret;

	if (from <= after)
		from = after + 1;
	if (from > to || page->is_full)
		return 0;
	if (to - from >= page->window)
		to = from + page->window - 1;
	page->window -= to - from + 1;
	ret = history_reader_prepare(page->reader, text,
				     (const int64_t[]){from, to, (int64_t)page->query->from_ms,
						       (int64_t)page->query->to_ms},
				     4, &sensor, 1, &rows, page->err);
	if (ret)
		return ret;
	while (!ret && !page->is_full && (code = sqlite3_step(rows)) == SQLITE_ROW)
		ret = take_reading(page, rows);
	sqlite3_finalize(rows);
	if (!ret && code != SQLITE_ROW && code != SQLITE_DONE)
		ret = history_reader_fail(code, page->err);
	if (!page->is_full)
		page->last = to;
	if (!page->window)
		page->is_full = true;
	return ret;
}

static int64_t last_of_source(struct history_reader *reader, int64_t source)
{
	const int64_t numbers[] = {source << HISTORY_SEQUENCE_BITS,
				   (source << HISTORY_SEQUENCE_BITS) |
					   (int64_t)HISTORY_SEQUENCE_MAX};
	sqlite3_stmt *statement;
	int64_t last = 0;

	if (history_reader_prepare(reader, "SELECT max(id) FROM reading WHERE id BETWEEN ?1 AND ?2",
				   numbers, 2, NULL, 0, &statement, NULL))
		return 0;
	if (sqlite3_step(statement) == SQLITE_ROW)
		last = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return last & (int64_t)HISTORY_SEQUENCE_MAX;
}

static int read_source(struct page *page, const struct history_place *place)
{
	const struct history_query *query = page->query;
	uint64_t first = place->trimmed + 1, last = place->rolled;
	uint64_t end = (uint64_t)last_of_source(page->reader, place->source);
	int ret = 0;

	if (query->from_ms || query->to_ms <= HISTORY_TIME_MS_MAX)
		ret = history_reader_range(page->reader, place->source, query->sensor,
					   query->from_ms, query->to_ms, &first, &last, page->err);
	if (!ret && first && last > place->trimmed)
		ret = read_rows(page, place->source,
				first > place->trimmed ? first : place->trimmed + 1, last);
	if (!ret && end > place->rolled)
		ret = read_rows(page, place->source, place->rolled + 1, end);
	return ret;
}

/* Rows of rollups */

static json_t *stats_to_json(const struct history_stats *stats)
{
	return json_pack("{s:f, s:f, s:f, s:I}", "mean", stats->mean, "min", stats->min, "max",
			 stats->max, "count", (json_int_t)stats->count);
}

/* The statistics of all fields, or of the field that the query names. */
static json_t *rollup_to_json(const struct history_stats *stats, const char *names,
			      const char *field)
{
	json_t *data = json_object();

	for (size_t i = 0; *names && i < HISTORY_ROLL_FIELDS_MAX; i++) {
		size_t size = strcspn(names, "\n");

		if (stats[i].count &&
		    (!*field || (strlen(field) == size && !memcmp(field, names, size))))
			json_object_setn_new(data, names, size, stats_to_json(&stats[i]));
		names += size + (names[size] == '\n');
	}
	return data;
}

static int take_rollup(struct page *page, sqlite3_stmt *rows, unsigned bucket_ms)
{
	struct history_stats stats[HISTORY_ROLL_FIELDS_MAX] = {0};
	const char *names = (const char *)sqlite3_column_text(rows, 4);
	int64_t row = sqlite3_column_int64(rows, 0);
	json_t *data;

	if (!names || !history_stats_unpack(sqlite3_column_blob(rows, 1),
					    (size_t)sqlite3_column_bytes(rows, 1), stats,
					    HISTORY_ROLL_FIELDS_MAX))
		return history_reader_fail(SQLITE_CORRUPT, page->err);
	data = rollup_to_json(stats, names, page->query->field);
	if (*page->query->field && !json_object_size(data)) {
		json_decref(data);
		return 0;
	}
	return add(page, row,
		   json_pack("{s:o, s:I, s:o}", "sensor_id",
			     json_sprintf("%s:%s", sqlite3_column_text(rows, 2),
					  sqlite3_column_text(rows, 3)),
			     "timestamp_ms", (json_int_t)((row & HISTORY_BUCKET_MASK) * bucket_ms),
			     "data", data),
		   sqlite3_column_bytes(rows, 1));
}

static int read_rollups(struct page *page, enum history_resolution resolution)
{
	const struct history_query *query = page->query;
	const char *const texts[] = {query->node, query->sensor};
	unsigned bucket_ms = history_bucket_ms(resolution);
	const int64_t numbers[] = {(int64_t)((query->from_ms + bucket_ms - 1) / bucket_ms),
				   (int64_t)((query->to_ms - 1) / bucket_ms),
				   (int64_t)query->after};
	sqlite3_stmt *rows;
	char text[640];
	int code = SQLITE_ROW, ret;

	snprintf(
		text, sizeof(text),
		"SELECT bucket.id, bucket.value, source.node, sensor.name, sensor.fields FROM "
		"sensor"
		" JOIN source ON source.id = sensor.source CROSS JOIN %s AS bucket"
		" ON bucket.id BETWEEN max(?3 + 1, sensor.id << 28 | ?1) AND (sensor.id << 28 | ?2)"
		" WHERE (?4 = '' OR source.node = ?4) AND (?5 = '' OR sensor.name = ?5)"
		" AND " IS_SHOWN " ORDER BY sensor.id, bucket.id",
		history_reader_table(resolution));
	ret = history_reader_prepare(page->reader, text, numbers, 3, texts, 2, &rows, page->err);
	if (ret)
		return ret;
	while (!ret && !page->is_full && (code = sqlite3_step(rows)) == SQLITE_ROW)
		ret = take_rollup(page, rows, bucket_ms);
	sqlite3_finalize(rows);
	if (!ret && code != SQLITE_ROW && code != SQLITE_DONE)
		ret = history_reader_fail(code, page->err);
	return ret;
}

static int read_readings(struct page *page)
{
	const char *node = page->query->node;
	const int64_t first = (int64_t)(page->query->after >> HISTORY_SEQUENCE_BITS);
	sqlite3_stmt *sources;
	int code = SQLITE_ROW, ret;

	ret = history_reader_prepare(page->reader,
				     "SELECT id, rolled, trimmed FROM source WHERE id >= ?1"
				     " AND (?2 = '' OR node = ?2) ORDER BY id",
				     &first, 1, &node, 1, &sources, page->err);
	if (ret)
		return ret;
	while (!ret && !page->is_full && (code = sqlite3_step(sources)) == SQLITE_ROW) {
		const struct history_place place = {
			.source = sqlite3_column_int64(sources, 0),
			.rolled = (uint64_t)sqlite3_column_int64(sources, 1),
			.trimmed = (uint64_t)sqlite3_column_int64(sources, 2),
		};

		ret = read_source(page, &place);
	}
	sqlite3_finalize(sources);
	if (!ret && code != SQLITE_ROW && code != SQLITE_DONE)
		ret = history_reader_fail(code, page->err);
	return ret;
}

static int check(const struct history_query *query, struct error *err)
{
	if (query->from_ms >= query->to_ms)
		return error_set(err, ERROR_INVALID, "`from` must be before `to`");
	if (!query->limit || query->limit > HISTORY_LIMIT_MAX)
		return error_set(err, ERROR_INVALID, "`limit` must be from 1 to %d",
				 HISTORY_LIMIT_MAX);
	return 0;
}

int history_reader_page(struct history_reader *reader, const struct history_query *query,
			json_t **ret_answer, struct error *err)
{
	enum history_resolution resolution = resolve(query);
	struct history_query clamped = *query;
	struct page page = {.reader = reader, .query = &clamped, .window = WINDOW, .err = err};
	int ret = check(query, err);
	json_t *answer;

	if (ret)
		return ret;
	if (clamped.to_ms > HISTORY_TIME_MS_MAX + 1)
		clamped.to_ms = HISTORY_TIME_MS_MAX + 1;
	page.readings = json_array();
	if (!page.readings)
		return no_memory(&page);
	history_reader_start(reader);
	/* One transaction, so that all parts read the same state. */
	sqlite3_exec(reader->db, "BEGIN", NULL, NULL, NULL);
	ret = resolution == HISTORY_RAW ? read_readings(&page) : read_rollups(&page, resolution);
	sqlite3_exec(reader->db, "COMMIT", NULL, NULL, NULL);
	if (ret) {
		json_decref(page.readings);
		return ret;
	}
	answer = json_pack("{s:o, s:s, s:o}", "readings", page.readings, "resolution",
			   history_resolution_name(resolution), "next",
			   page.is_full ? json_sprintf("%" PRId64, page.last) : json_null());
	if (!answer)
		return no_memory(&page);
	*ret_answer = answer;
	return 0;
}
