/*
 * Simulated MCP3008 (Microchip DS21295), an analogue-to-digital converter on SPI: eight 10-bit
 * inputs, or four differential pairs. It works bit by bit: the start bit may be anywhere, as in the
 * data sheet.
 *
 * The reference is 3.3 V. The inputs are: 0 a TMP36 (0.5 V at 0 °C, 10 mV/°C), 1 a light sensor
 * (0.1 V + 2 mV/lx), 2 a humidity sensor (0.5 V + 20 mV/%), 3 a pressure sensor (20 mV/kPa), 4 half
 * of the reference, 5 to 7 a quarter of it.
 */
#ifndef HARVESTER_SIMULATION_CHIP_MCP3008_H
#define HARVESTER_SIMULATION_CHIP_MCP3008_H

#include "simulation/bus/sim.h"
#include "simulation/chip/climate.h"
#include "simulation/chip/fault.h"

struct clock;

#define MCP3008_CHANNELS 8
#define MCP3008_REFERENCE_V 3.3
#define MCP3008_FAULTS                                                                             \
	(1u << FAULT_ALL_ZEROS | 1u << FAULT_ALL_ONES | 1u << FAULT_UNPLUGGED |                    \
	 1u << FAULT_IMPLAUSIBLE)

struct mcp3008_model {
	struct sim_spi_device device;
	struct clock *clock;	      /* borrowed */
	struct climate_source source; /* its arg is borrowed */
	struct fault_schedule faults; /* fixed before the device is opened */
};

/* The caller attaches mcp3008.device. There is no finish function. */
void mcp3008_model_init(struct mcp3008_model *mcp3008, struct clock *clock,
			const struct climate_source *source);

/* The voltage at an input; may be beyond the reference. Pure. */
double mcp3008_volts(const struct climate *climate, unsigned channel);

#endif
