#include "plugin/cycle.h"

#include <stdlib.h>

#include "base/error.h"

struct cycle {
	uv_timer_t timer;
	const struct cycle_events *events; /* borrowed */
	void *arg;
	uint64_t began_ms;
};

int cycle_create(uv_loop_t *loop, const struct cycle_events *events, void *arg,
		 struct cycle **ret_cycle, struct error *err)
{
	struct cycle *cycle = calloc(1, sizeof(*cycle));

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
	struct cycle *cycle = timer->data;

	if (cycle->events->is_busy(cycle->arg) &&
	    uv_now(timer->loop) - cycle->began_ms < CYCLE_MAX_MS)
		return; /* it repeats */
	uv_timer_stop(timer);
	cycle->events->ended(cycle->arg);
}

void cycle_begin(struct cycle *cycle)
{
	if (uv_is_active((uv_handle_t *)&cycle->timer) ||
	    uv_is_closing((uv_handle_t *)&cycle->timer))
		return;
	cycle->began_ms = uv_now(cycle->timer.loop);
	uv_timer_start(&cycle->timer, end, CYCLE_QUIET_MS, CYCLE_QUIET_MS);
}

static void free_cycle(uv_handle_t *handle)
{
	free(handle->data);
}

void cycle_close(struct cycle *cycle)
{
	if (cycle)
		uv_close((uv_handle_t *)&cycle->timer, free_cycle);
}
