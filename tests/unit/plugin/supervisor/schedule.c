#include "plugin/supervisor/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct seen {
	uv_loop_t loop;
	struct schedule *schedule;
	bool is_busy;
	unsigned asked, ended;
	uint64_t ended_ms;
};

static bool is_busy(void *arg)
{
	struct seen *seen = arg;

	seen->asked++;
	return seen->is_busy;
}

static void ended(void *arg)
{
	struct seen *seen = arg;

	seen->ended++;
	seen->ended_ms = uv_now(&seen->loop);
}

static const struct schedule_events events = {is_busy, ended};

static int set_up(void **state)
{
	static struct seen seen;

	seen = (struct seen){0};
	*state = &seen;
	uv_loop_init(&seen.loop);
	return schedule_create(&seen.loop, &events, &seen, &seen.schedule, NULL);
}

static int tear_down(void **state)
{
	struct seen *seen = *state;

	schedule_close(seen->schedule);
	uv_run(&seen->loop, UV_RUN_DEFAULT);
	return uv_loop_close(&seen->loop);
}

static void ends_once_for_many_beginnings(void **state)
{
	struct seen *seen = *state;

	schedule_begin(seen->schedule);
	schedule_begin(seen->schedule);
	uv_run(&seen->loop, UV_RUN_DEFAULT); /* no timer is left */
	assert_int_equal(seen->ended, 1);
	schedule_begin(seen->schedule);
	uv_run(&seen->loop, UV_RUN_DEFAULT);
	assert_int_equal(seen->ended, 2);
}

static void waits_for_the_busy(void **state)
{
	struct seen *seen = *state;

	seen->is_busy = true;
	schedule_begin(seen->schedule);
	while (seen->asked < 3)
		uv_run(&seen->loop, UV_RUN_ONCE);
	assert_int_equal(seen->ended, 0);
	seen->is_busy = false;
	uv_run(&seen->loop, UV_RUN_DEFAULT);
	assert_int_equal(seen->ended, 1);
}

static void waits_for_nobody_for_ever(void **state)
{
	struct seen *seen = *state;
	uint64_t began_ms = uv_now(&seen->loop);

	seen->is_busy = true;
	schedule_begin(seen->schedule);
	uv_run(&seen->loop, UV_RUN_DEFAULT);
	assert_int_equal(seen->ended, 1);
	assert_true(seen->ended_ms - began_ms >= SCHEDULE_MAX_MS);
}

static void says_nothing_once_closed(void **state)
{
	struct seen *seen = *state;

	schedule_begin(seen->schedule);
	schedule_close(seen->schedule);
	schedule_begin(seen->schedule);
	uv_run(&seen->loop, UV_RUN_DEFAULT);
	assert_int_equal(seen->ended, 0);
	seen->schedule = NULL;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ends_once_for_many_beginnings),
		TEST(waits_for_the_busy),
		TEST(waits_for_nobody_for_ever),
		TEST(says_nothing_once_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
