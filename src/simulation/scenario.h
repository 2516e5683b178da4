/*
 * The simulated room: temperature, humidity and so on as daily curves with noise. The values are a
 * pure function of seed, channel and time. Any thread.
 */
#ifndef HARVESTER_SIMULATION_SCENARIO_H
#define HARVESTER_SIMULATION_SCENARIO_H

#include <stdint.h>

enum scenario_channel {
	SCENARIO_TEMPERATURE,	 /* °C, about 19 to 24 */
	SCENARIO_HUMIDITY,	 /* % relative, about 35 to 60 */
	SCENARIO_PRESSURE,	 /* Pa, about 99,700 to 102,900 */
	SCENARIO_GAS_RESISTANCE, /* Ω, about 60,000 to 250,000 */
	SCENARIO_LIGHT,		 /* lx, about 1 at night, to about 600 */
	SCENARIO_DUST,		 /* µg/m³ of particles up to 2.5 µm, about 4 to 30 */
};

/* The value at a time, in the channel's unit. The daily curve starts at midnight UTC. */
double scenario_value(uint64_t seed, enum scenario_channel channel, uint64_t unix_ms);

#endif
