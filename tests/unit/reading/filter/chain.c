#include "reading/filter/chain.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct filter_chain *make(const struct filter *filters, size_t count)
{
	struct filter_chain *chain = filter_chain_create(filters, count);

	assert_non_null(chain);
	return chain;
}

static struct filter_chain *one(enum filter_kind kind, double number)
{
	const struct filter filter = {.kind = kind, .number = number};

	return make(&filter, 1);
}

/* No tolerance: rounding errors do not show. */
static void assert_value(struct filter_chain *chain, double value, uint64_t now_ms,
			 enum filter_outcome outcome, double expected)
{
	double found = -1;

	assert_int_equal(filter_chain_apply(chain, value, now_ms, &found), outcome);
	assert_memory_equal(&found, &expected, sizeof(found));
}

static void test_arithmetic(void **state)
{
	struct filter_chain *chain = one(FILTER_OFFSET, -0.3);

	(void)state;
	assert_value(chain, 21.5, 0, FILTER_PASSED, 21.2);
	filter_chain_destroy(chain);
	chain = one(FILTER_MULTIPLY, 1.1);
	assert_value(chain, 3, 0, FILTER_PASSED, 3.3);
	assert_value(chain, DBL_MAX, 0, FILTER_REJECTED, -1); /* not finite */
	filter_chain_destroy(chain);
}

/* In the order of the list: (x + 1) * 2, not x * 2 + 1. */
static void test_order(void **state)
{
	const struct filter filters[] = {{.kind = FILTER_OFFSET, .number = 1},
					 {.kind = FILTER_MULTIPLY, .number = 2}};
	struct filter_chain *chain = make(filters, 2);

	(void)state;
	assert_value(chain, 3, 0, FILTER_PASSED, 8);
	assert_true(filter_chain_has(chain, filters, 2));
	assert_false(filter_chain_has(chain, filters, 1));
	filter_chain_destroy(chain);
}

static void test_linear(void **state)
{
	const struct filter filter = {
		.kind = FILTER_LINEAR, .points = {{0, 0.5}, {100, 100.5}}, .points_count = 2};
	struct filter_chain *chain = make(&filter, 1);

	(void)state;
	assert_value(chain, 20, 0, FILTER_PASSED, 20.5);
	filter_chain_destroy(chain);
}

/* The configuration refuses points that coincide. Of two that nearly do, the line may be too steep
 * for a number: then there is none. */
static void test_points_that_nearly_coincide(void **state)
{
	const struct filter filter = {
		.kind = FILTER_LINEAR, .points = {{0, 0}, {5e-324, 1}}, .points_count = 2};
	struct filter_chain *chain = make(&filter, 1);

	(void)state;
	assert_value(chain, 0, 0, FILTER_PASSED, 0);
	assert_value(chain, 1, 0, FILTER_REJECTED, -1);
	filter_chain_destroy(chain);
}

static void test_windows(void **state)
{
	const struct filter median = {.kind = FILTER_MEDIAN, .window = 3};
	const struct filter mean = {.kind = FILTER_MOVING_AVERAGE, .window = 2};
	struct filter_chain *chain = make(&median, 1);

	(void)state;
	assert_value(chain, 1, 0, FILTER_PASSED, 1);
	assert_value(chain, 99, 0, FILTER_PASSED, 50);
	assert_value(chain, 2, 0, FILTER_PASSED, 2);
	filter_chain_destroy(chain);
	chain = make(&mean, 1);
	assert_value(chain, 1, 0, FILTER_PASSED, 1);
	assert_value(chain, 3, 0, FILTER_PASSED, 2);
	assert_value(chain, 5, 0, FILTER_PASSED, 4);
	filter_chain_destroy(chain);
}

static void test_exponential(void **state)
{
	struct filter_chain *chain = one(FILTER_EXPONENTIAL, 0.25);

	(void)state;
	assert_value(chain, 8, 0, FILTER_PASSED, 8);
	assert_value(chain, 16, 0, FILTER_PASSED, 10);
	assert_value(chain, 10, 0, FILTER_PASSED, 10);
	filter_chain_destroy(chain);
}

/* A small change is withheld, but many small ones in one direction are let through in the end. */
static void test_delta(void **state)
{
	struct filter_chain *chain = one(FILTER_DELTA, 0.5);

	(void)state;
	assert_value(chain, 20, 0, FILTER_PASSED, 20);
	assert_value(chain, 20.25, 0, FILTER_WITHHELD, 20);
	assert_value(chain, 20.5, 0, FILTER_PASSED, 20.5);
	assert_value(chain, 20.25, 0, FILTER_WITHHELD, 20.5);
	filter_chain_destroy(chain);
}

static void test_throttle(void **state)
{
	struct filter_chain *chain = one(FILTER_THROTTLE, 10);

	(void)state;
	assert_value(chain, 1, 5000, FILTER_PASSED, 1);
	assert_value(chain, 2, 14999, FILTER_WITHHELD, 1);
	assert_value(chain, 3, 15000, FILTER_PASSED, 3);
	filter_chain_destroy(chain);
}

static void test_range(void **state)
{
	const struct filter clamp = {.kind = FILTER_CLAMP, .low = 0, .high = 100};
	const struct filter reject = {.kind = FILTER_REJECT, .low = 0, .high = 100};
	struct filter_chain *chain = make(&clamp, 1);

	(void)state;
	assert_value(chain, -1, 0, FILTER_PASSED, 0);
	assert_value(chain, 101, 0, FILTER_PASSED, 100);
	assert_value(chain, 50, 0, FILTER_PASSED, 50);
	filter_chain_destroy(chain);
	chain = make(&reject, 1);
	assert_value(chain, -1, 0, FILTER_REJECTED, -1);
	assert_value(chain, 100.5, 0, FILTER_REJECTED, -1);
	assert_value(chain, 100, 0, FILTER_PASSED, 100);
	filter_chain_destroy(chain);
}

/* A rejected value does not get into the median after it. */
static void test_reject_before_median(void **state)
{
	const struct filter filters[] = {{.kind = FILTER_REJECT, .low = 0, .high = 50},
					 {.kind = FILTER_MEDIAN, .window = 3}};
	struct filter_chain *chain = make(filters, 2);

	(void)state;
	assert_value(chain, 1, 0, FILTER_PASSED, 1);
	assert_value(chain, 99, 0, FILTER_REJECTED, -1);
	assert_value(chain, 3, 0, FILTER_PASSED, 2);
	filter_chain_destroy(chain);
}

/* Told once, until a value comes. */
static void test_timeout(void **state)
{
	struct filter_chain *chain = one(FILTER_TIMEOUT, 30);

	(void)state;
	assert_float_equal(filter_chain_expire(chain, 1000000), 0, 0); /* no value so far */
	assert_value(chain, 1, 1000, FILTER_PASSED, 1);
	assert_float_equal(filter_chain_expire(chain, 30999), 0, 0);
	assert_float_equal(filter_chain_expire(chain, 31000), 30, 0);
	assert_float_equal(filter_chain_expire(chain, 32000), 0, 0);
	assert_value(chain, 2, 40000, FILTER_PASSED, 2);
	assert_float_equal(filter_chain_expire(chain, 70000), 30, 0);
	filter_chain_destroy(chain);
}

/* Values come, but none gets as far as the timeout: the old one is not shown for ever. */
static void test_timeout_behind_delta(void **state)
{
	const struct filter filters[] = {{.kind = FILTER_DELTA, .number = 5},
					 {.kind = FILTER_TIMEOUT, .number = 30}};
	struct filter_chain *chain = make(filters, 2);

	(void)state;
	assert_value(chain, 1, 0, FILTER_PASSED, 1);
	assert_value(chain, 2, 29999, FILTER_WITHHELD, 1);
	assert_value(chain, 2, 30000, FILTER_LATE, -1);
	assert_value(chain, 7, 31000, FILTER_PASSED, 7);
	filter_chain_destroy(chain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_points_that_nearly_coincide),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_exponential),
		cmocka_unit_test(test_delta),
		cmocka_unit_test(test_throttle),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_reject_before_median),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_timeout_behind_delta),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
