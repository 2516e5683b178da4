#include "base/aligned_timer.h"

void aligned_timer_start(uv_timer_t *timer, uv_timer_cb on_time, uint64_t period_ms)
{
	uint64_t first_ms = period_ms - uv_now(timer->loop) % period_ms;

	/*
	 * libuv sets a repeating timer again from the time at which the loop woke up, which is the
	 * same for all timers that came due in this turn: they stay together.
	 */
	uv_timer_start(timer, on_time, first_ms, period_ms);
}
