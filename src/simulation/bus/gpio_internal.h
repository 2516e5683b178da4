/*
 * Internal to simulation/bus: a gpio chip and its lines. gpio.c has what the host does with them
 * (hardware/bus/gpio.h), gpio_world.c what the models of devices do.
 */
#ifndef HARVESTER_SIMULATION_BUS_GPIO_INTERNAL_H
#define HARVESTER_SIMULATION_BUS_GPIO_INTERNAL_H

#include <pthread.h>

#include "hardware/bus/gpio.h"
#include "simulation/bus/gpio_events.h"
#include "simulation/bus/internal.h"

/* Use all members with the chip's lock held. The line is also the handle of the one who requested
 * it. */
struct sim_line {
	struct gpio_line base;
	struct sim_chip *chip;
	struct sim_line_model *model; /* borrowed; NULL: no device is attached */
	bool held;
	struct gpio_line_config config; /* while held */
	struct sim_events events;	/* while held */
	enum sim_level world;
	struct sim_line_change *changes; /* owned; NULL until something is scheduled */
	size_t changes_count;
	size_t changes_next;
	uint64_t told_ns; /* time of the last change that came from model->next() */
};

struct sim_chip {
	struct gpio_chip base; /* the only handle: opening the chip twice returns the same one */
	struct sim_backend *sim;
	pthread_mutex_t lock;
	struct sim_line lines[];
};

static inline struct sim_chip *sim_chip_of(struct backend *backend)
{
	return sim_backend_of(backend)->chip;
}

/* The level of the wire, from everything that drives or pulls it. With the chip's lock held. */
bool sim_line_is_high(const struct sim_line *line);

/*
 * Lock line->chip->lock, and apply the changes whose time has come. The caller unlocks it.
 */
void sim_line_lock(struct sim_line *line);

/* When the device's side changes next; UINT64_MAX: no change is known. With the chip's lock held.
 */
uint64_t sim_line_next_ns(const struct sim_line *line);

/* Set the device's side, and queue an edge if the line watches for it. With the chip's lock held.
 */
void sim_line_change_world(struct sim_line *line, enum sim_level level, uint64_t at_ns);

#endif
