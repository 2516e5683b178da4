#include "reading/filter/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_two_points(void **state)
{
	static const struct filter_point points[] = {{0, 10}, {100, 210}};

	(void)state;
	assert_float_equal(filter_line_at(points, 2, 0), 10, 1e-9);
	assert_float_equal(filter_line_at(points, 2, 50), 110, 1e-9);
	assert_float_equal(filter_line_at(points, 2, 100), 210, 1e-9);
	assert_float_equal(filter_line_at(points, 2, 200), 410, 1e-9);
	assert_float_equal(filter_line_at(points, 2, -50), -90, 1e-9);
}

/* Each pair of neighbours has a line of its own, and the outer ones go on. */
static void test_many_points(void **state)
{
	static const struct filter_point points[] = {{0, 0}, {10, 20}, {20, 20}, {30, 0}};

	(void)state;
	assert_float_equal(filter_line_at(points, 4, 5), 10, 1e-9);
	assert_float_equal(filter_line_at(points, 4, 10), 20, 1e-9);
	assert_float_equal(filter_line_at(points, 4, 15), 20, 1e-9);
	assert_float_equal(filter_line_at(points, 4, 25), 10, 1e-9);
	assert_float_equal(filter_line_at(points, 4, 35), -10, 1e-9);
	assert_float_equal(filter_line_at(points, 4, -5), -10, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_points),
		cmocka_unit_test(test_many_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
