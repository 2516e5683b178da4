#include "wire/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

static void expect_json(cbor_item_t *value, const char *expected)
{
	json_t *json;
	char *text;

	assert_int_equal(value_to_json(value, &json, NULL), 0);
	text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
	cbor_decref(&value);
}

static void becomes_json(void **state)
{
	(void)state;
	expect_json(value_null(), "null");
	expect_json(value_ok(value_f32(21.5f)), "[true,21.5]");
	expect_json(value_array(3, value_bool(false), value_unsigned(7), value_text("°C")),
		    "[false,7,\"°C\"]");
	expect_json(cbor_build_negint64(4), "-5");
	expect_json(value_f32(NAN), "{\"not_finite\":\"nan\"}");
	expect_json(value_f32(INFINITY), "{\"not_finite\":\"inf\"}");
	expect_json(cbor_build_float8(-INFINITY), "{\"not_finite\":\"-inf\"}");
}

static void expect_refusal(cbor_item_t *value, int code)
{
	json_t *json;

	assert_int_equal(value_to_json(value, &json, NULL), code);
	cbor_decref(&value);
}

static void what_json_has_not_is_refused(void **state)
{
	cbor_item_t *deep = value_null(), *map = cbor_new_definite_map(1);

	(void)state;
	expect_refusal(value_bytes((const uint8_t *)"x", 1), ERROR_MALFORMED);
	expect_refusal(value_unsigned(UINT64_MAX), ERROR_MALFORMED);
	expect_refusal(cbor_build_negint64(UINT64_MAX), ERROR_MALFORMED);
	expect_refusal(cbor_build_stringn("\xff", 1), ERROR_MALFORMED);
	expect_json(cbor_build_stringn("a\0b", 3), "\"a\\u0000b\"");
	for (int i = 0; i < 33; i++)
		deep = value_array(1, deep);
	expect_refusal(deep, ERROR_TOO_LARGE);
	assert_true(cbor_map_add(map, (struct cbor_pair){cbor_move(value_unsigned(1)),
							 cbor_move(value_unsigned(2))}));
	expect_refusal(map, ERROR_MALFORMED);
}

static void arguments_are_checked(void **state)
{
	cbor_item_t *args = value_array(3, value_unsigned(256), value_text("hex"),
					value_bytes((const uint8_t *)"\1\2", 2));
	const uint8_t *data;
	const char *text;
	uint64_t number;
	size_t size;
	bool flag;

	(void)state;
	assert_int_equal(value_get_unsigned(args, 0, 256, &number), 0);
	assert_int_equal(number, 256);
	assert_int_equal(value_get_unsigned(args, 0, 255, &number), ERROR_MALFORMED);
	assert_int_equal(value_get_unsigned(args, 1, 255, &number), ERROR_MALFORMED);
	assert_int_equal(value_get_unsigned(args, 3, 255, &number), ERROR_MALFORMED);
	assert_int_equal(value_get_text(args, 1, &text, &size), 0);
	assert_int_equal(size, 3);
	assert_int_equal(value_get_text(args, 2, &text, &size), ERROR_MALFORMED);
	assert_int_equal(value_get_bytes(args, 2, &data, &size), 0);
	assert_int_equal(data[1], 2);
	assert_int_equal(value_get_bytes(args, 1, &data, &size), ERROR_MALFORMED);
	assert_int_equal(value_get_bool(args, 0, &flag), ERROR_MALFORMED);
	cbor_decref(&args);
	args = value_array(2, value_f32(1), value_bool(true));
	assert_int_equal(value_get_bool(args, 0, &flag), ERROR_MALFORMED);
	assert_int_equal(value_get_bool(args, 1, &flag), 0);
	assert_false(value_is_null(cbor_array_handle(args)[0]));
	cbor_decref(&args);
}

static void a_missing_part_takes_the_rest_with_it(void **state)
{
	(void)state;
	assert_null(value_array(3, value_unsigned(1), NULL, value_text("freed by value_array")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_json),
		cmocka_unit_test(what_json_has_not_is_refused),
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(a_missing_part_takes_the_rest_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
