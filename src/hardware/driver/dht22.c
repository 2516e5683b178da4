#include "hardware/driver/dht22.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "hardware/bus/gpio.h"
#include "hardware/driver/dht22_iio.h"

#define NS_PER_US 1000u
#define NS_PER_MS 1000000u

#define BITS 40
#define EDGES_WHOLE 84
#define EDGES_MIN 82
#define EDGES_MOST 88  /* with one disturbance before the answer and one after it */
#define EDGES_KEPT 128 /* the kernel's default of 16 would lose most of them */

#define START_NS (2 * NS_PER_MS)
/* The longest pause within an answer is 0.1 ms, but the reader may wake up late. */
#define QUIET_NS (10 * NS_PER_MS)
#define INTERVAL_NS (2000ull * NS_PER_MS)

/* A high phase of 22..30 us is a 0, one of 68..75 us is a 1. */
#define THRESHOLD_NS (49 * NS_PER_US)

struct dht22 {
	char *iio; /* owned: folder of the kernel's device; NULL: decode edges of `chip` */
	struct gpio_chip *chip; /* borrowed */
	struct clock *clock;	/* borrowed */
	unsigned pin;
	bool started; /* at least once; the fields below describe the last measurement */
	uint64_t started_ns;
	int result;
	struct error error;	      /* valid if result is not 0 */
	struct dht22_reading reading; /* valid if result is 0 */
};

int dht22_create(struct gpio_chip *chip, unsigned pin, struct clock *clock,
		 struct dht22 **ret_sensor, struct error *err)
{
	struct dht22 *sensor;

	if (pin >= chip->line_count)
		return error_set(err, ERROR_INVALID,
				 "DHT22 on GPIO%u: the gpio chip has %u lines, counted from 0: use "
				 "another line",
				 pin, chip->line_count);
	sensor = calloc(1, sizeof(*sensor));
	if (!sensor)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the sensor DHT22; this machine needs "
				 "more free memory");
	sensor->chip = chip;
	sensor->clock = clock;
	sensor->pin = pin;
	*ret_sensor = sensor;
	return 0;
}

int dht22_create_iio(const char *root, unsigned pin, struct clock *clock, struct dht22 **ret_sensor,
		     struct error *err)
{
	struct dht22 *sensor;
	char *folder;
	int ret = dht22_iio_find(root, pin, &folder, err);

	if (ret)
		return ret;
	sensor = calloc(1, sizeof(*sensor));
	if (!sensor) {
		free(folder);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the sensor DHT22; this machine needs "
				 "more free memory");
	}
	sensor->iio = folder;
	sensor->clock = clock;
	sensor->pin = pin;
	*ret_sensor = sensor;
	return 0;
}

void dht22_destroy(struct dht22 *sensor)
{
	if (sensor)
		free(sensor->iio);
	free(sensor);
}

/* Decode 40 bits: from `edges` on, every second edge begins the high phase of a bit. */
static bool take_bits(const struct gpio_edge *edges, uint8_t ret_frame[BITS / 8])
{
	for (size_t i = 0; i < BITS; i++) {
		const struct gpio_edge *rise = &edges[2 * i], *fall = rise + 1;
		bool bit = fall->timestamp_ns - rise->timestamp_ns > THRESHOLD_NS;

		if (!rise->rising || fall->rising || fall->timestamp_ns < rise->timestamp_ns ||
		    fall->sequence != (uint32_t)(edges[0].sequence + 2 * i + 1))
			return false;
		ret_frame[i / 8] = (uint8_t)(ret_frame[i / 8] << 1 | bit);
	}
	return true;
}

/* Copy the reading if its values are plausible. */
static int check(const struct dht22_reading *reading, struct dht22_reading *ret_reading,
		 struct error *err)
{
	double temperature_c = reading->temperature_c, percent = reading->humidity_percent;

	/* A line that is stuck gives zeros, whose checksum is right. */
	if (temperature_c == 0 && percent == 0)
		return error_set(err, ERROR_IMPLAUSIBLE,
				 "the sensor answered only zeros: check its wire");
	if (percent < 0 || percent > 100 || temperature_c < -40 || temperature_c > 80)
		return error_set(err, ERROR_IMPLAUSIBLE,
				 "%.1f °C and %.1f %% are outside the sensor's range: check the "
				 "sensor's wire and pull-up resistor",
				 temperature_c, percent);
	*ret_reading = *reading;
	return 0;
}

static int convert(const uint8_t frame[BITS / 8], struct dht22_reading *ret_reading,
		   struct error *err)
{
	unsigned humidity = (unsigned)frame[0] << 8 | frame[1];
	unsigned magnitude = (frame[2] & 0x7Fu) << 8 | frame[3];
	int temperature = frame[2] & 0x80 ? -(int)magnitude : (int)magnitude;
	uint8_t sum = (uint8_t)(frame[0] + frame[1] + frame[2] + frame[3]);
	struct dht22_reading reading;

	if (sum != frame[4])
		return error_set(err, ERROR_CHECKSUM,
				 "checksum mismatch: check the sensor's wire and pull-up resistor");
	reading.temperature_c = temperature / 10.0;
	reading.humidity_percent = humidity / 10.0;
	return check(&reading, ret_reading, err);
}

int dht22_decode(const struct gpio_edge *edges, size_t count, struct dht22_reading *ret_reading,
		 struct error *err)
{
	uint8_t frame[BITS / 8];
	int ret;

	if (!count)
		return error_set(err, ERROR_TIMEOUT,
				 "no answer: check the sensor's power, wire and pull-up resistor");
	if (count < EDGES_MIN)
		return error_set(err, ERROR_TIMEOUT,
				 "only %zu of %d edges arrived: check the sensor's wire and "
				 "pull-up resistor",
				 count, EDGES_WHOLE);
	/* One byte of checksum is weak, so do not even try frames with far too many edges. */
	if (count > EDGES_MOST)
		return error_set(err, ERROR_MALFORMED,
				 "%zu edges arrived instead of %d: check the sensor's wire and "
				 "pull-up resistor",
				 count, EDGES_WHOLE);
	ret = error_set(err, ERROR_MALFORMED,
			"the edges that arrived do not encode %d bits: check the sensor's wire and "
			"pull-up resistor",
			BITS);
	/*
	 * The last bit ends with the last edge, with the one before it, or one earlier still if a
	 * disturbance followed. More tries would let too many wrong frames pass the 8-bit checksum.
	 * At least one edge of the preamble comes before the bits.
	 */
	for (size_t after = 0; after <= 2 && after + 2 * BITS < count; after++) {
		if (!take_bits(edges + count - after - 2 * BITS, frame))
			continue;
		ret = convert(frame, ret_reading, err);
		if (!ret)
			return 0;
	}
	return ret;
}

/* Collect edges until the line is quiet. Succeeds without edges: the decoder has a better text. */
static int collect(struct gpio_line *line, struct gpio_edge *ret_edges, size_t *ret_count,
		   struct error *err)
{
	size_t count = 0, got;
	int ret;

	while (count < EDGES_KEPT) {
		ret = gpio_line_read_edges(line, ret_edges + count, EDGES_KEPT - count, QUIET_NS,
					   &got, err);
		if (ret == ERROR_TIMEOUT)
			break;
		if (ret)
			return ret;
		count += got;
	}
	*ret_count = count;
	return 0;
}

static int request_low(struct dht22 *sensor, struct gpio_line **ret_line, struct error *err)
{
	/* Open drain, so that this side never drives the line high against the sensor. */
	static const struct gpio_line_config low = {
		.direction = GPIO_OUTPUT,
		.bias = GPIO_BIAS_PULL_UP,
		.drive = GPIO_OPEN_DRAIN,
		.value = false,
		.event_buffer_size = EDGES_KEPT,
	};

	return gpio_chip_request(sensor->chip, sensor->pin, &low, ret_line, err);
}

static int measure(struct dht22 *sensor, struct gpio_line *line, struct error *err)
{
	static const struct gpio_line_config listen = {
		.direction = GPIO_INPUT,
		.bias = GPIO_BIAS_PULL_UP,
		.edges = GPIO_EDGES_BOTH,
	};
	struct gpio_edge edges[EDGES_KEPT];
	size_t count;
	int ret;

	clock_sleep_ns(sensor->clock, START_NS);
	/* One operation, because the sensor answers 20 us after the line is let go. */
	ret = gpio_line_configure(line, &listen, err);
	if (!ret)
		ret = collect(line, edges, &count, err);
	if (!ret)
		ret = dht22_decode(edges, count, &sensor->reading, err);
	return ret;
}

static int measure_iio(struct dht22 *sensor, struct error *err)
{
	struct dht22_reading reading;
	int ret = dht22_iio_read(sensor->iio, &reading, err);

	return ret ? ret : check(&reading, &sensor->reading, err);
}

/* If the line could not be requested, the chip was not started and the next read may try at once.
 */
static int measure_again(struct dht22 *sensor, uint64_t now_ns, struct error *err)
{
	struct gpio_line *line = NULL;
	int ret = sensor->iio ? 0 : request_low(sensor, &line, err);

	if (ret)
		return error_wrap(err, ret, "DHT22 on GPIO%u", sensor->pin);
	sensor->started = true;
	sensor->started_ns = now_ns;
	sensor->result = sensor->iio ? measure_iio(sensor, &sensor->error)
				     : measure(sensor, line, &sensor->error);
	if (sensor->result)
		error_wrap(&sensor->error, sensor->result, "DHT22 on GPIO%u", sensor->pin);
	gpio_line_release(line);
	return 0;
}

int dht22_read(struct dht22 *sensor, struct dht22_reading *ret_reading, struct error *err)
{
	uint64_t now_ns = clock_monotonic_ns(sensor->clock);
	int ret;

	if (!sensor->started || now_ns - sensor->started_ns >= INTERVAL_NS) {
		ret = measure_again(sensor, now_ns, err);
		if (ret)
			return ret;
	}
	if (sensor->result)
		return error_set(err, sensor->result, "%s", sensor->error.text);
	*ret_reading = sensor->reading;
	return 0;
}
