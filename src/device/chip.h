/*
 * What the models of i2c chips share: the clock, the lock, and the faults that belong to the wires
 * rather than to the chip. Each model has a struct chip as its first field.
 */
#ifndef HARVESTER_DEVICE_CHIP_H
#define HARVESTER_DEVICE_CHIP_H

#include <pthread.h>

#include "bus/sim/sim.h"
#include "device/fault.h"

struct clock;

#define CHIP_FAULTS (1u << FAULT_NO_ACKNOWLEDGE | 1u << FAULT_STUCK_BUS | 1u << FAULT_UNPLUGGED)

struct chip {
	struct sim_i2c_device device;
	struct clock *clock;	      /* borrowed */
	struct fault_schedule faults; /* fixed before the first bus is opened */
	uint64_t unplugged;	      /* how often, as far as this chip knows */
	pthread_mutex_t lock;	      /* of the model's state, against a look at the truth */
};

/* `ops` has chip_holds_bus() as its holds_bus. */
void chip_init(struct chip *chip, const struct sim_i2c_device_ops *ops, struct clock *clock);
void chip_finish(struct chip *chip);

/*
 * The bus asks for the chip. 0 or ERROR_NO_ACKNOWLEDGE; *ret_lost is whether it was without power
 * since the last call, so that it must begin anew. With the lock held.
 */
int chip_start(struct chip *chip, bool *ret_lost);

bool chip_holds_bus(struct sim_i2c_device *device);

#endif
