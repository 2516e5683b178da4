/*
 * Simulated BME280 at register level: calibration with its checksum, soft reset, sleep, forced and
 * normal mode with their measuring times, oversampling.
 *
 * Not modelled: the IIR filter (its register exists and raises the resolution) and SPI.
 */
#ifndef HARVESTER_SIMULATION_CHIP_BME280_H
#define HARVESTER_SIMULATION_CHIP_BME280_H

#include "simulation/chip/bme280_physics.h"
#include "simulation/chip/chip.h"
#include "simulation/chip/climate.h"

#define BME280_DATA_SIZE 8

struct bme280_model {
	struct chip chip;
	struct bme280_coefficients coefficients;
	struct climate_source source; /* its arg is borrowed */
	/* Under the chip's lock. */
	uint8_t registers[256];
	uint8_t humidity_control; /* the effective ctrl_hum: copied at a write to ctrl_meas */
	uint8_t pointer;
	uint64_t ready_ns; /* after a reset: answers again from then on */
	bool measuring;
	uint64_t done_ns; /* end of the running measurement */
	uint64_t next_ns; /* normal mode: start of the next measurement, if none runs */
};

/* `calibration` may be NULL: the default. `clock` is borrowed. The caller attaches
 * bme280.chip.device. */
void bme280_model_init(struct bme280_model *bme280, const struct bme280_coefficients *calibration,
		       struct clock *clock, const struct climate_source *source);
void bme280_model_finish(struct bme280_model *bme280);

#endif
