#include "plugin/schedule.h"

#include <stdlib.h>

#include "base/error.h"

struct schedule {
	uv_timer_t timer;
	const struct schedule_events *events; /* borrowed */
	void *arg;
	uint64_t began_ms;
};

int schedule_create(uv_loop_t *loop, const struct schedule_events *events, void *arg,
		    struct schedule **ret_cycle, struct error *err)
{
	struct schedule *cycle = calloc(1, sizeof(*cycle));

	if (!cycle)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	cycle->events = events;
	cycle->arg = arg;
	uv_timer_init(loop, &cycle->timer);
	cycle->timer.data = cycle;
	*ret_cycle = cycle;
	return 0;
}

static void end(uv_timer_t *timer)
{
	struct schedule *cycle = timer->data;

	if (cycle->events->is_busy(cycle->arg) &&
	    uv_now(timer->loop) - cycle->began_ms < SCHEDULE_MAX_MS)
		return; /* it repeats */
	uv_timer_stop(timer);
	cycle->events->ended(cycle->arg);
}

void schedule_begin(struct schedule *cycle)
{
	if (uv_is_active((uv_handle_t *)&cycle->timer) ||
	    uv_is_closing((uv_handle_t *)&cycle->timer))
		return;
	cycle->began_ms = uv_now(cycle->timer.loop);
	uv_timer_start(&cycle->timer, end, SCHEDULE_QUIET_MS, SCHEDULE_QUIET_MS);
}

static void free_cycle(uv_handle_t *handle)
{
	free(handle->data);
}

void schedule_close(struct schedule *cycle)
{
	if (cycle)
		uv_close((uv_handle_t *)&cycle->timer, free_cycle);
}
