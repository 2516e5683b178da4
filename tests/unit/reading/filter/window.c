#include "reading/filter/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_median(void **state)
{
	struct filter_window window = {0};

	(void)state;
	filter_window_add(&window, 3, 5);
	assert_float_equal(filter_window_median(&window), 5, 1e-9);
	filter_window_add(&window, 3, 9);
	assert_float_equal(filter_window_median(&window), 7, 1e-9);
	filter_window_add(&window, 3, 1);
	assert_float_equal(filter_window_median(&window), 5, 1e-9);
	filter_window_add(&window, 3, 100); /* 9, 1, 100 */
	assert_float_equal(filter_window_median(&window), 9, 1e-9);
}

static void test_mean(void **state)
{
	struct filter_window window = {0};

	(void)state;
	filter_window_add(&window, 2, 4);
	assert_float_equal(filter_window_mean(&window), 4, 1e-9);
	filter_window_add(&window, 2, 8);
	assert_float_equal(filter_window_mean(&window), 6, 1e-9);
	filter_window_add(&window, 2, 10); /* 8, 10 */
	assert_float_equal(filter_window_mean(&window), 9, 1e-9);
}

static void test_largest(void **state)
{
	struct filter_window window = {0};

	(void)state;
	for (int i = 0; i < 2 * FILTER_WINDOW_MAX; i++)
		filter_window_add(&window, FILTER_WINDOW_MAX, i);
	assert_int_equal(window.count, FILTER_WINDOW_MAX);
	assert_float_equal(filter_window_median(&window), 1.5 * FILTER_WINDOW_MAX - 0.5, 1e-9);
	assert_float_equal(filter_window_mean(&window), 1.5 * FILTER_WINDOW_MAX - 0.5, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median),
		cmocka_unit_test(test_mean),
		cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
