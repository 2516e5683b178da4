#include "simulation/bus/gpio_events.h"

#include <stdlib.h>

#include "base/error.h"

int sim_events_init(struct sim_events *events, unsigned size)
{
	if (size == 0)
		size = SIM_EVENTS_DEFAULT;
	if (size > SIM_EVENTS_MAX)
		size = SIM_EVENTS_MAX;
	*events = (struct sim_events){.capacity = size};
	events->edges = calloc(size, sizeof(events->edges[0]));
	return events->edges ? 0 : ERROR_NO_MEMORY;
}

void sim_events_finish(struct sim_events *events)
{
	free(events->edges);
	*events = (struct sim_events){0};
}

static void drop_first(struct sim_events *events)
{
	events->first = (events->first + 1) % events->capacity;
	events->count--;
}

void sim_events_push(struct sim_events *events, uint64_t timestamp_ns, bool rising)
{
	if (events->count == events->capacity)
		drop_first(events);
	events->edges[(events->first + events->count) % events->capacity] = (struct gpio_edge){
		.timestamp_ns = timestamp_ns,
		.sequence = ++events->sequence,
		.rising = rising,
	};
	events->count++;
}

size_t sim_events_take(struct sim_events *events, struct gpio_edge *ret_edges, size_t max)
{
	size_t taken = 0;

	while (taken < max && events->count > 0) {
		ret_edges[taken++] = events->edges[events->first];
		drop_first(events);
	}
	return taken;
}
