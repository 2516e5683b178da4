/*
 * A DHT22 (AM2302) on one GPIO line, read from the kernel's time-stamped edges. Data sheet: Aosong
 * AM2302.
 *
 * The line is requested for each read and released after it: between reads it is nobody's, an input
 * that the pull-up keeps high. A line that somebody else holds is an error of that read alone.
 *
 * The chip answers once in 2 s. A measurement that is younger is handed out again: its values where
 * it succeeded, its error where it failed. The chip is never started sooner, whatever happened.
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

/* Touches nothing yet. chip and clock are borrowed. ERROR_INVALID for a pin that the chip has not.
 */
int dht22_create(struct gpio_chip *chip, unsigned pin, struct clock *clock,
		 struct dht22 **ret_sensor, struct error *err);

/*
 * The one that the kernel reads (hardware/driver/dht22_iio.h) on this pin, without a gpio chip.
 * `root` as there. ERROR_NOT_FOUND where the kernel has none.
 */
int dht22_create_iio(const char *root, unsigned pin, struct clock *clock, struct dht22 **ret_sensor,
		     struct error *err);
void dht22_destroy(struct dht22 *sensor); /* NULL is allowed */

/*
 * Blocks for about 20 ms: for a thread of the pool, one at a time. ERROR_TIMEOUT when too few edges
 * came, ERROR_CHECKSUM, ERROR_IMPLAUSIBLE, ERROR_MALFORMED, or the line's code. The text begins
 * with "DHT22 on GPIO4: ".
 */
int dht22_read(struct dht22 *sensor, struct dht22_reading *ret_reading, struct error *err);

/*
 * The edges of one answer, in order, to values. A whole answer has 84; the first ones (the
 * preamble) may lack one, and the last one says nothing, so 82 can do. Codes as above. Any thread.
 */
int dht22_decode(const struct gpio_edge *edges, size_t count, struct dht22_reading *ret_reading,
		 struct error *err);

#endif
