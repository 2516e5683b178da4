#include "base/placeholder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"

static void assert_expands(const char *text, const char *expected)
{
	static const struct placeholder values[] = {{"a", "1"}, {"ab", "{b}"}, {NULL, NULL}};
	struct buffer to;

	buffer_init(&to, 100);
	placeholder_expand(text, values, &to);
	assert_string_equal(to.data ? to.data : "", expected);
	buffer_finish(&to);
}

static void test_expand(void **state)
{
	(void)state;
	assert_expands("", "");
	assert_expands("plain }", "plain }");
	assert_expands("{a}{ab}{a}", "1{b}1");
	assert_expands("{{a}", "{a}");
	assert_expands("{b} {a", "{b} {a");
	assert_expands("{{{a}", "{1");
}

static void assert_unknown(const char *text, const char *expected)
{
	static const char *const names[] = {"a", "ab", NULL};
	char unknown[8] = "";

	assert_int_equal(placeholder_check(text, names, unknown, sizeof(unknown)), !*expected);
	assert_string_equal(unknown, expected);
}

static void test_check(void **state)
{
	(void)state;
	assert_unknown("{a} {ab} {{c} }", "");
	assert_unknown("{a} {c}", "{c}");
	assert_unknown("{}", "{}");
	assert_unknown("{a", "{a");
	assert_unknown("{abcdefghij}", "{abcdef");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
