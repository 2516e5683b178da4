/*
 * A BME680 or BME688 on an i2c bus: temperature, humidity, pressure and gas resistance, one forced
 * measurement a read. Data sheet: Bosch Sensortec BST-BME680-DS001.
 *
 * The gas resistance is measured at 320 °C after 150 ms. The chip is set up (chip id, reset,
 * calibration) by the first read, and again by the first read after any error: a sensor that was
 * unplugged has forgotten everything.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_BME680_H
#define HARVESTER_HARDWARE_DRIVER_BME680_H

#include <stdbool.h>
#include <stdint.h>

struct clock;
struct error;
struct i2c_bus;
struct bme680;

struct bme680_reading {
	double temperature_c;	 /* -40..85 */
	double humidity_percent; /* 0..100 */
	double pressure_hpa;	 /* 300..1100 */
	double gas_kohm;	 /* NaN where gas_valid is false */
	bool gas_valid;		 /* the heater reached its temperature and the measurement counts */
};

/* Touches nothing yet. bus and clock are borrowed. ERROR_NO_MEMORY. */
int bme680_create(struct i2c_bus *bus, uint16_t address, struct clock *clock,
		  struct bme680 **ret_sensor, struct error *err);
void bme680_destroy(struct bme680 *sensor); /* NULL is allowed */

/*
 * Measure: blocks for about 200 ms, for a thread of the pool, one at a time. The bus's codes,
 * ERROR_NO_SENSOR when another chip answers at the address, ERROR_TIMEOUT when no measurement
 * comes, ERROR_IMPLAUSIBLE when the registers make no sense. The text begins with "BME680 at 0x77
 * on i2c-1".
 */
int bme680_read(struct bme680 *sensor, struct bme680_reading *ret_reading, struct error *err);

#endif
