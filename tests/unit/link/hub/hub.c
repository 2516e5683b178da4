/* On a real history in a folder of its own; the clock is ours. */
#include "link/hub/hub.h"

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
#include "link/hub/internal.h"
#include "reading/catalogue.h"
#include "reading/create.h"
#include "reading/table.h"
#include "store/history/history.h"

#define NOW_MS 1800000000000u

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

static void note(void *arg, enum log_level level, const char *node, const char *text)
{
	struct fixture *fixture = arg;

	(void)level;
	snprintf(fixture->noted, sizeof(fixture->noted), "%s: %s", node, text);
}

static void log_line(void *arg, const char *node, const struct log_record *record)
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

static bool has_token(void *arg, const char *node)
{
	(void)arg;
	return !strcmp(node, "invited");
}

static void open_fleet(struct fixture *fixture)
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

static int setup(void **state)
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

static void on_closed(void *arg)
{
	((struct fixture *)arg)->closed = true;
}

static void close_fleet(struct fixture *fixture)
{
	fixture->closed = false;
	hub_close(fixture->hub, on_closed, fixture);
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
	while ((ret = hub_hello(fixture->hub, token, hello, &answer, err)) == ERROR_BUSY)
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

/* A batch of log lines alone. `lines` is taken. */
static void send_lines(struct fixture *fixture, uint64_t sequence, json_t *lines)
{
	struct spoke_link_log log = {.sequence = sequence, .lines = lines};
	struct spoke_link_batch batch = {
		.node = "cellar", .stream = 7, .sent_ms = NOW_MS, .logs = &log, .logs_count = 1};

	json_decref(fixture->taken);
	fixture->taken = NULL;
	assert_int_equal(hub_take(fixture->hub, NULL, &batch, on_taken, fixture, NULL), 0);
	assert_int_equal(fixture->taken_status, 0);
	assert_int_equal(number(fixture, "added"), 0);
	json_decref(lines);
}

static json_t *line(json_t *time, const char *level, const char *source, const char *text)
{
	return json_pack("{s:o, s:s, s:s, s:s}", "time_ms", time, "level", level, "source", source,
			 "text", text);
}

static void log_lines_come_once_and_are_no_sensor(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	for (int i = 0; i < 2; i++)
		send_lines(fixture, 1,
			   json_pack("[o]", line(json_integer(5), "info", "bme680", "x")));
	assert_int_equal(fixture->lines, 1);
	assert_string_equal(fixture->source, "bme680");
	assert_int_equal(fixture->time_ms, 5);
	assert_int_equal(reading_table_count(fixture->table), 0);
}

/* What was done to the hub: any source, control characters, a time that broke strftime(). */
static void log_lines_are_cleaned_as_on_the_node(void **state)
{
	struct fixture *fixture = *state;
	char longest[4 * LOG_TEXT_SIZE];

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	send_lines(fixture, 1,
		   json_pack("[o]", line(json_integer(INT64_MAX), "error", "web\nx",
					 "a\x1b[2Jb\n2026 error broker: c")));
	assert_int_equal(fixture->time_ms, NOW_MS);
	assert_string_equal(fixture->source, "web?x");
	assert_string_equal(fixture->text, "a?[2Jb?2026 error broker: c");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	send_lines(fixture, 2, json_pack("[o]", line(json_integer(-1), "info", longest, longest)));
	assert_int_equal(fixture->time_ms, NOW_MS);
	assert_int_equal(strlen(fixture->source), LOG_SOURCE_SIZE - 1);
	assert_int_equal(strlen(fixture->text), LOG_TEXT_SIZE - 1);
	assert_int_equal(fixture->lines, 2);
}

static json_int_t of_node(const struct fixture *fixture, const char *key)
{
	json_t *nodes = hub_to_json(fixture->hub);
	json_int_t value = json_integer_value(json_object_get(json_array_get(nodes, 0), key));

	json_decref(nodes);
	return value;
}

static void lines_that_are_none_are_left_out_and_counted(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	send_lines(fixture, 1,
		   json_pack("[i, n, {}, o, o, {s:s, s:s, s:i}]", 3,
			     line(json_null(), "loud", "a", "b"),
			     line(json_null(), "info", "", "b"), "level", "info", "source", "a",
			     "text", 5));
	assert_int_equal(fixture->lines, 0);
	assert_int_equal(of_node(fixture, "log_lines_dropped"), 6);
}

static json_t *many_lines(unsigned from)
{
	json_t *lines = json_array();
	char text[16];

	for (unsigned i = 0; i < SPOKE_LINK_LINES_MAX; i++) {
		snprintf(text, sizeof(text), "%u", from + i);
		json_array_append_new(lines, line(json_integer(5), "info", "s", text));
	}
	return lines;
}

/* A node that was away for long, or floods: its lines push the others' out of the hub's log. */
static void of_too_many_lines_the_newest_are_shown(void **state)
{
	struct spoke_link_log logs[HUB_LINES_AT_ONCE / SPOKE_LINK_LINES_MAX + 1];
	size_t count = sizeof(logs) / sizeof(*logs);
	struct spoke_link_batch batch = {.node = "cellar",
					 .stream = 7,
					 .sent_ms = NOW_MS,
					 .logs = logs,
					 .logs_count = count};
	struct fixture *fixture = *state;
	char last[16];

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	for (size_t i = 0; i < count; i++)
		logs[i] = (struct spoke_link_log){
			.sequence = i + 1, .lines = many_lines((unsigned)i * SPOKE_LINK_LINES_MAX)};
	assert_int_equal(hub_take(fixture->hub, NULL, &batch, on_taken, fixture, NULL), 0);
	assert_int_equal(fixture->lines, HUB_LINES_AT_ONCE);
	snprintf(last, sizeof(last), "%u", (unsigned)count * SPOKE_LINK_LINES_MAX - 1);
	assert_string_equal(fixture->text, last);
	assert_int_equal(of_node(fixture, "log_lines_dropped"), SPOKE_LINK_LINES_MAX);
	for (size_t i = 0; i < count; i++)
		json_decref((json_t *)(uintptr_t)logs[i].lines);
}

/* An older spoke sends its log as such a reading, and a plugin of it could do so too. */
static void reserved_names_are_refused_and_cost_no_other_reading(void **state)
{
	static const char lines[] =
		"{\"lines\": [{\"time_ms\": 5, \"level\": \"info\", \"source\": "
		"\"web\", \"text\": \"x\"}], \"dropped\": 0}";
	struct fixture *fixture = *state;
	struct history_item items[3] = {
		{.sequence = 1, .time_ms = NOW_MS, .sensor = "_log", .plugin = ""},
		{.sequence = 2, .time_ms = NOW_MS, .sensor = "dht22", .plugin = "dht22"},
		{.sequence = 3, .time_ms = NOW_MS, .sensor = "broker", .plugin = "bad"},
	};
	struct spoke_link_batch batch = {
		.node = "cellar", .stream = 7, .sent_ms = NOW_MS, .items = items, .count = 3};
	json_t *data = json_loads(lines, 0, NULL);

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	for (size_t i = 0; i < 3; i++)
		items[i].data = data;
	assert_int_equal(hub_take(fixture->hub, NULL, &batch, on_taken, fixture, NULL), 0);
	while (!fixture->taken)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_int_equal(number(fixture, "added"), 1);
	assert_int_equal(number(fixture, "refused"), 2);
	assert_non_null(strstr(json_string_value(json_object_get(fixture->taken, "reason")),
			       "the name _log is reserved"));
	assert_int_equal(fixture->lines, 0);
	assert_int_equal(reading_table_count(fixture->table), 1);
	assert_int_equal(of_node(fixture, "refused"), 2);
	assert_int_equal(send_one(fixture, NULL, 7, 4, "_log", lines, NULL), 0);
	assert_int_equal(number(fixture, "refused"), 1);
	json_decref(batch.refusals.list);
	json_decref(data);
}

static json_t *with_fields(unsigned count)
{
	json_t *data = json_object();
	char name[16];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		json_object_set_new(data, name, json_null());
	}
	return data;
}

/* What a hub of an earlier version refused for good: the node sent it again for ever, and nothing
 * after it. */
static void an_unacceptable_reading_costs_no_other_one(void **state)
{
	struct fixture *fixture = *state;
	json_t *data[] = {
		with_fields(READING_FIELDS_MAX + 1),
		json_pack("{s:o}", "t", json_stringn("a\0b", 3)),
		with_fields(READING_FIELDS_MAX),
	};
	struct history_item items[3];
	struct spoke_link_batch batch = {
		.node = "cellar", .stream = 7, .sent_ms = NOW_MS, .items = items, .count = 3};
	const json_t *refusals;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	json_object_set_new(data[2], "error", json_string("no acknowledge"));
	json_object_set_new(data[2], "last_good_ms", json_null());
	for (size_t i = 0; i < 3; i++)
		items[i] = (struct history_item){.sequence = i + 1,
						 .time_ms = NOW_MS,
						 .sensor = "s",
						 .plugin = "p",
						 .data = data[i]};
	assert_int_equal(hub_take(fixture->hub, NULL, &batch, on_taken, fixture, NULL), 0);
	while (!fixture->taken)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_int_equal(number(fixture, "added"), 1);
	assert_int_equal(number(fixture, "refused"), 2);
	refusals = json_object_get(fixture->taken, "refusals");
	assert_int_equal(json_array_size(refusals), 2);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(refusals, 1), "sequence")), 2);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(refusals, 0), "sensor")), "s");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(refusals, 0), "reason")),
		"more than 64 fields; spread them over several sensors");
	assert_int_equal(of_node(fixture, "refused"), 2);
	for (size_t i = 0; i < 3; i++)
		json_decref(data[i]);
	json_decref(batch.refusals.list);
}

/* Its clock may be a day ahead: the newest reading of all is not its for that day. */
static void a_clock_ahead_makes_no_reading_the_newest(void **state)
{
	struct fixture *fixture = *state;
	struct history_item item = {.sequence = 1,
				    .time_ms = NOW_MS + SPOKE_LINK_CLOCK_MS_MAX / 2,
				    .sensor = "s",
				    .plugin = "p",
				    .data = json_object()};
	struct spoke_link_batch batch = {
		.node = "cellar", .stream = 7, .sent_ms = item.time_ms, .items = &item, .count = 1};

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(hub_take(fixture->hub, NULL, &batch, on_taken, fixture, NULL), 0);
	assert_true(reading_table_last_update(fixture->table) == NOW_MS);
	json_decref(item.data);
}

/* A version that was cut inside a character is no JSON, and the node would be in no list. */
static void a_version_is_cut_at_a_character(void **state)
{
	struct fixture *fixture = *state;
	json_t *answer = NULL, *hello, *nodes;
	char version[READING_NAME_MAX + 8];

	memset(version, 'v', READING_NAME_MAX - 1);
	snprintf(version + READING_NAME_MAX - 1, 9, "é\x1b[2J");
	hello = json_pack("{s:i, s:s, s:s, s:{s:b}}", "protocol", 2, "node", "cellar", "version",
			  version, "devices", "buzzer", 1);
	while (hub_hello(fixture->hub, NULL, hello, &answer, NULL) == ERROR_BUSY)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	nodes = hub_to_json(fixture->hub);
	assert_int_equal(json_array_size(nodes), 1);
	assert_non_null(strstr(
		json_string_value(json_object_get(json_array_get(nodes, 0), "version")), "vvv…"));
	json_decref(nodes);
	json_decref(answer);
	json_decref(hello);
}

static void on_changed(void *arg)
{
	++*(unsigned *)arg;
}

/* Say hello with these descriptions (JSON text; NULL: without), and compare the identity that the
 * hub answers with. */
static void describe(struct fixture *fixture, const char *descriptions, const char *id,
		     const char *expected)
{
	json_t *answer = NULL, *hello;

	hello = json_pack("{s:i, s:s, s:{s:b}}", "protocol", 2, "node", "cellar", "devices",
			  "buzzer", 1);
	if (descriptions) {
		json_object_set_new(hello, "descriptions", json_loads(descriptions, 0, NULL));
		json_object_set_new(hello, "descriptions_id", json_string(id));
	}
	while (hub_hello(fixture->hub, NULL, hello, &answer, NULL) == ERROR_BUSY)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_string_equal(json_string_value(json_object_get(answer, "descriptions_id")),
			    expected);
	json_decref(answer);
	json_decref(hello);
}

/* What a node says of its sensors is taken once, wrong parts are counted, and older nodes say
 * nothing. */
static void descriptions_come_with_the_hello(void **state)
{
	struct fixture *fixture = *state;
	unsigned changes = 0;
	const struct reading_catalogue_events events = {on_changed, &changes};
	const struct reading_source source = {.node = "cellar", .plugin = "", .now_ms = NOW_MS};
	struct reading *reading = reading_create(&source, "a", NOW_MS, json_pack("{s:i}", "t", 1));
	struct config *config;
	json_t *nodes;

	assert_int_equal(config_parse("", 0, "c.toml", &config, NULL), 0);
	fixture->hub->config.catalogue = reading_catalogue_create(config, &events);
	describe(fixture, NULL, NULL, "");
	describe(fixture, "{\"a\":{\"name\":\"A\",\"room\":7}}", "1f", "1f");
	describe(fixture, NULL, NULL, "1f");
	assert_int_equal(changes, 1);
	assert_string_equal(reading_catalogue_text(fixture->hub->config.catalogue, reading),
			    "{\"name\":\"A\"}");
	assert_string_equal(fixture->noted,
			    "cellar: 1 of the descriptions of its sensors are wrong, ignoring");
	describe(fixture, "{}", "not hex", "1f");
	describe(fixture, "[]", "2f", "2f");
	assert_string_equal(fixture->noted, "cellar: sensors: expected an object of descriptions");
	nodes = hub_to_json(fixture->hub);
	assert_int_equal(json_integer_value(
				 json_object_get(json_array_get(nodes, 0), "descriptions_refused")),
			 1);
	json_decref(nodes);
	reading_unref(reading);
	reading_catalogue_destroy(fixture->hub->config.catalogue);
	fixture->hub->config.catalogue = NULL;
	config_destroy(config);
}

static void a_name_that_is_none_is_refused(void **state)
{
	static const char *const names[] = {"", "a b", "é", "a/b", "a\nb"};
	struct fixture *fixture = *state;
	struct error err = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(greet(fixture, NULL, names[i], &err), ERROR_MALFORMED);
	assert_int_equal(greet(fixture, NULL, "hub", &err), ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "hub is the name of this hub itself"));
}

static int push(struct fixture *fixture, const char *token, const char *id, struct error *err)
{
	json_t *readings = json_pack("[{s:s, s:I, s:{s:f}}]", "sensor_id", id, "timestamp_ms",
				     (json_int_t)NOW_MS, "data", "t", 20.5);
	json_t *answer = NULL;
	int ret = hub_take_push(fixture->hub, token, readings, &answer, err);

	assert_true(!answer == (ret != 0));
	json_decref(answer);
	json_decref(readings);
	return ret;
}

static void on_read(void *arg, int status, const struct history_batch *batch,
		    const struct error *err)
{
	(void)err;
	assert_int_equal(status, 0);
	*(uint64_t *)arg = batch->count ? batch->items[0].time_ms : 1;
}

/* Of the first reading of that node in the history. */
static uint64_t stored_time(struct fixture *fixture, const char *node)
{
	uint64_t time_ms = 1;

	history_flush(fixture->history);
	while (time_ms <= 1) {
		time_ms = 0;
		assert_int_equal(
			history_read_after(fixture->history, node, 0, 1, on_read, &time_ms), 0);
		while (!time_ms)
			uv_run(&fixture->loop, UV_RUN_ONCE);
	}
	return time_ms;
}

static void what_is_pushed_is_taken_one_by_one(void **state)
{
	struct fixture *fixture = *state;
	json_t *readings = json_pack(
		"[{s:s, s:I, s:{s:f}}, {s:s, s:I, s:{s:s}}, {s:s, s:i}, {s:s, s:I, s:{}}, i]",
		"sensor_id", "attic:a", "timestamp_ms", (json_int_t)NOW_MS + 3600000, "data", "t",
		20.5, "sensor_id", "attic:b", "timestamp_ms", (json_int_t)NOW_MS, "data", "t",
		"\x1b[2J", "sensor_id", "attic:c", "timestamp_ms", -5, "sensor_id", "other:d",
		"timestamp_ms", (json_int_t)NOW_MS, "data", 7);
	json_t *answer = NULL;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0); /* the history is open */
	assert_int_equal(hub_take_push(fixture->hub, NULL, readings, &answer, NULL), 0);
	assert_int_equal(json_integer_value(json_object_get(answer, "taken")), 1);
	assert_int_equal(json_integer_value(json_object_get(answer, "refused")), 4);
	assert_int_equal(json_array_size(json_object_get(answer, "refusals")), 4);
	assert_int_equal(reading_table_count(fixture->table), 1);
	assert_true(stored_time(fixture, "attic") == NOW_MS);
	json_decref(answer);
	json_decref(readings);
}

static void who_pushes_without_a_token_is_nobody_who_has_one(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0); /* the history is open */
	assert_int_equal(push(fixture, NULL, "attic:dht22", &err), 0);
	assert_int_equal(push(fixture, NULL, "invited:dht22", &err), ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "the node invited has a token at this hub"));
	assert_int_equal(push(fixture, "invited", "invited:dht22", &err), 0);
	assert_int_equal(push(fixture, NULL, "hub:dht22", &err), ERROR_NOT_GRANTED);
	assert_int_equal(push(fixture, NULL, "attic:_log", &err), ERROR_MALFORMED);
	assert_non_null(strstr(err.text, "reading 1: the name _log is reserved"));
	assert_int_equal(push(fixture, NULL, "attic:a b", &err), ERROR_MALFORMED);
	assert_int_equal(reading_table_count(fixture->table), 2);
}

static void the_owner_can_put_a_retired_machine_back(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(hub_accept(fixture->hub, "cellar", &err), ERROR_NOT_FOUND);
	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 1, "s", "{}", NULL), 0);
	assert_int_equal(hub_accept(fixture->hub, "cellar", &err), ERROR_INVALID);
	assert_int_equal(send_one(fixture, NULL, 8, 1, "s", "{}", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 2, "s", "{}", &err), ERROR_EXISTS);
	/* Told how, where the refusal is read. */
	assert_non_null(strstr(err.text, "POST /api/v1/nodes/cellar/accept"));
	assert_int_equal(hub_accept(fixture->hub, "cellar", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 2, "s", "{}", NULL), 0);
	close_fleet(fixture); /* and over a restart */
	open_fleet(fixture);
	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 3, "s", "{}", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 8, 2, "s", "{}", &err), ERROR_EXISTS);
}

static void a_node_that_goes_away_and_comes_back_is_noted(void **state)
{
	struct fixture *fixture = *state;
	uint64_t until_ms;

	close_fleet(fixture);
	fixture->online_ms = 1000;
	open_fleet(fixture);
	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_string_equal(fixture->noted, "cellar: has connected");
	until_ms = uv_now(&fixture->loop) + 60 * fixture->online_ms;
	while (!strcmp(fixture->noted, "cellar: has connected") &&
	       uv_now(&fixture->loop) < until_ms)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_string_equal(fixture->noted, "cellar: is offline: nothing received for 1 s");
	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_string_equal(fixture->noted, "cellar: is online again");
}

static void who_is_not_who_it_says_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(greet(fixture, "attic", "cellar", &err), ERROR_NOT_GRANTED);
	assert_int_equal(send_one(fixture, NULL, 7, 1, "s", "{}", &err), ERROR_NOT_FOUND);
	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(send_one(fixture, "attic", 7, 1, "s", "{}", &err), ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "for the node attic, not for cellar"));
}

static void an_older_stream_is_another_machine_after_a_restart_too(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 1, "s", "{}", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 8, 1, "s", "{}", NULL), 0);
	assert_int_equal(send_one(fixture, NULL, 7, 2, "s", "{}", &err), ERROR_EXISTS);
	assert_non_null(strstr(fixture->noted, "two machines send as cellar"));
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
	return hub_command(fixture->hub, "cellar", json_pack("{s:s}", "device", "buzzer"),
			   on_commanded, fixture, err);
}

static void answer(struct fixture *fixture, json_int_t id, int done)
{
	json_t *results = json_pack("{s:[{s:I, s:b, s:s}]}", "results", "id", id, "done", done,
				    "detail", "it is broken");

	assert_int_equal(hub_results(fixture->hub, NULL, "cellar", results, NULL), 0);
	json_decref(results);
}

/* Bytes a second of one sender have a limit, which no other sender notices. */
static void who_sends_too_much_has_to_wait(void **state)
{
	struct fixture *fixture = *state;
	json_t *nodes;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(hub_wait_seconds(fixture->hub, "cellar"), 0);
	hub_charge(fixture->hub, "cellar", HUB_BYTES_AT_ONCE - 1);
	assert_int_equal(hub_wait_seconds(fixture->hub, "cellar"), 0);
	hub_charge(fixture->hub, "cellar", 3 * HUB_BYTES_A_SECOND + 1);
	assert_int_equal(hub_wait_seconds(fixture->hub, "cellar"), 4);
	assert_string_equal(fixture->noted,
			    "cellar: sends more than 512 kB of readings a second, so it has to "
			    "wait; its readings come later, none is lost");
	*fixture->noted = '\0';
	assert_int_equal(hub_wait_seconds(fixture->hub, "attic"), 0);
	assert_int_equal(hub_wait_seconds(fixture->hub, NULL), 0);
	clock_manual_advance_ns(&fixture->clock, 3000000000);
	assert_int_equal(hub_wait_seconds(fixture->hub, "cellar"), 1);
	assert_string_equal(fixture->noted, ""); /* said a moment ago */
	assert_int_equal(hub_slowed(fixture->hub), 2);
	nodes = hub_to_json(fixture->hub);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(nodes, 0), "slowed")),
			 2);
	json_decref(nodes);
	clock_manual_advance_ns(&fixture->clock, 1000000000);
	assert_int_equal(hub_wait_seconds(fixture->hub, "cellar"), 0);
	/* Nobody's token: one rate for all of them. */
	hub_charge(fixture->hub, NULL, HUB_BYTES_AT_ONCE);
	assert_int_equal(hub_wait_seconds(fixture->hub, NULL), 1);
}

static void a_command_goes_to_the_one_that_waits_and_its_result_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(command(fixture, &err), ERROR_NOT_FOUND);
	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_string_equal(hub_find_device(fixture->hub, "buzzer"), "cellar");
	assert_null(hub_find_device(fixture->hub, "fan"));
	assert_int_equal(hub_wait(fixture->hub, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(fixture->ready, 0);
	assert_int_equal(command(fixture, NULL), 0);
	assert_int_equal(fixture->ready, 1);
	assert_int_equal(json_array_size(json_object_get(fixture->commands, "commands")), 1);
	answer(fixture, 99, 1); /* of none that was asked */
	assert_int_equal(fixture->commanded, 0);
	answer(fixture, 1, 0);
	assert_int_equal(fixture->command_status, ERROR_SYSTEM);
	assert_string_equal(fixture->command_text,
			    "the node cellar could not carry out the command: it is broken");
	/* One that comes before the node asks waits for it; a second question ends the first. */
	assert_int_equal(command(fixture, NULL), 0);
	assert_int_equal(hub_wait(fixture->hub, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(fixture->ready, 2);
	answer(fixture, 2, 1);
	assert_int_equal(fixture->command_status, 0);
	assert_int_equal(hub_wait(fixture->hub, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(hub_wait(fixture->hub, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(fixture->ready, 3);
}

static void too_many_commands_are_refused_and_a_close_ends_them(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	for (unsigned i = 0; i < HUB_COMMANDS_MAX; i++)
		assert_int_equal(command(fixture, NULL), 0);
	assert_int_equal(command(fixture, NULL), ERROR_BUSY);
	close_fleet(fixture);
	assert_int_equal(fixture->commanded, HUB_COMMANDS_MAX);
	assert_int_equal(fixture->command_status, ERROR_CLOSED);
	open_fleet(fixture);
}

static void one_node_too_many_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};
	char name[16];

	for (unsigned i = 0; i < HUB_NODES_MAX; i++) {
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
		TEST(log_lines_are_cleaned_as_on_the_node),
		TEST(lines_that_are_none_are_left_out_and_counted),
		TEST(of_too_many_lines_the_newest_are_shown),
		TEST(reserved_names_are_refused_and_cost_no_other_reading),
		TEST(a_version_is_cut_at_a_character),
		TEST(descriptions_come_with_the_hello),
		TEST(a_name_that_is_none_is_refused),
		TEST(who_pushes_without_a_token_is_nobody_who_has_one),
		TEST(what_is_pushed_is_taken_one_by_one),
		TEST(an_unacceptable_reading_costs_no_other_one),
		TEST(a_clock_ahead_makes_no_reading_the_newest),
		TEST(the_owner_can_put_a_retired_machine_back),
		TEST(a_node_that_goes_away_and_comes_back_is_noted),
		TEST(who_is_not_who_it_says_is_refused),
		TEST(an_older_stream_is_another_machine_after_a_restart_too),
		TEST(a_wrong_clock_waits),
		TEST(who_sends_too_much_has_to_wait),
		TEST(a_command_goes_to_the_one_that_waits_and_its_result_comes_back),
		TEST(too_many_commands_are_refused_and_a_close_ends_them),
		TEST(one_node_too_many_is_refused),
		TEST(a_damaged_file_is_moved_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
