#include "reading/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reading/create.h"

static const struct reading_source source = {
	.node = "pi 4",
	.plugin = "dht22",
	.now_ms = 1000,
	.simulated = true,
};

static void assert_reading(const struct reading *reading, const char *expected)
{
	json_t *json = reading_to_json(reading);
	char *text = json_dumps(json, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void test_to_json(void **state)
{
	struct reading *reading = reading_create(&source, "s", 5, json_pack("{s:i}", "t", 1));

	(void)state;
	assert_reading(reading, "{\"sensor_id\":\"pi_4:s\",\"timestamp_ms\":5,\"data\":{\"t\":1},"
				"\"simulated\":true}");
	reading->simulated = false;
	assert_reading(reading, "{\"sensor_id\":\"pi_4:s\",\"timestamp_ms\":5,\"data\":{\"t\":1}}");
	reading_unref(reading);
}

static void test_failed_without_a_last_one(void **state)
{
	struct reading *reading = reading_create_failed(&source, "s", NULL, 0, "no answer");

	(void)state;
	assert_reading(reading, "{\"sensor_id\":\"pi_4:s\",\"timestamp_ms\":1000,\"data\":{"
				"\"error\":\"no answer\",\"last_good_ms\":null},"
				"\"simulated\":true}");
	assert_false(reading_has_value(reading));
	assert_true(reading_has_error(reading));
	reading_unref(reading);
}

static void test_failed_keeps_the_fields(void **state)
{
	struct reading *last =
		reading_create(&source, "s", 5, json_pack("{s:i, s:[i]}", "t", 1, "l", 2));
	struct reading *first = reading_create_failed(&source, "s", last, 5, "one");
	struct reading *second = reading_create_failed(&source, "s", first, 5, "two");

	(void)state;
	assert_true(reading_has_value(last));
	assert_false(reading_has_error(last));
	assert_reading(second, "{\"sensor_id\":\"pi_4:s\",\"timestamp_ms\":1000,\"data\":{"
			       "\"t\":null,\"l\":null,\"error\":\"two\",\"last_good_ms\":5},"
			       "\"simulated\":true}");
	assert_int_equal(json_integer_value(json_object_get(last->data, "t")), 1);
	reading_unref(last);
	reading_unref(first);
	reading_unref(second);
}

static void test_text_of_any_bytes(void **state)
{
	struct reading *reading =
		reading_create_failed(&source, "s", NULL, 0, "a\xff\xc3z\x1b[\xc3");
	char text[600];

	(void)state;
	assert_string_equal(json_string_value(json_object_get(reading->data, "error")), "a??z?[");
	reading_unref(reading);
	memset(text, 'e', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	reading = reading_create_failed(&source, "s", NULL, 0, text);
	assert_int_equal(json_string_length(json_object_get(reading->data, "error")),
			 READING_ERROR_SIZE - 1);
	reading_unref(reading);
}

static void test_references(void **state)
{
	struct reading *reading = reading_create(&source, "s", 5, json_object());

	(void)state;
	assert_ptr_equal(reading_ref(reading), reading);
	reading_unref(reading);
	assert_int_equal(reading->references, 1);
	reading_unref(reading);
	reading_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_json),
		cmocka_unit_test(test_failed_without_a_last_one),
		cmocka_unit_test(test_failed_keeps_the_fields),
		cmocka_unit_test(test_text_of_any_bytes),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
