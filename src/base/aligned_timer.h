/*
 * Timers that come due together, so that a node with nothing to do wakes its processor up as seldom
 * as possible: a timer of 500 ms and one of a second wake it twice a second, not three times.
 */
#ifndef HARVESTER_BASE_ALIGNED_TIMER_H
#define HARVESTER_BASE_ALIGNED_TIMER_H

#include <uv.h>

/*
 * Start `timer` so that `on_time` is called once, when the loop's time is the next multiple of
 * `period_ms` (1 or more). To repeat that, on_time() calls this function again: a repeating timer
 * of libuv begins each period when its callback was called, a little late, so that two of them
 * part. Call on the timer's loop thread.
 */
void aligned_timer_start(uv_timer_t *timer, uv_timer_cb on_time, uint64_t period_ms);

#endif
