/*
 * Simulated SDS011 particle sensor (Nova Fitness, control protocol V1.3): active mode with one
 * frame a second, query mode, sleep, working period, firmware version.
 *
 * Not modelled: a change of its id, which is 0xa160.
 */
#ifndef HARVESTER_SIMULATION_CHIP_SDS011_H
#define HARVESTER_SIMULATION_CHIP_SDS011_H

#include "simulation/chip/climate.h"
#include "simulation/chip/serial.h"

#define SDS011_PM10_SHARE 1.2 /* its PM10, as a share of the dust up to 2.5 µm */

struct sds011_model {
	struct serial serial;
	struct climate_source source; /* its arg is borrowed */
	bool query_mode;	      /* it sends frames only as answers to queries */
	bool asleep;
	uint8_t minutes; /* working period; 0: measures all the time */
};

/* The caller attaches sds011.serial.device. There is no finish function. */
void sds011_model_init(struct sds011_model *sds011, struct clock *clock,
		       const struct climate_source *source);

#endif
