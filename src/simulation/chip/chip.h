/*
 * What the models of i2c chips share: the clock, the lock, and the faults that belong to the wires
 * rather than to the chip. Each model has a struct chip as its first field.
 */
#ifndef HARVESTER_SIMULATION_CHIP_CHIP_H
#define HARVESTER_SIMULATION_CHIP_CHIP_H

#include <pthread.h>

#include "simulation/bus/sim.h"
#include "simulation/fault.h"

struct clock;

/* What can be wrong with any chip, and with one whose answers can be told from garbage. */
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
	uint64_t unplugged;	      /* how often, as far as this chip knows */
	pthread_mutex_t lock;	      /* of the model's state, against a look at the truth */
};

/* `ops` has chip_holds_bus() as its holds_bus. */
void chip_init(struct chip *chip, const struct sim_i2c_device_ops *ops, struct clock *clock);
void chip_finish(struct chip *chip);

/*
 * The bus asks for the chip. 0 or the code of a fault of the wires; *ret_lost is whether it was
 * without power since the last call, so that it must begin anew. With the lock held.
 */
int chip_start(struct chip *chip, bool *ret_lost);

/* Is a fault of this kind on? */
bool chip_has_fault(const struct chip *chip, enum fault_kind kind);

/* The last step of a read: the bytes as they get through the faults. */
void chip_spoil(const struct chip *chip, uint8_t *data, size_t size);

/* What stands at an address under FAULT_RANDOM_CALIBRATION: as random as the next, always the same.
 */
uint8_t chip_random_byte(uint8_t address);

bool chip_holds_bus(struct sim_i2c_device *device);

#endif
