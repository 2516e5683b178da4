/* Who gives little loses nothing to who gives much: places and bytes of the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "reading/create.h"
#include "reading/table.h"

/* bytes of a text that leaves room for its field's name */
#define BIG (READING_SIZE_MAX - 16)
/* What is shown in the place of data that was left out comes on top. */
#define SIZE_MAX_WITH_ERRORS (READING_TABLE_BYTES_MAX + 512 * READING_TABLE_SENSORS_MAX)

static int put_json(struct reading_table *table, const char *plugin, int sensor, json_t *data)
{
	const struct reading_source source = {.node = "n", .plugin = plugin};
	struct reading *reading;
	char name[64];
	int ret;

	snprintf(name, sizeof(name), "%s-%d", plugin, sensor);
	reading = reading_create(&source, name, 1, data);
	assert_non_null(reading);
	ret = reading_table_put(table, reading);
	reading_unref(reading);
	return ret;
}

static int put(struct reading_table *table, const char *plugin, int sensor)
{
	return put_json(table, plugin, sensor, json_pack("{s:i}", "t", sensor));
}

static int put_big(struct reading_table *table, const char *plugin, int sensor)
{
	char text[BIG + 1];

	memset(text, 'x', BIG);
	text[BIG] = '\0';
	return put_json(table, plugin, sensor, json_pack("{s:s}", "t", text));
}

/* How many sensors of that plugin are there, and how many of them have a value. */
static void count(const struct reading_table *table, const char *plugin, size_t *ret_sensors,
		  size_t *ret_values)
{
	json_t *list = reading_table_show(table, 0, 1), *reading;
	size_t i;

	*ret_sensors = *ret_values = 0;
	json_array_foreach(list, i, reading)
	{
		if (strcmp(json_string_value(json_object_get(reading, "plugin")), plugin) != 0)
			continue;
		++*ret_sensors;
		*ret_values += json_object_get(json_object_get(reading, "data"), "t") != NULL;
	}
	json_decref(list);
}

static void assert_count(const struct reading_table *table, const char *plugin, size_t sensors,
			 size_t values)
{
	size_t sensors_now, values_now;

	count(table, plugin, &sensors_now, &values_now);
	assert_int_equal(sensors_now, sensors);
	assert_int_equal(values_now, values);
}

static void fill_places(struct reading_table *table, int plugins)
{
	char plugin[16];

	for (int i = 0; i < plugins * READING_TABLE_PLUGIN_SENSORS_MAX; i++) {
		snprintf(plugin, sizeof(plugin), "flood-%d", i % plugins);
		put(table, plugin, i / plugins);
	}
}

/* The first sentence about the share of a plugin; NULL: there is none. */
static void assert_told(const struct reading_table *table, const char *plugin, const char *text)
{
	json_t *list = json_array();
	const char *first;

	reading_table_tell_share(table, "n", plugin, list);
	first = json_string_value(json_array_get(list, 0));
	assert_int_equal(first != NULL, text != NULL);
	if (text)
		assert_string_equal(first, text);
	json_decref(list);
}

/* 4 plugins with 256 sensors each fill the table: one that comes later has its places all the same.
 */
static void test_a_later_plugin_has_its_places(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	fill_places(table, 4);
	assert_int_equal(reading_table_count(table), READING_TABLE_SENSORS_MAX);
	for (int i = 0; i < 20; i++)
		assert_int_equal(put(table, "honest", i), 0);
	assert_count(table, "honest", 20, 20);
	assert_int_equal(reading_table_count(table), READING_TABLE_SENSORS_MAX);
	assert_int_equal(reading_table_removals(table), 20);
	assert_count(table, "flood-0", 251, 251);
	/* What it lost is its newest, it is told so, and it gets nothing back at the cost of
	 * others. */
	assert_int_equal(put(table, "flood-0", 0), 0);
	assert_int_equal(reading_table_share(table, "n", "flood-0").refused, 5);
	assert_int_equal(reading_table_share(table, "n", "honest").refused, 0);
	assert_told(table, "flood-0",
		    "5 of its sensors are not shown: it has more sensors than its share allows");
	assert_told(table, "honest", NULL);
	fill_places(table, 4);
	assert_count(table, "honest", 20, 20);
	reading_table_destroy(table);
}

/* Of n plugins that all want more than there is each has the n-th part, and they do not take turns.
 */
static void test_places_are_shared_equally(void **state)
{
	struct reading_table *table = reading_table_create();
	uint64_t removals;
	char plugin[16];

	(void)state;
	for (int round = 0; round < 3; round++)
		fill_places(table, 16);
	removals = reading_table_removals(table);
	fill_places(table, 16);
	assert_int_equal(reading_table_removals(table), removals);
	for (int i = 0; i < 16; i++) {
		snprintf(plugin, sizeof(plugin), "flood-%d", i);
		assert_count(table, plugin, READING_TABLE_SENSORS_MAX / 16,
			     READING_TABLE_SENSORS_MAX / 16);
	}
	reading_table_destroy(table);
}

/* A failure is shown too, of a plugin that never gave a reading. */
static void test_a_failing_plugin_has_a_place(void **state)
{
	const struct reading_source source = {.node = "n", .plugin = "broken", .now_ms = 1};
	struct reading_table *table = reading_table_create();

	(void)state;
	fill_places(table, 4);
	reading_table_fail(table, &source, "no answer");
	assert_count(table, "broken", 1, 0);
	reading_table_destroy(table);
}

/* A thousand plugins that were removed leave a sensor each; the next plugin gets the place of one.
 */
static void test_removed_plugins_give_their_places_back(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	for (int i = 0; i < READING_TABLE_SENSORS_MAX; i++) {
		char plugin[16];

		snprintf(plugin, sizeof(plugin), "p%d", i);
		assert_int_equal(put(table, plugin, 0), 0);
		reading_table_release(
			table, &(struct reading_source){.node = "n", .plugin = plugin, .now_ms = 1},
			"removed");
	}
	assert_int_equal(reading_table_count(table), READING_TABLE_SENSORS_MAX);
	assert_int_equal(put(table, "later", 0), 0);
	assert_count(table, "later", 1, 1);
	assert_int_equal(reading_table_count(table), READING_TABLE_SENSORS_MAX);
	reading_table_destroy(table);
}

static size_t size_of(const struct reading_table *table)
{
	struct buffer text;
	size_t size;

	buffer_init(&text, SIZE_MAX / 2);
	reading_table_write(table, &text);
	size = text.size;
	buffer_finish(&text);
	return size;
}

/* 259 sensors of 16 kB: their data is what is cut, and the rest of the node is whole. */
static void test_bytes_of_a_flood_cost_itself(void **state)
{
	struct reading_table *table = reading_table_create();
	size_t sensors, values;
	char plugin[16];

	(void)state;
	for (int i = 0; i < 4 * READING_TABLE_PLUGIN_SENSORS_MAX; i++) {
		snprintf(plugin, sizeof(plugin), "flood-%d", i % 4);
		put_big(table, plugin, i / 4);
	}
	assert_in_range(size_of(table), 1, SIZE_MAX_WITH_ERRORS);
	for (int i = 0; i < 20; i++)
		assert_int_equal(put(table, "honest", i), 0);
	assert_int_equal(put_big(table, "honest", 20), 0);
	assert_count(table, "honest", 21, 21);
	assert_in_range(size_of(table), 1, SIZE_MAX_WITH_ERRORS);
	count(table, "flood-0", &sensors, &values);
	assert_in_range(values, 40, 80);
	assert_true(reading_table_share(table, "n", "flood-0").shortened > 0);
	assert_true(reading_table_shortened(table) > 0);
	assert_int_equal(reading_table_share(table, "n", "honest").shortened, 0);
	reading_table_destroy(table);
}

/* What is left out says so, and comes back when there is room. */
static void test_shortened_data_comes_back(void **state)
{
	const struct reading_source gone = {.node = "n", .plugin = "flood-1", .now_ms = 1};
	struct reading_table *table = reading_table_create();
	json_t *list;

	(void)state;
	for (int i = 0; i < 2 * 150; i++)
		put_big(table, i % 2 ? "flood-1" : "flood-0", i / 2);
	assert_int_equal(put_big(table, "flood-0", 149), 0);
	list = reading_table_show(table, 0, 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 298), "error")),
			    "left out: the readings of its plugin or node exceed their share of "
			    "the table; return less data");
	json_decref(list);
	reading_table_release(table, &gone, "removed");
	reading_table_begin(table, "n", "flood-0");
	for (int i = 0; i < 150; i++)
		assert_int_equal(put_big(table, "flood-0", i), 0);
	assert_count(table, "flood-0", 150, 150);
	assert_int_equal(reading_table_share(table, "n", "flood-0").shortened, 0);
	reading_table_destroy(table);
}

/* A reading at its limit fits into an empty table, and bytes that were given back can be had again.
 */
static void test_bytes_are_counted_back(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 200; i++)
			assert_int_equal(put_big(table, "a", i), 0);
		for (int i = 0; i < 200; i++)
			assert_int_equal(put(table, "a", i), 0);
	}
	assert_int_equal(reading_table_shortened(table), 0);
	reading_table_destroy(table);
}

/* Random puts, failures, removals: the table keeps its limits, and who is below all others is never
 * cut. */
static void test_limits_hold_whatever_comes(void **state)
{
	struct reading_table *table = reading_table_create();
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		char plugin[16];
		int sensor = rand_r(&seed) % 300, what = rand_r(&seed) % 100;

		snprintf(plugin, sizeof(plugin), "p%d", rand_r(&seed) % 12);
		const struct reading_source source = {.node = "n", .plugin = plugin, .now_ms = 1};

		if (what == 0)
			reading_table_release(table, &source, "removed");
		else if (what == 1)
			reading_table_fail(table, &source, "failed");
		else if (what < 40)
			put_big(table, plugin, sensor);
		else
			put(table, plugin, sensor);
		assert_true(reading_table_count(table) <= READING_TABLE_SENSORS_MAX);
		if (i % 50 == 0)
			assert_int_equal(put(table, "honest", i % 3), 0);
	}
	assert_in_range(size_of(table), 1, SIZE_MAX_WITH_ERRORS);
	assert_count(table, "honest", 3, 3);
	assert_int_equal(reading_table_share(table, "n", "honest").total, 0);
	reading_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_later_plugin_has_its_places),
		cmocka_unit_test(test_places_are_shared_equally),
		cmocka_unit_test(test_a_failing_plugin_has_a_place),
		cmocka_unit_test(test_removed_plugins_give_their_places_back),
		cmocka_unit_test(test_bytes_of_a_flood_cost_itself),
		cmocka_unit_test(test_shortened_data_comes_back),
		cmocka_unit_test(test_bytes_are_counted_back),
		cmocka_unit_test(test_limits_hold_whatever_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
