/*
 * The simulated room: daily curves with noise, a pure function of (seed, channel, time). It can be
 * asked for any moment, in any order, from any thread.
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

/* The day turns at midnight UTC. */
double scenario_value(uint64_t seed, enum scenario_channel channel, uint64_t unix_ms);

#endif
