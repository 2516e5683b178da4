#include "plugin/deaths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND_NS 1000000000ull
#define HOUR_NS (3600 * SECOND_NS)

static void success_between_own_deaths_forgives_nothing(void **state)
{
	struct deaths deaths = {0};

	(void)state;
	for (unsigned i = 1; i <= 2 * DEATHS_MAX; i++) {
		assert_int_equal(deaths_add(&deaths, HOUR_NS + i * SECOND_NS, true),
				 i < DEATHS_MAX ? i : DEATHS_MAX);
		deaths_end_row(&deaths);
	}
}

static void own_deaths_count_for_ten_minutes(void **state)
{
	struct deaths deaths = {0};

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		uint64_t now_ns = HOUR_NS + i * DEATHS_WINDOW_NS;

		assert_int_equal(deaths_add(&deaths, now_ns, true), 1);
		deaths_end_row(&deaths);
		assert_true(deaths_are_recent(&deaths, now_ns + DEATHS_WINDOW_NS - 1));
		assert_false(deaths_are_recent(&deaths, now_ns + DEATHS_WINDOW_NS));
	}
}

static void kills_from_outside_end_with_the_next_success(void **state)
{
	struct deaths deaths = {0};

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(deaths_add(&deaths, HOUR_NS + 2 * i, false), 1);
		assert_int_equal(deaths_add(&deaths, HOUR_NS + 2 * i + 1, false), 2);
		deaths_end_row(&deaths);
	}
	assert_false(deaths_are_recent(&deaths, HOUR_NS + 100));
}

static void own_deaths_do_not_make_a_kill_from_outside_worse(void **state)
{
	struct deaths deaths = {0};

	(void)state;
	for (unsigned i = 0; i < DEATHS_MAX - 1; i++) {
		deaths_add(&deaths, HOUR_NS, true);
		deaths_end_row(&deaths);
	}
	assert_int_equal(deaths_add(&deaths, HOUR_NS, false), 1);
	assert_int_equal(deaths_add(&deaths, HOUR_NS, true), DEATHS_MAX);
}

static void any_deaths_in_a_row_count_whenever_they_were(void **state)
{
	struct deaths deaths = {0};

	(void)state;
	for (unsigned i = 1; i <= 9; i++)
		assert_int_equal(deaths_add(&deaths, i * HOUR_NS, i % 2), i);
}

static void after_a_rest_one_death_is_enough_for_ten_minutes(void **state)
{
	struct deaths deaths = {0};

	(void)state;
	deaths_begin_probation(&deaths, HOUR_NS);
	deaths_end_row(&deaths);
	assert_true(deaths_are_recent(&deaths, HOUR_NS + DEATHS_WINDOW_NS - 1));
	assert_int_equal(deaths_add(&deaths, HOUR_NS + DEATHS_WINDOW_NS - 1, true), DEATHS_MAX);
	deaths = (struct deaths){0};
	deaths_begin_probation(&deaths, HOUR_NS);
	assert_int_equal(deaths_add(&deaths, HOUR_NS + DEATHS_WINDOW_NS, true), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(success_between_own_deaths_forgives_nothing),
		cmocka_unit_test(own_deaths_count_for_ten_minutes),
		cmocka_unit_test(kills_from_outside_end_with_the_next_success),
		cmocka_unit_test(own_deaths_do_not_make_a_kill_from_outside_worse),
		cmocka_unit_test(any_deaths_in_a_row_count_whenever_they_were),
		cmocka_unit_test(after_a_rest_one_death_is_enough_for_ten_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
