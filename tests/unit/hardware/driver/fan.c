#include "hardware/driver/fan.h"

#include <math.h>

#include "base/clock.h"
#include "fake.h"
#include "hardware/driver/relay.h"

struct fixture {
	uv_loop_t loop;
	struct fake_gpio gpio;
	struct clock_manual clock;
	struct relay *relay;
	struct fan *fan;
	unsigned closed;
};

static void on_closed(void *arg)
{
	(*(unsigned *)arg)++;
}

static void start(struct fixture *f, uint64_t min_off_ms)
{
	const struct relay_config config = {.pin = 27, .min_off_ms = min_off_ms};

	memset(f, 0, sizeof(*f));
	assert_int_equal(uv_loop_init(&f->loop), 0);
	fake_gpio_init(&f->gpio);
	clock_manual_init(&f->clock, 0);
	assert_int_equal(relay_create(&f->gpio.chip, &config, &f->clock.base, &f->relay, NULL), 0);
	assert_int_equal(fan_create(&f->loop, f->relay, 60, 50, &f->fan, NULL), 0);
}

static void finish(struct fixture *f)
{
	fan_close(f->fan, on_closed, &f->closed);
	assert_false(relay_is_on(f->relay));
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->closed, 1);
	relay_destroy(f->relay);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

static void test_hysteresis(void **state)
{
	static const struct {
		double temperature_c;
		bool on;
	} steps[] = {
		{59.9, false}, {60.0, true},  {55, true},   {50.1, true},     {NAN, true},
		{50.0, false}, {59.9, false}, {NAN, false}, {INFINITY, true}, {49, false},
	};
	struct fixture f;

	(void)state;
	start(&f, 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_int_equal(fan_update(f.fan, steps[i].temperature_c, NULL), 0);
		assert_int_equal(fan_is_on(f.fan), steps[i].on);
	}
	finish(&f);
}

static void test_set(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 0);
	assert_int_equal(fan_set(f.fan, true, NULL), 0);
	assert_true(fan_is_on(f.fan));
	assert_int_equal(fan_update(f.fan, 20, NULL), 0);
	assert_true(fan_is_on(f.fan));
	assert_int_equal(fan_set(f.fan, false, NULL), 0);
	assert_false(fan_is_on(f.fan));
	/* Nobody stops a fan that the machine needs. */
	assert_int_equal(fan_update(f.fan, 70, NULL), 0);
	assert_int_equal(fan_set(f.fan, false, NULL), 0);
	assert_true(fan_is_on(f.fan));
	finish(&f);
}

/* An alert's demand holds, whatever plugins do; it does not count as their change. */
static void test_demand(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 0);
	assert_int_equal(fan_demand(f.fan, true, NULL), 0);
	assert_int_equal(fan_set(f.fan, false, NULL), 0);
	assert_true(fan_is_on(f.fan));
	assert_int_equal(fan_demand(f.fan, false, NULL), 0);
	assert_false(fan_is_on(f.fan));
	finish(&f);
}

static void test_changes_are_limited(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 0);
	for (int i = 0; i < FAN_CHANGES_MAX; i++) {
		assert_int_equal(fan_set(f.fan, i % 2 == 0, NULL), 0);
		assert_int_equal(fan_set(f.fan, i % 2 == 0, NULL), 0); /* no change */
	}
	assert_int_equal(fan_set(f.fan, true, NULL), ERROR_BUSY);
	assert_false(fan_is_on(f.fan));
	/* It was not forgotten. */
	assert_int_equal(fan_update(f.fan, 20, NULL), 0);
	assert_true(fan_is_on(f.fan));
	assert_int_equal(fan_set(f.fan, false, NULL), 0);
	finish(&f);
}

static void test_test_run(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 0);
	assert_int_equal(fan_test(f.fan, UINT32_MAX, NULL), 0);
	assert_int_equal(fan_test(f.fan, 1, NULL), 0);
	assert_true(fan_is_on(f.fan));
	assert_true(fan_is_testing(f.fan));
	assert_int_equal(fan_set(f.fan, false, NULL), 0);
	assert_true(fan_is_on(f.fan));
	uv_run(&f.loop, UV_RUN_DEFAULT);
	assert_false(fan_is_on(f.fan));
	assert_false(fan_is_testing(f.fan));
	/* What is wanted otherwise goes on behind the test. */
	assert_int_equal(fan_set(f.fan, true, NULL), 0);
	assert_int_equal(fan_test(f.fan, 1, NULL), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	assert_true(fan_is_on(f.fan));
	finish(&f);
}

static void test_min_off_is_waited_for(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 1000);
	assert_int_equal(fan_update(f.fan, 70, NULL), ERROR_BUSY);
	assert_false(fan_is_on(f.fan));
	clock_manual_advance_ns(&f.clock, 1000000000);
	assert_int_equal(fan_update(f.fan, NAN, NULL), 0);
	assert_true(fan_is_on(f.fan));
	finish(&f);
}

static void test_create_bad_thresholds(void **state)
{
	struct fixture f;
	struct fan *other = NULL;

	(void)state;
	start(&f, 0);
	assert_int_equal(fan_create(&f.loop, f.relay, 50, 50, &other, NULL), ERROR_INVALID);
	assert_int_equal(fan_create(&f.loop, f.relay, NAN, 50, &other, NULL), ERROR_INVALID);
	assert_null(other);
	finish(&f);
}

static void test_close_while_testing(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 0);
	assert_int_equal(fan_test(f.fan, FAN_TEST_MS_MAX, NULL), 0);
	finish(&f);
	fan_close(NULL, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hysteresis),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_demand),
		cmocka_unit_test(test_changes_are_limited),
		cmocka_unit_test(test_test_run),
		cmocka_unit_test(test_min_off_is_waited_for),
		cmocka_unit_test(test_create_bad_thresholds),
		cmocka_unit_test(test_close_while_testing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
