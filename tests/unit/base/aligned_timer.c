#include "base/aligned_timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SHORT_MS 20
#define LONG_MS 40
#define ROUNDS 5

struct fixture {
	uv_loop_t loop;
	uv_timer_t fast, slow;
	unsigned calls;
};

/* Keeps the loop busy for a while, so that each timer is late. */
static void on_fast(uv_timer_t *timer)
{
	aligned_timer_start(timer, on_fast, SHORT_MS);
	uv_sleep(SHORT_MS / 4);
}

static void on_slow(uv_timer_t *timer)
{
	struct fixture *fixture = timer->data;

	aligned_timer_start(timer, on_slow, LONG_MS);
	assert_int_equal(uv_now(timer->loop) + uv_timer_get_due_in(timer),
			 (uv_now(timer->loop) / LONG_MS + 1) * LONG_MS);
	if (++fixture->calls < ROUNDS)
		return;
	uv_close((uv_handle_t *)&fixture->fast, NULL);
	uv_close((uv_handle_t *)&fixture->slow, NULL);
}

/* The loop's time at which the timer is due; valid if it is not due yet. */
static uint64_t due_ms(const uv_timer_t *timer)
{
	return uv_now(timer->loop) + uv_timer_get_due_in(timer);
}

static void timers_come_due_together(void **state)
{
	struct fixture fixture = {0};

	(void)state;
	uv_loop_init(&fixture.loop);
	uv_timer_init(&fixture.loop, &fixture.fast);
	uv_timer_init(&fixture.loop, &fixture.slow);
	fixture.fast.data = fixture.slow.data = &fixture;
	aligned_timer_start(&fixture.fast, on_fast, SHORT_MS);
	assert_int_equal(due_ms(&fixture.fast) % SHORT_MS, 0);
	uv_sleep(SHORT_MS / 3);
	uv_update_time(&fixture.loop);
	aligned_timer_start(&fixture.slow, on_slow, LONG_MS);
	assert_int_equal(due_ms(&fixture.slow) % LONG_MS, 0);
	assert_in_range(uv_timer_get_due_in(&fixture.slow), 1, LONG_MS);
	uv_run(&fixture.loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture.calls, ROUNDS);
	assert_int_equal(uv_loop_close(&fixture.loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(timers_come_due_together)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
