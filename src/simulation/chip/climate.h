/*
 * The climate around a simulated sensor: the true values that it measures. They come from the
 * scenario's curves, or are constants in a test.
 */
#ifndef HARVESTER_SIMULATION_CHIP_CLIMATE_H
#define HARVESTER_SIMULATION_CHIP_CLIMATE_H

#include <stdint.h>

struct climate {
	double temperature;    /* °C */
	double humidity;       /* % relative */
	double pressure;       /* Pa */
	double gas_resistance; /* Ω, of a BME680's hot plate at its working temperature */
	double light;	       /* lx */
	double dust;	       /* µg/m³ of particles up to 2.5 µm */
};

/* at() must be a pure function of the time. Any thread. */
struct climate_source {
	void (*at)(void *arg, uint64_t unix_ms, struct climate *ret_climate);
	void *arg; /* borrowed */
};

static inline struct climate climate_at(const struct climate_source *source, uint64_t unix_ms)
{
	struct climate climate;

	source->at(source->arg, unix_ms, &climate);
	return climate;
}

#endif
