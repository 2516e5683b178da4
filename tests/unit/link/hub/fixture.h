/* A hub on a real history in a folder of its own; the clock is ours. */
#ifndef HARVESTER_TESTS_LINK_HUB_FIXTURE_H
#define HARVESTER_TESTS_LINK_HUB_FIXTURE_H

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "link/hub/hub.h"
#include "link/hub/internal.h"
#include "reading/catalogue.h"
#include "reading/create.h"
#include "reading/table.h"
#include "store/history/history.h"

#define NOW_MS 1800000000000u
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

struct fixture {
	uv_loop_t loop;
	struct clock_manual clock;
	char folder[32], database[64], file[64];
	struct history *history;
	struct reading_table *table;
	struct hub *hub;
	char noted[512];
	unsigned lines;
	uint64_t online_ms;
	char source[LOG_SOURCE_SIZE], text[LOG_TEXT_SIZE]; /* of the last line */
	uint64_t time_ms;
	bool closed;

	int taken_status;
	json_t *taken, *commands;
	unsigned commanded, ready;
	int command_status;
	char command_text[ERROR_TEXT_SIZE];
};

static inline void note(void *arg, enum log_level level, const char *node, const char *text)
{
	struct fixture *fixture = arg;

	(void)level;
	snprintf(fixture->noted, sizeof(fixture->noted), "%s: %s", node, text);
}

static inline void log_line(void *arg, const char *node, const struct log_record *record)
{
	struct fixture *fixture = arg;

	assert_string_equal(node, "cellar");
	assert_false(record->is_reading);
	assert_true(strlen(record->source) < sizeof(fixture->source));
	assert_true(strlen(record->text) < sizeof(fixture->text));
	snprintf(fixture->source, sizeof(fixture->source), "%s", record->source);
	snprintf(fixture->text, sizeof(fixture->text), "%s", record->text);
	fixture->time_ms = record->unix_ms;
	fixture->lines++;
}

static inline bool has_token(void *arg, const char *node)
{
	(void)arg;
	return !strcmp(node, "invited");
}

static inline void open_fleet(struct fixture *fixture)
{
	const struct hub_config config = {
		.loop = &fixture->loop,
		.clock = &fixture->clock.base,
		.history = fixture->history,
		.table = fixture->table,
		.node = "hub",
		.path = fixture->file,
		.online_ms = fixture->online_ms,
		.has_token = has_token,
		.on_noted = note,
		.on_logged = log_line,
		.arg = fixture,
	};

	assert_int_equal(hub_create(&config, &fixture->hub, NULL), 0);
}

static inline int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct history_config config = {
		.path = fixture->database,
		.node = "hub",
		.clock = &fixture->clock.base,
		.commit_seconds = 0.1,
		.limits = {.keep_raw_days = 365, .max_mb = 64},
	};

	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/fleet-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->database, sizeof(fixture->database), "%s/history.db", fixture->folder);
	snprintf(fixture->file, sizeof(fixture->file), "%s/fleet.json", fixture->folder);
	uv_loop_init(&fixture->loop);
	clock_manual_init(&fixture->clock, NOW_MS);
	fixture->table = reading_table_create();
	assert_int_equal(history_create(&fixture->loop, &config, &fixture->history, NULL), 0);
	open_fleet(fixture);
	*state = fixture;
	return 0;
}

static inline void on_closed(void *arg)
{
	((struct fixture *)arg)->closed = true;
}

static inline void close_fleet(struct fixture *fixture)
{
	fixture->closed = false;
	hub_close(fixture->hub, on_closed, fixture);
	while (!fixture->closed)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static inline int remove_one(const char *path, const struct stat *found, int type,
			     struct FTW *place)
{
	(void)found;
	(void)type;
	(void)place;
	return remove(path);
}

static inline int teardown(void **state)
{
	struct fixture *fixture = *state;

	close_fleet(fixture);
	history_close(fixture->history, NULL, NULL);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	reading_table_destroy(fixture->table);
	json_decref(fixture->taken);
	json_decref(fixture->commands);
	nftw(fixture->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(fixture);
	return 0;
}

static inline int greet(struct fixture *fixture, const char *token, const char *node,
			struct error *err)
{
	json_t *answer = NULL, *hello = json_pack("{s:i, s:s, s:s, s:{s:b}}", "protocol", 1, "node",
						  node, "version", "1", "devices", "buzzer", 1);
	int ret;

	/* The history is opened on a thread of its own. */
	while ((ret = hub_hello(fixture->hub, token, hello, &answer, err)) == ERROR_BUSY)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	json_decref(hello);
	json_decref(answer);
	return ret;
}

static inline void on_taken(void *arg, int status, json_t *result)
{
	struct fixture *fixture = arg;

	fixture->taken_status = status;
	json_decref(fixture->taken);
	fixture->taken = result;
}

/* One reading of the sensor, with this data. */
static inline int send_one(struct fixture *fixture, const char *token, uint64_t stream,
			   uint64_t sequence, const char *sensor, const char *data,
			   struct error *err)
{
	struct history_item item = {
		.sequence = sequence,
		.time_ms = NOW_MS,
		.sensor = sensor,
		.plugin = "bme680",
		.data = json_loads(data, 0, NULL),
	};
	struct spoke_link_batch batch = {
		.node = "cellar", .stream = stream, .sent_ms = NOW_MS, .items = &item, .count = 1};
	int ret;

	json_decref(fixture->taken);
	fixture->taken = NULL;
	ret = hub_take(fixture->hub, token, &batch, on_taken, fixture, err);
	while (!ret && !fixture->taken)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	json_decref(batch.refusals.list);
	json_decref(item.data);
	return ret;
}

static inline json_int_t number(const struct fixture *fixture, const char *key)
{
	return json_integer_value(json_object_get(fixture->taken, key));
}

static inline json_int_t of_node(const struct fixture *fixture, const char *key)
{
	json_t *nodes = hub_to_json(fixture->hub);
	json_int_t value = json_integer_value(json_object_get(json_array_get(nodes, 0), key));

	json_decref(nodes);
	return value;
}

#endif
