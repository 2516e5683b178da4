#include "plugin/turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PLUGINS 5

struct bench {
	struct turns turns;
	struct turn turns_of[PLUGINS];
	struct turn *granted[16]; /* in this order */
	size_t granted_count;
};

struct asker {
	struct bench *bench;
	struct turn *turn;
};

static void take_granted(void *arg)
{
	struct asker *asker = arg;

	asker->bench->granted[asker->bench->granted_count++] = asker->turn;
}

static int set_up(void **state)
{
	static struct bench bench;
	static struct asker askers[PLUGINS];

	bench = (struct bench){0};
	turns_init(&bench.turns, 2);
	for (size_t i = 0; i < PLUGINS; i++) {
		askers[i] = (struct asker){&bench, &bench.turns_of[i]};
		bench.turns_of[i].on_granted = take_granted;
		bench.turns_of[i].arg = &askers[i];
	}
	*state = &bench;
	return 0;
}

static void begin_all(struct bench *bench)
{
	for (size_t i = 0; i < PLUGINS; i++)
		assert_int_equal(turns_begin(&bench->turns, &bench->turns_of[i]), i < 2);
}

static void no_more_than_the_limit_have_one(void **state)
{
	struct bench *bench = *state;

	begin_all(bench);
	begin_all(bench); /* asking again changes nothing */
	assert_int_equal(bench->granted_count, 0);
	for (size_t i = 0; i < PLUGINS - 2; i++) {
		turns_end(&bench->turns, &bench->turns_of[i]);
		assert_int_equal(bench->granted_count, i + 1);
		assert_ptr_equal(bench->granted[i], &bench->turns_of[i + 2]);
	}
}

/* The first two hold turns; of the others the third has used much before, the fourth a little. */
static void who_used_little_goes_before_who_used_much(void **state)
{
	struct bench *bench = *state;

	for (size_t i = 2; i < 4; i++) {
		assert_true(turns_begin(&bench->turns, &bench->turns_of[i]));
		bench->turns_of[i].used_ns = i == 2 ? 10000000000 : 300000000;
		turns_end(&bench->turns, &bench->turns_of[i]);
	}
	begin_all(bench);
	turns_end(&bench->turns, &bench->turns_of[0]);
	turns_end(&bench->turns, &bench->turns_of[1]);
	assert_ptr_equal(bench->granted[0], &bench->turns_of[4]);
	assert_ptr_equal(bench->granted[1], &bench->turns_of[3]);
}

/* Who asks again at once, and uses little each time, does not keep the others waiting. */
static void nobody_waits_for_ever(void **state)
{
	struct bench *bench = *state;
	size_t rounds = 0;

	bench->turns.limit = 1;
	assert_true(turns_begin(&bench->turns, &bench->turns_of[0]));
	bench->turns_of[0].used_ns = 1000000000;
	turns_end(&bench->turns, &bench->turns_of[0]);
	assert_true(turns_begin(&bench->turns, &bench->turns_of[1]));
	assert_false(turns_begin(&bench->turns, &bench->turns_of[0]));
	for (size_t i = 1; bench->turns_of[0].state != TURN_HELD && rounds < 15; rounds++) {
		size_t other = 3 - i;

		turns_begin(&bench->turns, &bench->turns_of[other]);
		bench->turns_of[i].used_ns = 300000000;
		turns_end(&bench->turns, &bench->turns_of[i]);
		i = other;
	}
	assert_in_range(rounds, 2, 10);
}

static void one_that_does_not_want_it_any_more_is_passed_over(void **state)
{
	struct bench *bench = *state;

	begin_all(bench);
	turns_end(&bench->turns, &bench->turns_of[2]);
	turns_end(&bench->turns, &bench->turns_of[2]); /* has none */
	assert_int_equal(bench->granted_count, 0);
	turns_end(&bench->turns, &bench->turns_of[1]);
	assert_int_equal(bench->granted_count, 1);
	assert_ptr_equal(bench->granted[0], &bench->turns_of[3]);
}

static void hand_back(void *arg)
{
	struct asker *asker = arg;

	take_granted(arg);
	turns_end(&asker->bench->turns, asker->turn);
}

static void one_that_hands_it_back_at_once_lets_the_next_in(void **state)
{
	struct bench *bench = *state;

	bench->turns_of[2].on_granted = bench->turns_of[3].on_granted = hand_back;
	begin_all(bench);
	turns_end(&bench->turns, &bench->turns_of[0]);
	assert_int_equal(bench->granted_count, 3);
	assert_int_equal(bench->turns_of[2].state, TURN_NONE);
	assert_int_equal(bench->turns_of[3].state, TURN_NONE);
	assert_int_equal(bench->turns_of[4].state, TURN_HELD);
	assert_int_equal(bench->turns.held, 2);
}

#undef TEST
#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_more_than_the_limit_have_one),
		TEST(who_used_little_goes_before_who_used_much),
		TEST(nobody_waits_for_ever),
		TEST(one_that_does_not_want_it_any_more_is_passed_over),
		TEST(one_that_hands_it_back_at_once_lets_the_next_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
