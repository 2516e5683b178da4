/*
 * Simulated DHT22 (AM2302) on a gpio line, exact to the microsecond: it answers a start pulse of at
 * least 0.8 ms low with the 84 edges of its data sheet, beginning 30 µs after the host releases the
 * line. It measures at most every 2 s, like the real one; if started sooner, it sends the last
 * values.
 */
#ifndef HARVESTER_SIMULATION_CHIP_DHT22_H
#define HARVESTER_SIMULATION_CHIP_DHT22_H

#include <stdbool.h>

#include "simulation/bus/sim.h"
#include "simulation/chip/climate.h"
#include "simulation/chip/fault.h"

struct clock;
struct error;

#define DHT22_FAULTS                                                                               \
	(1u << FAULT_CHECKSUM | 1u << FAULT_MISSING_EDGES | 1u << FAULT_STUCK_BUS |                \
	 1u << FAULT_UNPLUGGED | 1u << FAULT_EXTRA_EDGES | 1u << FAULT_ALL_ZEROS |                 \
	 1u << FAULT_IMPLAUSIBLE)
#define DHT22_EDGES 84

struct dht22_model {
	struct sim_line_model model;
	struct backend *backend; /* borrowed */
	unsigned offset;
	struct clock *clock;	      /* borrowed */
	struct climate_source source; /* its arg is borrowed */
	struct fault_schedule faults; /* fixed before the line is requested */
	/* Used only in the host's calls, which come one at a time. */
	bool is_low;
	uint64_t low_since_ns;
	bool has_measured;
	uint64_t measured_ns;
	uint8_t frame[5];
};

/* Create it and attach it to the line, which it pulls up. It must outlive the backend. Codes of
 * sim_attach_line(). */
int dht22_model_init(struct dht22_model *dht22, struct backend *backend, unsigned offset,
		     struct clock *clock, const struct climate_source *source, struct error *err);

/* What it would measure: rounded, and limited to its range (-40..80 °C, 0..100 %). */
void dht22_round(const struct climate *climate, double *ret_temperature, double *ret_humidity);

#endif
