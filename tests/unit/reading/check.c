#include "reading/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json_text.h"

/* `data` is taken. */
static void assert_refused(json_t *data, int code, const char *why)
{
	struct error err = {.text = ""};

	assert_non_null(data);
	assert_int_equal(reading_check("dht22", 1, data, &err), code);
	assert_string_equal(err.text, why);
	json_decref(data);
}

static void assert_accepted(json_t *data)
{
	assert_refused(data, 0, "");
}

static json_t *load(const char *text)
{
	return json_loads(text, JSON_ALLOW_NUL, NULL);
}

static json_t *with_fields(unsigned count)
{
	json_t *data = json_object();
	char name[16];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		json_object_set_new(data, name, json_integer(i));
	}
	return data;
}

/* The node adds these two to a reading that has all its fields, when its next poll fails. */
static void what_says_that_a_sensor_failed_is_no_field(void **state)
{
	json_t *data = with_fields(READING_FIELDS_MAX);

	(void)state;
	assert_accepted(json_incref(data));
	json_object_set_new(data, "error", json_string("no acknowledge"));
	json_object_set_new(data, "last_good_ms", json_integer(5));
	assert_accepted(data);
	assert_refused(with_fields(READING_FIELDS_MAX + 1), ERROR_TOO_LARGE,
		       "the reading has more than 64 fields; spread them over several sensors");
}

static void texts_are_plain(void **state)
{
	(void)state;
	assert_accepted(load("{\"a\":\"tab\\t, lines\\r\\n, °C\",\"b\":[\"x\"]}"));
	assert_refused(load("{\"a\":\"x\\u0000y\"}"), ERROR_MALFORMED,
		       "field a: the text has a control character (0x00) at byte 2; only tabs and "
		       "line ends are allowed");
	assert_refused(load("{\"a\":[{\"b\":\"\\u001b[2J\"}]}"), ERROR_MALFORMED,
		       "field a: the text has a control character (0x1b) at byte 1; only tabs and "
		       "line ends are allowed");
	assert_refused(load("{\"a\":\"é\\u0085\"}"), ERROR_MALFORMED,
		       "field a: the text has a control character (0xc2) at byte 3; only tabs and "
		       "line ends are allowed");
	assert_refused(load("{\"a\":\"\\u007f\"}"), ERROR_MALFORMED,
		       "field a: the text has a control character (0x7f) at byte 1; only tabs and "
		       "line ends are allowed");
}

static void names_are_plain_and_short(void **state)
{
	static const char why[] = "the name of a field must have 1 to 64 bytes without control "
				  "characters; give the field another name";
	char name[READING_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[READING_NAME_MAX + 1] = '\0';
	assert_accepted(json_pack("{s:i}", name + 1, 1));
	assert_refused(json_pack("{s:i}", name, 1), ERROR_MALFORMED, why);
	assert_refused(load("{\"\":1}"), ERROR_MALFORMED, why);
	assert_refused(load("{\"a\\nb\":1}"), ERROR_MALFORMED, why);
	assert_refused(load("{\"\\u0090\":1}"), ERROR_MALFORMED, why);
	assert_accepted(load("{\"a\":{\"\":1,\"°C\":2}}"));
	assert_refused(load("{\"a\":{\"b\\tc\":1}}"), ERROR_MALFORMED,
		       "field a: the name of a member has a control character; give it another "
		       "name");
}

static json_t *nested(unsigned depth)
{
	json_t *value = json_integer(1);

	while (depth--)
		value = json_pack("[o]", value);
	return json_pack("{s:o}", "d", value);
}

static void values_are_nested_so_deep_at_most(void **state)
{
	(void)state;
	assert_accepted(nested(READING_DEPTH_MAX));
	assert_refused(nested(READING_DEPTH_MAX + 1), ERROR_TOO_LARGE,
		       "field d: a value is nested deeper than 16; split it into several fields");
}

/* {"a":"xxx…"}: eight bytes beside the text */
static json_t *of_size(size_t size)
{
	char *text = calloc(1, size);
	json_t *data;

	memset(text, 'x', size - 8);
	data = json_pack("{s:s}", "a", text);
	free(text);
	return data;
}

static void data_has_so_many_bytes_at_most(void **state)
{
	static const char why[] = "the reading has more than 16384 bytes as JSON text; return less "
				  "data or split it over several sensors";
	json_t *data = of_size(READING_SIZE_MAX);
	struct error err;
	char *text;

	(void)state;
	assert_int_equal(reading_make_text(data, READING_SIZE_MAX, &text, NULL), 0);
	assert_int_equal(strlen(text), READING_SIZE_MAX);
	free(text);
	json_decref(data);
	data = of_size(READING_SIZE_MAX + 1);
	assert_int_equal(reading_make_text(data, READING_SIZE_MAX, &text, &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text, why);
	json_decref(data);
	assert_accepted(of_size(READING_SIZE_MAX + READING_FAILURE_SIZE));
	assert_refused(of_size(READING_SIZE_MAX + READING_FAILURE_SIZE + 1), ERROR_TOO_LARGE, why);
}

static void the_rest_of_a_reading_counts_too(void **state)
{
	json_t *data = json_object();

	(void)state;
	assert_int_equal(reading_check("a", READING_TIME_MS_MAX, data, NULL), 0);
	assert_int_equal(reading_check("a", READING_TIME_MS_MAX + 1, data, NULL), ERROR_MALFORMED);
	assert_int_equal(reading_check("_log", 1, data, NULL), ERROR_MALFORMED);
	assert_int_equal(reading_check("a b", 1, data, NULL), ERROR_MALFORMED);
	json_decref(data);
	assert_refused(json_array(), ERROR_MALFORMED,
		       "data: expected a JSON object with the reading's fields");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_says_that_a_sensor_failed_is_no_field),
		cmocka_unit_test(texts_are_plain),
		cmocka_unit_test(names_are_plain_and_short),
		cmocka_unit_test(values_are_nested_so_deep_at_most),
		cmocka_unit_test(data_has_so_many_bytes_at_most),
		cmocka_unit_test(the_rest_of_a_reading_counts_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
