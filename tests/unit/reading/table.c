#include "reading/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "reading/create.h"

static const struct reading_source pi4_dht22 = {.node = "pi4", .plugin = "dht22", .now_ms = 9000};

static int put(struct reading_table *table, const char *node, const char *plugin,
	       const char *sensor, uint64_t timestamp_ms, const char *data)
{
	const struct reading_source source = {.node = node, .plugin = plugin};
	struct reading *reading =
		reading_create(&source, sensor, timestamp_ms, json_loads(data, 0, NULL));
	int ret;

	assert_non_null(reading);
	ret = reading_table_put(table, reading);
	reading_unref(reading);
	return ret;
}

static void assert_json(json_t *json, const char *expected)
{
	char *text = json_dumps(json, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void assert_table(const struct reading_table *table, const char *expected)
{
	struct buffer text;

	buffer_init(&text, 1 << 20);
	reading_table_write(table, &text);
	assert_int_equal(text.failed, 0);
	assert_string_equal(text.data, expected);
	buffer_finish(&text);
}

static void test_order_is_that_of_the_first_reading(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	assert_table(table, "{\"readings\":[],\"last_update\":0}");
	put(table, "b", "p", "y", 3, "{\"t\":1}");
	put(table, "a", "p", "x", 7, "{\"t\":2}");
	put(table, "b", "p", "y", 5, "{\"t\":3}");
	assert_int_equal(reading_table_count(table), 2);
	assert_int_equal(reading_table_revision(table), 3);
	assert_table(table, "{\"readings\":["
			    "{\"sensor_id\":\"b:y\",\"timestamp_ms\":5,\"data\":{\"t\":3}},"
			    "{\"sensor_id\":\"a:x\",\"timestamp_ms\":7,\"data\":{\"t\":2}}],"
			    "\"last_update\":7}");
	reading_table_destroy(table);
	reading_table_destroy(NULL);
}

struct heard {
	int number;
	char text[512];
};

static void hear(void *arg, const struct reading *reading)
{
	struct heard *heard = arg;
	size_t used = strlen(heard->text);

	heard->number++;
	snprintf(heard->text + used, sizeof(heard->text) - used, "%s:%s@%llu ", reading->node,
		 reading->sensor, (unsigned long long)reading->timestamp_ms);
}

static void test_consumers_hear_all_in_order(void **state)
{
	struct reading_table *table = reading_table_create();
	struct heard one = {0}, other = {0};

	(void)state;
	assert_int_equal(reading_table_subscribe(table, hear, &one), 0);
	put(table, "pi4", "dht22", "x", 1, "{}");
	assert_int_equal(reading_table_subscribe(table, hear, &other), 0);
	put(table, "pi4", "dht22", "y", 2, "{}");
	reading_table_fail(table, &pi4_dht22, "no answer");
	assert_string_equal(one.text, "pi4:x@1 pi4:y@2 pi4:x@9000 pi4:y@9000 ");
	assert_string_equal(other.text, "pi4:y@2 pi4:x@9000 pi4:y@9000 ");
	reading_table_destroy(table);
}

static void test_limit_of_consumers(void **state)
{
	struct reading_table *table = reading_table_create();
	struct heard heard = {0};

	(void)state;
	for (int i = 0; i < 16; i++)
		assert_int_equal(reading_table_subscribe(table, hear, &heard), 0);
	assert_int_equal(reading_table_subscribe(table, hear, &heard), ERROR_TOO_LARGE);
	put(table, "n", "p", "x", 1, "{}");
	assert_int_equal(heard.number, 16);
	reading_table_destroy(table);
}

/* Each has one: there is nobody to take a place from. */
static void test_limit_of_sensors(void **state)
{
	struct reading_table *table = reading_table_create();
	struct heard heard = {0};
	char sensor[16], plugin[16];

	(void)state;
	for (int i = 0; i < READING_TABLE_SENSORS_MAX; i++) {
		snprintf(sensor, sizeof(sensor), "s%d", i);
		snprintf(plugin, sizeof(plugin), "p%d", i);
		assert_int_equal(put(table, "n", plugin, sensor, 1, "{}"), 0);
	}
	reading_table_subscribe(table, hear, &heard);
	assert_int_equal(put(table, "n", "p", "one-more", 1, "{}"), ERROR_TOO_LARGE);
	reading_table_fail(table, &pi4_dht22, "no answer");
	assert_int_equal(heard.number, 0);
	assert_int_equal(reading_table_count(table), READING_TABLE_SENSORS_MAX);
	assert_int_equal(reading_table_refused(table), 2);
	assert_int_equal(reading_table_revision(table), READING_TABLE_SENSORS_MAX);
	/* Those that are known are still taken. */
	assert_int_equal(put(table, "n", "p1023", "s1023", 2, "{}"), 0);
	assert_int_equal(heard.number, 1);
	reading_table_destroy(table);
}

/* 1,024 nodes of 16 sensors each; whatever goes, the others are still found. */
static void test_limit_of_a_hub(void **state)
{
	const int nodes = READING_TABLE_HUB_SENSORS_MAX / 16;
	struct reading_table *table = reading_table_create_for_hub();
	char node[16], sensor[16];

	(void)state;
	for (int i = 0; i < READING_TABLE_HUB_SENSORS_MAX; i++) {
		snprintf(node, sizeof(node), "n%d", i % nodes);
		snprintf(sensor, sizeof(sensor), "s%d", i / nodes);
		assert_int_equal(put(table, node, "", sensor, 1, "{}"), 0);
	}
	assert_int_equal(put(table, "n0", "", "one-more", 1, "{}"), ERROR_TOO_LARGE);
	assert_int_equal(reading_table_refused(table), 1);
	/* One more node takes places of the others, one of each. */
	for (int i = 0; i < 8; i++) {
		snprintf(sensor, sizeof(sensor), "s%d", i);
		assert_int_equal(put(table, "more", "", sensor, 1, "{}"), 0);
	}
	assert_int_equal(reading_table_count(table), READING_TABLE_HUB_SENSORS_MAX);
	for (int i = 0; i < nodes; i++) {
		snprintf(node, sizeof(node), "n%d", i);
		assert_non_null(reading_table_find(table, node, "s14"));
		assert_int_equal(reading_table_find(table, node, "s15") == NULL, i < 8);
	}
	assert_non_null(reading_table_find(table, "more", "s7"));
	reading_table_destroy(table);
}

/* Half of a full table goes, sensor by sensor, and nothing of the other half gets lost. */
static void test_many_go(void **state)
{
	struct reading_table *table = reading_table_create_for_hub();
	char node[16], sensor[16];

	(void)state;
	for (int i = 0; i < READING_TABLE_HUB_SENSORS_MAX; i++) {
		snprintf(node, sizeof(node), "n%d", i / 256);
		snprintf(sensor, sizeof(sensor), "s%d", i % 256);
		assert_int_equal(put(table, node, "", sensor, 1, "{}"), 0);
	}
	for (int i = 0; i < READING_TABLE_HUB_SENSORS_MAX / 256; i += 2) {
		snprintf(node, sizeof(node), "n%d", i);
		reading_table_release(
			table, &(struct reading_source){.node = node, .plugin = "", .now_ms = 1},
			"removed");
	}
	reading_table_forget_old(table, READING_TABLE_RELEASED_MS + 1);
	assert_int_equal(reading_table_count(table), READING_TABLE_HUB_SENSORS_MAX / 2);
	for (int i = 0; i < READING_TABLE_HUB_SENSORS_MAX; i++) {
		const struct reading *found;

		snprintf(node, sizeof(node), "n%d", i / 256);
		snprintf(sensor, sizeof(sensor), "s%d", i % 256);
		found = reading_table_find(table, node, sensor);
		if (!found != !(i / 256 % 2) ||
		    (found && (strcmp(found->sensor, sensor) || strcmp(found->node, node))))
			fail_msg("%s:%s", node, sensor);
	}
	reading_table_destroy(table);
}

static void test_limit_of_a_plugin(void **state)
{
	struct reading_table *table = reading_table_create();
	char sensor[16];

	(void)state;
	for (int i = 0; i < READING_TABLE_PLUGIN_SENSORS_MAX; i++) {
		snprintf(sensor, sizeof(sensor), "s%d", i);
		assert_int_equal(put(table, "n", "p", sensor, 1, "{}"), 0);
	}
	assert_int_equal(put(table, "n", "p", "one-more", 1, "{}"), ERROR_TOO_LARGE);
	assert_int_equal(put(table, "n", "p", "s7", 2, "{}"), 0);
	assert_int_equal(put(table, "n", "another", "one-more", 1, "{}"), 0);
	assert_int_equal(put(table, "another", "p", "one-more", 1, "{}"), 0);
	reading_table_destroy(table);
}

static void test_a_sensor_is_its_plugins_until_that_is_removed(void **state)
{
	struct reading_table *table = reading_table_create();
	const struct reading_source gone = {.node = "n", .plugin = "p", .now_ms = 9};

	(void)state;
	assert_int_equal(put(table, "n", "p", "x", 1, "{\"t\":1}"), 0);
	assert_int_equal(put(table, "n", "thief", "x", 2, "{\"t\":2}"), ERROR_BUSY);
	reading_table_fail(table, &gone, "no answer");
	assert_int_equal(put(table, "n", "thief", "x", 2, "{\"t\":2}"), ERROR_BUSY);
	assert_int_equal(reading_table_refused(table), 2);
	reading_table_release(table, &gone, "removed");
	assert_int_equal(put(table, "n", "heir", "x", 3, "{\"t\":3}"), 0);
	assert_int_equal(put(table, "n", "p", "x", 4, "{\"t\":4}"), ERROR_BUSY);
	reading_table_destroy(table);
}

static void test_the_released_give_way(void **state)
{
	struct reading_table *table = reading_table_create();
	const struct reading_source gone = {.node = "n", .plugin = "p1", .now_ms = 9};
	char sensor[16], plugin[16];

	(void)state;
	for (int i = 0; i < READING_TABLE_SENSORS_MAX; i++) {
		snprintf(sensor, sizeof(sensor), "s%d", i);
		snprintf(plugin, sizeof(plugin), "p%d", i / READING_TABLE_PLUGIN_SENSORS_MAX);
		put(table, "n", plugin, sensor, 1, "{}");
	}
	reading_table_release(table, &gone, "removed");
	assert_int_equal(put(table, "n", "new", "one-more", 1, "{}"), 0);
	assert_int_equal(reading_table_count(table), READING_TABLE_SENSORS_MAX);
	assert_int_equal(put(table, "n", "p0", "s0", 2, "{}"), 0);
	assert_int_equal(put(table, "n", "new", "one-more", 2, "{}"), 0);
	reading_table_destroy(table);
}

/* A plugin that was removed before it reported a sensor leaves nothing. */
static void test_a_released_stand_in_is_forgotten(void **state)
{
	const struct reading_source gone = {.node = "n", .plugin = "p", .now_ms = 9};
	struct reading_table *table = reading_table_create();
	struct heard heard = {0};

	(void)state;
	reading_table_fail(table, &gone, "no answer");
	put(table, "n", "q", "z", 1, "{\"t\":1}");
	reading_table_subscribe(table, hear, &heard);
	reading_table_release(table, &gone, "removed");
	assert_int_equal(heard.number, 1);
	assert_json(reading_table_ids(table), "[\"n:z\"]");
	assert_int_equal(reading_table_removals(table), 1);
	reading_table_destroy(table);
}

/* Forgotten by its reader, or after a day; never while its plugin is there. */
static void test_the_released_are_forgotten(void **state)
{
	const struct reading_source gone = {.node = "n", .plugin = "p", .now_ms = 9};
	struct reading_table *table = reading_table_create();
	uint64_t revision;

	(void)state;
	put(table, "n", "p", "x", 1, "{\"t\":1}");
	put(table, "n", "p", "y", 1, "{\"t\":1}");
	put(table, "n", "q", "z", 1, "{\"t\":1}");
	assert_int_equal(reading_table_forget(table, "n:x"), ERROR_BUSY);
	reading_table_release(table, &gone, "removed");
	revision = reading_table_revision(table);
	assert_int_equal(reading_table_forget(table, "n:x"), 0);
	assert_int_equal(reading_table_forget(table, "n:x"), ERROR_NOT_FOUND);
	assert_int_equal(reading_table_forget(table, "n:z"), ERROR_BUSY);
	assert_int_equal(reading_table_removals(table), 1);
	assert_true(reading_table_revision(table) > revision);
	assert_json(reading_table_ids(table), "[\"n:y\",\"n:z\"]");
	reading_table_forget_old(table, 9 + READING_TABLE_RELEASED_MS - 1);
	reading_table_forget_old(table, 3); /* the clock was put back */
	assert_int_equal(reading_table_count(table), 2);
	reading_table_forget_old(table, 9 + READING_TABLE_RELEASED_MS);
	assert_json(reading_table_ids(table), "[\"n:z\"]");
	/* It comes back with its plugin. */
	assert_int_equal(put(table, "n", "p", "x", 2, "{\"t\":2}"), 0);
	reading_table_forget_old(table, 9 + 2 * READING_TABLE_RELEASED_MS);
	assert_json(reading_table_ids(table), "[\"n:z\",\"n:x\"]");
	reading_table_destroy(table);
}

static void test_fail_is_of_one_plugin_on_one_node(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	put(table, "pi4", "dht22", "x", 5, "{\"t\":1,\"h\":2}");
	put(table, "pi4", "other", "y", 5, "{\"t\":1}");
	put(table, "pi5", "dht22", "x", 5, "{\"t\":1}");
	reading_table_fail(table, &pi4_dht22, "one");
	reading_table_fail(table, &pi4_dht22, "two");
	assert_table(table, "{\"readings\":["
			    "{\"sensor_id\":\"pi4:x\",\"timestamp_ms\":9000,\"data\":{\"t\":null,"
			    "\"h\":null,\"error\":\"two\",\"last_good_ms\":5}},"
			    "{\"sensor_id\":\"pi4:y\",\"timestamp_ms\":5,\"data\":{\"t\":1}},"
			    "{\"sensor_id\":\"pi5:x\",\"timestamp_ms\":5,\"data\":{\"t\":1}}],"
			    "\"last_update\":9000}");
	reading_table_destroy(table);
}

static void test_fail_of_a_plugin_without_readings(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	put(table, "pi4", "other", "y", 5, "{}");
	reading_table_fail(table, &pi4_dht22, "one");
	reading_table_fail(table, &pi4_dht22, "two");
	put(table, "pi4", "other", "z", 5, "{}");
	assert_table(table, "{\"readings\":["
			    "{\"sensor_id\":\"pi4:y\",\"timestamp_ms\":5,\"data\":{}},"
			    "{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":9000,\"data\":{"
			    "\"error\":\"two\",\"last_good_ms\":null}},"
			    "{\"sensor_id\":\"pi4:z\",\"timestamp_ms\":5,\"data\":{}}],"
			    "\"last_update\":9000}");
	/* Once it names its sensors, nothing stands in for it. */
	put(table, "pi4", "dht22", "dht22-4", 6, "{}");
	put(table, "pi4", "other", "z", 7, "{}");
	assert_table(table, "{\"readings\":["
			    "{\"sensor_id\":\"pi4:y\",\"timestamp_ms\":5,\"data\":{}},"
			    "{\"sensor_id\":\"pi4:z\",\"timestamp_ms\":7,\"data\":{}},"
			    "{\"sensor_id\":\"pi4:dht22-4\",\"timestamp_ms\":6,\"data\":{}}],"
			    "\"last_update\":9000}");
	reading_table_destroy(table);
}

static void test_names_that_were_cleaned_still_match(void **state)
{
	const struct reading_source source = {.node = "a b", .plugin = "c d", .now_ms = 9};
	struct reading_table *table = reading_table_create();

	(void)state;
	put(table, "a b", "c d", "x", 5, "{\"t\":1}");
	reading_table_fail(table, &source, "no");
	assert_int_equal(reading_table_count(table), 1);
	reading_table_destroy(table);
}

static void test_errors_say_when_it_was_well(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	put(table, "n", "p", "x", 5, "{\"t\":1}");
	put(table, "n", "p", "x", 6, "{\"t\":null,\"error\":\"t is nan\"}");
	put(table, "n", "p", "y", 6, "{\"t\":null,\"error\":\"t is nan\"}");
	assert_table(table, "{\"readings\":["
			    "{\"sensor_id\":\"n:x\",\"timestamp_ms\":6,\"data\":{\"t\":null,"
			    "\"error\":\"t is nan\",\"last_good_ms\":5}},"
			    "{\"sensor_id\":\"n:y\",\"timestamp_ms\":6,\"data\":{\"t\":null,"
			    "\"error\":\"t is nan\"}}],\"last_update\":6}");
	reading_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_is_that_of_the_first_reading),
		cmocka_unit_test(test_consumers_hear_all_in_order),
		cmocka_unit_test(test_limit_of_consumers),
		cmocka_unit_test(test_limit_of_sensors),
		cmocka_unit_test(test_limit_of_a_hub),
		cmocka_unit_test(test_many_go),
		cmocka_unit_test(test_limit_of_a_plugin),
		cmocka_unit_test(test_a_sensor_is_its_plugins_until_that_is_removed),
		cmocka_unit_test(test_the_released_give_way),
		cmocka_unit_test(test_a_released_stand_in_is_forgotten),
		cmocka_unit_test(test_the_released_are_forgotten),
		cmocka_unit_test(test_fail_is_of_one_plugin_on_one_node),
		cmocka_unit_test(test_fail_of_a_plugin_without_readings),
		cmocka_unit_test(test_names_that_were_cleaned_still_match),
		cmocka_unit_test(test_errors_say_when_it_was_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
