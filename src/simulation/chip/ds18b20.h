/*
 * Simulated DS18B20 thermometer. It answers with the text that the kernel would make of its
 * scratchpad (data sheet, figure 9).
 */
#ifndef HARVESTER_SIMULATION_CHIP_DS18B20_H
#define HARVESTER_SIMULATION_CHIP_DS18B20_H

#include "simulation/bus/sim.h"
#include "simulation/chip/climate.h"
#include "simulation/chip/fault.h"

struct clock;

#define DS18B20_FAULTS                                                                             \
	(1u << FAULT_UNPLUGGED | 1u << FAULT_CHECKSUM | 1u << FAULT_ALL_ZEROS |                    \
	 1u << FAULT_ALL_ONES | 1u << FAULT_TIMEOUT | 1u << FAULT_IMPLAUSIBLE)

struct ds18b20_model {
	struct sim_w1_device device;
	struct clock *clock;	      /* borrowed */
	struct climate_source source; /* its arg is borrowed */
	struct fault_schedule faults; /* fixed before the bus is opened */
};

/* The caller attaches ds18b20.device. There is no finish function. */
void ds18b20_model_init(struct ds18b20_model *ds18b20, struct clock *clock,
			const struct climate_source *source);

#endif
