/*
 * An SDS011 particle sensor (Nova Fitness, control protocol V1.3): active mode with a frame a
 * second, query mode, sleep, working period, firmware version.
 *
 * Not modelled: a change of its id, which is 0xa160.
 */
#ifndef HARVESTER_SIMULATION_CHIP_SDS011_H
#define HARVESTER_SIMULATION_CHIP_SDS011_H

#include "simulation/chip/climate.h"
#include "simulation/chip/serial.h"

#define SDS011_PM10_SHARE 1.2 /* of the dust up to 2.5 µm: what it finds up to 10 µm */

struct sds011_model {
	struct serial serial;
	struct climate_source source; /* its arg is borrowed */
	bool query_mode;	      /* frames are sent for queries alone */
	bool asleep;
	uint8_t minutes; /* a measurement each; 0: all the time */
};

/* The caller attaches sds011.serial.device. Nothing to finish. */
void sds011_model_init(struct sds011_model *sds011, struct clock *clock,
		       const struct climate_source *source);

#endif
