/*
 * Inside bus/sim: the edges of one request until they are read, with the kernel's rules (gpiolib-
 * cdev.c): a fixed size, the oldest is dropped for a new one, each edge is numbered from 1 whether
 * it is kept or not. Not thread-safe.
 */
#ifndef HARVESTER_SIMULATION_BUS_GPIO_EVENTS_H
#define HARVESTER_SIMULATION_BUS_GPIO_EVENTS_H

#include "hardware/bus/gpio.h"

#define SIM_EVENTS_DEFAULT 16
#define SIM_EVENTS_MAX 1024 /* the kernel's: 16 for each of the 64 lines of a request */

struct sim_events {
	struct gpio_edge *edges; /* owned: a ring */
	size_t capacity;
	size_t first;
	size_t count;
	uint32_t sequence; /* of the last edge */
};

/* 0 is the default size; more than SIM_EVENTS_MAX is cut to it. 0 or ERROR_NO_MEMORY. */
int sim_events_init(struct sim_events *events, unsigned size);
void sim_events_finish(struct sim_events *events);

void sim_events_push(struct sim_events *events, uint64_t timestamp_ns, bool rising);
size_t sim_events_take(struct sim_events *events, struct gpio_edge *ret_edges, size_t max);

#endif
