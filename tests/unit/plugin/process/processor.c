#include "plugin/process/processor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND 1000000000ull
#define START (1000 * SECOND)

static void what_is_used_at_once_has_a_limit(void **state)
{
	struct processor processor = {0};

	(void)state;
	processor_begin(&processor, START, 77);
	assert_true(processor_count(&processor, START, 77 + PROCESSOR_IDLE_MAX_NS));
	assert_false(processor_count(&processor, START, 78 + PROCESSOR_IDLE_MAX_NS));
}

/* What it used in a call, between an end and the next begin, is the deadline's to judge. */
static void calls_do_not_count(void **state)
{
	struct processor processor = {0};
	uint64_t used = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		processor_begin(&processor, START, used);
		assert_true(processor_count(&processor, START, used + 1000));
		used += 5 * SECOND;
	}
}

/* One that works all the time is over it soon, however often it is called. */
static void a_burner_is_over_its_limit_soon(void **state)
{
	struct processor processor = {0};
	uint64_t now = START, idle = 0;

	(void)state;
	processor_begin(&processor, now, now);
	do {
		now += SECOND / 10;
		idle += SECOND / 10;
		assert_true(idle <= 2 * SECOND);
	} while (processor_count(&processor, now, now));
	assert_true(idle > SECOND);
}

/* The share that runs out of the bucket: for ever at it, not over it. */
static void a_small_share_is_for_ever(void **state)
{
	struct processor processor = {0};
	uint64_t now = START, used = 0;

	(void)state;
	processor_begin(&processor, now, used);
	for (int i = 0; i < 100000; i++) {
		now += SECOND;
		used += SECOND * PROCESSOR_IDLE_SHARE / 100;
		assert_true(processor_count(&processor, now, used));
	}
}

static void a_process_that_is_gone_used_nothing(void **state)
{
	struct processor processor = {0};

	(void)state;
	processor_begin(&processor, START, 5 * SECOND);
	assert_true(processor_count(&processor, START, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_used_at_once_has_a_limit),
		cmocka_unit_test(calls_do_not_count),
		cmocka_unit_test(a_burner_is_over_its_limit_soon),
		cmocka_unit_test(a_small_share_is_for_ever),
		cmocka_unit_test(a_process_that_is_gone_used_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
