/* Maintenance in small steps between commits: rolling up. trim.c and room.c delete. */
#include <string.h>

#include "base/error.h"
#include "store/history/db.h"
#include "store/history/maintenance.h"
#include "store/history/roll.h"
#include "store/sqlite.h"

static int prepare(struct history_db *db, const char *text, sqlite3_stmt **ret_statement,
		   struct error *err)
{
	int code = sqlite3_prepare_v2(db->db, text, -1, ret_statement, NULL);

	return code ? history_db_fail(db, code, err) : 0;
}

int history_step_prepare(struct history_db *db, const char *text, const struct numbers *numbers,
			 const char *const *texts, sqlite3_stmt **ret_statement, struct error *err)
{
	sqlite3_stmt *statement;
	int ret = prepare(db, text, &statement, err), count;

	if (ret)
		return ret;
	count = sqlite3_bind_parameter_count(statement);
	for (int i = 0; i < count && i < STEP_NUMBERS; i++)
		sqlite3_bind_int64(statement, i + 1, numbers->values[i]);
	for (int i = STEP_NUMBERS; i < count; i++)
		sqlite3_bind_text(statement, i + 1, texts[i - STEP_NUMBERS], -1, SQLITE_STATIC);
	*ret_statement = statement;
	return 0;
}

int history_step_row(struct history_db *db, const char *text, const struct numbers *numbers,
		     const char *const *texts, int64_t *ret_columns, struct error *err)
{
	sqlite3_stmt *statement;
	int code, ret = history_step_prepare(db, text, numbers, texts, &statement, err);

	if (ret)
		return ret;
	code = sqlite3_step(statement);
	for (int i = 0; ret_columns && i < sqlite3_column_count(statement); i++)
		ret_columns[i] = code == SQLITE_ROW ? sqlite3_column_int64(statement, i) : 0;
	sqlite3_finalize(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : history_db_fail(db, code, err);
}

static int ask(struct history_db *db, const char *text, const struct numbers *numbers,
	       int64_t *ret_number, struct error *err)
{
	return history_step_row(db, text, numbers, NULL, ret_number, err);
}

/* Rolling up */

static int roll_rows(struct history_roll *roll, sqlite3_stmt *rows, unsigned *rows_left,
		     int64_t *last, struct error *err)
{
	int code = SQLITE_ROW, ret = 0;
	unsigned cost;

	/* A large reading counts as several, so that no step takes long. */
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
		cost = 1 + (unsigned)(rolled.values_size / HISTORY_ROLL_COST_BYTES);
		*rows_left -= cost < *rows_left ? cost : *rows_left;
	}
	if (!ret && code != SQLITE_ROW && code != SQLITE_DONE)
		ret = sqlite_fail("the history's database", code, err);
	return ret;
}

static int roll_source(struct history_db *db, int64_t source, int64_t rolled, unsigned *rows_left,
		       struct error *err)
{
	struct history_roll *roll = history_roll_create(db);
	int64_t last = history_first_of(source) | rolled;
	sqlite3_stmt *rows;
	int ret;

	if (!roll)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while summarizing the history; this machine needs "
				 "more free memory");
	ret = prepare(db,
		      "SELECT id, series, time, value FROM reading WHERE id > ?1 AND id <= ?2"
		      " ORDER BY id",
		      &rows, err);
	if (!ret) {
		sqlite3_bind_int64(rows, 1, last);
		sqlite3_bind_int64(rows, 2, history_last_of(source));
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

/* The next source that has readings which are not rolled up. */
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
