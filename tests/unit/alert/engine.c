#include "alert/engine.h"

#include "fixture.h"

#define HOT "{'name': 'hot', 'sensor': 's', 'field': 't', 'above': 30"

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	world_init(world);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	alert_engine_destroy(world->engine);
	free(world);
	return 0;
}

static void test_above_fires_and_ends_once(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT "}", NULL);
	world_value(world, 30);
	assert_told(world, "");
	world_value(world, 30.1);
	world_value(world, 35);
	assert_told(world, "+hot");
	world_value(world, 30);
	world_value(world, 20);
	assert_told(world, "-hot");
	assert_null(alert_engine_first(world->engine));
}

static void test_hysteresis(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT ", 'hysteresis': 2}", NULL);
	world_value(world, 31);
	world_value(world, 28.1);
	assert_told(world, "+hot");
	world_value(world, 28);
	assert_told(world, "-hot");
	world_value(world, 29);
	assert_told(world, "");
}

static void test_below_outside_and_equal(void **state)
{
	struct world *world = *state;

	world_rules(world, "{'name': 'low', 'field': 't', 'below': 5, 'hysteresis': 1}",
		    "{'name': 'band', 'field': 't', 'outside': [10, 20], 'hysteresis': 1}");
	world_value(world, 4);
	assert_told(world, "+low +band");
	world_value(world, 6);
	assert_told(world, "-low");
	world_value(world, 10.5);
	assert_told(world, "");
	world_value(world, 11);
	assert_told(world, "-band");
	world_value(world, 20.5);
	assert_told(world, "+band");
	world_value(world, 19);
	assert_told(world, "-band");
	world_rules(world, "{'name': 'open', 'field': 'door', 'equal': true}", NULL);
	world_read(world, "s", "{'door': true}");
	assert_told(world, "+open");
	world_read(world, "s", "{'door': false}");
	assert_told(world, "-open");
}

static void test_for_waits_and_begins_again(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT ", 'for_seconds': 60}", NULL);
	world_value(world, 31);
	world_pass(world, 59);
	world_value(world, 29);
	world_value(world, 31);
	world_pass(world, 59);
	assert_told(world, "");
	world_pass(world, 1);
	assert_told(world, "+hot");
}

/* A value that is not known neither ends an alert, nor counts as time that it holds. */
static void test_unknown_value(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT ", 'for_seconds': 10}", NULL);
	world_value(world, 31);
	world_pass(world, 9);
	world_read(world, "s", "{'t': null, 'error': 'no answer'}");
	world_pass(world, 9);
	assert_told(world, "");
	world_value(world, 31);
	world_pass(world, 10);
	assert_told(world, "+hot");
	world_read(world, "s", "{'t': null, 'error': 'no answer'}");
	world_pass(world, 100);
	assert_told(world, "");
}

static void test_stale_and_error(void **state)
{
	struct world *world = *state;

	world_rules(world, "{'name': 'quiet', 'sensor': 's', 'stale_seconds': 30}",
		    "{'name': 'broken', 'sensor': 's', 'error': true}");
	world_read(world, "s", "{'t': 1}");
	world_pass(world, 29);
	world_read(world, "s", "{'t': null, 'error': 'no answer'}");
	assert_told(world, "+broken");
	world_pass(world, 1);
	assert_told(world, "+quiet");
	world_read(world, "s", "{'t': 1}");
	assert_told(world, "-quiet -broken");
}

/* A sensor that a rule names, and that never comes. */
static void test_expected_sensor(void **state)
{
	struct world *world = *state;

	world_rules(world, "{'name': 'gone', 'sensor': 's', 'stale_seconds': 30}",
		    "{'name': 'any', 'sensor': 'x*', 'stale_seconds': 30}");
	alert_engine_expect_named(world->engine, &world->now);
	world_pass(world, 30);
	assert_told(world, "+gone");
}

static void test_snooze_and_acknowledge(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT "}", NULL);
	assert_int_equal(alert_engine_snooze(world->engine, "hot", 60000, &world->now), 0);
	assert_int_equal(alert_engine_snooze(world->engine, "cold", 1, &world->now),
			 ERROR_NOT_FOUND);
	world_value(world, 31);
	world_pass(world, 59);
	assert_told(world, "");
	world_pass(world, 1);
	assert_told(world, "+hot");
	assert_int_equal(world->snoozed_ms, 0);
	world_value(world, 20);
	assert_told(world, "-hot");
	assert_int_equal(alert_engine_acknowledge(world->engine, "hot", &world->now),
			 ERROR_INVALID);
	alert_engine_snooze(world->engine, "hot", 60000, &world->now);
	world_value(world, 31);
	assert_int_equal(alert_engine_acknowledge(world->engine, "hot", &world->now), 0);
	world_pass(world, 100);
	world_value(world, 20);
	assert_told(world, "");
}

static void test_quiet_hours(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT ", 'quiet_hours': ['22:00', '07:00']}",
		    "{'name': 'fire', 'field': 't', 'above': 60, 'severity': 'critical', "
		    "'quiet_hours': ['22:00', '07:00']}");
	world->now.minute = 23 * 60;
	world_value(world, 65);
	assert_told(world, "+fire");
	/* The log has both. */
	assert_int_equal(world->turned, 2);
	world->now.minute = 7 * 60;
	world_pass(world, 1);
	assert_told(world, "+hot");
	world->now.minute = 22 * 60;
	world_value(world, 20);
	assert_told(world, "-fire");
	/* It fires again before anybody was told that it had ended. */
	world_value(world, 31);
	world->now.minute = 7 * 60;
	world_pass(world, 1);
	assert_told(world, "");
	world_value(world, 20);
	assert_told(world, "-hot");
	assert_int_equal(world->turned, 6);
}

/* What fires and ends within quiet hours turns twice, and nobody is told. */
static void test_quiet_alerts_turn(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT ", 'quiet_hours': ['22:00', '07:00']}", NULL);
	world->now.minute = 23 * 60;
	world_value(world, 31);
	assert_int_equal(world->turned, 1);
	world_value(world, 20);
	assert_int_equal(world->turned, 2);
	world_value(world, 31);
	alert_engine_forget(world->engine, "pi:s", &world->now);
	assert_int_equal(world->turned, 4);
	assert_told(world, "");
}

static void place(struct world *world, const char *room)
{
	const struct alert_observation seen = {
		.watch = WATCH_SENSOR, .node = "pi", .name = "s", .room = room, .plugin = "plugin"};

	alert_engine_place(world->engine, &seen, &world->now);
}

static void read_in(struct world *world, const char *room, double value)
{
	json_t *data = json_pack("{s:f}", "t", value);
	const struct alert_observation seen = {.watch = WATCH_SENSOR,
					       .node = "pi",
					       .name = "s",
					       .room = room,
					       .plugin = "plugin",
					       .data = data};

	alert_engine_observe(world->engine, &seen, &world->now);
	json_decref(data);
}

/* By exact name and pattern; the alert ends when the sensor gets another room. */
static void test_rooms(void **state)
{
	struct world *world = *state;

	world_rules(world, "{'name': 'kitchen', 'room': 'Küche', 'field': 't', 'above': 30}",
		    "{'name': 'floor', 'room': 'Floor ?', 'field': 't', 'above': 30}");
	read_in(world, "", 40);
	read_in(world, "Cellar", 40);
	assert_told(world, "");
	read_in(world, "Küche", 40);
	assert_told(world, "+kitchen");
	read_in(world, "Floor 1", 40);
	assert_told(world, "-kitchen +floor");
	place(world, "Floor 2");
	assert_told(world, "");
	place(world, "");
	assert_told(world, "-floor");
	assert_null(alert_engine_first(world->engine));
}

/* A sensor that is silent is missed in its new room, from the time it was put there. */
static void test_stale_in_a_room(void **state)
{
	struct world *world = *state;

	world_rules(world, "{'name': 'silent', 'room': 'Hall', 'stale_seconds': 30}", NULL);
	alert_engine_expect_named(world->engine, &world->now);
	world_pass(world, 60);
	assert_told(world, "");
	place(world, "Hall");
	place(world, "Hall");
	world_pass(world, 29);
	assert_told(world, "");
	world_pass(world, 1);
	assert_told(world, "+silent");
	place(world, "Attic");
	assert_told(world, "-silent");
}

/* Restart: the engine of a new process gets the records of the old one. */
static void restart(struct world *world, const char *rule, uint64_t off_ms)
{
	json_t *records[8];
	size_t count = 0;
	struct alert_time now = world->now;

	for (const struct alert *alert = alert_engine_first(world->engine); alert;
	     alert = alert_engine_next(alert))
		records[count++] = alert_engine_record(alert, &now);
	alert_engine_destroy(world->engine);
	world_init(world);
	world->now.unix_ms = now.unix_ms + off_ms;
	world->now.minute = now.minute;
	world->now.monotonic_ms = 7; /* of another boot */
	world_rules(world, rule, NULL);
	for (size_t i = 0; i < count; i++) {
		alert_engine_restore(world->engine, records[i], &world->now);
		json_decref(records[i]);
	}
}

static void test_restart_keeps_hysteresis_and_tells_nothing_twice(void **state)
{
	struct world *world = *state;
	const char *rule = HOT ", 'hysteresis': 2}";

	world_rules(world, rule, NULL);
	world_value(world, 31);
	assert_told(world, "+hot");
	restart(world, rule, 3600000);
	world_pass(world, 5);
	world_value(world, 29);
	world_pass(world, 5);
	assert_told(world, "");
	assert_int_equal(alert_engine_first(world->engine)->state, ALERT_FIRING);
	world_value(world, 28);
	assert_told(world, "-hot");
}

/* The time that a fault lasted before the restart counts; the time without power does not. */
static void test_restart_keeps_timers(void **state)
{
	struct world *world = *state;
	const char *rule = HOT ", 'for_seconds': 60}";

	world_rules(world, rule, NULL);
	world_value(world, 31);
	world_pass(world, 40);
	restart(world, rule, 3600000);
	world_pass(world, 30);
	assert_told(world, "");
	world_value(world, 31);
	world_pass(world, 19);
	assert_told(world, "");
	world_pass(world, 1);
	assert_told(world, "+hot");
}

/* What nobody was told in the night is judged again before it is told in the morning. */
static void test_restart_invents_nothing(void **state)
{
	struct world *world = *state;
	const char *rule = HOT ", 'quiet_hours': ['22:00', '07:00']}";

	world_rules(world, rule, NULL);
	world->now.minute = 23 * 60;
	world_value(world, 31);
	world->now.minute = 8 * 60;
	restart(world, rule, 3600000);
	world_pass(world, 10);
	assert_told(world, "");
	world_value(world, 20);
	assert_told(world, "");
	assert_null(alert_engine_first(world->engine));
}

static void test_restart_with_another_rule(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT "}", NULL);
	world_value(world, 31);
	restart(world, "{'name': 'hot', 'sensor': 's', 'field': 't', 'below': 3}", 0);
	assert_null(alert_engine_first(world->engine));
	assert_told(world, "");
}

static void test_malformed_records(void **state)
{
	static const char *const records[] = {
		"[]",
		"{}",
		"{'rule': 'hot'}",
		"{'rule': 'hot', 'subject': 's', 'owner': ''}",
		"{'rule': 'hot', 'subject': 's', 'owner': '', 'state': 'odd'}",
		"{'rule': 7, 'subject': 's', 'owner': '', 'state': 'firing'}",
	};
	struct world *world = *state;

	world_rules(world, HOT "}", NULL);
	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++) {
		json_t *record = json_of(records[i]);

		assert_int_equal(alert_engine_restore(world->engine, record, &world->now),
				 ERROR_MALFORMED);
		json_decref(record);
	}
}

/* A clock that jumps by years, in both directions. */
static void test_wall_clock_jumps(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT ", 'for_seconds': 10}", NULL);
	world->now.unix_ms = 1000;
	world_value(world, 31);
	world->now.unix_ms = T0;
	world_pass(world, 9);
	assert_told(world, "");
	world->now.unix_ms = 0;
	world_pass(world, 1);
	assert_told(world, "+hot");
}

static void test_new_rules(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT "}", "{'name': 'low', 'field': 't', 'above': 29}");
	world_value(world, 31);
	assert_told(world, "+hot +low");
	/* Another threshold: the alert goes on. A rule that is gone: it ends. */
	world_rules(world, "{'name': 'hot', 'sensor': 's', 'field': 't', 'above': 25}", NULL);
	assert_told(world, "-low");
	world_value(world, 26);
	assert_told(world, "");
	world_value(world, 25);
	assert_told(world, "-hot");
}

static void test_nodes_and_sweeps(void **state)
{
	struct world *world = *state;
	struct alert_observation seen = {
		.watch = WATCH_NODE, .node = "shed", .name = "", .plugin = "", .number = 1};

	world_rules(world, "{'name': 'away', 'watch': 'node'}", NULL);
	alert_engine_sweep_begin(world->engine);
	alert_engine_observe(world->engine, &seen, &world->now);
	alert_engine_sweep_end(world->engine, WATCH_NODE, &world->now);
	assert_told(world, "+away");
	alert_engine_sweep_begin(world->engine);
	alert_engine_sweep_end(world->engine, WATCH_NODE, &world->now);
	assert_told(world, "-away");
}

static void observe_rollout(struct world *world, const char *plugin, bool is_stopped)
{
	const struct alert_observation seen = {.watch = WATCH_ROLLOUT,
					       .node = "hub",
					       .name = plugin,
					       .plugin = "",
					       .number = is_stopped};

	alert_engine_sweep_begin(world->engine);
	alert_engine_observe(world->engine, &seen, &world->now);
	alert_engine_sweep_end(world->engine, WATCH_ROLLOUT, &world->now);
}

static void test_rollouts(void **state)
{
	struct world *world = *state;

	world_rules(world, "{'name': 'stopped', 'watch': 'rollout', 'plugin': 'lamp*'}", NULL);
	observe_rollout(world, "dht22", true);
	assert_told(world, "");
	observe_rollout(world, "lamp-2", false);
	assert_told(world, "");
	observe_rollout(world, "lamp-2", true);
	assert_told(world, "+stopped");
	observe_rollout(world, "lamp-2", false);
	assert_told(world, "-stopped");
	/* It was aborted: the list has it no more. */
	observe_rollout(world, "lamp-2", true);
	observe_rollout(world, "dht22", false);
	assert_told(world, "+stopped -stopped");
}

static void test_ready_made(void **state)
{
	static const struct {
		const char *name;
		enum config_watch watch;
	} expected[] = {{"node-offline", WATCH_NODE},
			{"disk-nearly-full", WATCH_DISK},
			{"plugin-failed", WATCH_PLUGIN},
			{"rollout-paused", WATCH_ROLLOUT}};

	(void)state;
	for (size_t i = 0; i < ALERT_READY_MADE_COUNT; i++) {
		struct config_alert rule;

		assert_int_equal(alert_rule_ready_made(i, &rule), 0);
		assert_string_equal(rule.name, expected[i].name);
		assert_int_equal(rule.watch, expected[i].watch);
		config_alert_finish(&rule);
	}
}

static void observe_many(struct world *world, const char *plugin, unsigned count)
{
	json_t *data = json_of("{'t': 99}");

	for (unsigned i = 0; i < count; i++) {
		char sensor[64];
		const struct alert_observation seen = {.watch = WATCH_SENSOR,
						       .node = "pi",
						       .name = sensor,
						       .plugin = plugin,
						       .data = data};

		snprintf(sensor, sizeof(sensor), "%s-%u", plugin, i);
		alert_engine_observe(world->engine, &seen, &world->now);
	}
	json_decref(data);
}

static size_t count_owner(const struct world *world, const char *owner)
{
	size_t count = 0;

	for (const struct alert *alert = alert_engine_first(world->engine); alert;
	     alert = alert_engine_next(alert))
		count += !strcmp(alert->owner->name, owner);
	return count;
}

/* At the limit the plugin that has most gives way. */
static void test_shares(void **state)
{
	struct world *world = *state;

	world_rules(world, "{'name': 'hot', 'field': 't', 'above': 30}", NULL);
	observe_many(world, "flood", ALERT_SUBJECTS_MAX);
	assert_int_equal(alert_engine_refused(world->engine), 0);
	observe_many(world, "honest", 3);
	assert_int_equal(count_owner(world, "pi:honest"), 3);
	assert_int_equal(count_owner(world, "pi:flood"), ALERT_SUBJECTS_MAX - 3);
	assert_int_equal(alert_engine_refused(world->engine), 3);
	observe_many(world, "flood", ALERT_SUBJECTS_MAX);
	assert_int_equal(count_owner(world, "pi:honest"), 3);
}

static void test_a_removed_sensor_ends_its_alerts(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT "}", NULL);
	world_value(world, 31);
	alert_engine_forget(world->engine, "pi:s", &world->now);
	assert_told(world, "+hot -hot");
}

static void test_a_fault_at_boot_fires(void **state)
{
	struct world *world = *state;

	world_rules(world, HOT "}", NULL);
	world->now.monotonic_ms = 0;
	world_value(world, 31);
	assert_told(world, "+hot");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_above_fires_and_ends_once),
		TEST(test_hysteresis),
		TEST(test_below_outside_and_equal),
		TEST(test_for_waits_and_begins_again),
		TEST(test_unknown_value),
		TEST(test_stale_and_error),
		TEST(test_expected_sensor),
		TEST(test_snooze_and_acknowledge),
		TEST(test_quiet_hours),
		TEST(test_quiet_alerts_turn),
		TEST(test_rooms),
		TEST(test_stale_in_a_room),
		TEST(test_restart_keeps_hysteresis_and_tells_nothing_twice),
		TEST(test_restart_keeps_timers),
		TEST(test_restart_invents_nothing),
		TEST(test_restart_with_another_rule),
		TEST(test_malformed_records),
		TEST(test_wall_clock_jumps),
		TEST(test_new_rules),
		TEST(test_nodes_and_sweeps),
		TEST(test_rollouts),
		TEST(test_ready_made),
		TEST(test_shares),
		TEST(test_a_removed_sensor_ends_its_alerts),
		TEST(test_a_fault_at_boot_fires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
