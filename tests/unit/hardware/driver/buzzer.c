#include "hardware/driver/buzzer.h"

#include "base/clock.h"
#include "fake.h"
#include "hardware/driver/relay.h"

struct fixture {
	uv_loop_t loop;
	struct fake_gpio gpio;
	struct relay *relay;
	struct buzzer *buzzer;
	unsigned closed;
};

static void on_closed(void *arg)
{
	(*(unsigned *)arg)++;
}

static void start(struct fixture *f, uint32_t max_on_ms)
{
	const struct relay_config config = {.pin = 17};

	memset(f, 0, sizeof(*f));
	assert_int_equal(uv_loop_init(&f->loop), 0);
	fake_gpio_init(&f->gpio);
	assert_int_equal(relay_create(&f->gpio.chip, &config, clock_system(), &f->relay, NULL), 0);
	assert_int_equal(buzzer_create(&f->loop, f->relay, max_on_ms, &f->buzzer, NULL), 0);
}

static void finish(struct fixture *f)
{
	buzzer_close(f->buzzer, on_closed, &f->closed);
	assert_int_equal(f->closed, 0);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->closed, 1);
	assert_false(relay_is_on(f->relay));
	relay_destroy(f->relay);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

/* On, off, on, off … as often as said. */
static void check_beeps(struct fixture *f, size_t count)
{
	assert_int_equal(f->gpio.set_count, 2 * count);
	for (size_t i = 0; i < f->gpio.set_count; i++)
		assert_int_equal(f->gpio.sets[i], i % 2 == 0);
}

static void test_pattern(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 5000);
	assert_int_equal(buzzer_play(f.buzzer, 3, 2, 1, NULL), 0);
	/* It sounds at once, and the rest is the loop's. */
	assert_true(relay_is_on(f.relay));
	assert_true(buzzer_is_playing(f.buzzer));
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_beeps(&f, 3);
	assert_false(buzzer_is_playing(f.buzzer));
	assert_int_equal(buzzer_cut_count(f.buzzer), 0);
	finish(&f);
}

static void test_silence(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 5000);
	assert_int_equal(buzzer_play(f.buzzer, 0, 100, 100, NULL), 0);
	assert_int_equal(buzzer_play(f.buzzer, 3, 0, 100, NULL), 0);
	assert_false(buzzer_is_playing(f.buzzer));
	assert_int_equal(f.gpio.set_count, 0);
	finish(&f);
}

static void test_replaced(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 60000);
	assert_int_equal(buzzer_play(f.buzzer, 200, 50000, 50000, NULL), 0);
	assert_int_equal(buzzer_play(f.buzzer, 2, 1, 1, NULL), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_beeps(&f, 3);
	finish(&f);
}

static void test_stop(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 60000);
	assert_int_equal(buzzer_play(f.buzzer, 200, 50000, 50000, NULL), 0);
	assert_int_equal(buzzer_stop(f.buzzer, NULL), 0);
	assert_false(buzzer_is_playing(f.buzzer));
	check_beeps(&f, 1);
	finish(&f);
}

/* A beep longer than allowed ends, and so does a pattern whose beeps together are. */
static void test_caps(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 5);
	assert_int_equal(buzzer_play(f.buzzer, 1, UINT32_MAX, 0, NULL), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_beeps(&f, 1);
	assert_int_equal(buzzer_cut_count(f.buzzer), 1);
	f.gpio.set_count = 0;
	assert_int_equal(buzzer_play(f.buzzer, UINT32_MAX, 2, 0, NULL), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_beeps(&f, 3); /* 2 + 2 + 1 */
	assert_int_equal(buzzer_cut_count(f.buzzer), 2);
	/* The limit itself is no cut. */
	f.gpio.set_count = 0;
	assert_int_equal(buzzer_play(f.buzzer, 5, 1, 0, NULL), 0);
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_beeps(&f, 5);
	assert_int_equal(buzzer_cut_count(f.buzzer), 2);
	finish(&f);
}

static void test_relay_fails(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 60000);
	f.gpio.set_result = ERROR_SYSTEM;
	assert_int_equal(buzzer_play(f.buzzer, 3, 1, 1, NULL), ERROR_SYSTEM);
	assert_false(buzzer_is_playing(f.buzzer));
	f.gpio.set_result = 0;
	assert_int_equal(buzzer_play(f.buzzer, 1, 50000, 0, NULL), 0);
	/* Silence is tried again until it is there. */
	f.gpio.set_result = ERROR_SYSTEM;
	assert_int_equal(buzzer_stop(f.buzzer, NULL), ERROR_SYSTEM);
	assert_true(buzzer_is_playing(f.buzzer));
	f.gpio.set_result = 0;
	uv_run(&f.loop, UV_RUN_DEFAULT);
	check_beeps(&f, 1);
	finish(&f);
}

static void test_close_while_playing(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 60000);
	assert_int_equal(buzzer_play(f.buzzer, 2, 50000, 50000, NULL), 0);
	finish(&f);
	buzzer_close(NULL, NULL, NULL);
}

static void test_create_without_limit(void **state)
{
	struct fixture f;
	struct buzzer *other = NULL;

	(void)state;
	start(&f, 1);
	assert_int_equal(buzzer_create(&f.loop, f.relay, 0, &other, NULL), ERROR_INVALID);
	assert_null(other);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_relay_fails),
		cmocka_unit_test(test_close_while_playing),
		cmocka_unit_test(test_create_without_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
