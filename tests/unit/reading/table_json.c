#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reading/create.h"
#include "reading/table.h"

static void put(struct reading_table *table, const char *node, const char *sensor,
		uint64_t timestamp_ms, bool simulated, const char *data)
{
	const struct reading_source source = {.node = node, .plugin = "p", .simulated = simulated};
	struct reading *reading =
		reading_create(&source, sensor, timestamp_ms, json_loads(data, 0, NULL));

	assert_int_equal(reading_table_put(table, reading), 0);
	reading_unref(reading);
}

static void assert_state(const struct reading_table *table, const char *own_node,
			 const char *expected)
{
	json_t *json = reading_table_state(table, own_node);
	char *text = json_dumps(json, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void assert_key(const struct reading_table *table, const char *key, const char *expected)
{
	json_t *state = reading_table_state(table, "me");
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
	put(table, "me", "dht22-gpio4", 1, false, "{\"temperature\":1}");
	put(table, "me", "bme680", 2, false, "{\"pressure\":2}");
	put(table, "me", "revpi-monitor", 3, false, "{\"cpu_temp\":3}");
	put(table, "me", "pi4-monitor", 4, false, "{\"cpu_temp\":4}");
	put(table, "me", "pizero-2-monitor", 5, false, "{\"cpu_temp\":5}");
	put(table, "me", "network", 6, false, "{\"up\":true}");
	put(table, "me", "pizero", 7, false, "{\"x\":7}");
	assert_key(table, "dht22", "{\"temperature\":1,\"timestamp_ms\":1,\"online\":true}");
	assert_key(table, "bme680", "{\"pressure\":2,\"timestamp_ms\":2,\"online\":true}");
	assert_key(table, "hub", "{\"cpu_temp\":3,\"timestamp_ms\":3,\"online\":true}");
	assert_key(table, "pi4", "{\"cpu_temp\":4,\"timestamp_ms\":4,\"online\":true}");
	assert_key(table, "pizero", "{\"cpu_temp\":5,\"timestamp_ms\":5,\"online\":true}");
	assert_key(table, "network", "{\"up\":true,\"timestamp_ms\":6,\"online\":true}");
	put(table, "pizero", "pi-monitor", 8, false, "{\"cpu_temp\":8}");
	assert_key(table, "pizero", "{\"cpu_temp\":8,\"timestamp_ms\":8,\"online\":true}");
	put(table, "pizero", "network-monitor", 9, false, "{\"up\":false}");
	assert_key(table, "pizero", "{\"cpu_temp\":8,\"timestamp_ms\":8,\"online\":true}");
	assert_key(table, "network", "{\"up\":false,\"timestamp_ms\":9,\"online\":true}");
	reading_table_destroy(table);
}

static void test_the_latest_matching_reading_counts(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	assert_key(table, "dht22", "");
	put(table, "me", "dht22-a", 10, false, "{\"t\":1}");
	put(table, "me", "dht22-b", 11, false, "{\"t\":null,\"error\":\"x\",\"last_good_ms\":3}");
	assert_key(table, "dht22",
		   "{\"t\":null,\"error\":\"x\",\"last_good_ms\":3,\"timestamp_ms\":11,"
		   "\"online\":false}");
	put(table, "me", "dht22-a", 12, false, "{\"t\":2}");
	assert_key(table, "dht22", "{\"t\":2,\"timestamp_ms\":12,\"online\":true}");
	reading_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_nodes_and_readings),
		cmocka_unit_test(test_keys_of_existing_pages),
		cmocka_unit_test(test_the_latest_matching_reading_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
