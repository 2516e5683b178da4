/*
 * Simulated BME680 or BME688 at register level: calibration, soft reset, forced mode with its
 * measuring time, oversampling, heater. It samples the climate when a measurement is triggered; the
 * result appears in the data registers when the measuring time is over.
 *
 * Not modelled: the IIR filter (its register exists and raises the resolution), SPI, and the
 * parallel and sequential modes of the BME688, in which it stays asleep.
 */
#ifndef HARVESTER_SIMULATION_CHIP_BME680_H
#define HARVESTER_SIMULATION_CHIP_BME680_H

#include "simulation/chip/bme680_physics.h"
#include "simulation/chip/chip.h"
#include "simulation/chip/climate.h"

struct bme680_model {
	struct chip chip;
	struct bme680_coefficients coefficients;
	struct climate_source source; /* its arg is borrowed */
	bool variant_high;
	/* Under the chip's lock. */
	uint8_t registers[256];
	uint8_t pointer;
	uint64_t ready_ns; /* after a reset: answers again from then on */
	bool measuring;
	uint64_t gas_ns;    /* the gas phase begins */
	uint64_t done_ns;   /* the measurement ends */
	uint8_t result[17]; /* the data registers from done_ns on */
};

/*
 * `calibration` may be NULL: the default. variant_high: a BME688. `clock` is borrowed. The caller
 * attaches bme680.chip.device.
 */
void bme680_model_init(struct bme680_model *bme680, const struct bme680_coefficients *calibration,
		       bool variant_high, struct clock *clock, const struct climate_source *source);
void bme680_model_finish(struct bme680_model *bme680);

#endif
