/*
 * Simulated relay board on a gpio line, for a buzzer or a fan: it records when it is on. While
 * nobody drives the line, it is off.
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
	pthread_mutex_t lock; /* protects the members below */
	bool on;
	uint64_t switched; /* how often it was switched on */
	uint64_t on_since_ns;
	uint64_t on_ns; /* total, without the current time on */
};

struct relay_truth {
	bool on;
	uint64_t switched;
	double on_seconds; /* in total, until now */
};

/* Create it and attach it to the line. It must outlive the backend. Codes of sim_attach_line(). */
int relay_model_init(struct relay_model *relay, struct backend *backend, unsigned offset,
		     bool active_low, struct clock *clock, struct error *err);
void relay_model_finish(struct relay_model *relay);

/* Copy its state. Any thread. */
void relay_model_look(struct relay_model *relay, struct relay_truth *ret_truth);

#endif
