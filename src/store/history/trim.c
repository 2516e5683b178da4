/* Deletes in small steps: by age here, by size in room.c. */
#include <stdlib.h>

#include "base/error.h"
#include "store/history/maintenance.h"

#define DAY_MS UINT64_C(86400000)
#define SCAN_ROWS 16384 /* rows examined in one window, whichever plugin they are of */

static const struct {
	const char *sum;    /* sums up the rows to delete */
	const char *delete; /* deletes up to the last of these */
	const char *charge;
	/* Records the sequence up to which a source's rollups are deleted by age. */
	const char *keep_sequence;
	const char *find_later; /* finds the first row that covers a later sequence than that */
	unsigned bucket_ms;
} spans[TRIM_SPANS] = {
	[TRIM_MINUTE] = {"SELECT max(id), max(last), sum(length(value)), count(*) FROM (SELECT id, "
			 "last, value"
			 " FROM minute WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3)",
			 "DELETE FROM minute WHERE id BETWEEN ?1 AND ?2",
			 "UPDATE sensor SET minutes = max(0, minutes - ?2) WHERE id = ?1",
			 "UPDATE source SET minute_trimmed = max(minute_trimmed, ?2) WHERE id ="
			 " (SELECT source FROM sensor WHERE id = ?1)",
			 "SELECT id FROM minute WHERE id BETWEEN ?1 AND ?2 AND last > (SELECT"
			 " minute_trimmed FROM source JOIN sensor ON sensor.source = source.id"
			 " WHERE sensor.id = ?3) ORDER BY id LIMIT 1",
			 HISTORY_MINUTE_MS},
	[TRIM_HOUR] = {"SELECT max(id), max(last), sum(length(value)), count(*) FROM (SELECT id, "
		       "last, value"
		       " FROM hour WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3)",
		       "DELETE FROM hour WHERE id BETWEEN ?1 AND ?2",
		       "UPDATE sensor SET hours = max(0, hours - ?2) WHERE id = ?1",
		       "UPDATE source SET hour_trimmed = max(hour_trimmed, ?2) WHERE id ="
		       " (SELECT source FROM sensor WHERE id = ?1)",
		       "SELECT id FROM hour WHERE id BETWEEN ?1 AND ?2 AND last > (SELECT"
		       " hour_trimmed FROM source JOIN sensor ON sensor.source = source.id"
		       " WHERE sensor.id = ?3) ORDER BY id LIMIT 1",
		       HISTORY_HOUR_MS},
};

static int trim_ask(struct trim *trim, const char *text, const struct numbers *numbers,
		    int64_t *ret_number)
{
	return history_step_row(trim->db, text, numbers, NULL, ret_number, trim->err);
}

/* Readings */

struct row {
	int64_t id, sensor, bytes;
};

struct rows {
	struct row *list; /* owned */
	size_t count;
	int64_t last; /* the last row that was examined */
	int64_t bytes;
};

/*
 * Other plugins' rows are passed over. A row whose series is missing may be deleted for any
 * plugin.
 */
static const char in_window[] =
	"SELECT r.id, coalesce(series.sensor, 0), r.size, ?5 IS NULL OR coalesce(sensor.owner = "
	"?5, 1)"
	" FROM (SELECT id, series, length(value) AS size FROM reading WHERE id BETWEEN ?1 AND ?2"
	" ORDER BY id LIMIT ?3) AS r LEFT JOIN series ON series.id = r.series"
	" LEFT JOIN sensor ON sensor.id = series.sensor ORDER BY r.id";

static int find_rows(struct trim *trim, const struct trim_window *window, struct rows *rows)
{
	const char *const texts[] = {window->owner};
	int64_t left = trim->rows;
	sqlite3_stmt *found;
	int code = SQLITE_DONE;
	int ret = history_step_prepare(trim->db, in_window,
				       NUMBERS(window->first, window->last, SCAN_ROWS), texts,
				       &found, trim->err);

	if (ret)
		return ret;
	while (left > 0 && (!window->bytes || rows->bytes < window->bytes) &&
	       (code = sqlite3_step(found)) == SQLITE_ROW) {
		const struct row row = {sqlite3_column_int64(found, 0),
					sqlite3_column_int64(found, 1),
					sqlite3_column_int64(found, 2) + HISTORY_ROW_BYTES};

		rows->last = row.id;
		if (!sqlite3_column_int(found, 3))
			continue;
		rows->list[rows->count++] = row;
		rows->bytes += row.bytes;
		left -= 1 + row.bytes / HISTORY_TRIM_COST_BYTES;
	}
	sqlite3_finalize(found);
	trim->rows = left;
	return code == SQLITE_ROW || code == SQLITE_DONE
		       ? 0
		       : history_db_fail(trim->db, code, trim->err);
}

static int run_for(struct trim *trim, sqlite3_stmt *statement, int64_t first, int64_t second)
{
	int code;

	sqlite3_bind_int64(statement, 1, first);
	if (sqlite3_bind_parameter_count(statement) > 1)
		sqlite3_bind_int64(statement, 2, second);
	code = sqlite3_step(statement);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : history_db_fail(trim->db, code, trim->err);
}

static int delete_rows(struct trim *trim, const struct rows *rows)
{
	static const char charge_text[] =
		"UPDATE sensor SET readings = max(0, readings - ?2) WHERE id = ?1";
	sqlite3_stmt *delete = NULL, *charge = NULL;
	int ret = history_step_prepare(trim->db, "DELETE FROM reading WHERE id = ?1", NUMBERS(0),
				       NULL, &delete, trim->err);

	if (!ret)
		ret = history_step_prepare(trim->db, charge_text, NUMBERS(0), NULL, &charge,
					   trim->err);
	for (size_t i = 0; !ret && i < rows->count; i++) {
		ret = run_for(trim, delete, rows->list[i].id, 0);
		if (!ret)
			ret = run_for(trim, charge, rows->list[i].sensor, rows->list[i].bytes);
	}
	sqlite3_finalize(delete);
	sqlite3_finalize(charge);
	return ret;
}

int history_trim_readings(struct trim *trim, const struct trim_window *window, int64_t *ret_last,
			  int64_t *ret_bytes)
{
	struct rows rows = {0};
	int ret;

	*ret_last = *ret_bytes = 0;
	if (trim->rows <= 0)
		return 0;
	rows.list = calloc((size_t)trim->rows, sizeof(*rows.list));
	if (!rows.list)
		return error_set(trim->err, ERROR_NO_MEMORY,
				 "out of memory while deleting old readings; this machine needs "
				 "more free memory");
	ret = find_rows(trim, window, &rows);
	if (!ret)
		ret = delete_rows(trim, &rows);
	if (!ret) {
		trim->deleted += rows.count;
		*ret_last = rows.last;
		*ret_bytes = rows.bytes;
	}
	free(rows.list);
	return ret;
}

/* Find the last reading of a source that this step may delete; 0 if there is none. */
static int find_window(struct trim *trim, int64_t source, int64_t rolled, int64_t *ret_end)
{
	return trim_ask(
		trim,
		"SELECT max(id) FROM (SELECT id FROM reading WHERE id BETWEEN ?1 AND ?2"
		" ORDER BY id LIMIT ?3)",
		NUMBERS(history_first_of(source), history_first_of(source) | rolled, trim->rows),
		ret_end);
}

static int delete_readings(struct trim *trim, int64_t source, int64_t last)
{
	const struct trim_window window = {.first = history_first_of(source), .last = last};
	int64_t reached, bytes;
	int ret = history_trim_readings(trim, &window, &reached, &bytes);

	if (ret || !reached)
		return ret;
	return trim_ask(trim, "UPDATE source SET trimmed = ?2 WHERE id = ?1",
			NUMBERS(source, reached & (int64_t)HISTORY_SEQUENCE_MAX), NULL);
}

/* The first reading from ?1 to ?2 whose time is from ?3 to ?4. */
static const char first_with_time[] = "SELECT id FROM reading WHERE id BETWEEN ?1 AND ?2"
				      " AND time BETWEEN ?3 AND ?4 ORDER BY id LIMIT 1";

/*
 * Find the last reading of a source, up to `end`, that is too old; 0 if none is. Readings before
 * `old_ms` are too old.
 */
static int find_old(struct trim *trim, int64_t source, int64_t end, int64_t old_ms,
		    int64_t *ret_last)
{
	static const char last_with_time[] = "SELECT id FROM reading WHERE id BETWEEN ?1 AND ?2"
					     " AND time BETWEEN ?3 AND ?4 ORDER BY id DESC LIMIT 1";
	const int64_t set_ms = (int64_t)HISTORY_CLOCK_SET_MS;
	const int64_t soon_ms = (int64_t)(trim->now_ms + DAY_MS), first = history_first_of(source);
	int64_t young, known = 0;
	int ret = trim_ask(trim, first_with_time, NUMBERS(first, end, old_ms, soon_ms), &young);

	if (!ret)
		ret = trim_ask(trim, last_with_time,
			       NUMBERS(first, young ? young - 1 : end, set_ms, old_ms - 1),
			       ret_last);
	if (ret || young || *ret_last)
		return ret;
	/* No reading here has a plausible time: decide by the next one that has. */
	ret = trim_ask(trim, first_with_time,
		       NUMBERS(end + 1, history_last_of(source), set_ms, soon_ms), &known);
	if (!ret && known)
		ret = trim_ask(trim, "SELECT id FROM reading WHERE id = ?1 AND time < ?2",
			       NUMBERS(known, old_ms), &known);
	*ret_last = known ? end : 0;
	return ret;
}

static int trim_source(struct trim *trim, int64_t source)
{
	uint64_t age = trim->limits->keep_raw_days * DAY_MS;
	int64_t rolled, end, last;
	int ret;

	if (trim->age_ms < HISTORY_CLOCK_SET_MS + age)
		return 0;
	ret = trim_ask(trim, "SELECT rolled FROM source WHERE id = ?1", NUMBERS(source), &rolled);
	if (!ret)
		ret = find_window(trim, source, rolled, &end);
	if (ret || !end)
		return ret;
	ret = find_old(trim, source, end, (int64_t)(trim->age_ms - age), &last);
	return ret || !last ? ret : delete_readings(trim, source, last);
}

/* Rollups */

int history_trim_rollups(struct trim *trim, enum trim_span span, const struct trim_window *window,
			 int64_t rows, int64_t *ret_sequence, int64_t *ret_bytes)
{
	int64_t found[4], sensor = window->first >> HISTORY_BUCKET_BITS;
	int ret = history_step_row(trim->db, spans[span].sum,
				   NUMBERS(window->first, window->last, rows), NULL, found,
				   trim->err);

	*ret_sequence = *ret_bytes = 0;
	if (ret || !found[3])
		return ret;
	*ret_sequence = found[1];
	*ret_bytes = found[2] + found[3] * HISTORY_ROW_BYTES;
	trim->rows -= found[3];
	ret = trim_ask(trim, spans[span].delete, NUMBERS(window->first, found[0]), NULL);
	return ret ? ret : trim_ask(trim, spans[span].charge, NUMBERS(sensor, *ret_bytes), NULL);
}

static int64_t bucket_of(int64_t sensor, uint64_t time_ms, unsigned bucket_ms)
{
	return (sensor << HISTORY_BUCKET_BITS) | (int64_t)(time_ms / bucket_ms);
}

/* Delete rollups from 2020 on that are older than `days`. */
static int trim_old_rollups(struct trim *trim, int64_t sensor, enum trim_span span, unsigned days)
{
	unsigned bucket_ms = spans[span].bucket_ms;
	const struct trim_window window = {
		.first = bucket_of(sensor, HISTORY_CLOCK_SET_MS, bucket_ms),
		.last = bucket_of(sensor, trim->age_ms - days * DAY_MS, bucket_ms) - 1,
	};
	int64_t sequence, bytes;
	int ret = history_trim_rollups(trim, span, &window, trim->rows, &sequence, &bytes);

	if (ret || !sequence)
		return ret;
	return trim_ask(trim, spans[span].keep_sequence, NUMBERS(sensor, sequence), NULL);
}

/*
 * Delete the rollups of a window in which no time can be right. They are deleted up to the first
 * one that covers a later reading than all rollups deleted by age; the rest follows when that one
 * is deleted.
 */
static int trim_odd_rollups(struct trim *trim, int64_t sensor, enum trim_span span,
			    struct trim_window window)
{
	int64_t later, sequence, bytes;
	int ret;

	if (trim->rows <= 0)
		return 0;
	ret = trim_ask(trim, spans[span].find_later, NUMBERS(window.first, window.last, sensor),
		       &later);
	if (ret)
		return ret;
	if (later)
		window.last = later - 1;
	return history_trim_rollups(trim, span, &window, trim->rows, &sequence, &bytes);
}

/*
 * Whether the source's newest reading lies in the future: then this node's clock may be the wrong
 * one.
 */
static int is_clock_behind(struct trim *trim, int64_t sensor, bool *ret_behind)
{
	int64_t source, newest;
	int ret =
		trim_ask(trim, "SELECT source FROM sensor WHERE id = ?1", NUMBERS(sensor), &source);

	if (!ret)
		ret = trim_ask(trim,
			       "SELECT time FROM reading WHERE id BETWEEN ?1 AND ?2"
			       " ORDER BY id DESC LIMIT 1",
			       NUMBERS(history_first_of(source), history_last_of(source)), &newest);
	if (!ret)
		*ret_behind = newest > (int64_t)(trim->now_ms + DAY_MS);
	return ret;
}

static int trim_span(struct trim *trim, int64_t sensor, enum trim_span span, unsigned days)
{
	unsigned bucket_ms = spans[span].bucket_ms;
	const struct trim_window past = {
		.first = bucket_of(sensor, 0, bucket_ms),
		.last = bucket_of(sensor, HISTORY_CLOCK_SET_MS, bucket_ms) - 1,
	};
	const struct trim_window to_come = {
		.first = bucket_of(sensor, trim->now_ms + DAY_MS, bucket_ms) + 1,
		.last = bucket_of(sensor + 1, 0, bucket_ms) - 1,
	};
	bool is_behind = false;
	int ret;

	if (trim->age_ms < HISTORY_CLOCK_SET_MS + days * DAY_MS || trim->rows <= 0)
		return 0;
	ret = trim_old_rollups(trim, sensor, span, days);
	if (!ret)
		ret = trim_odd_rollups(trim, sensor, span, past);
	if (!ret)
		ret = is_clock_behind(trim, sensor, &is_behind);
	return ret || is_behind ? ret : trim_odd_rollups(trim, sensor, span, to_come);
}

static int trim_sensor(struct trim *trim, int64_t sensor)
{
	int ret = trim_span(trim, sensor, TRIM_MINUTE, trim->limits->keep_minute_days);

	return ret ? ret : trim_span(trim, sensor, TRIM_HOUR, trim->limits->keep_hour_days);
}

/*
 * Call `call` for each row of a table, in the order of row numbers, while this step may delete
 * more.
 */
static int for_each(struct trim *trim, const char *next, int (*call)(struct trim *trim, int64_t id))
{
	int64_t id = 0;
	int ret = 0;

	while (!ret && trim->rows > 0) {
		ret = trim_ask(trim, next, NUMBERS(id), &id);
		if (ret || !id)
			return ret;
		ret = call(trim, id);
	}
	trim->more |= trim->rows <= 0;
	return ret;
}

static int trim_by_age(struct trim *trim)
{
	int ret = for_each(trim, "SELECT id FROM source WHERE id > ?1 ORDER BY id LIMIT 1",
			   trim_source);

	return ret || trim->more
		       ? ret
		       : for_each(trim, "SELECT id FROM sensor WHERE id > ?1 ORDER BY id LIMIT 1",
				  trim_sensor);
}

int history_db_trim(struct history_db *db, const struct history_limits *limits, uint64_t age_ms,
		    uint64_t now_ms, unsigned rows, uint64_t *ret_deleted, bool *ret_more,
		    struct error *err)
{
	struct trim trim = {.db = db,
			    .limits = limits,
			    .now_ms = now_ms,
			    .age_ms = age_ms,
			    .rows = rows,
			    .err = err};
	int ret = history_db_begin(db, err);

	if (ret)
		return ret;
	ret = history_count_older(&trim);
	if (!ret && !trim.more && age_ms)
		ret = trim_by_age(&trim);
	if (!ret && !trim.more)
		ret = history_trim_by_size(&trim);
	ret = history_db_end(db, ret, err);
	if (ret)
		return ret;
	*ret_deleted = trim.deleted;
	*ret_more = trim.more;
	return 0;
}
