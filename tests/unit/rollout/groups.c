#include "rollout/groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static size_t sizes[ROLLOUT_GROUPS_MAX], count;

static void divide(const char *text, size_t nodes)
{
	struct error err;

	assert_int_equal(rollout_groups_parse(text, nodes, sizes, &count, &err), 0);
}

static void test_groups(void **state)
{
	(void)state;
	divide(ROLLOUT_GROUPS_DEFAULT, 25);
	assert_int_equal(count, 3);
	assert_int_equal(sizes[0], 1);
	assert_int_equal(sizes[1], 3); /* a tenth, rounded up */
	assert_int_equal(sizes[2], 21);
	divide("2,50%", 4);
	assert_int_equal(count, 2);
	assert_int_equal(sizes[1], 2);
}

static void test_what_is_left_over(void **state)
{
	(void)state;
	divide("1", 3);
	assert_int_equal(count, 2);
	assert_int_equal(sizes[1], 2);
	divide("1,10%,rest", 1);
	assert_int_equal(count, 1);
	assert_int_equal(sizes[0], 1);
	divide("5,rest", 3);
	assert_int_equal(count, 1);
	assert_int_equal(sizes[0], 3);
	divide("100%,1", 7);
	assert_int_equal(count, 1);
}

static void test_limits(void **state)
{
	struct error err;

	(void)state;
	divide("1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,rest", 17);
	assert_int_equal(count, ROLLOUT_GROUPS_MAX);
	assert_int_equal(
		rollout_groups_parse("1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", 17, sizes, &count, &err),
		ERROR_TOO_LARGE);
	assert_string_equal(err.text, "groups: at most 16 are possible: name fewer");
}

static void test_other_texts(void **state)
{
	static const char *const texts[] = {"",	  ",",	"1,",  "0",	"0%",  "101%",	  "x",
					    "-1", "1 ", "1%%", "rests", "1;2", "1000001", "+1"};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(rollout_groups_parse(texts[i], 10, sizes, &count, &err),
				 ERROR_INVALID);
		assert_non_null(strstr(err.text, "such as 1,10%,rest"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_what_is_left_over),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_other_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
