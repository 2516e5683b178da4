#include "base/json_text.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"

static void assert_real(double number, const char *expected)
{
	char text[JSON_TEXT_NUMBER_SIZE];

	json_text_real(text, number);
	assert_string_equal(text, expected);
}

/* With 15 digits the largest number became one that no reader takes. */
static void a_number_has_as_many_digits_as_it_needs(void **state)
{
	(void)state;
	assert_real(21.3, "21.3");
	assert_real(21, "21.0");
	assert_real(-0.0, "-0.0");
	assert_real(0.1 + 0.2, "0.30000000000000004");
	assert_real(1e22, "1e+22");
	assert_real(DBL_MAX, "1.7976931348623157e+308");
	assert_real(-DBL_MIN, "-2.2250738585072014e-308");
	assert_real(5e-324, "4.94065645841247e-324");
	assert_real(123456789012345.0, "123456789012345.0");
	assert_real(12345678901234567.0, "12345678901234568.0");
}

/* Whatever the bits are, the same number comes back. */
static void any_number_comes_back(void **state)
{
	uint64_t random = UINT64_C(88172645463325252); /* xorshift64 (Marsaglia) */

	(void)state;
	for (int i = 0; i < 100000; i++) {
		char text[JSON_TEXT_NUMBER_SIZE];
		double number;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		memcpy(&number, &random, sizeof(number));
		if (!(number - number == 0)) /* not finite */
			continue;
		json_text_real(text, number);
		assert_true(strtod(text, NULL) == number);
		assert_non_null(strpbrk(text, ".e"));
	}
}

/* As jansson prints it, where that changes no number. */
static void values_are_as_jansson_prints_them(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"null",
		"true",
		"[false,-9223372036854775808,9223372036854775807,\"\"]",
		"{\"b\":{\"c\":[[],{}]},\"a\":[1,2.5]}",
		"\"\\\" \\\\ / \\b\\f\\n\\r\\t \\u0001\\u001f \x7f °C €\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *value = json_loads(texts[i], JSON_DECODE_ANY, NULL);
		char *text = json_text(value);

		assert_non_null(value);
		assert_string_equal(text, texts[i]);
		free(text);
		json_decref(value);
	}
}

static void a_nul_in_a_text_is_escaped(void **state)
{
	json_t *value = json_stringn("a\0b", 3);
	char *text = json_text(value);

	(void)state;
	assert_string_equal(text, "\"a\\u0000b\"");
	free(text);
	json_decref(value);
}

static void the_limit_of_the_buffer_counts(void **state)
{
	json_t *value = json_pack("{s:[i,i]}", "a", 1, 2);
	struct buffer text;

	(void)state;
	buffer_init(&text, 11);
	assert_int_equal(json_text_append(&text, value), 0);
	assert_string_equal(text.data, "{\"a\":[1,2]}");
	buffer_finish(&text);
	buffer_init(&text, 10);
	assert_int_equal(json_text_append(&text, value), ERROR_TOO_LARGE);
	buffer_finish(&text);
	json_decref(value);
	assert_null(json_text(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_has_as_many_digits_as_it_needs),
		cmocka_unit_test(any_number_comes_back),
		cmocka_unit_test(values_are_as_jansson_prints_them),
		cmocka_unit_test(a_nul_in_a_text_is_escaped),
		cmocka_unit_test(the_limit_of_the_buffer_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
