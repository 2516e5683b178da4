/*
 * Simulated PMS5003 particle sensor (Plantower, 2016 manual): active mode with one frame a second,
 * passive mode with one frame for each request, sleep. Words that the manual does not define are 0.
 */
#ifndef HARVESTER_SIMULATION_CHIP_PMS5003_H
#define HARVESTER_SIMULATION_CHIP_PMS5003_H

#include "simulation/chip/climate.h"
#include "simulation/chip/serial.h"

/* Its PM1 and PM10, as a share of the dust up to 2.5 µm. */
#define PMS5003_PM1_SHARE 0.7
#define PMS5003_PM10_SHARE 1.2

struct pms5003_model {
	struct serial serial;
	struct climate_source source; /* its arg is borrowed */
	bool passive;
	bool asleep;
};

/* The caller attaches pms5003.serial.device. There is no finish function. */
void pms5003_model_init(struct pms5003_model *pms5003, struct clock *clock,
			const struct climate_source *source);

#endif
