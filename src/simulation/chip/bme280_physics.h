/*
 * The arithmetic of the simulated BME280: its calibration, the compensation formulas of Bosch's
 * data sheet (BST-BME280-DS002, 8.1, in doubles), and their inverse: the register values that a
 * driver turns into given physical values. Pure functions.
 */
#ifndef HARVESTER_SIMULATION_CHIP_BME280_PHYSICS_H
#define HARVESTER_SIMULATION_CHIP_BME280_PHYSICS_H

#include <stdint.h>

struct bme280_coefficients {
	uint16_t t1;
	int16_t t2, t3;
	uint16_t p1;
	int16_t p2, p3, p4, p5, p6, p7, p8, p9;
	uint8_t h1;
	int16_t h2;
	uint8_t h3;
	int16_t h4, h5; /* 12 bits each */
	int8_t h6;
};

/* Temperature and pressure from the data sheet of the related BMP280 (3.12); usual values for
 * humidity. */
extern const struct bme280_coefficients bme280_coefficients_default;

/*
 * Write the calibration to the chip's 256 registers, with the checksum at 0xe8 that Bosch's
 * self-test checks (bme280_selftest.c): CRC-8 with polynomial 0x1d over 0x88..0xa1 and 0xe1..0xe7.
 */
void bme280_coefficients_store(const struct bme280_coefficients *calibration, uint8_t *registers);

/* The data sheet's t_fine (5120 for each °C) from a 20-bit word. It corrects pressure and humidity.
 */
double bme280_fine(const struct bme280_coefficients *calibration, double word);

/*
 * Pa from a 20-bit word, % from a 16-bit word. Not limited to the range of the chip; 0 Pa if the
 * calibration leads to a division by zero. `calibration` is a struct bme280_coefficients.
 */
double bme280_pascal(const void *calibration, double fine, double word);
double bme280_percent(const void *calibration, double fine, double word);

/* What the converters return for a value: 20 bits for temperature and pressure, 16 for humidity. */
uint32_t bme280_temperature_word(const struct bme280_coefficients *calibration, double celsius);
uint32_t bme280_pressure_word(const struct bme280_coefficients *calibration, uint32_t temperature,
			      double pascal);
uint32_t bme280_humidity_word(const struct bme280_coefficients *calibration, uint32_t temperature,
			      double percent);

#endif
