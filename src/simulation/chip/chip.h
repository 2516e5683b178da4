/*
 * The common part of all simulated i2c chips: the clock, the lock, and the faults of the wires.
 * Each model has a struct chip as its first member.
 */
#ifndef HARVESTER_SIMULATION_CHIP_CHIP_H
#define HARVESTER_SIMULATION_CHIP_CHIP_H

#include <pthread.h>

#include "simulation/bus/sim.h"
#include "simulation/chip/fault.h"

struct clock;

/* The faults that any chip can have, and those of chips with registers, and of Bosch's. */
#define CHIP_FAULTS                                                                                \
	(1u << FAULT_NO_ACKNOWLEDGE | 1u << FAULT_STUCK_BUS | 1u << FAULT_UNPLUGGED |              \
	 1u << FAULT_ARBITRATION_LOSS | 1u << FAULT_TIMEOUT)
#define CHIP_REGISTER_FAULTS (CHIP_FAULTS | 1u << FAULT_ALL_ZEROS | 1u << FAULT_ALL_ONES)
#define CHIP_BOSCH_FAULTS                                                                          \
	(CHIP_REGISTER_FAULTS | 1u << FAULT_WRONG_ID | 1u << FAULT_RANDOM_CALIBRATION)

struct chip {
	struct sim_i2c_device device;
	struct clock *clock;	      /* borrowed */
	struct fault_schedule faults; /* fixed before the first bus is opened */
	uint64_t unplugged;	      /* how often, when it last checked */
	pthread_mutex_t lock;	      /* protects the model's state from readers on other threads */
};

/* ops->holds_bus must be chip_holds_bus(). `clock` is borrowed. */
void chip_init(struct chip *chip, const struct sim_i2c_device_ops *ops, struct clock *clock);
void chip_finish(struct chip *chip);

/*
 * The bus addresses the chip. Returns 0, or the code of an active fault. *ret_lost: the chip was
 * unplugged since the last call, so the model must reset itself. With the lock held.
 */
int chip_start(struct chip *chip, bool *ret_lost);

/* Is a fault of this kind active? */
bool chip_has_fault(const struct chip *chip, enum fault_kind kind);

/* The last step of a read: change the bytes as the active faults do. */
void chip_spoil(const struct chip *chip, uint8_t *data, size_t size);

/* The byte at an address under FAULT_RANDOM_CALIBRATION: random, but always the same. */
uint8_t chip_random_byte(uint8_t address);

bool chip_holds_bus(struct sim_i2c_device *device);

#endif
