/*
 * Deletes by size when the file exceeds its limit: computes each share of the file, then deletes
 * from those whose share is too large.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fair_share.h"
#include "reading/reading.h"
#include "store/history/maintenance.h"

#define COUNT_ROWS 4096
#define CHUNK_ROWS 64 /* rollups deleted in one statement */
#define SCAN_COST 128 /* cost of one search, in rows: it also reads rows that are not deleted */

#define STRING(x) #x
#define TEXT(x) STRING(x)

/* What the deletion works on: the sensors of one plugin of one node. */
struct unit {
	const char *node, *owner;
};

static int room_ask(struct trim *trim, const char *text, const struct numbers *numbers,
		    const struct unit *unit, int64_t *ret_columns)
{
	const char *const texts[] = {unit ? unit->node : NULL, unit ? unit->owner : NULL};

	return history_step_row(trim->db, text, numbers, texts, ret_columns, trim->err);
}

/* Counting rows of an older version */

/* Count from the last reading to the first, so that one number records the progress. */
static int count_readings(struct trim *trim, int64_t source, int64_t uncounted)
{
	static const char find[] =
		"SELECT min(id), count(*) FROM (SELECT id FROM reading WHERE id BETWEEN ?1 AND ?2"
		" ORDER BY id DESC LIMIT " TEXT(COUNT_ROWS) ")";
	static const char add[] =
		"UPDATE sensor SET readings = readings + found.bytes FROM (SELECT series.sensor AS "
		"id,"
		" sum(length(value) + " TEXT(
			HISTORY_ROW_BYTES) ") AS bytes FROM reading"
					   " JOIN series ON series.id = reading.series WHERE "
					   "reading.id BETWEEN ?1 AND ?2"
					   " GROUP BY 1) AS found WHERE found.id = sensor.id";
	int64_t last = history_first_of(source) | uncounted, found[2], left = 0;
	int ret = room_ask(trim, find, NUMBERS(history_first_of(source), last), NULL, found);

	if (!ret && found[1])
		ret = room_ask(trim, add, NUMBERS(found[0], last), NULL, NULL);
	if (found[1] == COUNT_ROWS)
		left = (found[0] & (int64_t)HISTORY_SEQUENCE_MAX) - 1;
	return ret ? ret
		   : room_ask(trim, "UPDATE source SET uncounted = ?2 WHERE id = ?1",
			      NUMBERS(source, left), NULL, NULL);
}

static int count_rollups(struct trim *trim, int64_t sensor)
{
	static const char text[] =
		"UPDATE sensor SET minutes = (SELECT coalesce(sum(length(value) + " TEXT(
			HISTORY_ROW_BYTES) "), 0) FROM minute WHERE minute.id BETWEEN ?1 AND ?2),"
					   " hours = (SELECT coalesce(sum(length(value) + " TEXT(
						   HISTORY_ROW_BYTES) "), 0) FROM hour"
								      " WHERE hour.id BETWEEN ?1 "
								      "AND ?2)"
								      " WHERE id = ?3";
	int64_t first = sensor << HISTORY_BUCKET_BITS;

	return room_ask(trim, text, NUMBERS(first, first | HISTORY_BUCKET_MASK, sensor), NULL,
			NULL);
}

int history_count_older(struct trim *trim)
{
	int64_t source[2], sensor;
	int ret = room_ask(trim, "SELECT id, uncounted FROM source WHERE uncounted > 0 LIMIT 1",
			   NUMBERS(0), NULL, source);

	if (!ret && source[0]) {
		trim->more = true;
		return count_readings(trim, source[0], source[1]);
	}
	if (!ret)
		ret = room_ask(trim, "SELECT id FROM sensor WHERE minutes IS NULL LIMIT 1",
			       NUMBERS(0), NULL, &sensor);
	if (ret || !sensor)
		return ret;
	trim->more = true;
	return count_rollups(trim, sensor);
}

/* Deleting from one unit */

/* The oldest source in which the unit has rolled-up readings, and the sequence to start from. */
static const char next_source[] =
	"SELECT source.id, max(source.trimmed, min(sensor.trimmed)), source.rolled FROM sensor"
	" JOIN source ON source.id = sensor.source WHERE source.node = ?5 AND sensor.owner = ?6"
	" AND sensor.trimmed < source.rolled AND source.trimmed < source.rolled"
	" GROUP BY source.id ORDER BY source.id LIMIT 1";

/*
 * Record that the unit's readings up to `sequence` are deleted. If these are all that are rolled
 * up, its sensors have no bytes of readings left.
 */
static int keep_trimmed(struct trim *trim, const struct unit *unit, int64_t source,
			int64_t sequence)
{
	static const char texts[][256] = {
		"UPDATE sensor SET trimmed = ?2 WHERE source = ?1 AND owner = ?6 AND trimmed < ?2",
		"UPDATE sensor SET readings = 0 WHERE source = ?1 AND owner = ?6 AND trimmed >="
		" (SELECT rolled FROM source WHERE id = ?1)",
		/* Up to here the whole source is deleted, whichever plugin the readings were of. */
		"UPDATE source SET trimmed = max(trimmed, min(?2, coalesce((SELECT min(id) FROM "
		"reading"
		" WHERE id BETWEEN ?3 AND ?4) - ?3 - 1, ?2))) WHERE id = ?1",
	};
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof(texts) / sizeof(*texts); i++)
		ret = room_ask(trim, texts[i],
			       NUMBERS(source, sequence, history_first_of(source),
				       history_last_of(source)),
			       unit, NULL);
	return ret;
}

/* Delete readings. *ret_done: none is left that may be deleted. */
static int give_readings(struct trim *trim, const struct unit *unit, int64_t *bytes, bool *ret_done)
{
	int64_t at[3], last, freed;
	int ret = room_ask(trim, next_source, NUMBERS(0), unit, at);

	if (ret)
		return ret;
	*ret_done = !at[0];
	if (!at[0])
		return 0;
	const struct trim_window window = {
		.first = history_first_of(at[0]) | (at[1] + 1),
		.last = history_first_of(at[0]) | at[2],
		.owner = unit->owner,
		.bytes = *bytes,
	};

	ret = history_trim_readings(trim, &window, &last, &freed);
	if (ret)
		return ret;
	*bytes -= freed;
	trim->rows -= SCAN_COST;
	trim->more = true;
	return keep_trimmed(trim, unit, at[0], last ? last & (int64_t)HISTORY_SEQUENCE_MAX : at[2]);
}

/*
 * Find the range of rollups to delete from first. Clocks may have been wrong, so there are three
 * ranges of times (before 2020, plausible, future); the one whose first row covers the earliest
 * sequence is chosen, so that rollups are deleted roughly in the order of their readings.
 */
static int find_head(struct trim *trim, enum trim_span span, int64_t sensor,
		     struct trim_window *ret_window)
{
	static const char *const texts[TRIM_SPANS] = {
		"SELECT id, last FROM minute WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1",
		"SELECT id, last FROM hour WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1",
	};
	const int64_t bucket_ms = span == TRIM_MINUTE ? HISTORY_MINUTE_MS : HISTORY_HOUR_MS;
	const int64_t first = sensor << HISTORY_BUCKET_BITS;
	int64_t now_ms = (int64_t)trim->now_ms, set_ms = (int64_t)HISTORY_CLOCK_SET_MS;
	const int64_t bounds[] = {0, set_ms / bucket_ms,
				  (now_ms > set_ms ? now_ms + 86400000 : set_ms) / bucket_ms + 1,
				  HISTORY_BUCKET_MASK + 1};
	int64_t earliest = INT64_MAX, found[2];
	int ret = 0;

	ret_window->first = 0;
	for (size_t i = 0; !ret && i < 3; i++) {
		ret = room_ask(trim, texts[span],
			       NUMBERS(first + bounds[i], first + bounds[i + 1] - 1), NULL, found);
		if (ret || !found[0] || found[1] >= earliest)
			continue;
		earliest = found[1];
		ret_window->first = found[0];
		ret_window->last = first + bounds[i + 1] - 1;
	}
	return ret;
}

/* Delete some rollups of the unit's largest sensor. */
static int give_rollups(struct trim *trim, const struct unit *unit, enum trim_span span,
			int64_t *bytes, bool *ret_done)
{
	static const char *const texts[TRIM_SPANS] = {
		"SELECT sensor.id FROM sensor JOIN source ON source.id = sensor.source WHERE"
		" source.node = ?5 AND sensor.owner = ?6 AND minutes > 0 ORDER BY minutes DESC "
		"LIMIT 1",
		"SELECT sensor.id FROM sensor JOIN source ON source.id = sensor.source WHERE"
		" source.node = ?5 AND sensor.owner = ?6 AND hours > 0 ORDER BY hours DESC LIMIT 1",
	};
	static const char *const none[TRIM_SPANS] = {"UPDATE sensor SET minutes = 0 WHERE id = ?1",
						     "UPDATE sensor SET hours = 0 WHERE id = ?1"};
	struct trim_window window = {0};
	int64_t sensor, sequence, freed;
	int ret = room_ask(trim, texts[span], NUMBERS(0), unit, &sensor);

	if (ret)
		return ret;
	*ret_done = !sensor;
	if (!sensor)
		return 0;
	ret = find_head(trim, span, sensor, &window);
	if (!ret && !window.first)
		return room_ask(trim, none[span], NUMBERS(sensor), NULL, NULL);
	if (!ret)
		ret = history_trim_rollups(trim, span, &window, CHUNK_ROWS, &sequence, &freed);
	if (!ret)
		*bytes -= freed;
	return ret;
}

/*
 * Delete a sensor of which only its names are left; give() has deleted its other readings before.
 * Readings that are not rolled up yet need their names.
 */
static int give_names(struct trim *trim, const struct unit *unit, int64_t *bytes, bool *ret_done)
{
	static const char find[] =
		"SELECT sensor.id, sensor.names FROM sensor JOIN source ON source.id = "
		"sensor.source"
		" WHERE source.node = ?5 AND sensor.owner = ?6 AND minutes = 0 AND hours = 0"
		" AND NOT EXISTS (SELECT 1 FROM reading"
		" WHERE reading.id > (source.id << 44 | source.rolled)"
		" AND reading.id < (source.id + 1) << 44) ORDER BY names DESC LIMIT 1";
	int64_t found[2];
	int ret = room_ask(trim, find, NUMBERS(0), unit, found);

	if (ret)
		return ret;
	*ret_done = !found[0];
	if (!found[0])
		return 0;
	ret = room_ask(trim, "DELETE FROM series WHERE sensor = ?1", NUMBERS(found[0]), NULL, NULL);
	if (!ret)
		ret = room_ask(trim, "DELETE FROM sensor WHERE id = ?1", NUMBERS(found[0]), NULL,
			       NULL);
	*bytes -= found[1];
	trim->rows -= HISTORY_SENSOR_SERIES_MAX;
	return ret;
}

/* Delete `bytes` bytes of a unit: readings first, then minutes, then hours, then names. */
static int give(struct trim *trim, const struct unit *unit, int64_t bytes)
{
	int ret = 0;

	for (int kind = 0; !ret && kind < 4;) {
		bool is_done = false;

		if (bytes <= 0 || trim->rows <= 0)
			return 0;
		if (kind == 0)
			ret = give_readings(trim, unit, &bytes, &is_done);
		else if (kind == 3)
			ret = give_names(trim, unit, &bytes, &is_done);
		else
			ret = give_rollups(trim, unit, (enum trim_span)(kind - 1), &bytes,
					   &is_done);
		kind += is_done;
	}
	return ret;
}

/* Choosing whose rows to delete */

struct share {
	char node[READING_NAME_MAX + 1], owner[READING_NAME_MAX + 1];
	bool is_own; /* the share of a plugin of this node; otherwise of another node as a whole */
	size_t bytes;
};

struct shares {
	struct share *list; /* owned; sorted, the largest first */
	size_t count;
};

#define BYTES_OF_SENSORS                                                                           \
	"sum(sensor.readings + coalesce(sensor.minutes, 0) + coalesce(sensor.hours, 0) +"          \
	" sensor.names)"

/* One row for each plugin of this node, and one for each other node. */
static const char by_share[] =
	"SELECT node, CASE WHEN is_own THEN owner ELSE '' END, is_own, sum(bytes) FROM (SELECT"
	" source.node AS node, sensor.owner AS owner, source.node IN (SELECT source.node FROM "
	"source"
	" JOIN own ON own.stream = source.stream) AS is_own, " BYTES_OF_SENSORS
	" AS bytes FROM sensor"
	" JOIN source ON source.id = sensor.source GROUP BY 1, 2) GROUP BY 1, 2 ORDER BY 4 DESC";

/* One row for each plugin of one node. */
static const char by_plugin[] =
	"SELECT source.node, sensor.owner, 1, " BYTES_OF_SENSORS " FROM sensor JOIN source"
	" ON source.id = sensor.source WHERE source.node = ?5 GROUP BY 2 ORDER BY 4 DESC";

static int add_share(struct trim *trim, struct shares *shares, sqlite3_stmt *row)
{
	struct share *list = reallocarray(shares->list, shares->count + 1, sizeof(*shares->list));
	int64_t bytes = sqlite3_column_int64(row, 3);

	if (!list)
		return error_set(trim->err, ERROR_NO_MEMORY,
				 "out of memory while deleting old readings; this machine needs "
				 "more free memory");
	shares->list = list;
	list += shares->count++;
	snprintf(list->node, sizeof(list->node), "%s", (const char *)sqlite3_column_text(row, 0));
	snprintf(list->owner, sizeof(list->owner), "%s", (const char *)sqlite3_column_text(row, 1));
	list->is_own = sqlite3_column_int(row, 2);
	list->bytes = bytes > 0 ? (size_t)bytes : 0;
	return 0;
}

static int find_shares(struct trim *trim, const char *text, const char *node, struct shares *shares)
{
	sqlite3_stmt *rows;
	int code, ret = history_step_prepare(trim->db, text, NUMBERS(0), &node, &rows, trim->err);

	if (ret)
		return ret;
	while (!ret && (code = sqlite3_step(rows)) == SQLITE_ROW)
		ret = add_share(trim, shares, rows);
	sqlite3_finalize(rows);
	return ret || code == SQLITE_DONE ? ret : history_db_fail(trim->db, code, trim->err);
}

/* The bytes that each share may keep if all shares together lose `bytes`. */
static size_t find_cap(const struct shares *shares, size_t bytes)
{
	size_t *demands = calloc(shares->count, sizeof(*demands)), total = 0, cap;

	if (!demands)
		return shares->list[0].bytes - 1; /* delete a little of the largest */
	for (size_t i = 0; i < shares->count; i++)
		total += demands[i] = shares->list[i].bytes;
	cap = fair_share_cap(demands, shares->count, total > bytes ? total - bytes : 0);
	free(demands);
	return cap;
}

static int give_of_node(struct trim *trim, const char *node, size_t bytes);

/* Delete from each share what exceeds the cap. */
static int give_fairly(struct trim *trim, const struct shares *shares, size_t bytes)
{
	int ret = 0;
	size_t cap;

	if (!shares->count || !shares->list[0].bytes)
		return 0;
	cap = find_cap(shares, bytes);
	for (size_t i = 0; !ret && i < shares->count && trim->rows > 0; i++) {
		const struct share *share = &shares->list[i];
		const struct unit unit = {share->node, share->owner};

		if (share->bytes <= cap)
			break;
		ret = share->is_own ? give(trim, &unit, (int64_t)(share->bytes - cap))
				    : give_of_node(trim, share->node, share->bytes - cap);
	}
	return ret;
}

static int give_of_node(struct trim *trim, const char *node, size_t bytes)
{
	struct shares shares = {0};
	int ret = find_shares(trim, by_plugin, node, &shares);

	if (!ret)
		ret = give_fairly(trim, &shares, bytes);
	free(shares.list);
	return ret;
}

/*
 * How many of the counted bytes to delete when the file has `bytes` bytes. Because of half-filled
 * pages, the counted bytes are fewer than the file's, so the same fraction of them is deleted; a
 * little more than needed, so that not every step has to start again.
 */
static size_t find_surplus(const struct shares *shares, uint64_t bytes, uint64_t limit)
{
	double wanted = (double)(limit - limit / 64) / (double)bytes, total = 0;

	for (size_t i = 0; i < shares->count; i++)
		total += (double)shares->list[i].bytes;
	return (size_t)(total * (1 - wanted)) + 1;
}

int history_trim_by_size(struct trim *trim)
{
	uint64_t limit = (uint64_t)trim->limits->max_mb << 20, bytes;
	struct shares shares = {0};
	int64_t rows = trim->rows;
	int ret = history_db_size(trim->db, &bytes, trim->err);

	if (ret || bytes <= limit || rows <= 0)
		return ret;
	ret = find_shares(trim, by_share, NULL, &shares);
	if (!ret)
		ret = give_fairly(trim, &shares, find_surplus(&shares, bytes, limit));
	free(shares.list);
	trim->more |= trim->rows < rows;
	return ret;
}
