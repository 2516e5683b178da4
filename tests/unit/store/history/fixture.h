/* Readings for tests of the history, written without the loop, and short words to look at it. */
#ifndef HARVESTER_TESTS_HISTORY_FIXTURE_H
#define HARVESTER_TESTS_HISTORY_FIXTURE_H

#include "../plugin/folder.h"
#include "base/clock.h"
#include "base/error.h"
#include "store/history/db.h"
#include "store/history/read.h"
#include "store/history/write.h"

#define T0 UINT64_C(1767225600000) /* 2026-01-01, a full hour */
#define DAY UINT64_C(86400000)
#define STREAM 77

static inline void check(int ret, const struct error *err)
{
	if (ret)
		fail_msg("%d: %s", ret, err->text);
}

static inline struct history_db *open_db(const struct folder *folder)
{
	struct history_db *db = NULL;
	struct error err = {0};

	check(history_db_open(at(folder, "history.db"), &db, &err), &err);
	return db;
}

/* data: JSON text with ' for ". */
static inline json_t *parse(const char *text)
{
	char copy[4096];
	json_t *json;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	json = json_loads(copy, JSON_DECODE_ANY, NULL);
	if (!json)
		fail_msg("not JSON: %s", copy);
	return json;
}

static inline void add_item(struct history_write *write, uint64_t sequence, uint64_t time_ms,
			    const char *sensor, const char *data)
{
	struct history_item item = {sequence, time_ms, sensor, "plugin", false, parse(data)};
	struct error err = {0};

	check(history_write_add(write, &item, &err), &err);
	json_decref(item.data);
}

static inline struct history_write *own_write(void)
{
	struct history_write *write = history_write_create("own");

	write->is_own = true;
	return write;
}

static inline struct history_write *remote_write(const char *node, uint64_t stream)
{
	struct history_write *write = history_write_create(node);

	write->stream = stream;
	return write;
}

/* Commit and free it. */
static inline struct history_appended commit(struct history_db *db, struct history_write *write)
{
	struct history_appended result;
	struct error err = {0};

	check(history_db_commit(db, write, NULL, 0, &err), &err);
	result = write->result;
	history_write_destroy(write);
	return result;
}

static inline void add_own(struct history_db *db, uint64_t time_ms, const char *data)
{
	struct history_write *write = own_write();

	add_item(write, 0, time_ms, "s", data);
	assert_int_equal(commit(db, write).added, 1);
}

static inline void roll_all(struct history_db *db)
{
	struct error err = {0};
	bool more = true;

	while (more)
		check(history_db_roll(db, 1000, &more, &err), &err);
}

static inline uint64_t trim_all(struct history_db *db, const struct history_limits *limits,
				uint64_t now_ms, unsigned rows)
{
	uint64_t deleted, all = 0;
	struct error err = {0};
	bool more = true;

	while (more) {
		check(history_db_trim(db, limits, now_ms, now_ms, rows, &deleted, &more, &err),
		      &err);
		all += deleted;
	}
	return all;
}

static inline struct history_query query_all(void)
{
	return (struct history_query){
		.to_ms = UINT64_MAX, .resolution = HISTORY_RAW, .limit = HISTORY_LIMIT_MAX};
}

static inline json_t *ask_page(const struct folder *folder, const struct history_query *query)
{
	struct history_reader *reader = NULL;
	struct error err = {0};
	json_t *answer = NULL;

	check(history_reader_open(at(folder, "history.db"), clock_system(), &reader, &err), &err);
	check(history_reader_page(reader, query, &answer, &err), &err);
	history_reader_close(reader);
	return answer;
}

static inline json_t *ask_series(const struct folder *folder,
				 const struct history_series_query *query)
{
	struct history_reader *reader = NULL;
	struct error err = {0};
	json_t *answer = NULL;

	check(history_reader_open(at(folder, "history.db"), clock_system(), &reader, &err), &err);
	check(history_reader_series(reader, query, &answer, &err), &err);
	history_reader_close(reader);
	return answer;
}

/* "1,2,3": the sequences of an answer. */
static inline const char *sequences(const json_t *answer)
{
	static char text[4096];
	size_t used = 0, i;
	json_t *reading;

	*text = '\0';
	json_array_foreach(json_object_get(answer, "readings"), i, reading)
	{
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s%lld", i ? "," : "",
			(long long)json_integer_value(json_object_get(reading, "sequence")));
	}
	return text;
}

static inline void assert_json(const json_t *found, const char *expected)
{
	json_t *wanted = parse(expected);
	char *text;

	if (!json_equal(found, wanted)) {
		text = json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
		fail_msg("found %s, not %s", text, expected);
	}
	json_decref(wanted);
}

/* The answer's part at "readings", index, key. */
static inline json_t *part(const json_t *answer, size_t index, const char *key)
{
	return json_object_get(json_array_get(json_object_get(answer, "readings"), index), key);
}

#endif
