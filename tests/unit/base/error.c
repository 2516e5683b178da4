#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void texts_come_from_the_table(void **state)
{
	(void)state;
	assert_string_equal(error_text(0), "success");
	assert_string_equal(error_text(ERROR_NO_ACKNOWLEDGE), "no acknowledge");
	assert_string_equal(error_text(-999), "unknown error");
}

static void wraps_outwards(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(error_set(&err, ERROR_INVALID, "expected %s", "an integer"),
			 ERROR_INVALID);
	assert_int_equal(error_wrap(&err, ERROR_SYSTEM, "%s:%d", "a.toml", 3), ERROR_INVALID);
	assert_string_equal(err.text, "a.toml:3: expected an integer");
	assert_int_equal(error_set_errno(&err, ERROR_SYSTEM, ENOENT, "%s", "x"), ERROR_SYSTEM);
	assert_string_equal(err.text, "x: No such file or directory");
}

static void null_takes_the_code_on(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, ERROR_BUSY, "x"), ERROR_BUSY);
	assert_int_equal(error_set_errno(NULL, ERROR_BUSY, 1, "x"), ERROR_BUSY);
	assert_int_equal(error_wrap(NULL, ERROR_BUSY, "x"), ERROR_BUSY);
}

static void long_texts_are_cut(void **state)
{
	char text[2 * ERROR_TEXT_SIZE];
	struct error err = {0};

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, ERROR_INVALID, "%s", text);
	assert_int_equal(strlen(err.text), ERROR_TEXT_SIZE - 1);
	error_wrap(&err, ERROR_INVALID, "outer");
	assert_int_equal(strlen(err.text), ERROR_TEXT_SIZE - 1);
	assert_memory_equal(err.text, "outer: xxx", 10);
}

/* A text that ends inside a character is no JSON: whatever holds it would vanish from the API. */
static void texts_are_utf8_however_they_are_cut(void **state)
{
	char text[2 * ERROR_TEXT_SIZE];
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "é", 3);
	error_set(&err, ERROR_INVALID, "%s", text);
	assert_int_equal(strlen(err.text), ERROR_TEXT_SIZE - 2);
	assert_true(text_is_utf8(err.text, strlen(err.text)));
	error_wrap(&err, ERROR_INVALID, "22");
	assert_true(text_is_utf8(err.text, strlen(err.text)));
	error_set_errno(&err, ERROR_SYSTEM, ENOENT, "%s", "a\xff.py");
	assert_string_equal(err.text, "a?.py: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come_from_the_table),
		cmocka_unit_test(wraps_outwards),
		cmocka_unit_test(null_takes_the_code_on),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(texts_are_utf8_however_they_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
