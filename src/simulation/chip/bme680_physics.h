/*
 * The arithmetic of the simulated BME680: its calibration, and what its converters return for given
 * physical values. It inverts the compensation formulas of Bosch's data sheet (BST-BME680-DS001,
 * 3.3), so that a correct driver computes those values again. Pure functions.
 */
#ifndef HARVESTER_SIMULATION_CHIP_BME680_PHYSICS_H
#define HARVESTER_SIMULATION_CHIP_BME680_PHYSICS_H

#include <stdbool.h>
#include <stdint.h>

struct bme680_coefficients {
	uint16_t t1;
	int16_t t2;
	int8_t t3;
	uint16_t p1;
	int16_t p2;
	int8_t p3;
	int16_t p4, p5;
	int8_t p6, p7;
	int16_t p8, p9;
	uint8_t p10;
	uint16_t h1, h2; /* 12 bits each */
	int8_t h3, h4, h5;
	uint8_t h6;
	int8_t h7;
	int8_t gh1;
	int16_t gh2;
	int8_t gh3;
	uint8_t res_heat_range; /* 0..3 */
	int8_t res_heat_val;
	int8_t range_sw_err; /* -8..7 */
};

/* The calibration of a real chip. */
extern const struct bme680_coefficients bme680_coefficients_default;

/* Write the calibration to the chip's 256 registers. */
void bme680_coefficients_store(const struct bme680_coefficients *calibration, uint8_t *registers);

/* What the converters return for a value: 20 bits for temperature and pressure, 16 for humidity. */
uint32_t bme680_temperature_word(const struct bme680_coefficients *calibration, double celsius);
uint32_t bme680_pressure_word(const struct bme680_coefficients *calibration, uint32_t temperature,
			      double pascal);
uint32_t bme680_humidity_word(const struct bme680_coefficients *calibration, uint32_t temperature,
			      double percent);

struct bme680_gas_word {
	uint16_t adc; /* 10 bits */
	uint8_t range;
};

/* variant_high: the formula of a BME688. A resistance beyond the ranges gives the nearest value. */
struct bme680_gas_word bme680_gas_word(const struct bme680_coefficients *calibration,
				       bool variant_high, double ohm);

/* The plate's temperature in °C for a heater code: the inverse of the driver's formula. */
double bme680_heater_celsius(const struct bme680_coefficients *calibration, uint8_t code,
			     double ambient);

#endif
