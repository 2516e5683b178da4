/*
 * Driver for the DHT22 (AM2302), a sensor of temperature and humidity on one GPIO line, decoded
 * from the kernel's time-stamped edges. Data sheet: Aosong AM2302.
 *
 * Each read requests the line and releases it again; in between the line is free, an input that the
 * pull-up keeps high. If somebody else holds the line, only that read fails.
 *
 * The chip can measure only every 2 s. A read that comes sooner returns the last result again,
 * values or error, and does not start the chip.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_DHT22_H
#define HARVESTER_HARDWARE_DRIVER_DHT22_H

#include <stddef.h>

struct clock;
struct dht22;
struct error;
struct gpio_chip;
struct gpio_edge;

struct dht22_reading {
	double temperature_c;	 /* -40..80 */
	double humidity_percent; /* 0..100 */
};

/*
 * Does not use the line yet. `chip` and `clock` are borrowed until dht22_destroy(). ERROR_INVALID
 * if the chip has no such pin, ERROR_NO_MEMORY.
 */
int dht22_create(struct gpio_chip *chip, unsigned pin, struct clock *clock,
		 struct dht22 **ret_sensor, struct error *err);

/*
 * Use the kernel's own driver for the sensor on this pin (see dht22_iio.h, also for `root`),
 * without a gpio chip. ERROR_NOT_FOUND if no kernel driver is bound to the pin, ERROR_NO_MEMORY.
 */
int dht22_create_iio(const char *root, unsigned pin, struct clock *clock, struct dht22 **ret_sensor,
		     struct error *err);
void dht22_destroy(struct dht22 *sensor); /* NULL is allowed */

/*
 * Measure. Blocks for about 20 ms: call on the gpio chip's thread, one at a time. ERROR_TIMEOUT if
 * the sensor sent too few edges, ERROR_CHECKSUM, ERROR_MALFORMED if the edges form no frame,
 * ERROR_IMPLAUSIBLE if the values are outside the sensor's range, or a code of gpio_chip_request().
 * The text begins with "DHT22 on GPIO4: ".
 */
int dht22_read(struct dht22 *sensor, struct dht22_reading *ret_reading, struct error *err);

/*
 * Decode the edges of one answer, in order. A complete answer has 84 edges; 82 are enough, because
 * one of the preamble may be missing and the last one carries no bit. Codes as above. Any thread.
 */
int dht22_decode(const struct gpio_edge *edges, size_t count, struct dht22_reading *ret_reading,
		 struct error *err);

#endif
