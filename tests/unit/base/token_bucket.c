#include "base/token_bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND 1000000000ull

static unsigned take_all(struct token_bucket *bucket, uint64_t now_ns)
{
	unsigned taken = 0;

	while (token_bucket_take(bucket, now_ns))
		taken++;
	return taken;
}

static void test_burst_then_rate(void **state)
{
	struct token_bucket bucket;

	(void)state;
	token_bucket_init(&bucket, 5, 2, 7 * SECOND);
	assert_int_equal(take_all(&bucket, 7 * SECOND), 5);
	assert_int_equal(take_all(&bucket, 8 * SECOND), 2);
	assert_int_equal(take_all(&bucket, 8 * SECOND + SECOND / 4), 0);
	assert_int_equal(take_all(&bucket, 8 * SECOND + SECOND / 2), 1);
}

static void test_never_above_the_burst(void **state)
{
	struct token_bucket bucket;

	(void)state;
	token_bucket_init(&bucket, 3, 1, 0);
	assert_int_equal(take_all(&bucket, 1000000 * SECOND), 3);
	assert_false(token_bucket_is_full(&bucket, 1000002 * SECOND));
	assert_true(token_bucket_is_full(&bucket, 1000003 * SECOND));
}

static void test_waiting_as_long_as_told_is_enough(void **state)
{
	struct token_bucket bucket;
	uint64_t now_ns = 1, wait_ns;

	(void)state;
	token_bucket_init(&bucket, 1, 0.3, now_ns);
	for (unsigned i = 0; i < 1000; i++) {
		assert_true(token_bucket_take(&bucket, now_ns));
		assert_false(token_bucket_has(&bucket, now_ns));
		wait_ns = token_bucket_wait_ns(&bucket, now_ns);
		assert_true(wait_ns > 0);
		now_ns += wait_ns + 1;
	}
}

static void test_a_charge_is_paid_back_before_the_next_token(void **state)
{
	struct token_bucket bucket;

	(void)state;
	token_bucket_init(&bucket, 10, 2, 0);
	token_bucket_charge(&bucket, 4, 0);
	assert_true(token_bucket_has(&bucket, 0));
	token_bucket_charge(&bucket, 20, 0);
	assert_false(token_bucket_has(&bucket, 7 * SECOND));
	assert_int_equal(token_bucket_wait_ns(&bucket, 7 * SECOND), SECOND / 2);
	assert_true(token_bucket_has(&bucket, 7 * SECOND + SECOND / 2));
}

static void test_a_reserve_is_left(void **state)
{
	struct token_bucket bucket;

	(void)state;
	token_bucket_init(&bucket, 10, 2, 0);
	assert_false(token_bucket_take_above(&bucket, 8, 3, 0));
	assert_true(token_bucket_take_above(&bucket, 7, 3, 0)); /* at the limit; 3 are left */
	assert_false(token_bucket_take_above(&bucket, 1, 3, 0));
	assert_true(token_bucket_take_above(&bucket, 3, 0, 0));
	assert_false(token_bucket_take_above(&bucket, 1, 0, 0));
	assert_true(token_bucket_take_above(&bucket, 1, 1, SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_then_rate),
		cmocka_unit_test(test_never_above_the_burst),
		cmocka_unit_test(test_waiting_as_long_as_told_is_enough),
		cmocka_unit_test(test_a_charge_is_paid_back_before_the_next_token),
		cmocka_unit_test(test_a_reserve_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
