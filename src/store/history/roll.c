#include "store/history/roll.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "store/history/db.h"
#include "store/history/history.h"
#include "store/history/pack.h"

enum span { MINUTE, HOUR, SPANS };

static const unsigned span_ms[SPANS] = {HISTORY_MINUTE_MS, HISTORY_HOUR_MS};

enum {
	FIND_SERIES,
	FIND_FIELDS,
	SET_FIELDS,
	ADD_BYTES,
	FIND_BUCKET,
	PUT_BUCKET = FIND_BUCKET + SPANS,
	TEXTS = PUT_BUCKET + SPANS
};

static const char *const texts[TEXTS] = {
	[FIND_SERIES] = "SELECT sensor, key FROM series WHERE id = ?1",
	[FIND_FIELDS] = "SELECT fields FROM sensor WHERE id = ?1",
	[SET_FIELDS] = "UPDATE sensor SET fields = ?2 WHERE id = ?1",
	/* NULL, what is not counted yet, stays NULL. */
	[ADD_BYTES] = ("UPDATE sensor SET readings = readings + ?2, minutes = minutes + ?3,"
		       " hours = hours + ?4 WHERE id = ?1"),
	[FIND_BUCKET + MINUTE] = "SELECT first, last, value FROM minute WHERE id = ?1",
	[FIND_BUCKET + HOUR] = "SELECT first, last, value FROM hour WHERE id = ?1",
	[PUT_BUCKET + MINUTE] = "REPLACE INTO minute VALUES (?1, ?2, ?3, ?4)",
	[PUT_BUCKET + HOUR] = "REPLACE INTO hour VALUES (?1, ?2, ?3, ?4)",
};

struct field {
	char name[READING_NAME_MAX + 1];
	struct history_stats stats[SPANS];
};

/*
 * The minute or hour that is being accumulated; a reading of another minute or hour writes it
 * first.
 */
struct bucket {
	bool is_used;
	int64_t number;
	uint64_t first, last;
	int64_t stored; /* size of its row in the database; 0: no row yet */
};

struct sensor {
	int64_t id; /* has to be first, like series.id: the search trees compare it */
	struct bucket buckets[SPANS];
	struct field *fields; /* owned */
	size_t count;
	bool has_new_fields;
	int64_t readings, grown[SPANS]; /* bytes to add to the sensor's counters */
};

struct series {
	int64_t id;
	struct sensor *sensor; /* borrowed */
	char *names;	       /* owned */
	size_t names_size;
};

struct history_roll {
	struct history_db *db;
	sqlite3_stmt *statements[TEXTS];
	void *sensors, *series; /* trees (search.h), owned */
	int failed;		/* the first error of a flush during a tree walk */
	struct error *err;
};

static int fail(struct history_roll *roll, int code)
{
	return history_db_fail(roll->db, code, roll->err);
}

static int no_memory(struct history_roll *roll)
{
	return error_set(
		roll->err, ERROR_NO_MEMORY,
		"out of memory while summarizing the history; this machine needs more free memory");
}

struct history_roll *history_roll_create(struct history_db *db)
{
	struct history_roll *roll = calloc(1, sizeof(*roll));

	if (!roll)
		return NULL;
	roll->db = db;
	for (int i = 0; i < TEXTS; i++) {
		if (sqlite3_prepare_v2(db->db, texts[i], -1, &roll->statements[i], NULL)) {
			history_roll_destroy(roll);
			return NULL;
		}
	}
	return roll;
}

static void free_sensor(void *data)
{
	free(((struct sensor *)data)->fields);
	free(data);
}

static void free_series(void *data)
{
	free(((struct series *)data)->names);
	free(data);
}

void history_roll_destroy(struct history_roll *roll)
{
	if (!roll)
		return;
	for (int i = 0; i < TEXTS; i++)
		sqlite3_finalize(roll->statements[i]);
	tdestroy(roll->series, free_series);
	tdestroy(roll->sensors, free_sensor);
	free(roll);
}

static int compare(const void *a, const void *b)
{
	int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

	return (first > second) - (first < second);
}

/* Sensors */

static struct field *add_field(struct sensor *sensor, const char *name, size_t size)
{
	struct field *fields;

	if (sensor->count == HISTORY_ROLL_FIELDS_MAX || size > READING_NAME_MAX)
		return NULL;
	fields = reallocarray(sensor->fields, sensor->count + 1, sizeof(*fields));
	if (!fields)
		return NULL;
	sensor->fields = fields;
	fields += sensor->count++;
	memset(fields, 0, sizeof(*fields));
	memcpy(fields->name, name, size);
	return fields;
}

static void add_fields(struct sensor *sensor, const char *names)
{
	while (*names) {
		size_t size = strcspn(names, "\n");

		add_field(sensor, names, size);
		names += size + (names[size] == '\n');
	}
}

static int load_sensor(struct history_roll *roll, struct sensor *sensor)
{
	sqlite3_stmt *statement = roll->statements[FIND_FIELDS];
	int code;

	sqlite3_bind_int64(statement, 1, sensor->id);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		add_fields(sensor, (const char *)sqlite3_column_text(statement, 0));
	sqlite3_reset(statement);
	return code == SQLITE_ROW ? 0 : fail(roll, code == SQLITE_DONE ? SQLITE_CORRUPT : code);
}

static int find_sensor(struct history_roll *roll, int64_t id, struct sensor **ret_sensor)
{
	struct sensor **found = tfind(&id, &roll->sensors, compare);
	struct sensor *sensor;
	int ret;

	if (found) {
		*ret_sensor = *found;
		return 0;
	}
	sensor = calloc(1, sizeof(*sensor));
	if (!sensor)
		return no_memory(roll);
	sensor->id = id;
	ret = load_sensor(roll, sensor);
	if (!ret && !tsearch(sensor, &roll->sensors, compare))
		ret = no_memory(roll);
	if (ret)
		free_sensor(sensor);
	else
		*ret_sensor = sensor;
	return ret;
}

static int load_series(struct history_roll *roll, struct series *series)
{
	sqlite3_stmt *statement = roll->statements[FIND_SERIES];
	const char *key, *names;
	int code, ret;

	sqlite3_bind_int64(statement, 1, series->id);
	code = sqlite3_step(statement);
	if (code != SQLITE_ROW) {
		sqlite3_reset(statement);
		return fail(roll, code == SQLITE_DONE ? SQLITE_CORRUPT : code);
	}
	key = (const char *)sqlite3_column_text(statement, 1);
	names = key ? strchr(key, '\n') : NULL;
	if (names)
		series->names = strdup(names + 1);
	series->names_size = series->names ? strlen(series->names) : 0;
	ret = find_sensor(roll, sqlite3_column_int64(statement, 0), &series->sensor);
	sqlite3_reset(statement);
	if (!ret && !series->names)
		ret = names ? no_memory(roll) : fail(roll, SQLITE_CORRUPT);
	return ret;
}

static int find_series(struct history_roll *roll, int64_t id, struct series **ret_series)
{
	struct series **found = tfind(&id, &roll->series, compare);
	struct series *series;
	int ret;

	if (found) {
		*ret_series = *found;
		return 0;
	}
	series = calloc(1, sizeof(*series));
	if (!series)
		return no_memory(roll);
	series->id = id;
	ret = load_series(roll, series);
	if (!ret && !tsearch(series, &roll->series, compare))
		ret = no_memory(roll);
	if (ret)
		free_series(series);
	else
		*ret_series = series;
	return ret;
}

/* Buckets */

/* Merge the stored row of this bucket, if there is one, into `stats`. */
static int merge_stored(struct history_roll *roll, struct sensor *sensor, enum span span,
			struct history_stats *stats)
{
	struct bucket *bucket = &sensor->buckets[span];
	sqlite3_stmt *statement = roll->statements[FIND_BUCKET + span];
	uint64_t first, last;
	int code;

	sqlite3_bind_int64(statement, 1, (sensor->id << HISTORY_BUCKET_BITS) | bucket->number);
	code = sqlite3_step(statement);
	bucket->stored = 0;
	if (code == SQLITE_ROW) {
		bucket->stored = sqlite3_column_bytes(statement, 2) + HISTORY_ROW_BYTES;
		first = (uint64_t)sqlite3_column_int64(statement, 0);
		last = (uint64_t)sqlite3_column_int64(statement, 1);
		if (first < bucket->first)
			bucket->first = first;
		if (last > bucket->last)
			bucket->last = last;
		if (!history_stats_unpack(sqlite3_column_blob(statement, 2),
					  (size_t)sqlite3_column_bytes(statement, 2), stats,
					  sensor->count))
			code = SQLITE_CORRUPT;
	}
	sqlite3_reset(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : fail(roll, code);
}

static int put_bucket(struct history_roll *roll, struct sensor *sensor, enum span span,
		      const struct buffer *value)
{
	const struct bucket *bucket = &sensor->buckets[span];
	sqlite3_stmt *statement = roll->statements[PUT_BUCKET + span];
	int code;

	sqlite3_bind_int64(statement, 1, (sensor->id << HISTORY_BUCKET_BITS) | bucket->number);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)bucket->first);
	sqlite3_bind_int64(statement, 3, (sqlite3_int64)bucket->last);
	sqlite3_bind_blob(statement, 4, value->size ? value->data : "", (int)value->size,
			  SQLITE_STATIC);
	code = sqlite3_step(statement);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : fail(roll, code);
}

static int flush_bucket(struct history_roll *roll, struct sensor *sensor, enum span span)
{
	struct history_stats stats[HISTORY_ROLL_FIELDS_MAX] = {0};
	struct buffer value;
	int ret;

	if (!sensor->buckets[span].is_used)
		return 0;
	ret = merge_stored(roll, sensor, span, stats);
	if (ret)
		return ret;
	buffer_init(&value, READING_SIZE_MAX);
	for (size_t i = 0; i < sensor->count; i++) {
		history_stats_merge(&stats[i], &sensor->fields[i].stats[span]);
		sensor->fields[i].stats[span].count = 0;
		if (stats[i].count)
			history_stats_pack(&value, i, &stats[i]);
	}
	ret = value.failed ? no_memory(roll) : put_bucket(roll, sensor, span, &value);
	sensor->grown[span] +=
		(int64_t)value.size + HISTORY_ROW_BYTES - sensor->buckets[span].stored;
	buffer_finish(&value);
	sensor->buckets[span].is_used = false;
	return ret;
}

/* Make the bucket of the reading's time the current one, and extend its sequences. */
static int open_bucket(struct history_roll *roll, struct sensor *sensor, enum span span,
		       const struct history_rolled *rolled)
{
	struct bucket *bucket = &sensor->buckets[span];
	int64_t number = (int64_t)(rolled->time_ms / span_ms[span]);
	int ret;

	if (!bucket->is_used || bucket->number != number) {
		ret = flush_bucket(roll, sensor, span);
		if (ret)
			return ret;
		*bucket = (struct bucket){true, number, rolled->sequence, rolled->sequence, 0};
	}
	if (rolled->sequence < bucket->first)
		bucket->first = rolled->sequence;
	if (rolled->sequence > bucket->last)
		bucket->last = rolled->sequence;
	return 0;
}

/* Readings */

static void add_number(struct sensor *sensor, size_t hint, const char *name, size_t size,
		       double number)
{
	struct field *field = NULL;

	/* Fields usually come in the same order: begin where the hint points. */
	for (size_t i = 0; !field && i < sensor->count; i++) {
		struct field *candidate = &sensor->fields[(hint + i) % sensor->count];

		if (!strncmp(candidate->name, name, size) && !candidate->name[size])
			field = candidate;
	}
	if (!field) {
		field = add_field(sensor, name, size);
		if (!field)
			return;
		sensor->has_new_fields = true;
	}
	for (int span = 0; span < SPANS; span++)
		history_stats_add(&field->stats[span], number);
}

static void add_numbers(struct sensor *sensor, const struct series *series,
			const struct history_rolled *rolled)
{
	struct history_walk walk;
	size_t size, hint = 0;
	const char *name;
	bool is_number;
	double number;

	history_walk_init(&walk, series->names, series->names_size, rolled->values,
			  rolled->values_size);
	for (; history_walk_number(&walk, &name, &size, &is_number, &number); hint++)
		if (is_number && history_is_value_name(name, size))
			add_number(sensor, hint, name, size, number);
}

int history_roll_add(struct history_roll *roll, const struct history_rolled *rolled,
		     struct error *err)
{
	struct series *series = NULL;
	int ret;

	roll->err = err;
	ret = find_series(roll, rolled->series, &series);
	for (int span = 0; !ret && span < SPANS; span++)
		ret = open_bucket(roll, series->sensor, (enum span)span, rolled);
	if (ret)
		return ret;
	add_numbers(series->sensor, series, rolled);
	series->sensor->readings += (int64_t)rolled->values_size + HISTORY_ROW_BYTES;
	return 0;
}

static int save_fields(struct history_roll *roll, struct sensor *sensor)
{
	sqlite3_stmt *statement = roll->statements[SET_FIELDS];
	struct buffer names;
	int code;

	buffer_init(&names, READING_SIZE_MAX);
	for (size_t i = 0; i < sensor->count; i++)
		buffer_printf(&names, "%s%s", i ? "\n" : "", sensor->fields[i].name);
	if (names.failed) {
		buffer_finish(&names);
		return no_memory(roll);
	}
	sqlite3_bind_int64(statement, 1, sensor->id);
	sqlite3_bind_text(statement, 2, names.data, (int)names.size, SQLITE_STATIC);
	code = sqlite3_step(statement);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	buffer_finish(&names);
	sensor->has_new_fields = false;
	return code == SQLITE_DONE ? 0 : fail(roll, code);
}

static int save_bytes(struct history_roll *roll, struct sensor *sensor)
{
	sqlite3_stmt *statement = roll->statements[ADD_BYTES];
	int code;

	sqlite3_bind_int64(statement, 1, sensor->id);
	sqlite3_bind_int64(statement, 2, sensor->readings);
	sqlite3_bind_int64(statement, 3, sensor->grown[MINUTE]);
	sqlite3_bind_int64(statement, 4, sensor->grown[HOUR]);
	code = sqlite3_step(statement);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : fail(roll, code);
}

static void flush_sensor(const void *node, VISIT visit, void *arg)
{
	struct history_roll *roll = arg;
	struct sensor *sensor = *(struct sensor *const *)node;

	if (roll->failed || (visit != postorder && visit != leaf))
		return;
	for (int span = 0; !roll->failed && span < SPANS; span++)
		roll->failed = flush_bucket(roll, sensor, (enum span)span);
	if (!roll->failed && sensor->has_new_fields)
		roll->failed = save_fields(roll, sensor);
	if (!roll->failed)
		roll->failed = save_bytes(roll, sensor);
}

int history_roll_flush(struct history_roll *roll, struct error *err)
{
	roll->err = err;
	twalk_r(roll->sensors, flush_sensor, roll);
	return roll->failed;
}
