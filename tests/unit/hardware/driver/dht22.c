#include "hardware/driver/dht22.h"

#include "base/clock.h"
#include "base/random.h"
#include "fake.h"
#include "near.h"

#define NS_PER_US 1000u
#define NS_PER_S 1000000000ull

/* All that the chip sends: preamble, 40 bits, release. 84 edges. */
static size_t make_edges(const uint8_t frame[5], struct gpio_edge *ret_edges)
{
	uint64_t now = 1000000;
	size_t count = 0;

#define EDGE(is_rising, wait_us)                                                                   \
	do {                                                                                       \
		ret_edges[count] = (struct gpio_edge){                                             \
			.timestamp_ns = now,                                                       \
			.sequence = (uint32_t)count + 1,                                           \
			.rising = is_rising,                                                       \
		};                                                                                 \
		count++;                                                                           \
		now += (uint64_t)(wait_us)*NS_PER_US;                                              \
	} while (0)
	EDGE(false, 80);
	EDGE(true, 80);
	EDGE(false, 50);
	for (int bit = 0; bit < 40; bit++) {
		EDGE(true, frame[bit / 8] >> (7 - bit % 8) & 1 ? 70 : 27);
		EDGE(false, 50);
	}
	EDGE(true, 0);
#undef EDGE
	return count;
}

static const uint8_t good_frame[5] = {0x02, 0x8C, 0x01, 0x5F, 0xEE};

static void seal(uint8_t frame[5])
{
	frame[4] = (uint8_t)(frame[0] + frame[1] + frame[2] + frame[3]);
}

static int decode_frame(const uint8_t frame[5], struct dht22_reading *ret_reading,
			struct error *err)
{
	struct gpio_edge edges[128];

	return dht22_decode(edges, make_edges(frame, edges), ret_reading, err);
}

static void test_vectors(void **state)
{
	struct dht22_reading reading;
	uint8_t cold[5] = {0x02, 0x8C, 0x80, 0x65};
	uint8_t minus_zero[5] = {0x02, 0x8C, 0x80, 0x00};

	(void)state;
	assert_int_equal(decode_frame(good_frame, &reading, NULL), 0);
	assert_near(reading.humidity_percent, 65.2, 1e-9);
	assert_near(reading.temperature_c, 35.1, 1e-9);
	seal(cold);
	assert_int_equal(decode_frame(cold, &reading, NULL), 0);
	assert_near(reading.temperature_c, -10.1, 1e-9);
	seal(minus_zero);
	assert_int_equal(decode_frame(minus_zero, &reading, NULL), 0);
	assert_false(__builtin_signbit(reading.temperature_c));
}

static void test_lost_edges(void **state)
{
	struct dht22_reading reading = {0};
	struct gpio_edge edges[128];
	struct error err;
	size_t count = make_edges(good_frame, edges);

	(void)state;
	assert_int_equal(count, 84);
	/* Without the last, without the first, without both. */
	assert_int_equal(dht22_decode(edges, 83, &reading, NULL), 0);
	assert_int_equal(dht22_decode(edges + 1, 83, &reading, NULL), 0);
	assert_int_equal(dht22_decode(edges + 1, 82, &reading, NULL), 0);
	assert_near(reading.temperature_c, 35.1, 1e-9);
	assert_int_equal(dht22_decode(edges + 3, 81, &reading, &err), ERROR_TIMEOUT);
	assert_string_equal(
		err.text,
		"only 81 of 84 edges arrived: check the sensor's wire and pull-up resistor");
	assert_int_equal(dht22_decode(edges, 61, &reading, &err), ERROR_TIMEOUT);
	assert_string_equal(
		err.text,
		"only 61 of 84 edges arrived: check the sensor's wire and pull-up resistor");
	assert_int_equal(dht22_decode(edges, 0, &reading, &err), ERROR_TIMEOUT);
}

/* The rise of the line when the host lets it go may be seen too; and a disturbance behind the end.
 */
static void test_more_edges(void **state)
{
	struct gpio_edge edges[128];
	struct dht22_reading reading = {0};
	size_t count = make_edges(good_frame, edges + 1);

	(void)state;
	edges[0] = (struct gpio_edge){.timestamp_ns = 970000, .sequence = 0, .rising = true};
	assert_int_equal(dht22_decode(edges, count + 1, &reading, NULL), 0);
	edges[count + 1] = (struct gpio_edge){.timestamp_ns = 9000000, .sequence = 85};
	assert_int_equal(dht22_decode(edges, count + 2, &reading, NULL), 0);
	assert_near(reading.temperature_c, 35.1, 1e-9);
}

/* Two edges lost in the middle leave the levels in order: only the sequence tells. */
static void test_gap(void **state)
{
	struct gpio_edge edges[128];
	struct dht22_reading reading = {0};
	size_t count = make_edges(good_frame, edges);

	(void)state;
	for (size_t i = 50; i < count; i++)
		edges[i].sequence += 2;
	assert_int_equal(dht22_decode(edges, count, &reading, NULL), ERROR_MALFORMED);
	assert_near(reading.temperature_c, 0, 0);
}

static void test_threshold(void **state)
{
	struct gpio_edge edges[128];
	struct dht22_reading reading;
	size_t count = make_edges(good_frame, edges);

	(void)state;
	/* The first bit is a 0; its high phase grows to 49 us, then beyond. */
	edges[4].timestamp_ns = edges[3].timestamp_ns + 49 * NS_PER_US;
	assert_int_equal(dht22_decode(edges, count, &reading, NULL), 0);
	edges[4].timestamp_ns++;
	assert_int_equal(dht22_decode(edges, count, &reading, NULL), ERROR_CHECKSUM);
}

static void test_bad_frames(void **state)
{
	static const uint8_t zeros[5];
	static const struct {
		uint8_t frame[4];
		int result;
	} limits[] = {
		{{0x03, 0xE8, 0x03, 0x20}, 0},		       /* 100.0 %, 80.0 C */
		{{0x03, 0xE9, 0x03, 0x20}, ERROR_IMPLAUSIBLE}, /* 100.1 % */
		{{0x03, 0xE8, 0x03, 0x21}, ERROR_IMPLAUSIBLE}, /* 80.1 C */
		{{0x03, 0xE8, 0x81, 0x90}, 0},		       /* -40.0 C */
		{{0x03, 0xE8, 0x81, 0x91}, ERROR_IMPLAUSIBLE}, /* -40.1 C */
		{{0xFF, 0xFF, 0xFF, 0xFF}, ERROR_IMPLAUSIBLE},
	};
	struct dht22_reading reading;
	struct error err;
	uint8_t frame[5];

	(void)state;
	assert_int_equal(decode_frame(zeros, &reading, &err), ERROR_IMPLAUSIBLE);
	assert_string_equal(err.text, "the sensor answered only zeros: check its wire");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		memcpy(frame, limits[i].frame, 4);
		seal(frame);
		assert_int_equal(decode_frame(frame, &reading, &err), limits[i].result);
	}
	memcpy(frame, good_frame, 5);
	frame[4] ^= 1;
	assert_int_equal(decode_frame(frame, &reading, &err), ERROR_CHECKSUM);
}

/* Whatever the edges, the answer is an error or inside the range. */
static void test_random_edges(void **state)
{
	struct gpio_edge edges[128];
	struct random random;
	uint64_t seed = 22;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int round = 0; round < 20000; round++) {
		struct dht22_reading reading;
		size_t count = random_u64(&random) % 129;
		uint64_t now = random_u64(&random);

		for (size_t i = 0; i < count; i++) {
			edges[i] = (struct gpio_edge){
				.timestamp_ns = now,
				.sequence = (uint32_t)i,
				.rising = i % 2,
			};
			now += random_u64(&random) % 98000;
		}
		if (!dht22_decode(edges, count, &reading, NULL)) {
			assert_true(reading.temperature_c >= -40 && reading.temperature_c <= 80);
			assert_true(reading.humidity_percent >= 0 &&
				    reading.humidity_percent <= 100);
		}
	}
}

struct fixture {
	struct fake_gpio gpio;
	struct clock_manual clock;
	struct dht22 *sensor;
};

static int setup(void **state)
{
	static struct fixture fixture;

	fake_gpio_init(&fixture.gpio);
	clock_manual_init(&fixture.clock, 0);
	fixture.gpio.edge_count = make_edges(good_frame, fixture.gpio.edges);
	*state = &fixture;
	return dht22_create(&fixture.gpio.chip, 4, &fixture.clock.base, &fixture.sensor, NULL);
}

static int teardown(void **state)
{
	dht22_destroy(((struct fixture *)*state)->sensor);
	return 0;
}

static void test_read(void **state)
{
	struct fixture *f = *state;
	struct dht22_reading reading;

	f->gpio.edge_chunk = 16;
	assert_int_equal(dht22_read(f->sensor, &reading, NULL), 0);
	assert_near(reading.humidity_percent, 65.2, 1e-9);
	assert_int_equal(f->gpio.requested.direction, GPIO_OUTPUT);
	assert_int_equal(f->gpio.requested.drive, GPIO_OPEN_DRAIN);
	assert_false(f->gpio.requested.value);
	assert_true(f->gpio.requested.event_buffer_size >= 128);
	assert_int_equal(f->gpio.configures, 1);
	assert_int_equal(f->gpio.configured.direction, GPIO_INPUT);
	assert_int_equal(f->gpio.configured.edges, GPIO_EDGES_BOTH);
	assert_true(clock_monotonic_ns(&f->clock.base) >= 1000000);
	assert_false(f->gpio.held);
}

static void test_read_reuses(void **state)
{
	struct fixture *f = *state;
	struct dht22_reading reading;

	assert_int_equal(dht22_read(f->sensor, &reading, NULL), 0);
	f->gpio.edge_count = 0;
	/* The start pulse took 2 ms of the 2 s. */
	clock_manual_advance_ns(&f->clock, 2 * NS_PER_S - 2000000 - 1);
	assert_int_equal(dht22_read(f->sensor, &reading, NULL), 0);
	assert_int_equal(f->gpio.requests, 1);
	clock_manual_advance_ns(&f->clock, 1);
	assert_int_equal(dht22_read(f->sensor, &reading, NULL), ERROR_TIMEOUT);
	assert_int_equal(f->gpio.requests, 2);
}

/* The chip is not started again sooner after a failure; and no old value is handed out for it. */
static void test_read_failure(void **state)
{
	struct fixture *f = *state;
	struct dht22_reading reading = {.temperature_c = 1};
	struct error err = {0};

	f->gpio.edge_count = 61;
	assert_int_equal(dht22_read(f->sensor, &reading, &err), ERROR_TIMEOUT);
	assert_string_equal(err.text, "DHT22 on GPIO4: only 61 of 84 edges arrived: check the "
				      "sensor's wire and pull-up resistor");
	f->gpio.edge_count = 84;
	memset(&err, 0, sizeof(err));
	assert_int_equal(dht22_read(f->sensor, &reading, &err), ERROR_TIMEOUT);
	assert_string_equal(err.text, "DHT22 on GPIO4: only 61 of 84 edges arrived: check the "
				      "sensor's wire and pull-up resistor");
	assert_int_equal(f->gpio.requests, 1);
	assert_near(reading.temperature_c, 1, 0);
	clock_manual_advance_ns(&f->clock, 2 * NS_PER_S);
	assert_int_equal(dht22_read(f->sensor, &reading, &err), 0);
}

static void test_read_line_errors(void **state)
{
	struct fixture *f = *state;
	struct dht22_reading reading;
	struct error err;

	f->gpio.request_result = ERROR_BUSY;
	assert_int_equal(dht22_read(f->sensor, &reading, &err), ERROR_BUSY);
	assert_string_equal(err.text, "DHT22 on GPIO4: the fake refuses");
	/* The chip was not started: no need to wait. */
	f->gpio.request_result = 0;
	f->gpio.configure_result = ERROR_SYSTEM;
	assert_int_equal(dht22_read(f->sensor, &reading, &err), ERROR_SYSTEM);
	assert_false(f->gpio.held);
}

static void test_read_noise(void **state)
{
	struct fixture *f = *state;
	struct dht22_reading reading;

	/* More edges than are kept: the read ends all the same. */
	for (size_t i = 0; i < FAKE_RECORDS; i++)
		f->gpio.edges[i] = (struct gpio_edge){.sequence = (uint32_t)i, .rising = i % 2};
	f->gpio.edge_count = FAKE_RECORDS;
	assert_true(dht22_read(f->sensor, &reading, NULL) < 0);
	assert_true(f->gpio.edge_next <= 128);
}

static void test_create_bad_pin(void **state)
{
	struct fixture *f = *state;
	struct dht22 *sensor = NULL;

	assert_int_equal(dht22_create(&f->gpio.chip, 28, &f->clock.base, &sensor, NULL),
			 ERROR_INVALID);
	assert_null(sensor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_lost_edges),
		cmocka_unit_test(test_more_edges),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_bad_frames),
		cmocka_unit_test(test_random_edges),
		cmocka_unit_test_setup_teardown(test_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_reuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_line_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_noise, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create_bad_pin, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
