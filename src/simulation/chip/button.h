/*
 * Simulated push button between a gpio line and ground. It is pressed briefly every two seconds,
 * and bounces like a real one. The host has to enable a pull-up, or the line floats.
 */
#ifndef HARVESTER_SIMULATION_CHIP_BUTTON_H
#define HARVESTER_SIMULATION_CHIP_BUTTON_H

#include <stdbool.h>

#include "simulation/bus/sim.h"
#include "simulation/chip/fault.h"

struct clock;
struct error;

#define BUTTON_FAULTS (1u << FAULT_MISSING_EDGES | 1u << FAULT_EXTRA_EDGES | 1u << FAULT_STUCK_BUS)

/* Does not change after button_model_init(). */
struct button_model {
	struct sim_line_model model;
	struct clock *clock; /* borrowed */
	uint64_t seed;
	struct fault_schedule faults; /* fixed before the line is requested */
};

struct button_truth {
	bool pressed;
	uint64_t presses; /* since button_model_init() */
};

/*
 * Create the button and attach it to the line. It must outlive the backend; it has no finish
 * function. Codes of sim_attach_line().
 */
int button_model_init(struct button_model *button, struct backend *backend, unsigned offset,
		      uint64_t seed, struct clock *clock, struct error *err);

/* Whether the button is pressed, without bounces and faults. Any thread. */
void button_model_look(const struct button_model *button, struct button_truth *ret_truth);

#endif
