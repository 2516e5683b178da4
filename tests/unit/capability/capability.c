#include "capability/capability.h"

#include "base/random.h"
#include "fixture.h"

static void test_table(void **state)
{
	(void)state;
	assert_string_equal(capability_signature("gpio-provider", "read-dht22"),
			    "func(pin: u8) -> result<tuple<f32, f32>, string>");
	assert_string_equal(capability_signature("uart", "set-port-baud"),
			    "func(port: string, rate: u32) -> result<_, string>");
	assert_null(capability_signature("uart", "explode"));
	assert_null(capability_signature("uar", "read"));
}

static void test_unknown_function(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call;

	assert_int_equal(fixture_dispatch(f, "fan-controller", "explode", ARGS(0), &call),
			 ERROR_NOT_FOUND);
	assert_string_equal(f->err.text,
			    "a call to fan-controller.explode, which is no host function: call one "
			    "that wit/harvester/plugin.wit declares");
	assert_int_equal(f->answers, 0);
}

static void test_malformed_arguments(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call;

	assert_int_equal(fixture_dispatch(f, "fan-controller", "set-fan", ARGS(0), &call),
			 ERROR_MALFORMED);
	assert_string_equal(f->err.text,
			    "a call to fan-controller.set-fan: the arguments do not match its "
			    "type: pass those that wit/harvester/plugin.wit declares");
	assert_int_equal(fixture_dispatch(f, "fan-controller", "set-fan",
					  ARGS(2, value_bool(true), value_bool(true)), &call),
			 ERROR_MALFORMED);
	assert_int_equal(fixture_dispatch(f, "fan-controller", "set-fan", ARGS(1, U(1)), &call),
			 ERROR_MALFORMED);
	assert_int_equal(fixture_dispatch(f, "fan-controller", "set-fan", value_bool(true), &call),
			 ERROR_MALFORMED);
	assert_int_equal(f->answers, 0);
	assert_int_equal(f->client.calls, 0);
}

/* The plugin dies while its call is at the bus: nobody is answered, nothing leaks. */
static void test_abandon(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call = NULL;

	f->permission.gpio[0] = 4;
	f->permission.gpio_count = 1;
	assert_int_equal(fixture_dispatch(f, "gpio-provider", "read-dht22", ARGS(1, U(4)), &call),
			 0);
	assert_non_null(call);
	memset(&f->client, 0xAA, sizeof(f->client));
	capability_call_abandon(call);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->answers, 0);
}

/* The host closes with calls in its queues: each is answered. */
static void test_close_with_calls(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call;

	f->permission.gpio[0] = 4;
	f->permission.gpio_count = 1;
	for (int i = 0; i < 8; i++)
		assert_int_equal(
			fixture_dispatch(f, "gpio-provider", "read-dht22", ARGS(1, U(4)), &call),
			0);
	fixture_close(f);
	assert_int_equal(f->answers, 8);
	fixture_assert_error(f, "the node is stopping: call again after it has started");
}

/* A plugin's own calls fill its own places, and no other's. */
static void test_full_queue(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call = NULL;
	unsigned accepted = 0;

	f->permission.gpio[0] = 4;
	f->permission.gpio_count = 1;
	while (accepted < 1000) {
		assert_int_equal(
			fixture_dispatch(f, "gpio-provider", "read-dht22", ARGS(1, U(4)), &call),
			0);
		if (!call)
			break;
		accepted++;
	}
	assert_int_equal(accepted, 8);
	fixture_assert_error(
		f, "too many calls of this plugin wait for this bus: wait for their answers first");
	f->client.name = "other";
	assert_int_equal(fixture_dispatch(f, "gpio-provider", "read-dht22", ARGS(1, U(4)), &call),
			 0);
	assert_non_null(call);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->answers, 10);
}

static const struct {
	const char *interface, *function;
} every[] = {
	{"gpio-provider", "read-dht22"},
	{"gpio-provider", "get-timestamp-ms"},
	{"gpio-provider", "get-cpu-temp"},
	{"gpio-provider", "read-bme680"},
	{"led-controller", "set-led"},
	{"led-controller", "set-all"},
	{"led-controller", "set-two"},
	{"led-controller", "clear"},
	{"led-controller", "sync-leds"},
	{"buzzer-controller", "buzz"},
	{"buzzer-controller", "beep"},
	{"fan-controller", "set-fan"},
	{"fan-controller", "get-fan-state"},
	{"system-info", "get-memory-usage"},
	{"system-info", "get-cpu-usage"},
	{"system-info", "get-uptime"},
	{"i2c", "transfer"},
	{"i2c", "write-read"},
	{"gpio", "read"},
	{"gpio", "write"},
	{"gpio", "set-mode"},
	{"gpio", "capture-edges"},
	{"spi", "transfer"},
	{"spi", "transfer-device"},
	{"uart", "read"},
	{"uart", "write"},
	{"uart", "set-baud"},
	{"uart", "read-port"},
	{"uart", "write-port"},
	{"uart", "set-port-baud"},
	{"settings", "get-all"},
	{"state", "get"},
	{"state", "set"},
	{"state", "delete"},
	{"state", "keys"},
	{"log", "write"},
};

static cbor_item_t *random_item(struct random *random)
{
	static const uint64_t numbers[] = {0,	1,   4,	    17,		0x77,
					   255, 256, 65536, UINT32_MAX, UINT64_MAX};
	static const char *const texts[] = {"",	       "0",	 "0x",	  "00ff",  "spi0.1",
					    "serial0", "output", "input", "/../x", "\xff\xfe"};

	switch (random_u64(random) % 6) {
	case 0:
		return value_null();
	case 1:
		return value_bool(random_u64(random) & 1);
	case 2:
		return value_f32(NAN);
	case 3:
		return value_text(texts[random_u64(random) % 10]);
	case 4:
		return value_bytes((const uint8_t *)"\0\1\2\3", random_u64(random) % 5);
	default:
		return value_unsigned(numbers[random_u64(random) % 10]);
	}
}

/* Whatever a hostile guest sends: an answer or an error, and never both. */
static void test_random_arguments(void **state)
{
	struct fixture *f = *state;
	struct random random;
	uint64_t seed = 7;

	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	f->permission = (struct permission){
		.i2c = {0x77, 0x23},
		.i2c_count = 2,
		.gpio = {4, 5},
		.gpio_count = 2,
		.spi = {"spi0.1"},
		.spi_count = 1,
		.uart = {"serial0"},
		.uart_count = 1,
		.leds = true,
		.fan = true,
	};
	for (int round = 0; round < 4000; round++) {
		size_t which = random_u64(&random) % (sizeof(every) / sizeof(every[0]));
		size_t count = random_u64(&random) % 5;
		cbor_item_t *args = cbor_new_definite_array(count);
		struct capability_call *call = NULL;
		unsigned before = f->answers;
		int ret;

		for (size_t i = 0; i < count; i++) {
			cbor_item_t *item = random_item(&random);

			assert_true(cbor_array_push(args, item));
			cbor_decref(&item);
		}
		if (!strcmp(every[which].interface, "log")) {
			cbor_decref(&args);
			continue;
		}
		ret = fixture_dispatch(f, every[which].interface, every[which].function, args,
				       &call);
		assert_true(ret == 0 || ret == ERROR_MALFORMED);
		uv_run(&f->loop, UV_RUN_DEFAULT);
		assert_int_equal(f->answers - before, ret == 0);
	}
	assert_true(f->client.calls > 100);
}

/* Without a grant nothing is touched, and each refusal is counted. */
static void test_nothing_granted(void **state)
{
	struct fixture *f = *state;

	fixture_call(f, "gpio-provider", "read-dht22", ARGS(1, U(4)));
	fixture_assert_error(f, "not granted: gpio 4; add 4 to allow_gpio in permission.toml");
	fixture_call(f, "gpio-provider", "read-bme680", ARGS(1, U(0x77)));
	fixture_assert_error(f, "not granted: i2c 0x77; add 0x77 to allow_i2c in permission.toml");
	fixture_call(f, "i2c", "transfer", ARGS(3, U(0x23), value_text(""), U(1)));
	fixture_assert_error(f, "not granted: i2c 0x23; add 0x23 to allow_i2c in permission.toml");
	fixture_call(f, "i2c", "write-read", ARGS(4, U(1), U(0x23), value_bytes(NULL, 0), U(1)));
	fixture_assert_error(f, "not-granted");
	fixture_call(f, "gpio", "read", ARGS(1, U(5)));
	fixture_assert_error(f, "not granted: gpio 5; add 5 to allow_gpio_in in permission.toml");
	fixture_call(f, "spi", "transfer", ARGS(1, value_bytes((const uint8_t *)"x", 1)));
	fixture_assert_error(
		f, "not granted: spi spi0.0; add \"spi0.0\" to allow_spi in permission.toml");
	fixture_call(f, "uart", "read", ARGS(1, U(1)));
	fixture_assert_error(f, "not granted: uart serial0; add \"serial0\" to allow_uart in "
				"permission.toml");
	fixture_call(f, "led-controller", "set-two", ARGS(6, U(1), U(1), U(1), U(1), U(1), U(1)));
	assert_null(f->value);
	assert_string_equal(f->client.last_denied,
			    "the LEDs; set allow_leds = true in permission.toml");
	fixture_call(f, "buzzer-controller", "buzz", ARGS(1, U(100)));
	assert_string_equal(f->client.last_denied,
			    "the buzzer; set allow_buzzer = true in permission.toml");
	fixture_call(f, "fan-controller", "set-fan", ARGS(1, value_bool(true)));
	assert_string_equal(f->client.last_denied,
			    "the fan; set allow_fan = true in permission.toml");
	assert_int_equal(f->client.denied, 10);
	assert_int_equal(f->client.denials[CAPABILITY_I2C].count, 3);
	assert_string_equal(f->client.denials[CAPABILITY_I2C].what, "i2c 0x23");
	assert_string_equal(f->client.denials[CAPABILITY_I2C].advice,
			    "add 0x23 to allow_i2c in permission.toml");
	assert_int_equal(f->client.denials[CAPABILITY_FAN].count, 1);
	assert_int_equal(f->client.calls, 10);
	assert_false(f->client.touched_simulated);
}

/* What was asked for is not to be asked for again: the plugin's author can do nothing. */
static void test_kept_back(void **state)
{
	struct fixture *f = *state;
	struct permission request;

	permission_init_all(&request);
	f->client.request = &request;
	fixture_call(f, "i2c", "transfer", ARGS(3, U(0x23), value_text(""), U(1)));
	fixture_assert_error(f, "not granted: i2c 0x23, which the owner has withheld");
	fixture_call(f, "gpio", "read", ARGS(1, U(5)));
	fixture_assert_error(f, "not granted: gpio 5, which the owner has withheld");
	fixture_call(f, "spi", "transfer", ARGS(1, value_bytes((const uint8_t *)"x", 1)));
	fixture_assert_error(f, "not granted: spi spi0.0, which the owner has withheld");
	fixture_call(f, "uart", "read", ARGS(1, U(1)));
	fixture_assert_error(f, "not granted: uart serial0, which the owner has withheld");
	fixture_call(f, "fan-controller", "set-fan", ARGS(1, value_bool(true)));
	assert_string_equal(f->client.last_denied, "the fan, which the owner has withheld");
	assert_string_equal(f->client.denials[CAPABILITY_FAN].advice, "");
	request.gpio_direction[5] = PERMISSION_IN; /* it asked for half of it */
	fixture_call(f, "gpio", "write", ARGS(2, U(5), value_bool(true)));
	fixture_assert_error(f, "not granted: gpio 5; add 5 to allow_gpio_out in permission.toml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	TEST(test_unknown_function),
		TEST(test_malformed_arguments), TEST(test_abandon),
		TEST(test_close_with_calls),	TEST(test_full_queue),
		TEST(test_random_arguments),	TEST(test_nothing_granted),
		TEST(test_kept_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
