#include "reading/filter/filters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_text.h"
#include "config/config.h"
#include "reading/create.h"

#define NODE "[cluster]\nnode_id = \"home\"\n"
#define FIELD NODE "[sensors.attic.fields.t]\n"

static struct config *parse(const char *text)
{
	struct config *config = NULL;

	assert_int_equal(config_parse(text, strlen(text), "c.toml", &config, NULL), 0);
	return config;
}

static struct reading *make(const char *node, const char *sensor, const char *data)
{
	const struct reading_source source = {.node = node, .plugin = "p", .now_ms = 5};
	struct reading *reading = reading_create(&source, sensor, 5, json_loads(data, 0, NULL));

	assert_non_null(reading);
	return reading;
}

/* Filter {"t": …} of home:attic, and compare the result's text. */
static unsigned assert_filtered(struct reading_filters *filters, const struct config *config,
				const char *data, const char *expected)
{
	struct reading *reading = make("home", "attic", data), *filtered;
	unsigned rejected = 0;

	filtered = reading_filters_apply(filters, config, reading, 0, &rejected);
	assert_non_null(filtered);
	assert_string_equal(filtered->text, expected);
	assert_int_equal(filtered->timestamp_ms, reading->timestamp_ms);
	assert_string_equal(filtered->plugin, "p");
	reading_unref(filtered);
	reading_unref(reading);
	return rejected;
}

/* The very same reading, at no cost, if nothing concerns it: another sensor, another node's. */
static void test_others_are_untouched(void **state)
{
	struct config *config = parse(FIELD "filters = [{offset = 1}]\n");
	struct reading_filters *filters = reading_filters_create();
	struct reading *readings[] = {make("home", "cellar", "{\"t\": 1}"),
				      make("away", "attic", "{\"t\": 1}")};
	unsigned rejected = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct reading *filtered =
			reading_filters_apply(filters, config, readings[i], 0, &rejected);

		assert_ptr_equal(filtered, readings[i]);
		reading_unref(filtered);
		reading_unref(readings[i]);
	}
	assert_int_equal(assert_filtered(filters, config, "{\"u\":1,\"t\":\"text\"}",
					 "{\"u\":1,\"t\":\"text\"}"),
			 0);
	reading_filters_destroy(filters);
	config_destroy(config);
}

static void test_raw_value_is_kept(void **state)
{
	struct config *config = parse(FIELD "keep_raw = true\nfilters = [{offset = 1}]\n");
	struct reading_filters *filters = reading_filters_create();

	(void)state;
	assert_filtered(filters, config, "{\"t\":1.5,\"u\":2}",
			"{\"t\":2.5,\"u\":2,\"t_raw\":1.5}");
	/* The plugin's own field of that name stays. */
	assert_filtered(filters, config, "{\"t\":1.5,\"t_raw\":7}", "{\"t\":2.5,\"t_raw\":7}");
	reading_filters_destroy(filters);
	config_destroy(config);
}

/* A reading has at most 64 fields, also with the raw value. */
static void test_raw_value_needs_room(void **state)
{
	struct config *config = parse(FIELD "keep_raw = true\nfilters = [{offset = 1}]\n");
	struct reading_filters *filters = reading_filters_create();
	json_t *data = json_pack("{s:f}", "t", 1.5);

	(void)state;
	for (size_t count = 1; count <= READING_FIELDS_MAX; count++) {
		struct reading *reading, *filtered;
		char *text = json_text(data), name[16];
		unsigned rejected = 0;

		reading = make("home", "attic", text);
		filtered = reading_filters_apply(filters, config, reading, 0, &rejected);
		assert_int_equal(json_object_size(filtered->data),
				 count < READING_FIELDS_MAX ? count + 1 : count);
		reading_unref(filtered);
		reading_unref(reading);
		free(text);
		snprintf(name, sizeof(name), "f%zu", count);
		json_object_set_new(data, name, json_integer(1));
	}
	json_decref(data);
	reading_filters_destroy(filters);
	config_destroy(config);
}

static void test_rejected_is_null_with_the_reason(void **state)
{
	struct config *config = parse(FIELD "filters = [{reject = [-40, 80]}]\n");
	struct reading_filters *filters = reading_filters_create();

	(void)state;
	assert_int_equal(assert_filtered(filters, config, "{\"t\":81,\"u\":2}",
					 "{\"t\":null,\"u\":2,\"error\":\"t: 81 is outside the "
					 "range that the filters accept\"}"),
			 1);
	assert_filtered(filters, config, "{\"t\":81,\"error\":\"own\"}",
			"{\"t\":null,\"error\":\"own\"}");
	assert_int_equal(assert_filtered(filters, config, "{\"t\":80}", "{\"t\":80.0}"), 0);
	reading_filters_destroy(filters);
	config_destroy(config);
}

/* The window survives a reload if the filters are the same, and is empty otherwise. */
static void test_reload(void **state)
{
	struct config *config = parse(FIELD "filters = [{median = 3}]\n");
	struct config *same = parse(FIELD "name = \"Other\"\nfilters = [{median = 3}]\n");
	struct config *other = parse(FIELD "filters = [{median = 5}]\n");
	struct reading_filters *filters = reading_filters_create();

	(void)state;
	assert_filtered(filters, config, "{\"t\":1}", "{\"t\":1.0}");
	assert_filtered(filters, config, "{\"t\":3}", "{\"t\":2.0}");
	reading_filters_configure(filters, same);
	assert_filtered(filters, same, "{\"t\":9}", "{\"t\":3.0}");
	reading_filters_configure(filters, other);
	assert_filtered(filters, other, "{\"t\":9}", "{\"t\":9.0}");
	reading_filters_destroy(filters);
	config_destroy(config);
	config_destroy(same);
	config_destroy(other);
}

static void expired(void *arg, const char *sensor, const char *field, double seconds)
{
	assert_string_equal(sensor, "attic");
	assert_string_equal(field, "t");
	assert_float_equal(seconds, 30, 0);
	++*(int *)arg;
}

static void test_expire(void **state)
{
	struct config *config = parse(FIELD "filters = [{timeout = 30}]\n");
	struct reading_filters *filters = reading_filters_create();
	int count = 0;

	(void)state;
	assert_filtered(filters, config, "{\"t\":1}", "{\"t\":1.0}");
	reading_filters_expire(filters, 29999, expired, &count);
	assert_int_equal(count, 0);
	reading_filters_expire(filters, 30000, expired, &count);
	reading_filters_expire(filters, 31000, expired, &count);
	assert_int_equal(count, 1);
	reading_filters_destroy(filters);
	config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_others_are_untouched),
		cmocka_unit_test(test_raw_value_is_kept),
		cmocka_unit_test(test_raw_value_needs_room),
		cmocka_unit_test(test_rejected_is_null_with_the_reason),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_expire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
