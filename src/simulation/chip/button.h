/*
 * A push button between a gpio line and ground, pressed by the simulation once in two seconds for a
 * moment, with the bounces of a real one. Without a pull-up of the host the line floats.
 */
#ifndef HARVESTER_SIMULATION_CHIP_BUTTON_H
#define HARVESTER_SIMULATION_CHIP_BUTTON_H

#include <stdbool.h>

#include "simulation/bus/sim.h"
#include "simulation/fault.h"

struct clock;
struct error;

#define BUTTON_FAULTS (1u << FAULT_MISSING_EDGES | 1u << FAULT_EXTRA_EDGES | 1u << FAULT_STUCK_BUS)

/* Nothing changes after its init. */
struct button_model {
	struct sim_line_model model;
	struct clock *clock; /* borrowed */
	uint64_t seed;
	struct fault_schedule faults; /* fixed before the line is requested */
};

struct button_truth {
	bool pressed;
	uint64_t presses; /* since its init */
};

/* Attach it to the line. It must outlive the backend. Nothing to finish. */
int button_model_init(struct button_model *button, struct backend *backend, unsigned offset,
		      uint64_t seed, struct clock *clock, struct error *err);

/* What the finger does, whatever the line says. Any thread. */
void button_model_look(const struct button_model *button, struct button_truth *ret_truth);

#endif
