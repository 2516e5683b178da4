#include "simulation/chip/relay.h"

#include "fixture.h"

#define PIN 17

struct fixture {
	struct bench bench;
	struct relay_model relay;
	struct gpio_line *line;
};

static void set_up(struct fixture *f, bool active_low)
{
	const struct gpio_line_config output = {.direction = GPIO_OUTPUT, .value = active_low};
	struct gpio_chip *chip;

	bench_init(&f->bench);
	assert_int_equal(relay_model_init(&f->relay, f->bench.backend, PIN, active_low,
					  &f->bench.clock.base, NULL),
			 0);
	assert_int_equal(backend_open_gpio(f->bench.backend, &chip, NULL), 0);
	assert_int_equal(gpio_chip_request(chip, PIN, &output, &f->line, NULL), 0);
}

static void assert_truth(struct fixture *f, bool on, uint64_t switched, double seconds)
{
	struct relay_truth truth;

	relay_model_look(&f->relay, &truth);
	assert_int_equal(truth.on, on);
	assert_int_equal(truth.switched, switched);
	assert_near(truth.on_seconds, seconds, 1e-9);
}

static void check(bool active_low)
{
	struct fixture f;

	set_up(&f, active_low);
	assert_truth(&f, false, 0, 0);
	assert_int_equal(gpio_line_set(f.line, !active_low, NULL), 0);
	clock_manual_advance_ns(&f.bench.clock, 1500 * MS);
	assert_truth(&f, true, 1, 1.5);
	assert_int_equal(gpio_line_set(f.line, active_low, NULL), 0);
	clock_manual_advance_ns(&f.bench.clock, SECOND);
	assert_truth(&f, false, 1, 1.5);
	assert_int_equal(gpio_line_set(f.line, !active_low, NULL), 0);
	clock_manual_advance_ns(&f.bench.clock, SECOND);
	gpio_line_release(f.line); /* nobody drives it: off */
	assert_truth(&f, false, 2, 2.5);
	bench_finish(&f.bench);
	relay_model_finish(&f.relay);
}

static void test_active_high(void **state)
{
	(void)state;
	check(false);
}

static void test_active_low(void **state)
{
	(void)state;
	check(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_active_high),
		cmocka_unit_test(test_active_low),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
