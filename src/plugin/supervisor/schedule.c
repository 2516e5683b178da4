#include "plugin/supervisor/schedule.h"

#include <stdlib.h>

#include "base/error.h"

struct schedule {
	uv_timer_t timer;
	const struct schedule_events *events; /* borrowed */
	void *arg;
	uint64_t began_ms;
};

int schedule_create(uv_loop_t *loop, const struct schedule_events *events, void *arg,
		    struct schedule **ret_schedule, struct error *err)
{
	struct schedule *schedule = calloc(1, sizeof(*schedule));

	if (!schedule)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the supervisor; this machine needs "
				 "more free memory");
	schedule->events = events;
	schedule->arg = arg;
	uv_timer_init(loop, &schedule->timer);
	schedule->timer.data = schedule;
	*ret_schedule = schedule;
	return 0;
}

static void end(uv_timer_t *timer)
{
	struct schedule *schedule = timer->data;

	if (schedule->events->is_busy(schedule->arg) &&
	    uv_now(timer->loop) - schedule->began_ms < SCHEDULE_MAX_MS)
		return; /* it repeats */
	uv_timer_stop(timer);
	schedule->events->on_ended(schedule->arg);
}

void schedule_begin(struct schedule *schedule)
{
	if (uv_is_active((uv_handle_t *)&schedule->timer) ||
	    uv_is_closing((uv_handle_t *)&schedule->timer))
		return;
	schedule->began_ms = uv_now(schedule->timer.loop);
	uv_timer_start(&schedule->timer, end, SCHEDULE_QUIET_MS, SCHEDULE_QUIET_MS);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void schedule_close(struct schedule *schedule)
{
	if (schedule)
		uv_close((uv_handle_t *)&schedule->timer, on_closed);
}
