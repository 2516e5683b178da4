#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "config/config.h"
#include "reading/catalogue.h"
#include "reading/create.h"
#include "reading/table.h"

static void put(struct reading_table *table, const char *sensor, uint64_t timestamp_ms,
		const char *data)
{
	const struct reading_source source = {.node = "n", .plugin = "p"};
	struct reading *reading =
		reading_create(&source, sensor, timestamp_ms, json_loads(data, 0, NULL));

	assert_int_equal(reading_table_put(table, reading), 0);
	reading_unref(reading);
}

/* The texts that are kept say the same. */
static void check_written(const struct reading_table *table, uint64_t now_ms, const char *expected)
{
	struct buffer text;

	buffer_init(&text, 1 << 20);
	reading_table_write_shown(table, now_ms, &text);
	assert_int_equal(text.failed, 0);
	assert_string_equal(text.data, expected);
	buffer_finish(&text);
}

static void check(const struct reading_table *table, uint64_t after, uint64_t now_ms,
		  const char *expected)
{
	json_t *json = reading_table_show(table, after, now_ms);
	char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));

	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
	if (!after)
		check_written(table, now_ms, expected);
}

static void on_changed(void *arg)
{
	(void)arg;
}

static void test_whole_reading(void **state)
{
	static const char node[] = "[cluster]\nnode_id = \"n\"\n";
	const struct reading_catalogue_events events = {on_changed, NULL};
	struct reading_table *table = reading_table_create();
	struct reading_catalogue *catalogue;
	struct config *config;
	json_t *sensors = json_pack("{s:{s:{s:s}}}", "", "temperature", "unit", "°C"), *all;

	(void)state;
	assert_int_equal(config_parse(node, strlen(node), "c.toml", &config, NULL), 0);
	catalogue = reading_catalogue_create(config, &events);
	reading_catalogue_declare(catalogue, "p", sensors);
	json_decref(sensors);
	reading_table_use_catalogue(table, catalogue);
	check(table, 0, 1, "[]");
	put(table, "s", 1000, "{\"temperature\":21.5,\"other\":1}");
	check(table, 0, 1250,
	      "[{\"node\":\"n\",\"sensor\":\"s\",\"sensor_id\":\"n:s\",\"plugin\":\"p\","
	      "\"timestamp_ms\":1000,\"age_ms\":250,\"status\":\"ok\",\"simulated\":false,"
	      "\"removed\":false,"
	      "\"error\":null,\"data\":{\"temperature\":21.5,\"other\":1},"
	      "\"units\":{\"temperature\":\"°C\"},"
	      "\"description\":{\"fields\":{\"temperature\":{\"unit\":\"°C\"}}}}]");
	all = reading_table_descriptions(table, NULL);
	assert_non_null(json_object_get(all, "n:s"));
	json_decref(all);
	all = reading_table_descriptions(table, "n");
	assert_non_null(json_object_get(all, "s"));
	json_decref(all);
	all = reading_table_descriptions(table, "other");
	assert_int_equal(json_object_size(all), 0);
	json_decref(all);
	reading_table_destroy(table);
	reading_catalogue_destroy(catalogue);
	config_destroy(config);
}

/* The sensors and statuses of what changed after a revision: "a:ok b:error". */
static void check_statuses(const struct reading_table *table, uint64_t after, uint64_t now_ms,
			   const char *expected)
{
	json_t *json = reading_table_show(table, after, now_ms), *reading;
	char text[256] = "";
	size_t i, used = 0;

	json_array_foreach(json, i, reading)
	{
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s:%s", i ? " " : "",
					 json_string_value(json_object_get(reading, "sensor")),
					 json_string_value(json_object_get(reading, "status")));
	}
	assert_string_equal(text, expected);
	json_decref(json);
}

static void test_only_what_changed(void **state)
{
	struct reading_table *table = reading_table_create();
	uint64_t before;

	(void)state;
	put(table, "a", 1000, "{\"x\":1}");
	put(table, "b", 1000, "{\"x\":1}");
	before = reading_table_revision(table);
	check_statuses(table, 0, 1000, "a:ok b:ok");
	check_statuses(table, before, 1000, "");
	put(table, "b", 1001, "{\"x\":null,\"error\":\"gone\"}");
	check_statuses(table, before, 1001, "b:error");
	assert_int_equal(reading_table_last_update(table), 1001);
	reading_table_destroy(table);
}

/* Three intervals, and at least 5 s; a minute while the interval is not known. */
static void test_stale(void **state)
{
	struct reading_table *table = reading_table_create();

	(void)state;
	put(table, "a", 100000, "{\"x\":1}");
	check_statuses(table, 0, 160000, "a:ok");
	check_statuses(table, 0, 160001, "a:stale");
	put(table, "a", 101000, "{\"x\":1}");
	check_statuses(table, 0, 106000, "a:ok");
	check_statuses(table, 0, 106001, "a:stale");
	put(table, "a", 111000, "{\"x\":1}");
	check_statuses(table, 0, 141000, "a:ok");
	assert_int_equal(reading_table_stale(table, 141000), 0);
	check_statuses(table, 0, 141001, "a:stale");
	assert_int_equal(reading_table_stale(table, 141001), 1);
	/* A clock that was set back makes nothing older than new. */
	check_statuses(table, 0, 1, "a:ok");
	reading_table_destroy(table);
}

static void count_call(void *arg, const struct reading *reading)
{
	(void)reading;
	++*(int *)arg;
}

static void test_unsubscribe(void **state)
{
	struct reading_table *table = reading_table_create();
	int first = 0, second = 0;

	(void)state;
	assert_int_equal(reading_table_subscribe(table, count_call, &first), 0);
	assert_int_equal(reading_table_subscribe(table, count_call, &second), 0);
	put(table, "a", 1, "{\"x\":1}");
	reading_table_unsubscribe(table, count_call, &first);
	reading_table_unsubscribe(table, count_call, &first);
	put(table, "a", 2, "{\"x\":1}");
	assert_int_equal(first, 1);
	assert_int_equal(second, 2);
	reading_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_reading),
		cmocka_unit_test(test_only_what_changed),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_unsubscribe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
