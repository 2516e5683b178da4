/*
 * Inside bus/sim: a chip and its lines. gpio.c is what the host does to them, gpio_world.c what the
 * models do.
 */
#ifndef HARVESTER_SIMULATION_BUS_GPIO_INTERNAL_H
#define HARVESTER_SIMULATION_BUS_GPIO_INTERNAL_H

#include <pthread.h>

#include "hardware/bus/gpio.h"
#include "simulation/bus/gpio_events.h"
#include "simulation/bus/internal.h"

/* All fields are under the chip's lock. The line is its own handle: it has one holder at a time. */
struct sim_line {
	struct gpio_line base;
	struct sim_chip *chip;
	struct sim_line_model *model; /* borrowed; NULL: nothing is soldered to it */
	bool held;
	struct gpio_line_config config; /* while held */
	struct sim_events events;	/* while held */
	enum sim_level world;
	struct sim_line_change *changes; /* owned; NULL until the first schedule */
	size_t changes_count;
	size_t changes_next;
	uint64_t told_ns; /* the last change that the model made by itself */
};

struct sim_chip {
	struct gpio_chip base; /* the one handle: opening it twice gives the same */
	struct sim_backend *sim;
	pthread_mutex_t lock;
	struct sim_line lines[];
};

static inline struct sim_chip *sim_chip_of(struct backend *backend)
{
	return sim_backend_of(backend)->chip;
}

/* Is the wire high, with all that pull it? With the chip's lock held. */
bool sim_line_is_high(const struct sim_line *line);

/*
 * Take the chip's lock and let the scheduled changes take place that the clock has passed. The
 * caller unlocks line->chip->lock.
 */
void sim_line_lock(struct sim_line *line);

/* When the world's side changes next; UINT64_MAX: never, as far as is known. With the lock held. */
uint64_t sim_line_next_ns(const struct sim_line *line);

/* The world's side goes to `level`; the holder gets his edge. With the chip's lock held. */
void sim_line_change_world(struct sim_line *line, enum sim_level level, uint64_t at_ns);

#endif
