/*
 * Internal to simulation/bus: the queue of unread edges of one requested line. It follows the
 * kernel (gpiolib-cdev.c): its size is fixed, a new edge replaces the oldest if it is full, and
 * each edge gets a number, also one that is dropped later. Not thread-safe.
 */
#ifndef HARVESTER_SIMULATION_BUS_GPIO_EVENTS_H
#define HARVESTER_SIMULATION_BUS_GPIO_EVENTS_H

#include "hardware/bus/gpio.h"

#define SIM_EVENTS_DEFAULT 16
#define SIM_EVENTS_MAX 1024 /* the kernel's limit: 16 for each of up to 64 lines */

struct sim_events {
	struct gpio_edge *edges; /* owned; a ring buffer */
	size_t capacity;
	size_t first;
	size_t count;
	uint32_t sequence; /* of the last edge */
};

/* `size` 0 means SIM_EVENTS_DEFAULT; more than SIM_EVENTS_MAX becomes that. ERROR_NO_MEMORY. */
int sim_events_init(struct sim_events *events, unsigned size);
void sim_events_finish(struct sim_events *events);

void sim_events_push(struct sim_events *events, uint64_t timestamp_ns, bool rising);
/* Move up to `max` edges, oldest first, to ret_edges. Returns how many. */
size_t sim_events_take(struct sim_events *events, struct gpio_edge *ret_edges, size_t max);

#endif
