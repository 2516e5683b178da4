#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reading/create.h"
#include "reading/table.h"
#include "wire/frame.h"

static void put_of(struct reading_table *table, const char *node, const char *plugin,
		   const char *sensor, uint64_t timestamp_ms, const char *data)
{
	const struct reading_source source = {.node = node, .plugin = plugin};
	struct reading *reading =
		reading_create(&source, sensor, timestamp_ms, json_loads(data, 0, NULL));

	assert_int_equal(reading_table_put(table, reading), 0);
	reading_unref(reading);
}

static void put(struct reading_table *table, const char *node, const char *sensor,
		uint64_t timestamp_ms, bool simulated, const char *data)
{
	const struct reading_source source = {.node = node, .plugin = "p", .simulated = simulated};
	struct reading *reading =
		reading_create(&source, sensor, timestamp_ms, json_loads(data, 0, NULL));

	assert_int_equal(reading_table_put(table, reading), 0);
	reading_unref(reading);
}

static void assert_state(struct reading_table *table, const char *own_node, const char *expected)
{
	size_t size;
	char *text = reading_table_state(table, own_node, &size);

	assert_string_equal(text, expected);
	assert_int_equal(size, strlen(expected));
	free(text);
}

/* For json_decref(). */
static json_t *load_state(struct reading_table *table)
{
	size_t size;
	char *text = reading_table_state(table, "me", &size);
	json_t *state = json_loadb(text, size, 0, NULL);

	assert_non_null(state);
	free(text);
	return state;
}

static void assert_key(struct reading_table *table, const char *key, const char *expected)
{
	json_t *state = load_state(table);
	char *text = json_dumps(json_object_get(state, key), JSON_COMPACT | JSON_ENCODE_ANY);

	assert_string_equal(text ? text : "", expected);
	free(text);
	json_decref(state);
}

static void test_empty(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	assert_state(table, "me",
		     "{\"nodes\":{\"me\":{\"sensors\":[],\"online\":false}},\"readings\":{}}");
	assert_state(table, NULL, "{\"nodes\":{},\"readings\":{}}");
	reading_table_destroy(table);
}

static void test_nodes_and_readings(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	put(table, "me", "a", 1, true, "{\"t\":1}");
	put(table, "you", "b", 2, false, "{\"t\":null,\"error\":\"x\"}");
	put(table, "me", "c", 3, false, "{\"t\":null}");
	assert_state(table, "me",
		     "{\"nodes\":{\"me\":{\"sensors\":[\"a\",\"c\"],\"online\":true},"
		     "\"you\":{\"sensors\":[\"b\"],\"online\":false}},"
		     "\"readings\":{"
		     "\"me:a\":{\"timestamp_ms\":1,\"data\":{\"t\":1},\"simulated\":true},"
		     "\"you:b\":{\"timestamp_ms\":2,\"data\":{\"t\":null,\"error\":\"x\"},"
		     "\"simulated\":false},"
		     "\"me:c\":{\"timestamp_ms\":3,\"data\":{\"t\":null},\"simulated\":false}}}");
	reading_table_destroy(table);
}

static void test_keys_of_existing_pages(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	put_of(table, "me", "dht22", "gpio4", 1, "{\"temperature\":1}");
	put_of(table, "me", "bme680", "bme680", 2, "{\"pressure\":2}");
	put_of(table, "me", "revpi-monitor", "cpu", 3, "{\"cpu_temp\":3}");
	put_of(table, "me", "pi4-monitor", "cpu4", 4, "{\"cpu_temp\":4}");
	put_of(table, "me", "pizero-2-monitor", "cpu0", 5, "{\"cpu_temp\":5}");
	put_of(table, "me", "network", "network", 6, "{\"up\":true}");
	put_of(table, "me", "pizero", "pizero", 7, "{\"x\":7}");
	assert_key(table, "dht22", "{\"temperature\":1,\"timestamp_ms\":1,\"online\":true}");
	assert_key(table, "bme680", "{\"pressure\":2,\"timestamp_ms\":2,\"online\":true}");
	assert_key(table, "hub", "{\"cpu_temp\":3,\"timestamp_ms\":3,\"online\":true}");
	assert_key(table, "pi4", "{\"cpu_temp\":4,\"timestamp_ms\":4,\"online\":true}");
	assert_key(table, "pizero", "{\"cpu_temp\":5,\"timestamp_ms\":5,\"online\":true}");
	assert_key(table, "network", "{\"up\":true,\"timestamp_ms\":6,\"online\":true}");
	put_of(table, "pizero", "pi-monitor", "cpu", 8, "{\"cpu_temp\":8}");
	assert_key(table, "pizero", "{\"cpu_temp\":8,\"timestamp_ms\":8,\"online\":true}");
	put_of(table, "pizero", "network-monitor", "up", 9, "{\"up\":false}");
	assert_key(table, "pizero", "{\"cpu_temp\":8,\"timestamp_ms\":8,\"online\":true}");
	assert_key(table, "network", "{\"up\":true,\"timestamp_ms\":6,\"online\":true}");
	reading_table_destroy(table);
}

/* A stranger may call its sensors what it likes; it is its own plugin that has the key. */
static void test_keys_go_by_the_owning_plugin(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	put_of(table, "me", "stranger", "not-dht22-at-all", 1, "{\"t\":666}");
	assert_key(table, "dht22", "");
	put_of(table, "me", "dht22", "cellar", 2, "{\"t\":1}");
	put_of(table, "me", "stranger", "dht22-best", 3, "{\"t\":666}");
	put_of(table, "me", "dht22x", "a", 4, "{\"t\":666}");
	put_of(table, "me", "dht22-attic", "b", 5, "{\"t\":666}");
	put_of(table, "dht22", "", "c", 6, "{\"t\":666}");
	put_of(table, "other", "", "dht22", 7, "{\"t\":666}");
	assert_key(table, "dht22", "{\"t\":1,\"timestamp_ms\":2,\"online\":true}");
	reading_table_destroy(table);
}

/* A hub does not know the plugins of other nodes, but each node sees to it whose name a sensor has.
 */
static void test_keys_of_other_nodes_go_by_sensor(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	put_of(table, "spoke", "", "dht22-attic", 1, "{\"t\":1}");
	assert_key(table, "dht22", "{\"t\":1,\"timestamp_ms\":1,\"online\":true}");
	put_of(table, "spoke", "", "dht22", 2, "{\"t\":2}");
	put_of(table, "spoke", "", "dht22-attic", 3, "{\"t\":1}");
	put_of(table, "spoke", "", "not-dht22", 4, "{\"t\":666}");
	assert_key(table, "dht22", "{\"t\":2,\"timestamp_ms\":2,\"online\":true}");
	put_of(table, "pizero-2", "", "pi-monitor", 5, "{\"t\":3}");
	assert_key(table, "pizero", "{\"t\":3,\"timestamp_ms\":5,\"online\":true}");
	reading_table_destroy(table);
}

static void test_the_latest_matching_reading_counts(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	assert_key(table, "dht22", "");
	put_of(table, "me", "dht22", "a", 10, "{\"t\":1}");
	put_of(table, "me", "dht22", "b", 11, "{\"t\":null,\"error\":\"x\",\"last_good_ms\":3}");
	assert_key(table, "dht22",
		   "{\"t\":null,\"error\":\"x\",\"last_good_ms\":3,\"timestamp_ms\":11,"
		   "\"online\":false}");
	put_of(table, "me", "dht22", "a", 12, "{\"t\":2}");
	assert_key(table, "dht22", "{\"t\":2,\"timestamp_ms\":12,\"online\":true}");
	reading_table_destroy(table);
}

static void put_big(struct reading_table *table, const char *plugin, int sensor)
{
	char name[32], text[READING_SIZE_MAX];
	json_t *data;
	char *json;

	memset(text, 'x', sizeof(text) - 16);
	text[sizeof(text) - 16] = '\0';
	snprintf(name, sizeof(name), "%s-%d", plugin, sensor);
	data = json_pack("{s:s}", "t", text);
	json = json_dumps(data, JSON_COMPACT);
	put_of(table, "me", plugin, name, 1, json);
	free(json);
	json_decref(data);
}

/* 256 sensors of 16 kB leave the others' in the state, and it can be sent; who lost what stands in
 * it. */
static void test_a_large_state_costs_its_own_plugin(void **state)
{
	struct reading_table *table = reading_table_create();
	json_t *json, *readings;
	size_t size;

	(void)state;
	for (int i = 0; i < READING_TABLE_PLUGIN_SENSORS_MAX; i++)
		put_big(table, "flood", i);
	put_of(table, "me", "dht22", "dht22", 1, "{\"t\":21}");
	free(reading_table_state(table, "me", &size));
	assert_in_range(size, READING_STATE_BYTES_MAX / 2, FRAME_SIZE_MAX / 4);
	json = load_state(table);
	readings = json_object_get(json, "readings");
	assert_non_null(json_object_get(readings, "me:dht22"));
	assert_non_null(json_object_get(readings, "me:flood-0"));
	assert_null(json_object_get(readings, "me:flood-200"));
	assert_int_equal(json_array_size(json_object_get(json, "left_out")), 1);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json_object_get(json, "left_out"), 0), "readings")),
			 READING_TABLE_PLUGIN_SENSORS_MAX + 1 - json_object_size(readings));
	assert_int_equal(reading_table_share(table, "me", "flood").left_out,
			 READING_TABLE_PLUGIN_SENSORS_MAX + 1 - json_object_size(readings));
	assert_int_equal(reading_table_share(table, "me", "dht22").left_out, 0);
	json_decref(json);
	assert_key(table, "dht22", "{\"t\":21,\"timestamp_ms\":1,\"online\":true}");
	reading_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_nodes_and_readings),
		cmocka_unit_test(test_keys_of_existing_pages),
		cmocka_unit_test(test_keys_go_by_the_owning_plugin),
		cmocka_unit_test(test_keys_of_other_nodes_go_by_sensor),
		cmocka_unit_test(test_a_large_state_costs_its_own_plugin),
		cmocka_unit_test(test_the_latest_matching_reading_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
