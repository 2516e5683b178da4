#include "reading/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/random.h"

static void test_floats_become_short(void **state)
{
	(void)state;
	assert_true(value_round(0.10000000149011612) == 0.1);
	assert_true(value_round(23.450000762939453) == 23.45);
	assert_true(value_round(1013.25) == 1013.25);
	assert_true(value_round(-273.1499938964844) == -273.15);
	assert_true(value_round(1.0000000150474662e+30) == 1e30);
	assert_true(value_round(0) == 0);
	assert_true(value_round(16777217.0) == 16777217.0);
}

static void test_doubles_stay(void **state)
{
	(void)state;
	assert_true(value_round(0.1) == 0.1);
	assert_true(value_round(0.1 + 0.2) == 0.1 + 0.2);
	assert_true(value_round(1e300) == 1e300);
	assert_true(value_round(5e-324) == 5e-324);
}

static void test_any_float_stays_that_float(void **state)
{
	struct random random;
	uint64_t seed = 20260131;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int i = 0; i < 100000; i++) {
		uint32_t bits = (uint32_t)random_u64(&random);
		float number;

		memcpy(&number, &bits, sizeof(number));
		if (isfinite(number))
			assert_true((float)value_round((double)number) == number);
	}
}

static char *clean(const char *text, const char **ret_word)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL), *cleaned;
	const char *word = NULL;
	char *result;

	assert_non_null(value);
	assert_int_equal(value_clean(value, &cleaned, &word), 0);
	*ret_word = word ? !strcmp(word, "nan")	   ? "nan"
			    : !strcmp(word, "inf") ? "inf"
						   : "-inf"
			 : "";
	result = json_dumps(cleaned, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(cleaned);
	json_decref(value);
	return result;
}

static void assert_clean(const char *text, const char *expected, const char *expected_word)
{
	const char *word;
	char *result = clean(text, &word);

	assert_string_equal(result, expected);
	assert_string_equal(word, expected_word);
	free(result);
}

static void test_markers(void **state)
{
	(void)state;
	assert_clean("{\"not_finite\":\"nan\"}", "null", "nan");
	assert_clean("[1,{\"a\":{\"not_finite\":\"-inf\"}},{\"not_finite\":\"nan\"}]",
		     "[1,{\"a\":null},null]", "-inf");
	assert_clean("{\"not_finite\":\"x\"}", "{\"not_finite\":\"x\"}", "");
	assert_clean("{\"not_finite\":\"nan\",\"b\":1}", "{\"not_finite\":\"nan\",\"b\":1}", "");
	assert_clean("{\"not_finite\":1}", "{\"not_finite\":1}", "");
	assert_clean("[true,null,\"x\",7,{\"k\":0.5}]", "[true,null,\"x\",7,{\"k\":0.5}]", "");
}

static json_t *nest(unsigned depth)
{
	json_t *value = json_integer(1);

	while (depth-- > 0)
		value = depth % 2 ? json_pack("[o]", value) : json_pack("{s:o}", "k", value);
	return value;
}

static void test_depth_limit(void **state)
{
	json_t *value = nest(READING_DEPTH_MAX), *cleaned = NULL;
	const char *word = NULL;

	(void)state;
	assert_int_equal(value_clean(value, &cleaned, &word), 0);
	assert_true(json_equal(value, cleaned));
	json_decref(cleaned);
	json_decref(value);
	value = nest(READING_DEPTH_MAX + 1);
	assert_int_equal(value_clean(value, &cleaned, &word), ERROR_TOO_LARGE);
	json_decref(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_floats_become_short),
		cmocka_unit_test(test_doubles_stay),
		cmocka_unit_test(test_any_float_stays_that_float),
		cmocka_unit_test(test_markers),
		cmocka_unit_test(test_depth_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
