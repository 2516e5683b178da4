/*
 * Answers a query for a chart: the stored values of one sensor over a range of time, in slots. If
 * there are no more values than points, each value has a slot of its own, and so has each gap.
 * Otherwise slots have equal length, long enough that a sensor which measures regularly leaves
 * none empty.
 *
 * The rows are read twice: for their times, which determine the slots, and for their values. So
 * the memory needed depends on the number of points, not of rows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/history/db.h"
#include "store/history/internal.h"
#include "store/history/pack.h"
#include "store/history/roll.h"

#define RAW_SPAN_MS (2 * UINT64_C(3600000))
#define MINUTE_SPAN_MS (7 * UINT64_C(86400000))
/* Largest number of sequences searched for raw values; if there are more, minutes are used. */
#define RAW_SEQUENCES_MAX 200000
#define TIMES_MAX 400000 /* more times are ERROR_TOO_LARGE */
#define GAP 2.5		 /* a gap is longer than this many usual distances */

struct series {
	struct history_reader *reader;
	const struct history_series_query *query;
	enum history_resolution resolution;
	struct history_place *places; /* owned: the sensor in each stream of its node */
	size_t places_count;
	uint64_t *times; /* owned: first the times of rows, later of slots */
	size_t times_count;
	/* First the usual distance of rows, later the length of a slot. */
	uint64_t step_ms;
	bool is_regular;	     /* slots are equally long */
	struct history_stats *stats; /* owned: for each field, for each slot */
	struct error *err;
};

static int no_memory(struct series *series)
{
	return error_set(
		series->err, ERROR_NO_MEMORY,
		"out of memory while reading the history; this machine needs more free memory");
}

static struct history_stats *stats_at(struct series *series, size_t field, size_t slot)
{
	return &series->stats[field * series->times_count + slot];
}

/* Finding the sensor */

static int find_places(struct series *series)
{
	/* A reading is deleted by age together with its source, or by size for its sensor alone. */
	static const char *const by_version[] = {
		"SELECT source.id, sensor.id, rolled, trimmed FROM source"
		" JOIN sensor ON sensor.source = source.id"
		" WHERE source.node = ?1 AND sensor.name = ?2 ORDER BY 1",
		"SELECT source.id, sensor.id, rolled, max(source.trimmed, sensor.trimmed) FROM "
		"source"
		" JOIN sensor ON sensor.source = source.id"
		" WHERE source.node = ?1 AND sensor.name = ?2 ORDER BY 1",
	};
	const char *const texts[] = {series->query->node, series->query->sensor};
	struct history_place *places;
	sqlite3_stmt *rows;
	int code, ret;

	ret = history_reader_prepare(series->reader, by_version[series->reader->version > 1], NULL,
				     0, texts, 2, &rows, series->err);
	if (ret)
		return ret;
	while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
		places = reallocarray(series->places, series->places_count + 1, sizeof(*places));
		if (!places) {
			code = SQLITE_NOMEM;
			break;
		}
		series->places = places;
		places[series->places_count++] = (struct history_place){
			.source = sqlite3_column_int64(rows, 0),
			.sensor = sqlite3_column_int64(rows, 1),
			.rolled = (uint64_t)sqlite3_column_int64(rows, 2),
			.trimmed = (uint64_t)sqlite3_column_int64(rows, 3),
		};
	}
	sqlite3_finalize(rows);
	if (code != SQLITE_DONE)
		return history_reader_fail(code, series->err);
	if (!series->places_count)
		return error_set(series->err, ERROR_NOT_FOUND,
				 "the history has no sensor %s of the node %s: GET "
				 "/api/v1/readings lists the sensors",
				 texts[1], texts[0]);
	return 0;
}

/* Use raw values, unless some in the range are deleted or there are too many to search. */
static int choose_resolution(struct series *series)
{
	uint64_t span = series->query->to_ms - series->query->from_ms, first, last;
	int ret = 0;

	series->resolution = span <= RAW_SPAN_MS      ? HISTORY_RAW
			     : span <= MINUTE_SPAN_MS ? HISTORY_MINUTE
						      : HISTORY_HOUR;
	if (series->resolution != HISTORY_RAW)
		return 0;
	for (size_t i = 0; !ret && i < series->places_count; i++) {
		const struct history_place *place = &series->places[i];

		ret = history_reader_range(series->reader, place->source, series->query->sensor,
					   series->query->from_ms, series->query->to_ms, &first,
					   &last, series->err);
		if (!ret && first && (first <= place->trimmed || last - first > RAW_SEQUENCES_MAX))
			series->resolution = HISTORY_MINUTE;
	}
	return ret;
}

/* Rows */

static int take_time(struct series *series, uint64_t time)
{
	uint64_t *times;

	if (series->times_count == TIMES_MAX)
		return error_set(
			series->err, ERROR_TOO_LARGE,
			"the history has too many values in this time: ask for a shorter time");
	if (!(series->times_count & (series->times_count - 1))) {
		times = reallocarray(series->times, 2 * series->times_count + 1, sizeof(*times));
		if (!times)
			return no_memory(series);
		series->times = times;
	}
	series->times[series->times_count++] = time;
	return 0;
}

static int compare_times(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return (first > second) - (first < second);
}

static bool find_slot(const struct series *series, uint64_t time, size_t *ret_slot)
{
	const uint64_t *found;

	if (!series->times_count || time < series->times[0])
		return false;
	if (series->is_regular) {
		*ret_slot = (time - series->times[0]) / series->step_ms;
		return *ret_slot < series->times_count;
	}
	found = bsearch(&time, series->times, series->times_count, sizeof(time), compare_times);
	if (found)
		*ret_slot = (size_t)(found - series->times);
	return found;
}

static void add_named(struct series *series, const char *name, size_t size, size_t slot,
		      const struct history_stats *stats)
{
	for (size_t i = 0; i < series->query->fields_count; i++)
		if (!strncmp(series->query->fields[i], name, size) &&
		    !series->query->fields[i][size])
			history_stats_merge(stats_at(series, i, slot), stats);
}

/* Packed values and field names of a reading. */
static void add_numbers(struct series *series, const char *names, const void *value, size_t size,
			size_t slot)
{
	struct history_walk walk;
	struct history_stats one = {.count = 1};
	size_t name_size;
	const char *name;
	bool is_number;

	history_walk_init(&walk, names, strlen(names), value, size);
	while (history_walk_number(&walk, &name, &name_size, &is_number, &one.mean)) {
		one.min = one.max = one.mean;
		if (is_number)
			add_named(series, name, name_size, slot, &one);
	}
}

static void add_rollup(struct series *series, const char *names, const void *value, size_t size,
		       size_t slot)
{
	struct history_stats stats[HISTORY_ROLL_FIELDS_MAX] = {0};

	if (!history_stats_unpack(value, size, stats, HISTORY_ROLL_FIELDS_MAX))
		return;
	for (size_t i = 0; *names && i < HISTORY_ROLL_FIELDS_MAX; i++) {
		size_t name_size = strcspn(names, "\n");

		if (stats[i].count)
			add_named(series, names, name_size, slot, &stats[i]);
		names += name_size + (names[name_size] == '\n');
	}
}

/* The row's columns are: time, value, and the series' key or the sensor's fields. */
static int visit_rows(struct series *series, const char *text, const int64_t *numbers, int count,
		      unsigned bucket_ms, bool is_rollup, bool wants_values)
{
	sqlite3_stmt *rows;
	int code, ret;
	size_t slot;

	ret = history_reader_prepare(series->reader, text, numbers, count, NULL, 0, &rows,
				     series->err);
	if (ret)
		return ret;
	while (!ret && (code = sqlite3_step(rows)) == SQLITE_ROW) {
		uint64_t time = (uint64_t)sqlite3_column_int64(rows, 0);
		const char *names;

		time -= time % bucket_ms;
		if (!wants_values) {
			ret = take_time(series, time);
			continue;
		}
		names = (const char *)sqlite3_column_text(rows, 2);
		if (!names || !find_slot(series, time, &slot))
			continue;
		if (is_rollup)
			add_rollup(series, names, sqlite3_column_blob(rows, 1),
				   (size_t)sqlite3_column_bytes(rows, 1), slot);
		else if (strchr(names, '\n'))
			add_numbers(series, strchr(names, '\n') + 1, sqlite3_column_blob(rows, 1),
				    (size_t)sqlite3_column_bytes(rows, 1), slot);
	}
	sqlite3_finalize(rows);
	return ret || code == SQLITE_DONE ? ret : history_reader_fail(code, series->err);
}

/* Visit the readings of a sensor from sequence `first` to `last`. */
static int visit_readings(struct series *series, const struct history_place *place, uint64_t first,
			  uint64_t last, bool wants_values)
{
	const int64_t base = place->source << HISTORY_SEQUENCE_BITS;
	const int64_t numbers[] = {base | (int64_t)first, base | (int64_t)last,
				   (int64_t)series->query->from_ms, (int64_t)series->query->to_ms,
				   place->sensor};

	return visit_rows(series,
			  "SELECT reading.time, reading.value, series.key FROM reading"
			  " JOIN series ON series.id = reading.series"
			  " WHERE reading.id BETWEEN ?1 AND ?2 AND reading.time >= ?3"
			  " AND reading.time < ?4 AND series.sensor = ?5",
			  numbers, 5, history_bucket_ms(series->resolution), false, wants_values);
}

static int visit_rollups(struct series *series, const struct history_place *place,
			 bool wants_values)
{
	unsigned bucket_ms = history_bucket_ms(series->resolution);
	int64_t base = place->sensor << HISTORY_BUCKET_BITS;
	const int64_t numbers[] = {base | (int64_t)(series->query->from_ms / bucket_ms),
				   base | (int64_t)((series->query->to_ms - 1) / bucket_ms),
				   bucket_ms, place->sensor};
	char text[256];

	snprintf(
		text, sizeof(text),
		"SELECT (bucket.id & 268435455) * ?3, bucket.value, sensor.fields FROM %s AS bucket"
		" JOIN sensor ON sensor.id = ?4 WHERE bucket.id BETWEEN ?1 AND ?2",
		history_reader_table(series->resolution));
	return visit_rows(series, text, numbers, 4, 1, true, wants_values);
}

static int visit_place(struct series *series, const struct history_place *place, bool wants_values)
{
	uint64_t first, last;
	int ret;

	if (series->resolution != HISTORY_RAW) {
		ret = visit_rollups(series, place, wants_values);
	} else {
		ret = history_reader_range(series->reader, place->source, series->query->sensor,
					   series->query->from_ms, series->query->to_ms, &first,
					   &last, series->err);
		if (!ret && first)
			ret = visit_readings(series, place, first,
					     last < place->rolled ? last : place->rolled,
					     wants_values);
	}
	/* Readings that are not rolled up yet. */
	if (!ret)
		ret = visit_readings(series, place, place->rolled + 1, HISTORY_SEQUENCE_MAX,
				     wants_values);
	return ret;
}

static int visit_places(struct series *series, bool wants_values)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < series->places_count; i++)
		ret = visit_place(series, &series->places[i], wants_values);
	return ret;
}

/* Slots */

static void sort_times(struct series *series)
{
	size_t count = 0;

	if (series->times_count)
		qsort(series->times, series->times_count, sizeof(*series->times), compare_times);
	for (size_t i = 0; i < series->times_count; i++)
		if (!count || series->times[i] != series->times[count - 1])
			series->times[count++] = series->times[i];
	series->times_count = count;
}

/* The median of the distances between times. */
static int find_step(struct series *series)
{
	size_t count = series->times_count > 1 ? series->times_count - 1 : 0;
	uint64_t *distances;

	if (!count)
		return 0;
	distances = calloc(count, sizeof(*distances));
	if (!distances)
		return no_memory(series);
	for (size_t i = 0; i < count; i++)
		distances[i] = series->times[i + 1] - series->times[i];
	qsort(distances, count, sizeof(*distances), compare_times);
	series->step_ms = distances[count / 2];
	free(distances);
	return 0;
}

/* A slot is a whole multiple of the usual distance, so that all slots have about as many values. */
static void make_regular(struct series *series)
{
	uint64_t first = series->times[0], last = series->times[series->times_count - 1];
	uint64_t step = (last - first) / series->query->points + 1;

	series->step_ms = (step + series->step_ms - 1) / series->step_ms * series->step_ms;
	series->times_count = (size_t)((last - first) / series->step_ms + 1);
	for (size_t i = 0; i < series->times_count; i++)
		series->times[i] = first + i * series->step_ms;
	series->is_regular = true;
}

/* Add an empty slot in each gap, so that a chart draws no line across it. */
static int add_gaps(struct series *series)
{
	uint64_t *times = calloc(2 * series->times_count + 1, sizeof(*times));
	size_t count = 0;

	if (!times)
		return no_memory(series);
	for (size_t i = 0; i < series->times_count; i++) {
		uint64_t before = i ? series->times[i - 1] : series->times[i];

		if ((double)(series->times[i] - before) > GAP * (double)series->step_ms)
			times[count++] = before + series->step_ms;
		times[count++] = series->times[i];
	}
	free(series->times);
	series->times = times;
	series->times_count = count;
	return 0;
}

static int make_slots(struct series *series)
{
	int ret;

	sort_times(series);
	ret = find_step(series);
	if (!ret && series->times_count > series->query->points)
		make_regular(series);
	else if (!ret)
		ret = add_gaps(series);
	if (ret)
		return ret;
	series->stats = calloc(series->query->fields_count * series->times_count + 1,
			       sizeof(*series->stats));
	return series->stats ? 0 : no_memory(series);
}

/* The answer */

static json_t *number_or_null(const struct history_stats *stats, double number)
{
	return stats->count ? json_real(number) : json_null();
}

static json_t *field_to_json(struct series *series, size_t field)
{
	json_t *mean = json_array(), *min = json_array(), *max = json_array();

	for (size_t i = 0; i < series->times_count; i++) {
		const struct history_stats *stats = stats_at(series, field, i);

		json_array_append_new(mean, number_or_null(stats, stats->mean));
		json_array_append_new(min, number_or_null(stats, stats->min));
		json_array_append_new(max, number_or_null(stats, stats->max));
	}
	return json_pack("{s:o, s:o, s:o}", "mean", mean, "min", min, "max", max);
}

static int make_answer(struct series *series, json_t **ret_answer)
{
	json_t *times = json_array(), *fields = json_object();

	for (size_t i = 0; i < series->times_count; i++)
		json_array_append_new(times, json_integer((json_int_t)series->times[i]));
	for (size_t i = 0; i < series->query->fields_count; i++)
		json_object_set_new(fields, series->query->fields[i], field_to_json(series, i));
	*ret_answer = json_pack("{s:s, s:I, s:o, s:o}", "resolution",
				history_resolution_name(series->resolution), "step_ms",
				(json_int_t)series->step_ms, "times_ms", times, "fields", fields);
	return *ret_answer ? 0 : no_memory(series);
}

static int check(const struct history_series_query *query, struct error *err)
{
	if (query->from_ms >= query->to_ms)
		return error_set(err, ERROR_INVALID, "`from` must be before `to`");
	if (!query->points || query->points > HISTORY_POINTS_MAX)
		return error_set(err, ERROR_INVALID, "`points` must be from 1 to %d",
				 HISTORY_POINTS_MAX);
	if (!query->fields_count || query->fields_count > HISTORY_SERIES_FIELDS_MAX)
		return error_set(err, ERROR_INVALID, "`fields` must name 1 to %d fields",
				 HISTORY_SERIES_FIELDS_MAX);
	return 0;
}

static int run(struct series *series, json_t **ret_answer)
{
	int ret = find_places(series);

	if (!ret)
		ret = choose_resolution(series);
	if (!ret)
		ret = visit_places(series, false);
	if (!ret)
		ret = make_slots(series);
	if (!ret)
		ret = visit_places(series, true);
	return ret ? ret : make_answer(series, ret_answer);
}

int history_reader_series(struct history_reader *reader, const struct history_series_query *query,
			  json_t **ret_answer, struct error *err)
{
	struct history_series_query clamped = *query;
	struct series series = {.reader = reader, .query = &clamped, .err = err};
	int ret = check(query, err);

	if (ret)
		return ret;
	if (clamped.to_ms > HISTORY_TIME_MS_MAX + 1)
		clamped.to_ms = HISTORY_TIME_MS_MAX + 1;
	history_reader_start(reader);
	sqlite3_exec(reader->db, "BEGIN", NULL, NULL, NULL);
	ret = run(&series, ret_answer);
	sqlite3_exec(reader->db, "COMMIT", NULL, NULL, NULL);
	free(series.places);
	free(series.times);
	free(series.stats);
	return ret;
}
