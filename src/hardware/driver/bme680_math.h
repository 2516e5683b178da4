/*
 * The arithmetic of the BME680 and BME688: pure functions that turn registers into physical values.
 *
 * The formulas are those of Bosch Sensortec BST-BME680-DS001, chapter 3, in floating point: the
 * vendor's integer formulas overflow for some register values. A result is finite and within the
 * chip's range, or the function fails with ERROR_IMPLAUSIBLE. Any thread.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_BME680_MATH_H
#define HARVESTER_HARDWARE_DRIVER_BME680_MATH_H

#include <stddef.h>
#include <stdint.h>

struct error;

/* The three calibration blocks: registers 0x8A.., 0xE1.. and 0x00.. */
#define BME680_BLOCK1_SIZE 23
#define BME680_BLOCK2_SIZE 14
#define BME680_BLOCK3_SIZE 5

/* The driver never heats the plate beyond this: BST-BME680-DS001, 3.3.5. */
#define BME680_HEATER_MAX_C 400.0

/* The data sheet's par_*, without units. */
struct bme680_calibration {
	uint16_t t1, p1, h1, h2;
	int16_t t2, p2, p4, p5, p8, p9, gh2;
	int8_t t3, p3, p6, p7, h3, h4, h5, h7, gh1, gh3;
	uint8_t p10, h6;
	uint8_t heat_range;	      /* res_heat_range, 0..3 */
	int8_t heat_value;	      /* res_heat_val */
	int8_t range_switching_error; /* -8..7 */
};

/*
 * Parse the calibration. ERROR_IMPLAUSIBLE for blocks that no chip has: all bytes 0x00 or 0xFF (a
 * dead bus), or temperature parameters by which a larger register value would mean colder.
 */
int bme680_calibration_parse(const uint8_t block1[BME680_BLOCK1_SIZE],
			     const uint8_t block2[BME680_BLOCK2_SIZE],
			     const uint8_t block3[BME680_BLOCK3_SIZE],
			     struct bme680_calibration *ret_calibration, struct error *err);

/*
 * The temperature, -40..85 °C, and the "fine temperature" that corrects pressure and humidity.
 * `adc` has 20 bits.
 */
int bme680_temperature(const struct bme680_calibration *calibration, uint32_t adc,
		       double *ret_temperature_c, double *ret_t_fine, struct error *err);

/* The pressure, 30000..110000 Pa. `adc` has 20 bits. */
int bme680_pressure(const struct bme680_calibration *calibration, uint32_t adc, double t_fine,
		    double *ret_pressure_pa, struct error *err);

/*
 * The relative humidity, 0..100 %. `adc` has 16 bits. A result up to 3 points (the chip's accuracy)
 * outside the range becomes 0 or 100; beyond that it is ERROR_IMPLAUSIBLE.
 */
int bme680_humidity(const struct bme680_calibration *calibration, uint16_t adc, double t_fine,
		    double *ret_humidity_percent, struct error *err);

/* The gas resistance in Ω: "low" for a BME680, "high" for a BME688. `adc` has 10 bits, `range`
 * 0..15. */
int bme680_gas_low(const struct bme680_calibration *calibration, uint16_t adc, uint8_t range,
		   double *ret_ohm, struct error *err);
int bme680_gas_high(uint16_t adc, uint8_t range, double *ret_ohm, struct error *err);

/* The register value res_heat that heats the plate to target_c (at most BME680_HEATER_MAX_C). */
int bme680_heater_code(const struct bme680_calibration *calibration, double target_c,
		       double ambient_c, uint8_t *ret_code, struct error *err);

/* The register value gas_wait for a heating time; 4032 ms is the longest, more becomes that. */
uint8_t bme680_gas_wait(unsigned duration_ms);

/* How long temperature, pressure and humidity take together, in µs, for oversampling codes 0..5. */
unsigned bme680_duration_us(unsigned temperature_code, unsigned pressure_code,
			    unsigned humidity_code);

#endif
