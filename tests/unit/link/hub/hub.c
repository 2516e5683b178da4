#include "fixture.h"
#include "http/events/events.h"
#include "reading/catalogue.h"
#include "rollout/rollout.h"
#include "store/accounts/accounts.h"

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
		"the reading has more than 64 fields; spread them over several sensors");
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
	assert_string_equal(
		fixture->noted,
		"cellar: sensors: expected a JSON object with a description for each sensor");
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

/* Bytes a second of one sender have a limit, which no other sender notices. */
static void who_sends_too_much_has_to_wait(void **state)
{
	struct fixture *fixture = *state;
	json_t *nodes;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_int_equal(hub_pause_seconds(fixture->hub, "cellar"), 0);
	hub_charge(fixture->hub, "cellar", HUB_BYTES_AT_ONCE - 1);
	assert_int_equal(hub_pause_seconds(fixture->hub, "cellar"), 0);
	hub_charge(fixture->hub, "cellar", 3 * HUB_BYTES_A_SECOND + 1);
	assert_int_equal(hub_pause_seconds(fixture->hub, "cellar"), 4);
	assert_string_equal(fixture->noted,
			    "cellar: sends more than 512 kB of readings a second, so it has to "
			    "wait; its readings come later, none is lost");
	*fixture->noted = '\0';
	assert_int_equal(hub_pause_seconds(fixture->hub, "attic"), 0);
	assert_int_equal(hub_pause_seconds(fixture->hub, NULL), 0);
	clock_manual_advance_ns(&fixture->clock, 3000000000);
	assert_int_equal(hub_pause_seconds(fixture->hub, "cellar"), 1);
	assert_string_equal(fixture->noted, ""); /* said a moment ago */
	assert_int_equal(hub_slowed(fixture->hub), 2);
	nodes = hub_to_json(fixture->hub);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(nodes, 0), "slowed")),
			 2);
	json_decref(nodes);
	clock_manual_advance_ns(&fixture->clock, 1000000000);
	assert_int_equal(hub_pause_seconds(fixture->hub, "cellar"), 0);
	/* Nobody's token: one rate for all of them. */
	hub_charge(fixture->hub, NULL, HUB_BYTES_AT_ONCE);
	assert_int_equal(hub_pause_seconds(fixture->hub, NULL), 1);
}

/* A hub that has all its nodes can still be commanded: a command makes a token for itself. */
_Static_assert(ACCOUNTS_TOKENS_MAX > HUB_NODES_MAX, "no token is left for a command");
_Static_assert(ROLLOUT_NODES_MAX == HUB_NODES_MAX, "a roll-out cannot have all nodes");
_Static_assert(CATALOGUE_REMOTE_MAX == READING_TABLE_HUB_SENSORS_MAX,
	       "not each sensor of the table can have a description");

static void one_node_too_many_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};
	char name[16];

	for (unsigned i = 0; i < HUB_NODES_MAX; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(greet(fixture, NULL, name, NULL), 0);
	}
	assert_int_equal(hub_nodes_refused(fixture->hub), 0);
	assert_int_equal(greet(fixture, NULL, "more", &err), ERROR_TOO_LARGE);
	assert_non_null(strstr(err.text, "this hub has 2048 nodes already"));
	assert_int_equal(hub_nodes_refused(fixture->hub), 1);
	assert_int_equal(greet(fixture, NULL, "n7", NULL), 0);
}

/* The list of all nodes, with the longest names, fits into one event of the page. */
static void all_nodes_fit_into_an_event(void **state)
{
	struct fixture *fixture = *state;
	char name[READING_NAME_MAX + 1];
	json_t *nodes;
	char *text;

	for (unsigned i = 0; i < HUB_NODES_MAX; i++) {
		snprintf(name, sizeof(name), "%064u", i);
		assert_int_equal(greet(fixture, NULL, name, NULL), 0);
	}
	nodes = hub_to_json(fixture->hub);
	text = json_dumps(nodes, JSON_COMPACT);
	/* A part is left for the devices and the problems, whose texts are cut. */
	assert_in_range(strlen(text), 1,
			WEB_EVENT_SIZE_MAX(WEB_EVENTS_HUB_RING_SIZE) - HUB_NODES_MAX * 64);
	free(text);
	json_decref(nodes);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reading_is_taken_once_and_shown),
		TEST(reserved_names_are_refused_and_cost_no_other_reading),
		TEST(an_unacceptable_reading_costs_no_other_one),
		TEST(a_clock_ahead_makes_no_reading_the_newest),
		TEST(a_version_is_cut_at_a_character),
		TEST(descriptions_come_with_the_hello),
		TEST(a_name_that_is_none_is_refused),
		TEST(the_owner_can_put_a_retired_machine_back),
		TEST(a_node_that_goes_away_and_comes_back_is_noted),
		TEST(who_is_not_who_it_says_is_refused),
		TEST(an_older_stream_is_another_machine_after_a_restart_too),
		TEST(a_wrong_clock_waits),
		TEST(who_sends_too_much_has_to_wait),
		TEST(one_node_too_many_is_refused),
		TEST(all_nodes_fit_into_an_event),
		TEST(a_damaged_file_is_moved_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
