/*
 * A relay board on a gpio line, with what hangs on it (a buzzer, a fan): it watches its line and
 * counts. A line that nobody drives leaves it off.
 */
#ifndef HARVESTER_SIMULATION_CHIP_RELAY_H
#define HARVESTER_SIMULATION_CHIP_RELAY_H

#include <pthread.h>
#include <stdbool.h>

#include "simulation/bus/sim.h"

struct clock;
struct error;

struct relay_model {
	struct sim_line_model model;
	struct clock *clock; /* borrowed */
	bool active_low;
	pthread_mutex_t lock; /* of the fields below */
	bool on;
	uint64_t switched; /* how often it was switched on */
	uint64_t on_since_ns;
	uint64_t on_ns; /* of the times before that */
};

struct relay_truth {
	bool on;
	uint64_t switched;
	double on_seconds; /* in all, until now */
};

/* Attach it to the line. It must outlive the backend. */
int relay_model_init(struct relay_model *relay, struct backend *backend, unsigned offset,
		     bool active_low, struct clock *clock, struct error *err);
void relay_model_finish(struct relay_model *relay);

/* Any thread. */
void relay_model_look(struct relay_model *relay, struct relay_truth *ret_truth);

#endif
