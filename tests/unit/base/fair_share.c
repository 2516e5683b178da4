#include "base/fair_share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/random.h"

#define CAP(total, ...)                                                                            \
	fair_share_cap((size_t[]){__VA_ARGS__}, sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t),  \
		       total)

static void test_all_fit(void **state)
{
	(void)state;
	assert_int_equal(CAP(10, 1, 2, 7), SIZE_MAX);
	assert_int_equal(CAP(0, 0, 0), SIZE_MAX);
	assert_int_equal(fair_share_cap(NULL, 0, 5), SIZE_MAX);
}

static void test_one_flood_costs_itself(void **state)
{
	(void)state;
	assert_int_equal(CAP(100, 3, 10000, 5), 92);
	assert_int_equal(CAP(100, 10000), 100);
}

static void test_floods_share_equally(void **state)
{
	(void)state;
	assert_int_equal(CAP(100, 1000, 10, 1000), 45);
	assert_int_equal(CAP(3, 1000, 1000), 1);
	assert_int_equal(CAP(1, 1000, 1000), 0);
	assert_int_equal(CAP(0, 1), 0);
}

/* The largest cap that fits, for any demands. */
static void test_random(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 4711);
	printf("seed 4711\n");
	for (int round = 0; round < 10000; round++) {
		size_t demands[8], sum = 0, with_cap = 0, with_more = 0, total, cap;

		for (int i = 0; i < 8; i++)
			sum += demands[i] = random_u64(&random) % 50;
		total = random_u64(&random) % 300;
		cap = fair_share_cap(demands, 8, total);
		assert_true((cap == SIZE_MAX) == (sum <= total));
		if (cap == SIZE_MAX)
			continue;
		for (int i = 0; i < 8; i++) {
			with_cap += demands[i] < cap ? demands[i] : cap;
			with_more += demands[i] < cap + 1 ? demands[i] : cap + 1;
		}
		assert_true(with_cap <= total && with_more > total);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_fit),
		cmocka_unit_test(test_one_flood_costs_itself),
		cmocka_unit_test(test_floods_share_equally),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
