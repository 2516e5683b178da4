/* What is done beside writing, in small steps: rolling up and deleting. */
#include <string.h>

#include "base/error.h"
#include "store/history_db.h"
#include "store/history_roll.h"
#include "store/sqlite.h"

#define DAY_MS UINT64_C(86400000)

static int prepare(struct history_db *db, const char *text, sqlite3_stmt **ret_statement,
		   struct error *err)
{
	int code = sqlite3_prepare_v2(db->db, text, -1, ret_statement, NULL);

	return code ? history_db_fail(db, code, err) : 0;
}

/* The numbers of a statement: ?1 and so on. */
struct numbers {
	int64_t values[4];
};

#define NUMBERS(...) (&(const struct numbers){{__VA_ARGS__}})

/*
 * Run a statement. *ret_number (NULL is allowed): the first column of its first row; 0 where that is
 * NULL, or no row.
 */
static int ask(struct history_db *db, const char *text, const struct numbers *numbers,
	       int64_t *ret_number, struct error *err)
{
	sqlite3_stmt *statement;
	int code, ret = prepare(db, text, &statement, err);

	if (ret)
		return ret;
	for (int i = 0; i < sqlite3_bind_parameter_count(statement); i++)
		sqlite3_bind_int64(statement, i + 1, numbers->values[i]);
	code = sqlite3_step(statement);
	if (ret_number)
		*ret_number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : history_db_fail(db, code, err);
}

static int64_t first_of(int64_t source)
{
	return source << HISTORY_SEQUENCE_BITS;
}

static int64_t last_of(int64_t source)
{
	return first_of(source) | (int64_t)HISTORY_SEQUENCE_MAX;
}

/* Rolling up */

static int roll_rows(struct history_roll *roll, sqlite3_stmt *rows, unsigned *rows_left,
		     int64_t *last, struct error *err)
{
	int code = SQLITE_ROW, ret = 0;

	while (!ret && *rows_left && (code = sqlite3_step(rows)) == SQLITE_ROW) {
		const struct history_rolled rolled = {
			.series = sqlite3_column_int64(rows, 1),
			.sequence = (uint64_t)sqlite3_column_int64(rows, 0) & HISTORY_SEQUENCE_MAX,
			.time_ms = (uint64_t)sqlite3_column_int64(rows, 2),
			.values = sqlite3_column_blob(rows, 3),
			.values_size = (size_t)sqlite3_column_bytes(rows, 3),
		};

		ret = history_roll_add(roll, &rolled, err);
		*last = sqlite3_column_int64(rows, 0);
		--*rows_left;
	}
	if (!ret && code != SQLITE_ROW && code != SQLITE_DONE)
		ret = sqlite_fail("the history's database", code, err);
	return ret;
}

static int roll_source(struct history_db *db, int64_t source, int64_t rolled, unsigned *rows_left,
		       struct error *err)
{
	struct history_roll *roll = history_roll_create(db);
	int64_t last = first_of(source) | rolled;
	sqlite3_stmt *rows;
	int ret;

	if (!roll)
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	ret = prepare(db,
		      "SELECT id, series, time, value FROM reading WHERE id > ?1 AND id <= ?2"
		      " ORDER BY id",
		      &rows, err);
	if (!ret) {
		sqlite3_bind_int64(rows, 1, last);
		sqlite3_bind_int64(rows, 2, last_of(source));
		ret = roll_rows(roll, rows, rows_left, &last, err);
		sqlite3_finalize(rows);
	}
	if (!ret)
		ret = history_roll_flush(roll, err);
	if (!ret)
		ret = ask(db, "UPDATE source SET rolled = ?2 WHERE id = ?1",
			  NUMBERS(source, last & (int64_t)HISTORY_SEQUENCE_MAX), NULL, err);
	history_roll_destroy(roll);
	return ret;
}

/* Sources that have readings behind what is rolled up, one at a time. */
static const char unrolled[] =
	"SELECT id FROM source WHERE id > ?1 AND EXISTS (SELECT 1 FROM reading WHERE"
	" reading.id > (source.id << 44 | source.rolled) AND reading.id < (source.id + 1) << 44)"
	" ORDER BY id LIMIT 1";
_Static_assert(HISTORY_SEQUENCE_BITS == 44, "as in the text above");

int history_db_roll(struct history_db *db, unsigned rows, bool *ret_more, struct error *err)
{
	int64_t source = 0, rolled;
	int ret = history_db_begin(db, err);

	if (ret)
		return ret;
	while (rows) {
		ret = ask(db, unrolled, NUMBERS(source), &source, err);
		if (ret || !source)
			break;
		ret = ask(db, "SELECT rolled FROM source WHERE id = ?1", NUMBERS(source), &rolled,
			  err);
		if (!ret)
			ret = roll_source(db, source, rolled, &rows, err);
		if (ret)
			break;
	}
	ret = history_db_end(db, ret, err);
	if (!ret)
		*ret_more = !rows;
	return ret;
}

/* Deleting */

struct trim {
	struct history_db *db;
	const struct history_limits *limits;
	uint64_t now_ms;
	int64_t rows; /* that may still be deleted in this step */
	uint64_t deleted;
	bool more;
	struct error *err;
};

static int trim_ask(struct trim *trim, const char *text, const struct numbers *numbers,
		    int64_t *ret_number)
{
	return ask(trim->db, text, numbers, ret_number, trim->err);
}

/* A DELETE, whose rows count. */
static int delete_rows(struct trim *trim, const char *text, const struct numbers *numbers,
		       int64_t *ret_deleted)
{
	int ret = trim_ask(trim, text, numbers, NULL);

	if (ret)
		return ret;
	*ret_deleted = sqlite3_changes64(trim->db->db);
	trim->rows -= *ret_deleted;
	return 0;
}

/* The last of the readings that this step may delete of a source; 0: it has none. */
static int find_window(struct trim *trim, int64_t source, int64_t rolled, int64_t *ret_end)
{
	return trim_ask(trim,
			"SELECT max(id) FROM (SELECT id FROM reading WHERE id BETWEEN ?1 AND ?2"
			" ORDER BY id LIMIT ?3)",
			NUMBERS(first_of(source), first_of(source) | rolled, trim->rows), ret_end);
}

static int delete_readings(struct trim *trim, int64_t source, int64_t last)
{
	int64_t deleted;
	int ret = delete_rows(trim, "DELETE FROM reading WHERE id BETWEEN ?1 AND ?2",
			      NUMBERS(first_of(source), last), &deleted);

	if (ret)
		return ret;
	trim->deleted += (uint64_t)deleted;
	return trim_ask(trim, "UPDATE source SET trimmed = ?2 WHERE id = ?1",
			NUMBERS(source, last & (int64_t)HISTORY_SEQUENCE_MAX), NULL);
}

/* The first reading from ?1 to ?2 whose time is from ?3 to ?4. */
static const char first_with_time[] = "SELECT id FROM reading WHERE id BETWEEN ?1 AND ?2"
				      " AND time BETWEEN ?3 AND ?4 ORDER BY id LIMIT 1";

/*
 * How far a source's readings are too old, up to `end`; 0: none is. old_ms: what is before that is.
 */
static int find_old(struct trim *trim, int64_t source, int64_t end, int64_t old_ms,
		    int64_t *ret_last)
{
	static const char last_with_time[] = "SELECT id FROM reading WHERE id BETWEEN ?1 AND ?2"
					     " AND time BETWEEN ?3 AND ?4 ORDER BY id DESC LIMIT 1";
	const int64_t set_ms = (int64_t)HISTORY_CLOCK_SET_MS;
	const int64_t soon_ms = (int64_t)(trim->now_ms + DAY_MS), first = first_of(source);
	int64_t young, known = 0;
	int ret = trim_ask(trim, first_with_time, NUMBERS(first, end, old_ms, soon_ms), &young);

	if (!ret)
		ret = trim_ask(trim, last_with_time,
			       NUMBERS(first, young ? young - 1 : end, set_ms, old_ms - 1),
			       ret_last);
	if (ret || young || *ret_last)
		return ret;
	/* All of these have no time that can be right: what does the next say that has one? */
	ret = trim_ask(trim, first_with_time, NUMBERS(end + 1, last_of(source), set_ms, soon_ms),
		       &known);
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

	if (trim->now_ms < HISTORY_CLOCK_SET_MS + age)
		return 0;
	ret = trim_ask(trim, "SELECT rolled FROM source WHERE id = ?1", NUMBERS(source), &rolled);
	if (!ret)
		ret = find_window(trim, source, rolled, &end);
	if (ret || !end)
		return ret;
	ret = find_old(trim, source, end, (int64_t)(trim->now_ms - age), &last);
	return ret || !last ? ret : delete_readings(trim, source, last);
}

/* Rollups of a sensor, from 2020 on: before that the clock was not set, and they are few. */
static int trim_rollups(struct trim *trim, int64_t sensor, const char *text, unsigned days,
			unsigned bucket_ms)
{
	int64_t deleted;

	if (trim->now_ms < HISTORY_CLOCK_SET_MS + days * DAY_MS)
		return 0;
	return delete_rows(
		trim, text,
		NUMBERS((sensor << HISTORY_BUCKET_BITS) |
				(int64_t)(HISTORY_CLOCK_SET_MS / bucket_ms),
			(sensor << HISTORY_BUCKET_BITS) |
				((int64_t)((trim->now_ms - days * DAY_MS) / bucket_ms) - 1),
			trim->rows),
		&deleted);
}

static int trim_sensor(struct trim *trim, int64_t sensor)
{
	int ret = trim_rollups(trim, sensor,
			       "DELETE FROM minute WHERE id IN (SELECT id FROM minute"
			       " WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3)",
			       trim->limits->keep_minute_days, HISTORY_MINUTE_MS);

	return ret ? ret
		   : trim_rollups(trim, sensor,
				  "DELETE FROM hour WHERE id IN (SELECT id FROM hour"
				  " WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3)",
				  trim->limits->keep_hour_days, HISTORY_HOUR_MS);
}

/* For each row of a table, by its number, while this step may delete something. */
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

/* The oldest of what is there most of; then rollups, the finer ones first. */
static int delete_for_room(struct trim *trim)
{
	static const char *const rollups[] = {
		"DELETE FROM minute WHERE id IN"
		" (SELECT id FROM minute ORDER BY id & 268435455 LIMIT ?1)",
		"DELETE FROM hour WHERE id IN"
		" (SELECT id FROM hour ORDER BY id & 268435455 LIMIT ?1)",
	};
	int64_t source, rolled, end = 0, deleted = 0;
	int ret = trim_ask(trim,
			   "SELECT id FROM source WHERE rolled > trimmed"
			   " ORDER BY rolled - trimmed DESC LIMIT 1",
			   NUMBERS(0), &source);

	if (ret)
		return ret;
	if (source) {
		ret = trim_ask(trim, "SELECT rolled FROM source WHERE id = ?1", NUMBERS(source),
			       &rolled);
		if (!ret)
			ret = find_window(trim, source, rolled, &end);
		return ret ? ret
			   : delete_readings(trim, source, end ? end : first_of(source) | rolled);
	}
	for (int i = 0; !ret && !deleted && i < 2; i++)
		ret = delete_rows(trim, rollups[i], NUMBERS(trim->rows), &deleted);
	return ret;
}

static int trim_by_size(struct trim *trim)
{
	uint64_t limit = (uint64_t)trim->limits->max_mb << 20, bytes;
	int64_t rows = trim->rows;
	int ret = history_db_size(trim->db, &bytes, trim->err);

	if (ret || bytes <= limit || rows <= 0)
		return ret;
	ret = delete_for_room(trim);
	trim->more |= trim->rows < rows;
	return ret;
}

int history_db_trim(struct history_db *db, const struct history_limits *limits, uint64_t now_ms,
		    unsigned rows, uint64_t *ret_deleted, bool *ret_more, struct error *err)
{
	struct trim trim = {.db = db, .limits = limits, .now_ms = now_ms, .rows = rows, .err = err};
	int ret = history_db_begin(db, err);

	if (ret)
		return ret;
	ret = for_each(&trim, "SELECT id FROM source WHERE id > ?1 ORDER BY id LIMIT 1",
		       trim_source);
	if (!ret)
		ret = for_each(&trim, "SELECT id FROM sensor WHERE id > ?1 ORDER BY id LIMIT 1",
			       trim_sensor);
	if (!ret)
		ret = trim_by_size(&trim);
	ret = history_db_end(db, ret, err);
	if (ret)
		return ret;
	*ret_deleted = trim.deleted;
	*ret_more = trim.more;
	return 0;
}
