/* On a real history in a folder of its own; the clock is ours. */
#include "output/fleet.h"

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
#include "reading/table.h"
#include "store/history.h"

#define NOW_MS 1800000000000u

struct fixture {
	uv_loop_t loop;
	struct clock_manual clock;
	char folder[32], database[64], file[64];
	struct history *history;
	struct reading_table *table;
	struct fleet *fleet;
	char noted[512];
	unsigned lines;
	bool closed;

	int taken_status;
	json_t *taken, *commands;
	unsigned commanded, ready;
	int command_status;
	char command_text[ERROR_TEXT_SIZE];
};

static void note(void *arg, enum log_level level, const char *node, const char *text)
{
	struct fixture *fixture = arg;

	(void)level;
	snprintf(fixture->noted, sizeof(fixture->noted), "%s: %s", node, text);
}

static void log_line(void *arg, const char *node, const struct log_record *record)
{
	(void)node;
	assert_string_equal(record->source, "bme680");
	((struct fixture *)arg)->lines++;
}

static void open_fleet(struct fixture *fixture)
{
	const struct fleet_config config = {
		.loop = &fixture->loop,
		.clock = &fixture->clock.base,
		.history = fixture->history,
		.table = fixture->table,
		.path = fixture->file,
		.noted = note,
		.logged = log_line,
		.arg = fixture,
	};

	assert_int_equal(fleet_create(&config, &fixture->fleet, NULL), 0);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct history_config config = {
		.path = fixture->database,
		.node = "hub",
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

static void on_closed(void *arg)
{
	((struct fixture *)arg)->closed = true;
}

static void close_fleet(struct fixture *fixture)
{
	fixture->closed = false;
	fleet_close(fixture->fleet, on_closed, fixture);
	while (!fixture->closed)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *place)
{
	(void)found;
	(void)type;
	(void)place;
	return remove(path);
}

static int teardown(void **state)
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

static int greet(struct fixture *fixture, const char *token, const char *node, struct error *err)
{
	json_t *answer = NULL, *hello = json_pack("{s:i, s:s, s:s, s:{s:b}}", "protocol", 1, "node",
						  node, "version", "1", "devices", "buzzer", 1);
	int ret;

	/* The history is opened on a thread of its own. */
	while ((ret = fleet_hello(fixture->fleet, token, hello, &answer, err)) == ERROR_BUSY)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	json_decref(hello);
	json_decref(answer);
	return ret;
}

static void on_taken(void *arg, int status, json_t *result)
{
	struct fixture *fixture = arg;

	fixture->taken_status = status;
	json_decref(fixture->taken);
	fixture->taken = result;
}

/* One reading of the sensor, with this data. */
static int send_one(struct fixture *fixture, const char *token, uint64_t stream, uint64_t sequence,
		    const char *sensor, const char *data, struct error *err)
{
	struct history_item item = {
		.sequence = sequence,
		.time_ms = NOW_MS,
		.sensor = sensor,
		.plugin = "bme680",
		.data = json_loads(data, 0, NULL),
	};
	struct uplink_batch batch = {
		.node = "cellar", .stream = stream, .sent_ms = NOW_MS, .items = &item, .count = 1};
	int ret;

	json_decref(fixture->taken);
	fixture->taken = NULL;
	ret = fleet_take(fixture->fleet, token, &batch, on_taken, fixture, err);
	while (!ret && !fixture->taken)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	json_decref(item.data);
	return ret;
}

static json_int_t number(const struct fixture *fixture, const char *key)
{
	return json_integer_value(json_object_get(fixture->taken, key));
}

static void a_reading_is_taken_once_and_shown(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(send_one(fixture, "cellar", 7, 1, "dht22", "{\"t\": 1}", NULL), 0);
	assert_int_equal(number(fixture, "added"), 1);
	assert_int_equal(reading_table_count(fixture->table), 1);
	assert_int_equal(send_one(fixture, "cellar", 7, 1, "dht22", "{\"t\": 1}", NULL), 0);
	assert_int_equal(number(fixture, "known"), 1);
	assert_int_equal(send_one(fixture, "cellar", 7, 2, "dht22", "{\"t\": 2}", NULL), 0);
	assert_int_equal(number(fixture, "added"), 1);
}

static void log_lines_come_once_and_are_no_sensor(void **state)
{
	static const char lines[] =
		"{\"lines\": [{\"time_ms\": 5, \"level\": \"info\", \"source\": "
		"\"bme680\", \"text\": \"x\"}, {\"level\": 3}], \"dropped\": 0}";
	struct fixture *fixture = *state;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 1, FLEET_LOG_SENSOR, lines, NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 1, FLEET_LOG_SENSOR, lines, NULL), 0);
	assert_int_equal(fixture->lines, 1);
	assert_int_equal(reading_table_count(fixture->table), 0);
}

static void who_is_not_who_it_says_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(greet(fixture, "attic", "cellar", &err), ERROR_NOT_GRANTED);
	assert_int_equal(send_one(fixture, NULL, 7, 1, "s", "{}", &err), ERROR_NOT_FOUND);
	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(send_one(fixture, "attic", 7, 1, "s", "{}", &err), ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "for the node attic, and cannot speak for cellar"));
}

static void an_older_stream_is_another_machine_after_a_restart_too(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 1, "s", "{}", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 8, 1, "s", "{}", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 2, "s", "{}", &err), ERROR_EXISTS);
	assert_non_null(strstr(fixture->noted, "two nodes send as cellar"));
	close_fleet(fixture); /* waits for its file */
	open_fleet(fixture);
	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 2, "s", "{}", &err), ERROR_EXISTS);
	assert_int_equal(send_one(fixture, NULL, 8, 2, "s", "{}", NULL), 0);
}

static void a_wrong_clock_waits(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	clock_manual_advance_ns(&fixture->clock, 86400000000000u);
	assert_int_equal(send_one(fixture, NULL, 7, 1, "s", "{}", NULL), 0); /* just within */
	clock_manual_advance_ns(&fixture->clock, 1000000u);
	assert_int_equal(send_one(fixture, NULL, 7, 2, "s", "{}", &err), ERROR_INVALID);
	assert_non_null(strstr(err.text, "24 h behind this hub's"));
}

static void on_ready(void *arg, json_t *commands)
{
	struct fixture *fixture = arg;

	fixture->ready++;
	json_decref(fixture->commands);
	fixture->commands = commands;
}

static void on_commanded(void *arg, int status, const json_t *result, const struct error *err)
{
	struct fixture *fixture = arg;

	(void)result;
	fixture->commanded++;
	fixture->command_status = status;
	snprintf(fixture->command_text, sizeof(fixture->command_text), "%s", err ? err->text : "");
}

static int command(struct fixture *fixture, struct error *err)
{
	return fleet_command(fixture->fleet, "cellar", json_pack("{s:s}", "device", "buzzer"),
			     on_commanded, fixture, err);
}

static void answer(struct fixture *fixture, json_int_t id, int done)
{
	json_t *results = json_pack("{s:[{s:I, s:b, s:s}]}", "results", "id", id, "done", done,
				    "detail", "it is broken");

	assert_int_equal(fleet_results(fixture->fleet, NULL, "cellar", results, NULL), 0);
	json_decref(results);
}

static void a_command_goes_to_the_one_that_waits_and_its_result_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(command(fixture, &err), ERROR_NOT_FOUND);
	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_string_equal(fleet_find_device(fixture->fleet, "buzzer"), "cellar");
	assert_null(fleet_find_device(fixture->fleet, "fan"));
	assert_int_equal(fleet_wait(fixture->fleet, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(fixture->ready, 0);
	assert_int_equal(command(fixture, NULL), 0);
	assert_int_equal(fixture->ready, 1);
	assert_int_equal(json_array_size(json_object_get(fixture->commands, "commands")), 1);
	answer(fixture, 99, 1); /* of none that was asked */
	assert_int_equal(fixture->commanded, 0);
	answer(fixture, 1, 0);
	assert_int_equal(fixture->command_status, ERROR_SYSTEM);
	assert_string_equal(fixture->command_text, "cellar: it is broken");
	/* One that comes before the node asks waits for it; a second question ends the first. */
	assert_int_equal(command(fixture, NULL), 0);
	assert_int_equal(fleet_wait(fixture->fleet, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(fixture->ready, 2);
	answer(fixture, 2, 1);
	assert_int_equal(fixture->command_status, 0);
	assert_int_equal(fleet_wait(fixture->fleet, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(fleet_wait(fixture->fleet, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(fixture->ready, 3);
}

static void too_many_commands_are_refused_and_a_close_ends_them(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	for (unsigned i = 0; i < FLEET_COMMANDS_MAX; i++)
		assert_int_equal(command(fixture, NULL), 0);
	assert_int_equal(command(fixture, NULL), ERROR_BUSY);
	close_fleet(fixture);
	assert_int_equal(fixture->commanded, FLEET_COMMANDS_MAX);
	assert_int_equal(fixture->command_status, ERROR_CLOSED);
	open_fleet(fixture);
}

static void one_node_too_many_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};
	char name[16];

	for (unsigned i = 0; i < FLEET_NODES_MAX; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(greet(fixture, NULL, name, NULL), 0);
	}
	assert_int_equal(greet(fixture, NULL, "more", &err), ERROR_TOO_LARGE);
	assert_int_equal(greet(fixture, NULL, "n7", NULL), 0);
}

/* What it said may still help a person; the next write does not take it away. */
static void a_damaged_file_is_moved_aside(void **state)
{
	struct fixture *fixture = *state;
	char aside[96], found[32] = "";
	int fd;

	close_fleet(fixture);
	fd = open(fixture->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "{\"cellar\": [\"8f", 16), 16);
	close(fd);
	open_fleet(fixture);
	snprintf(aside, sizeof(aside), "%s.damaged-1", fixture->file);
	if (!strstr(fixture->noted, aside))
		fail_msg("%s", fixture->noted);
	assert_int_equal(access(fixture->file, F_OK), -1);
	fd = open(aside, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, found, sizeof(found)), 16);
	close(fd);
	assert_string_equal(found, "{\"cellar\": [\"8f");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reading_is_taken_once_and_shown),
		TEST(log_lines_come_once_and_are_no_sensor),
		TEST(who_is_not_who_it_says_is_refused),
		TEST(an_older_stream_is_another_machine_after_a_restart_too),
		TEST(a_wrong_clock_waits),
		TEST(a_command_goes_to_the_one_that_waits_and_its_result_comes_back),
		TEST(too_many_commands_are_refused_and_a_close_ends_them),
		TEST(one_node_too_many_is_refused),
		TEST(a_damaged_file_is_moved_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
