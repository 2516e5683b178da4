/*
 * What sensors may say to the drivers of the host: registers that no BME680 has, and edges that no
 * DHT22 sends, to the pure functions and through the drivers. A reading is finite and within what
 * the chip can measure, or it is an error with a text. The first byte chooses.
 */
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "fuzz.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/i2c.h"
#include "hardware/driver/bme680.h"
#include "hardware/driver/bme680_math.h"
#include "hardware/driver/dht22.h"

#define EDGES_MAX 128
#define READS 3

static bool is_within(double value, double low, double high)
{
	return value >= low && value <= high;
}

/* What is typed is typed: each of these returns one of the codes of the header. */
static void check_result(int ret, const struct error *err)
{
	CHECK(!ret || (ret == err->code && *err->text));
}

static void fuzz_gas(const struct bme680_calibration *calibration, struct feed *feed)
{
	struct error err = {0};
	double ohm;
	int ret;

	ret = bme680_gas_low(calibration, feed_u16(feed), feed_u8(feed), &ohm, &err);
	check_result(ret, &err);
	CHECK(ret || is_within(ohm, 1, 1e9));
	ret = bme680_gas_high(feed_u16(feed), feed_u8(feed), &ohm, &err);
	check_result(ret, &err);
	CHECK(ret || is_within(ohm, 1, 1e9));
}

static void fuzz_heater(const struct bme680_calibration *calibration, struct feed *feed)
{
	double target_c = feed_u16(feed) / 64.0, ambient_c = (int8_t)feed_u8(feed);
	struct error err = {0};
	uint8_t code;

	check_result(bme680_heater_code(calibration, target_c, ambient_c, &code, &err), &err);
	bme680_gas_wait(feed_u32(feed));
	bme680_duration_us(feed_u8(feed), feed_u8(feed), feed_u8(feed));
}

static void fuzz_math(struct feed *feed)
{
	uint8_t block1[BME680_BLOCK1_SIZE], block2[BME680_BLOCK2_SIZE], block3[BME680_BLOCK3_SIZE];
	struct bme680_calibration calibration;
	double celsius, t_fine, value;
	struct error err = {0};
	int ret;

	feed_fill(feed, block1, sizeof(block1));
	feed_fill(feed, block2, sizeof(block2));
	feed_fill(feed, block3, sizeof(block3));
	ret = bme680_calibration_parse(block1, block2, block3, &calibration, &err);
	check_result(ret, &err);
	if (ret)
		return;
	fuzz_gas(&calibration, feed);
	fuzz_heater(&calibration, feed);
	ret = bme680_temperature(&calibration, feed_u32(feed) & 0xFFFFF, &celsius, &t_fine, &err);
	check_result(ret, &err);
	if (ret)
		return;
	CHECK(is_within(celsius, -40, 85) && isfinite(t_fine));
	ret = bme680_pressure(&calibration, feed_u32(feed) & 0xFFFFF, t_fine, &value, &err);
	check_result(ret, &err);
	CHECK(ret || is_within(value, 30000, 110000));
	ret = bme680_humidity(&calibration, feed_u16(feed), t_fine, &value, &err);
	check_result(ret, &err);
	CHECK(ret || is_within(value, 0, 100));
}

/* The steps between edges in a unit that makes bits of both kinds likely; some go back. */
static size_t feed_edges(struct feed *feed, struct gpio_edge *ret_edges)
{
	uint64_t now_ns = 1000000;
	uint32_t sequence = 0;
	size_t count = 0;

	while (feed->size && count < EDGES_MAX) {
		uint8_t step = feed_u8(feed), odd = 0;

		/* The rare ones: a lost edge, one of the same kind again, a time that steps. */
		if (step == 0xFF)
			odd = feed_u8(feed);
		sequence += 1 + (odd & 1);
		now_ns += step * 1000u;
		if (odd & 2)
			now_ns = feed_number(feed, 8);
		ret_edges[count] = (struct gpio_edge){
			.timestamp_ns = now_ns,
			.sequence = sequence,
			.rising = (count & 1) ^ (odd >> 2 & 1),
		};
		count++;
	}
	return count;
}

static void check_dht22(int ret, const struct dht22_reading *reading, const struct error *err)
{
	check_result(ret, err);
	CHECK(ret || (is_within(reading->temperature_c, -40, 80) &&
		      is_within(reading->humidity_percent, 0, 100)));
}

static void fuzz_decode(struct feed *feed)
{
	struct gpio_edge edges[EDGES_MAX];
	struct dht22_reading reading;
	struct error err = {0};
	size_t count = feed_edges(feed, edges);

	check_dht22(dht22_decode(edges, count, &reading, &err), &reading, &err);
}

/* A chip at every address: it says what the input says, register by register, and fails at times.
 */
struct wild_i2c {
	struct i2c_bus base;
	struct feed *feed;
	uint8_t registers[256];
	uint8_t pointer;
};

static int wild_transfer(struct i2c_bus *bus, struct i2c_message *messages, size_t count,
			 struct error *err)
{
	struct wild_i2c *self = (struct wild_i2c *)bus;
	uint8_t mood = feed_u8(self->feed);

	if (mood >= 0xF0)
		return error_set(err, mood & 1 ? ERROR_NO_ACKNOWLEDGE : ERROR_TIMEOUT, "wild");
	for (size_t i = 0; i < count; i++) {
		struct i2c_message *message = &messages[i];

		if (!(message->flags & I2C_MESSAGE_READ)) {
			self->pointer = message->size ? message->data[0] : 0;
			continue;
		}
		/* New values now and then, so that a chip may contradict itself. */
		if (mood >= 0xE0)
			feed_fill(self->feed, self->registers, mood);
		for (size_t at = 0; at < message->size; at++)
			message->data[at] = self->registers[(uint8_t)(self->pointer + at)];
	}
	return 0;
}

static void check_bme680(const struct bme680_reading *reading)
{
	CHECK(is_within(reading->temperature_c, -40, 85));
	CHECK(is_within(reading->humidity_percent, 0, 100));
	CHECK(is_within(reading->pressure_hpa, 300, 1100));
	CHECK(reading->gas_valid ? is_within(reading->gas_kohm, 0.001, 1e6)
				 : isnan(reading->gas_kohm));
}

static void fuzz_bme680(struct feed *feed)
{
	static const struct i2c_bus_ops ops = {.transfer = wild_transfer};
	struct wild_i2c bus = {.base = {.ops = &ops, .number = 1}, .feed = feed};
	struct bme680_reading reading;
	struct clock_manual clock;
	struct error err = {0};
	struct bme680 *sensor;
	int ret;

	clock_manual_init(&clock, 0);
	feed_fill(feed, bus.registers, sizeof(bus.registers));
	bus.registers[0xD0] = 0x61; /* else nothing more is asked of it */
	CHECK(!bme680_create(&bus.base, 0x77, &clock.base, &sensor, NULL));
	for (int i = 0; i < READS; i++) {
		ret = bme680_read(sensor, &reading, &err);
		check_result(ret, &err);
		if (!ret)
			check_bme680(&reading);
	}
	bme680_destroy(sensor);
}

/* A line whose edges are the input's, in portions. */
struct wild_gpio {
	struct gpio_chip chip;
	struct gpio_line line;
	struct feed *feed;
	bool is_held;
};

static int wild_request(struct gpio_chip *chip, unsigned offset,
			const struct gpio_line_config *config, struct gpio_line **ret_line,
			struct error *err)
{
	struct wild_gpio *self = (struct wild_gpio *)chip;

	(void)config;
	if (feed_u8(self->feed) >= 0xF0)
		return error_set(err, ERROR_BUSY, "wild");
	CHECK(!self->is_held);
	self->is_held = true;
	self->line.offset = offset;
	*ret_line = &self->line;
	return 0;
}

static int wild_configure(struct gpio_line *line, const struct gpio_line_config *config,
			  struct error *err)
{
	(void)line, (void)config, (void)err;
	return 0;
}

static int wild_read_edges(struct gpio_line *line, struct gpio_edge *ret_edges, size_t max,
			   uint64_t timeout_ns, size_t *ret_count, struct error *err)
{
	struct wild_gpio *self =
		(struct wild_gpio *)((char *)line - offsetof(struct wild_gpio, line));
	struct gpio_edge edges[EDGES_MAX];
	size_t wanted = feed_u8(self->feed), size;
	const uint8_t *data = feed_bytes(self->feed, wanted, &size);
	struct feed portion = {data, size};
	size_t count = feed_edges(&portion, edges);

	(void)timeout_ns;
	if (!count)
		return error_set(err, ERROR_TIMEOUT, "wild");
	*ret_count = count < max ? count : max;
	memcpy(ret_edges, edges, *ret_count * sizeof(edges[0]));
	return 0;
}

static void wild_release(struct gpio_line *line)
{
	((struct wild_gpio *)((char *)line - offsetof(struct wild_gpio, line)))->is_held = false;
}

static void fuzz_dht22(struct feed *feed)
{
	static const struct gpio_chip_ops chip_ops = {.request = wild_request};
	static const struct gpio_line_ops line_ops = {
		.configure = wild_configure,
		.read_edges = wild_read_edges,
		.release = wild_release,
	};
	struct wild_gpio gpio = {
		.chip = {.ops = &chip_ops, .line_count = 58},
		.line = {.ops = &line_ops},
		.feed = feed,
	};
	struct dht22_reading reading;
	struct clock_manual clock;
	struct error err = {0};
	struct dht22 *sensor;
	int ret;

	clock_manual_init(&clock, 0);
	CHECK(!dht22_create(&gpio.chip, 4, &clock.base, &sensor, NULL));
	for (int i = 0; i < READS; i++) {
		ret = dht22_read(sensor, &reading, &err);
		check_dht22(ret, &reading, &err);
		clock_manual_advance_ns(&clock, feed_u32(feed));
	}
	CHECK(!gpio.is_held);
	dht22_destroy(sensor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parts[])(struct feed *) = {fuzz_math, fuzz_decode, fuzz_bme680,
						       fuzz_dht22};
	struct feed feed = {data, size};

	parts[feed_u8(&feed) % 4](&feed);
	return 0;
}
