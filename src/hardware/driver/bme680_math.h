/*
 * The arithmetic of the BME680 and BME688, pure: registers in, physical values out.
 *
 * Formulas: Bosch Sensortec BST-BME680-DS001, chapter 3 (compensation in floating point). The
 * vendor's integer forms overflow on unlucky registers; these are doubles, and each result is
 * either finite and inside the range that the chip can measure, or ERROR_IMPLAUSIBLE. Any thread.
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

/* The heater is never told to go beyond this: BST-BME680-DS001, 3.3.5. */
#define BME680_HEATER_MAX_C 400.0

/* par_* of the data sheet, without units. */
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
 * ERROR_IMPLAUSIBLE for blocks that no chip has: one that is all 0x00 or all 0xFF (a dead bus), or
 * a temperature part under which more would mean colder.
 */
int bme680_calibration_parse(const uint8_t block1[BME680_BLOCK1_SIZE],
			     const uint8_t block2[BME680_BLOCK2_SIZE],
			     const uint8_t block3[BME680_BLOCK3_SIZE],
			     struct bme680_calibration *ret_calibration, struct error *err);

/* °C, -40..85, and the "fine temperature" that pressure and humidity are corrected with. adc: 20
 * bits. */
int bme680_temperature(const struct bme680_calibration *calibration, uint32_t adc,
		       double *ret_temperature_c, double *ret_t_fine, struct error *err);

/* Pa, 30000..110000. adc: 20 bits. */
int bme680_pressure(const struct bme680_calibration *calibration, uint32_t adc, double t_fine,
		    double *ret_pressure_pa, struct error *err);

/*
 * % relative humidity, 0..100. adc: 16 bits. Up to 3 points (the chip's accuracy) outside of the
 * range are taken for its end; more is ERROR_IMPLAUSIBLE.
 */
int bme680_humidity(const struct bme680_calibration *calibration, uint16_t adc, double t_fine,
		    double *ret_humidity_percent, struct error *err);

/* Ω. adc: 10 bits, range: 0..15. "low": the BME680, "high": the BME688. */
int bme680_gas_low(const struct bme680_calibration *calibration, uint16_t adc, uint8_t range,
		   double *ret_ohm, struct error *err);
int bme680_gas_high(uint16_t adc, uint8_t range, double *ret_ohm, struct error *err);

/* The value of res_heat for a heater temperature (at most BME680_HEATER_MAX_C) at an ambient one,
 * °C. */
int bme680_heater_code(const struct bme680_calibration *calibration, double target_c,
		       double ambient_c, uint8_t *ret_code, struct error *err);

/* The value of gas_wait for a heater time; 4032 ms and more give the longest. */
uint8_t bme680_gas_wait(unsigned duration_ms);

/* µs that one measurement of temperature, pressure and humidity takes, by oversampling codes 0..5.
 */
unsigned bme680_duration_us(unsigned temperature_code, unsigned pressure_code,
			    unsigned humidity_code);

#endif
