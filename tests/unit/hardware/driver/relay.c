#include "hardware/driver/relay.h"

#include "base/clock.h"
#include "fake.h"

struct fixture {
	struct fake_gpio gpio;
	struct clock_manual clock;
	struct relay *relay;
	struct error err;
};

static struct fixture *start(uint64_t max_on_ms, uint64_t min_off_ms)
{
	static struct fixture fixture;
	const struct relay_config config = {
		.pin = 17,
		.active_low = true,
		.max_on_ms = max_on_ms,
		.min_off_ms = min_off_ms,
	};

	fake_gpio_init(&fixture.gpio);
	clock_manual_init(&fixture.clock, 0);
	assert_int_equal(relay_create(&fixture.gpio.chip, &config, &fixture.clock.base,
				      &fixture.relay, NULL),
			 0);
	return &fixture;
}

static void advance_ms(struct fixture *f, uint64_t ms)
{
	clock_manual_advance_ns(&f->clock, ms * 1000000);
}

static void test_safe_state(void **state)
{
	struct fixture *f = start(0, 0);

	(void)state;
	assert_int_equal(f->gpio.requested.direction, GPIO_OUTPUT);
	assert_true(f->gpio.requested.active_low);
	assert_false(f->gpio.requested.value);
	assert_false(relay_is_on(f->relay));
	assert_int_equal(relay_set(f->relay, true, NULL), 0);
	assert_true(relay_is_on(f->relay));
	relay_destroy(f->relay);
	assert_int_equal(f->gpio.set_count, 2);
	assert_false(f->gpio.sets[1]);
	assert_false(f->gpio.held);
	relay_destroy(NULL);
}

static void test_writes_changes_only(void **state)
{
	struct fixture *f = start(0, 0);

	(void)state;
	assert_int_equal(relay_set(f->relay, false, NULL), 0);
	assert_int_equal(f->gpio.set_count, 0);
	assert_int_equal(relay_set(f->relay, true, NULL), 0);
	assert_int_equal(relay_set(f->relay, true, NULL), 0);
	assert_int_equal(f->gpio.set_count, 1);
	assert_int_equal(relay_counters(f->relay).switched_on, 1);
	relay_destroy(f->relay);
}

static void test_min_off(void **state)
{
	struct fixture *f = start(0, 1000);

	(void)state;
	advance_ms(f, 999);
	assert_int_equal(relay_set(f->relay, true, &f->err), ERROR_BUSY);
	assert_string_equal(f->err.text, "relay on GPIO17: it was switched off 999 ms ago and must "
					 "stay off for 1000 ms: try again after that");
	assert_int_equal(relay_counters(f->relay).refused, 1);
	advance_ms(f, 1);
	assert_int_equal(relay_set(f->relay, true, NULL), 0);
	/* Off at once, and then off for a while. */
	assert_int_equal(relay_set(f->relay, false, NULL), 0);
	assert_int_equal(relay_set(f->relay, true, NULL), ERROR_BUSY);
	relay_destroy(f->relay);
}

static void test_max_on(void **state)
{
	struct fixture *f = start(500, 0);
	uint64_t left_ms;

	(void)state;
	assert_int_equal(relay_check(f->relay, &left_ms, NULL), 0);
	assert_true(left_ms == UINT64_MAX);
	assert_int_equal(relay_set(f->relay, true, NULL), 0);
	advance_ms(f, 300);
	/* Asking again does not make it longer. */
	assert_int_equal(relay_set(f->relay, true, NULL), 0);
	assert_int_equal(relay_check(f->relay, &left_ms, NULL), 0);
	assert_int_equal(left_ms, 200);
	advance_ms(f, 199);
	assert_int_equal(relay_check(f->relay, &left_ms, NULL), 0);
	assert_true(relay_is_on(f->relay));
	advance_ms(f, 1);
	assert_int_equal(relay_check(f->relay, &left_ms, NULL), 0);
	assert_false(relay_is_on(f->relay));
	assert_int_equal(relay_counters(f->relay).forced_off, 1);
	relay_destroy(f->relay);
}

static void test_line_fails(void **state)
{
	struct fixture *f = start(500, 0);
	uint64_t left_ms = 7;

	(void)state;
	f->gpio.set_result = ERROR_SYSTEM;
	assert_int_equal(relay_set(f->relay, true, &f->err), ERROR_SYSTEM);
	assert_string_equal(f->err.text, "relay on GPIO17: the fake refuses");
	assert_false(relay_is_on(f->relay));
	f->gpio.set_result = 0;
	assert_int_equal(relay_set(f->relay, true, NULL), 0);
	advance_ms(f, 500);
	f->gpio.set_result = ERROR_SYSTEM;
	assert_int_equal(relay_check(f->relay, &left_ms, NULL), ERROR_SYSTEM);
	assert_int_equal(left_ms, 7);
	assert_true(relay_is_on(f->relay));
	assert_int_equal(relay_counters(f->relay).failed, 2);
	f->gpio.set_result = 0;
	assert_int_equal(relay_check(f->relay, &left_ms, NULL), 0);
	assert_false(relay_is_on(f->relay));
	relay_destroy(f->relay);
}

static void test_line_is_held(void **state)
{
	struct fixture *f = start(0, 0);
	const struct relay_config config = {.pin = 17};
	struct relay *second = NULL;

	(void)state;
	f->gpio.request_result = ERROR_BUSY;
	assert_int_equal(relay_create(&f->gpio.chip, &config, &f->clock.base, &second, &f->err),
			 ERROR_BUSY);
	assert_null(second);
	relay_destroy(f->relay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_safe_state), cmocka_unit_test(test_writes_changes_only),
		cmocka_unit_test(test_min_off),	   cmocka_unit_test(test_max_on),
		cmocka_unit_test(test_line_fails), cmocka_unit_test(test_line_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
