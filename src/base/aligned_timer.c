#include "base/aligned_timer.h"

void aligned_timer_start(uv_timer_t *timer, uv_timer_cb on_time, uint64_t period_ms)
{
	uv_timer_start(timer, on_time, period_ms - uv_now(timer->loop) % period_ms, 0);
}
