/*
 * Driver for the BME680 and BME688 on an i2c bus: temperature, humidity, pressure and gas
 * resistance. Each read triggers one measurement ("forced mode"). Data sheet: Bosch Sensortec
 * BST-BME680-DS001.
 *
 * The gas plate is heated to 320 °C for 150 ms. The first read sets the chip up (identification,
 * reset, calibration), and so does the first read after any error, because a sensor that was
 * unplugged has lost its settings.
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
	double gas_kohm;	 /* NaN if gas_valid is false */
	bool gas_valid;		 /* the plate reached its temperature, and the value is valid */
};

/* Does not use the bus yet. `bus` and `clock` are borrowed until bme680_destroy(). ERROR_NO_MEMORY.
 */
int bme680_create(struct i2c_bus *bus, uint16_t address, struct clock *clock,
		  struct bme680 **ret_sensor, struct error *err);
void bme680_destroy(struct bme680 *sensor); /* NULL is allowed */

/*
 * Measure. Blocks for about 200 ms: call on the bus's thread, one at a time. ERROR_NO_SENSOR if
 * another chip answers at the address, ERROR_TIMEOUT if the measurement does not end,
 * ERROR_IMPLAUSIBLE if the registers hold impossible values, or a code of i2c_bus_transfer(). The
 * text begins with "BME680 at 0x77 on i2c-1".
 */
int bme680_read(struct bme680 *sensor, struct bme680_reading *ret_reading, struct error *err);

#endif
