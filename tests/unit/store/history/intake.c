#include "store/history/intake.h"

#include <stdlib.h>
#include <string.h>

#include "../plugin/folder.h"
#include "base/clock.h"
#include "reading/create.h"

#define SECOND UINT64_C(1000000000)

/* Where readings are written to: what came, and what each one costs. */
struct fixture {
	struct clock_manual clock;
	struct history_intake *intake;
	size_t cost, written, told;
	size_t by_sensor[4];   /* of the sensors "0".."3" */
	uint64_t last_time_ms; /* of the last one written */
	char last_plugin[READING_NAME_MAX + 1];
};

static size_t take(void *arg, const struct reading *reading)
{
	struct fixture *fixture = arg;

	fixture->written++;
	fixture->by_sensor[(*reading->sensor - '0') % 4]++;
	fixture->last_time_ms = reading->timestamp_ms;
	snprintf(fixture->last_plugin, sizeof(fixture->last_plugin), "%s", reading->plugin);
	return fixture->cost;
}

static void tell(void *arg, const char *plugin)
{
	(void)plugin;
	((struct fixture *)arg)->told++;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const struct history_intake_events events = {
		.write = take, .on_thinned = tell, .arg = fixture};

	clock_manual_init(&fixture->clock, 0);
	fixture->intake = history_intake_create(&fixture->clock.base, &events);
	fixture->cost = 1024;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	history_intake_destroy(fixture->intake);
	free(fixture);
	return 0;
}

static void put(struct fixture *fixture, const char *plugin, const char *sensor, uint64_t time_ms)
{
	const struct reading_source source = {.node = "n", .plugin = plugin};
	struct reading *reading = reading_create(&source, sensor, time_ms, json_object());

	history_intake_put(fixture->intake, reading);
	reading_unref(reading);
}

static void pass(struct fixture *fixture, uint64_t seconds)
{
	clock_manual_advance_ns(&fixture->clock, seconds * SECOND);
	history_intake_release(fixture->intake);
}

/* Put until the bucket is empty and one is held. */
static void flood(struct fixture *fixture, const char *plugin)
{
	for (size_t i = 0; i <= HISTORY_INTAKE_BYTES_AT_ONCE / fixture->cost; i++)
		put(fixture, plugin, "0", i);
}

static void test_bytes_at_once_and_a_second(void **state)
{
	struct fixture *fixture = *state;

	flood(fixture, "p");
	assert_int_equal(fixture->written, HISTORY_INTAKE_BYTES_AT_ONCE / 1024);
	for (int second = 0; second < 20; second++) {
		for (int i = 0; i < 50; i++)
			put(fixture, "p", "0", 0);
		pass(fixture, 1);
	}
	/* One a kilobyte, each of them the newest by then; of a further one there is no need. */
	assert_in_range(fixture->written - HISTORY_INTAKE_BYTES_AT_ONCE / 1024, 20, 20 * 16);
	assert_int_equal(history_intake_thinned(fixture->intake, "p") + fixture->written,
			 HISTORY_INTAKE_BYTES_AT_ONCE / 1024 + 1 + 20 * 50);
}

static void test_a_flood_costs_no_neighbour_a_reading(void **state)
{
	struct fixture *fixture = *state;
	size_t before;

	for (int i = 0; i < 100; i++) {
		flood(fixture, "flood");
		before = fixture->written;
		put(fixture, "neighbour", "1", (uint64_t)i);
		assert_int_equal(fixture->written, before + 1);
		assert_string_equal(fixture->last_plugin, "neighbour");
	}
	assert_int_equal(history_intake_thinned(fixture->intake, "neighbour"), 0);
	assert_false(history_intake_is_thinning(fixture->intake, "neighbour"));
	assert_true(history_intake_thinned(fixture->intake, "flood") > 100);
}

static void test_the_newest_is_written_after_a_flood(void **state)
{
	struct fixture *fixture = *state;

	flood(fixture, "p");
	for (uint64_t time_ms = 5000; time_ms <= 9000; time_ms++)
		put(fixture, "p", "0", time_ms);
	assert_true(history_intake_holds(fixture->intake));
	pass(fixture, 1);
	assert_int_equal(fixture->last_time_ms, 9000);
	assert_false(history_intake_holds(fixture->intake));
}

/* Each poll begins with the same sensor; the others get their turn all the same. */
static void test_sensors_of_a_thinned_plugin_take_turns(void **state)
{
	static const char *const sensors[] = {"0", "1", "2", "3"};
	struct fixture *fixture = *state;

	fixture->cost = 20000; /* more than a second's bytes */
	flood(fixture, "p");
	memset(fixture->by_sensor, 0, sizeof(fixture->by_sensor));
	for (int second = 0; second < 100; second++) {
		for (size_t i = 0; i < 4; i++)
			put(fixture, "p", sensors[i], 0);
		pass(fixture, 1);
	}
	for (size_t i = 0; i < 4; i++)
		assert_in_range(fixture->by_sensor[i], 15, 25);
}

static void test_it_is_told_once_until_it_was_quiet(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 20; i++) {
		flood(fixture, "p");
		pass(fixture, 1);
	}
	assert_int_equal(fixture->told, 1);
	assert_true(history_intake_is_thinning(fixture->intake, "p"));
	pass(fixture, 60);
	pass(fixture, 60);
	assert_false(history_intake_is_thinning(fixture->intake, "p"));
	flood(fixture, "p");
	assert_int_equal(fixture->told, 2);
}

static void test_readings_that_are_held_have_a_limit(void **state)
{
	struct fixture *fixture = *state;
	char sensor[32];

	flood(fixture, "p");
	for (int i = 0; i < HISTORY_INTAKE_HELD_MAX + 9; i++) {
		snprintf(sensor, sizeof(sensor), "s%d", i);
		put(fixture, "p", sensor, 0);
	}
	/* The one of flood(), and nine more. */
	assert_int_equal(history_intake_thinned(fixture->intake, "p"), 10);
}

/* A bucket that nobody needs gives way to that of another plugin. */
static void test_plugins_have_a_limit(void **state)
{
	struct fixture *fixture = *state;
	char plugin[32];

	for (int i = 0; i < HISTORY_INTAKE_PLUGINS_MAX; i++) {
		snprintf(plugin, sizeof(plugin), "p%d", i);
		put(fixture, plugin, "0", 0);
	}
	assert_int_equal(history_intake_dropped(fixture->intake), 0);
	put(fixture, "one-more", "0", 0);
	assert_int_equal(fixture->written, HISTORY_INTAKE_PLUGINS_MAX);
	assert_int_equal(history_intake_dropped(fixture->intake), 1);
	pass(fixture, 1);
	put(fixture, "one-more", "0", 0);
	assert_int_equal(fixture->written, HISTORY_INTAKE_PLUGINS_MAX + 1);
	assert_int_equal(history_intake_dropped(fixture->intake), 1);
}

/* The database writes the names of a new series several times; those that it has cost no more. */
static void test_names_that_are_new_cost_more(void **state)
{
	struct fixture *fixture = *state;
	const struct reading_source source = {.node = "n", .plugin = "p"};
	char name[101];

	for (int i = 0; i < 2000; i++) {
		struct reading *reading;

		snprintf(name, sizeof(name), "%0100d", i);
		reading = reading_create(&source, "0", 0, json_pack("{s:i}", name, 1));
		history_intake_put(fixture->intake, reading);
		reading_unref(reading);
	}
	/* 100 bytes and the sensor's one, four times. */
	assert_int_equal(fixture->written, HISTORY_INTAKE_BYTES_AT_ONCE / (1024 + 4 * 101) + 1);
}

/* The names of 40 sensors are counted once. Counted each time, they would empty the bucket. */
static void test_names_that_were_written_cost_no_more(void **state)
{
	struct fixture *fixture = *state;
	char sensor[40];

	fixture->cost = 0;
	for (int round = 0; round < 500; round++) {
		for (int i = 0; i < 40; i++) {
			snprintf(sensor, sizeof(sensor), "%039d", i);
			put(fixture, "p", sensor, 0);
		}
	}
	assert_int_equal(history_intake_thinned(fixture->intake, "p"), 0);
	assert_int_equal(fixture->written, 500 * 40);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_bytes_at_once_and_a_second),
		CASE(test_a_flood_costs_no_neighbour_a_reading),
		CASE(test_the_newest_is_written_after_a_flood),
		CASE(test_sensors_of_a_thinned_plugin_take_turns),
		CASE(test_it_is_told_once_until_it_was_quiet),
		CASE(test_readings_that_are_held_have_a_limit),
		CASE(test_plugins_have_a_limit),
		CASE(test_names_that_are_new_cost_more),
		CASE(test_names_that_were_written_cost_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
