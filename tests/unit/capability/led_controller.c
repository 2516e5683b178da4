#include "fixture.h"

static int setup(void **state)
{
	int ret = fixture_setup(state);

	((struct fixture *)*state)->permission.leds = true;
	return ret;
}

static void call(struct fixture *f, const char *function, cbor_item_t *args)
{
	fixture_call(f, "led-controller", function, args);
	assert_null(f->value);
}

static void set_led(struct fixture *f, unsigned index, unsigned r, unsigned g, unsigned b)
{
	call(f, "set-led", ARGS(4, U(index), U(r), U(g), U(b)));
}

static void end_cycle(struct fixture *f)
{
	capability_cycle_end(f->host);
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

/* What the simulated LEDs show, past all drivers. */
static void assert_shown(struct fixture *f, size_t index, const char *expected)
{
	json_t *world = world_to_json(f->world);
	const char *shown =
		json_string_value(json_array_get(json_object_get(world, "leds"), index));

	assert_non_null(shown);
	assert_string_equal(shown, expected);
	assert_int_equal(json_integer_value(json_object_get(world, "leds_malformed")), 0);
	json_decref(world);
}

static void test_colours(void **state)
{
	struct fixture *f = *state;

	set_led(f, 3, 1, 2, 255);
	call(f, "sync-leds", ARGS(0));
	end_cycle(f);
	assert_shown(f, 3, "0102ff");
	assert_shown(f, 2, "000000");
	call(f, "set-all", ARGS(3, U(9), U(8), U(7)));
	call(f, "set-two", ARGS(6, U(1), U(1), U(1), U(2), U(2), U(2)));
	call(f, "sync-leds", ARGS(0));
	end_cycle(f);
	assert_shown(f, 0, "010101");
	assert_shown(f, 1, "020202");
	assert_shown(f, 10, "090807");
	call(f, "clear", ARGS(0));
	call(f, "sync-leds", ARGS(0));
	end_cycle(f);
	assert_shown(f, 10, "000000");
	/* There is no such LED, and no error for that. */
	set_led(f, 11, 1, 2, 3);
	set_led(f, 255, 1, 2, 3);
	assert_false(f->client.touched_simulated); /* driven, not read: readings stay real */
}

static void test_shown_at_the_cycles_end(void **state)
{
	struct fixture *f = *state;

	set_led(f, 0, 5, 5, 5);
	end_cycle(f);
	assert_shown(f, 0, "000000");
	call(f, "sync-leds", ARGS(0));
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_shown(f, 0, "000000");
	end_cycle(f);
	assert_shown(f, 0, "050505");
}

/* [plugins.NAME] led = 2: it has that one alone. */
static void test_own_led(void **state)
{
	struct fixture *f = *state;

	f->plugin.led = 2;
	set_led(f, 0, 1, 1, 1);
	call(f, "sync-leds", ARGS(0));
	end_cycle(f);
	assert_shown(f, 0, "000000");
	assert_shown(f, 2, "010101");
	call(f, "set-two", ARGS(6, U(3), U(3), U(3), U(4), U(4), U(4)));
	call(f, "sync-leds", ARGS(0));
	end_cycle(f);
	assert_shown(f, 2, "030303");
	assert_shown(f, 1, "000000");
	call(f, "set-all", ARGS(3, U(6), U(6), U(6)));
	call(f, "sync-leds", ARGS(0));
	end_cycle(f);
	assert_shown(f, 2, "060606");
	assert_shown(f, 3, "000000");
	call(f, "clear", ARGS(0));
	call(f, "sync-leds", ARGS(0));
	end_cycle(f);
	assert_shown(f, 2, "000000");
}

static void test_dark_after_close(void **state)
{
	struct fixture *f = *state;

	set_led(f, 0, 5, 5, 5);
	call(f, "sync-leds", ARGS(0));
	end_cycle(f);
	fixture_close(f);
	clock_manual_advance_ns(&f->clock, NS_PER_MS);
	assert_shown(f, 0, "000000");
}

static void test_out_of_range(void **state)
{
	struct fixture *f = *state;
	struct capability_call *pending;

	assert_int_equal(fixture_dispatch(f, "led-controller", "set-led",
					  ARGS(4, U(0), U(256), U(0), U(0)), &pending),
			 ERROR_MALFORMED);
}

int main(void)
{
#define LED_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		LED_TEST(test_colours),	     LED_TEST(test_shown_at_the_cycles_end),
		LED_TEST(test_own_led),	     LED_TEST(test_dark_after_close),
		LED_TEST(test_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
