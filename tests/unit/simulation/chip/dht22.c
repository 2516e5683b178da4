#include "simulation/chip/dht22.h"

#include "fixture.h"

#define PIN 4

struct fixture {
	struct bench bench;
	struct dht22_model dht22;
	struct gpio_chip *chip;
	struct gpio_line *line;
};

static int set_up(void **state)
{
	static struct fixture f;
	const struct gpio_line_config held_high = {
		.direction = GPIO_OUTPUT, .value = true, .event_buffer_size = 128};

	bench_init(&f.bench);
	f.bench.climate = (struct climate){.temperature = 35.1, .humidity = 65.2};
	assert_int_equal(dht22_model_init(&f.dht22, f.bench.backend, PIN, &f.bench.clock.base,
					  &f.bench.source, NULL),
			 0);
	assert_int_equal(backend_open_gpio(f.bench.backend, &f.chip, NULL), 0);
	assert_int_equal(gpio_chip_request(f.chip, PIN, &held_high, &f.line, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	gpio_line_release(f->line);
	bench_finish(&f->bench);
	return 0;
}

static void add_fault(struct fixture *f, enum fault_kind kind, uint64_t start_ns,
		      uint64_t duration_ns)
{
	struct fault fault = {kind, start_ns, duration_ns, 0};

	assert_int_equal(fault_schedule_add(&f->dht22.faults, "dht22", DHT22_FAULTS, &fault, NULL),
			 0);
}

/* A start pulse, then all edges of the answer. Returns how many came. */
static size_t ask(struct fixture *f, uint64_t low_ns, struct gpio_edge *edges)
{
	const struct gpio_line_config output = {.direction = GPIO_OUTPUT};
	const struct gpio_line_config input = {.bias = GPIO_BIAS_PULL_UP, .edges = GPIO_EDGES_BOTH};
	size_t count = 0;

	assert_int_equal(gpio_line_configure(f->line, &output, NULL), 0);
	clock_manual_advance_ns(&f->bench.clock, low_ns);
	assert_int_equal(gpio_line_configure(f->line, &input, NULL), 0);
	clock_manual_advance_ns(&f->bench.clock, 10 * MS);
	if (gpio_line_read_edges(f->line, edges, 128, 0, &count, NULL) == ERROR_TIMEOUT)
		return 0;
	return count;
}

/* By the facts of the data sheet: how long the line is high between a rise and the next fall. */
static void decode(const struct gpio_edge *edges, uint8_t *ret_frame)
{
	memset(ret_frame, 0, 5);
	for (unsigned bit = 0; bit < 40; bit++) {
		const struct gpio_edge *rise = &edges[3 + 2 * bit];
		uint64_t high_ns = rise[1].timestamp_ns - rise[0].timestamp_ns;

		assert_true(rise[0].rising);
		assert_false(rise[1].rising);
		assert_true(high_ns == 27000 || high_ns == 70000);
		ret_frame[bit / 8] = (uint8_t)(ret_frame[bit / 8] << 1 | (high_ns > 49000));
	}
}

static void assert_frame(struct fixture *f, const uint8_t *expected)
{
	struct gpio_edge edges[128];
	uint8_t frame[5];

	assert_int_equal(ask(f, MS, edges), DHT22_EDGES);
	decode(edges, frame);
	assert_memory_equal(frame, expected, 5);
}

static void test_vector(void **state)
{
	const uint8_t expected[] = {0x02, 0x8c, 0x01, 0x5f, 0xee};

	assert_frame(*state, expected);
}

static void test_negative_temperature(void **state)
{
	struct fixture *f = *state;
	const uint8_t expected[] = {0x02, 0x8c, 0x80, 0x65, 0x73};

	f->bench.climate.temperature = -10.1;
	assert_frame(f, expected);
}

static void test_limits_of_the_sensor(void **state)
{
	struct fixture *f = *state;
	const uint8_t expected[] = {0x03, 0xe8, 0x81, 0x90, 0xfc};

	f->bench.climate = (struct climate){.temperature = -273, .humidity = 140};
	assert_frame(f, expected);
}

static void test_preamble(void **state)
{
	struct fixture *f = *state;
	struct gpio_edge edges[128];
	uint64_t released = MS;

	assert_int_equal(ask(f, MS, edges), DHT22_EDGES);
	assert_int_equal(edges[0].timestamp_ns, released + 30000);
	assert_false(edges[0].rising);
	assert_int_equal(edges[1].timestamp_ns, released + 110000);
	assert_true(edges[1].rising);
	assert_int_equal(edges[2].timestamp_ns, released + 190000);
	assert_int_equal(edges[3].timestamp_ns, released + 240000);
	assert_int_equal(edges[83].timestamp_ns - edges[82].timestamp_ns, 50000);
	assert_true(edges[83].rising);
	assert_int_equal(edges[83].sequence, 84);
}

static void test_start_pulse(void **state)
{
	struct fixture *f = *state;
	struct gpio_edge edges[128];

	assert_int_equal(ask(f, 800000 - 1, edges), 0);
	assert_int_equal(ask(f, 800000, edges), DHT22_EDGES);
}

/* Asked again within 2 s, it has not measured again. */
static void test_old_value(void **state)
{
	struct fixture *f = *state;
	const uint8_t old[] = {0x02, 0x8c, 0x01, 0x5f, 0xee};
	const uint8_t new[] = {0x02, 0x8c, 0x01, 0x60, 0xef};

	assert_frame(f, old);
	f->bench.climate.temperature = 35.2;
	assert_frame(f, old);
	clock_manual_advance_ns(&f->bench.clock, 2 * SECOND);
	assert_frame(f, new);
}

static void test_checksum_fault(void **state)
{
	struct fixture *f = *state;
	const uint8_t wrong[] = {0x02, 0x8c, 0x01, 0x5f, 0xee ^ 0x55};
	const uint8_t right[] = {0x02, 0x8c, 0x01, 0x5f, 0xee};

	add_fault(f, FAULT_CHECKSUM, 0, SECOND);
	assert_frame(f, wrong);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_frame(f, right);
}

static void test_missing_edges_fault(void **state)
{
	struct fixture *f = *state;
	struct gpio_edge edges[128];

	add_fault(f, FAULT_MISSING_EDGES, 0, SECOND);
	assert_int_equal(ask(f, MS, edges), DHT22_EDGES - 6);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(ask(f, MS, edges), DHT22_EDGES);
}

static void test_unplugged(void **state)
{
	struct fixture *f = *state;
	struct gpio_edge edges[128];
	bool value;

	add_fault(f, FAULT_UNPLUGGED, 0, SECOND);
	assert_int_equal(ask(f, MS, edges), 0);
	assert_int_equal(gpio_line_get(f->line, &value, NULL), 0);
	assert_true(value); /* the host's own pull-up */
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(ask(f, MS, edges), DHT22_EDGES);
}

static void test_stuck_line(void **state)
{
	struct fixture *f = *state;
	struct gpio_edge edges[128];
	bool value;

	add_fault(f, FAULT_STUCK_BUS, 0, SECOND);
	assert_int_equal(ask(f, MS, edges), 0);
	assert_int_equal(gpio_line_get(f->line, &value, NULL), 0);
	assert_false(value);
	clock_manual_advance_ns(&f->bench.clock, SECOND);
	assert_int_equal(ask(f, MS, edges), DHT22_EDGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_vector, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_negative_temperature, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits_of_the_sensor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_preamble, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_start_pulse, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_old_value, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_checksum_fault, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing_edges_fault, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stuck_line, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
