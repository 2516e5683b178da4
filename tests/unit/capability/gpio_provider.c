#include "fixture.h"

/* What the world really is at this moment. */
static double truth(struct fixture *f, const char *device, const char *quantity)
{
	json_t *world = world_to_json(f->world);
	json_t *value = json_object_get(json_object_get(world, device), quantity);
	double number;

	assert_true(json_is_number(value));
	number = json_number_value(value);
	json_decref(world);
	return number;
}

static void assert_close(double got, double expected, double tolerance)
{
	if (!(fabs(got - expected) <= tolerance))
		fail_msg("got %g, expected %g", got, expected);
}

static void test_dht22(void **state)
{
	struct fixture *f = *state;
	const cbor_item_t *pair;

	f->permission.gpio[0] = 4;
	f->permission.gpio_count = 1;
	fixture_call(f, "gpio-provider", "read-dht22", ARGS(1, U(4)));
	pair = fixture_payload(f, true);
	assert_int_equal(cbor_array_size(pair), 2);
	assert_close(fixture_float(pair, 0), truth(f, "dht22", "temperature"), 0.11);
	assert_close(fixture_float(pair, 1), truth(f, "dht22", "humidity"), 0.11);
	assert_true(f->client.touched_simulated);
	assert_int_equal(f->client.calls, 1);
	assert_int_equal(f->client.denied, 0);
}

static void test_dht22_on_other_pins(void **state)
{
	struct fixture *f = *state;

	f->permission.gpio[0] = 5;
	f->permission.gpio[1] = 255;
	f->permission.gpio_count = 2;
	fixture_call(f, "gpio-provider", "read-dht22", ARGS(1, U(5)));
	fixture_assert_error(
		f,
		"DHT22 on GPIO5: no answer: check the sensor's power, wire and pull-up resistor");
	fixture_call(f, "gpio-provider", "read-dht22", ARGS(1, U(255)));
	fixture_assert_error(
		f,
		"DHT22 on GPIO255: the gpio chip has 58 lines, counted from 0: use another line");
}

static void test_bme680(void **state)
{
	struct fixture *f = *state;
	const cbor_item_t *four;
	double gas_ohm;

	f->permission.i2c[0] = 0x77;
	f->permission.i2c_count = 1;
	/* Twice: set up, and then set up already. */
	for (int i = 0; i < 2; i++) {
		fixture_call(f, "gpio-provider", "read-bme680", ARGS(1, U(0x77)));
		four = fixture_payload(f, true);
		assert_int_equal(cbor_array_size(four), 4);
		assert_close(fixture_float(four, 0), truth(f, "bme680", "temperature"), 0.1);
		assert_close(fixture_float(four, 1), truth(f, "bme680", "humidity"), 0.3);
		assert_close(fixture_float(four, 2), truth(f, "bme680", "pressure"), 0.2);
		gas_ohm = truth(f, "bme680", "gas_resistance");
		assert_close(fixture_float(four, 3) * 1000, gas_ohm, gas_ohm * 0.05);
	}
}

static void test_bme680_elsewhere(void **state)
{
	struct fixture *f = *state;

	f->permission.i2c[0] = 0x76;
	f->permission.i2c[1] = 0x23;
	f->permission.i2c_count = 2;
	fixture_call(f, "gpio-provider", "read-bme680", ARGS(1, U(0x76)));
	assert_memory_equal(cbor_string_handle(fixture_payload(f, false)),
			    "BME680 at 0x76 on i2c-1: ", 25);
	fixture_call(f, "gpio-provider", "read-bme680", ARGS(1, U(0x23)));
	fixture_assert_error(f, "i2c-addr: expected the address of a BME680, 0x76 or 0x77");
}

/* Ten bad seconds of everything, each with its own text; then all is well again. */
static const struct world_fault faults[] = {
	{"dht22", "checksum", 0, 10, 0},
	{"dht22", "missing-edges", 20, 10, 0},
	{"bme680", "unplugged", 10, 10, 0},
	{"bme680", "stuck-bus", 30, 10, 0},
};

static int setup_faults(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	fixture_config(&fixture);
	fixture.faults = faults;
	fixture.faults_count = sizeof(faults) / sizeof(faults[0]);
	fixture_open(&fixture);
	fixture.permission.gpio[0] = 4;
	fixture.permission.gpio_count = 1;
	fixture.permission.i2c[0] = 0x77;
	fixture.permission.i2c_count = 1;
	*state = &fixture;
	return 0;
}

static bool read_ok(struct fixture *f, const char *function, unsigned where)
{
	fixture_call(f, "gpio-provider", function, ARGS(1, U(where)));
	return cbor_get_bool(cbor_array_handle(f->value)[0]);
}

static void skip_to(struct fixture *f, uint64_t seconds)
{
	clock_manual_advance_ns(&f->clock,
				seconds * 1000 * NS_PER_MS - clock_monotonic_ns(&f->clock.base));
}

static void test_faults(void **state)
{
	struct fixture *f = *state;

	assert_false(read_ok(f, "read-dht22", 4));
	fixture_assert_error(
		f,
		"DHT22 on GPIO4: checksum mismatch: check the sensor's wire and pull-up resistor");
	assert_true(read_ok(f, "read-bme680", 0x77));
	skip_to(f, 11);
	assert_true(read_ok(f, "read-dht22", 4));
	assert_false(read_ok(f, "read-bme680", 0x77));
	skip_to(f, 21);
	assert_false(read_ok(f, "read-dht22", 4));
	assert_memory_equal(cbor_string_handle(fixture_payload(f, false)), "DHT22 on GPIO4: only ",
			    21);
	/* Back with its registers as after power-on: set up anew. */
	assert_true(read_ok(f, "read-bme680", 0x77));
	assert_close(fixture_float(fixture_payload(f, true), 0), truth(f, "bme680", "temperature"),
		     0.1);
	skip_to(f, 31);
	assert_true(read_ok(f, "read-dht22", 4));
	assert_false(read_ok(f, "read-bme680", 0x77));
	skip_to(f, 41);
	assert_true(read_ok(f, "read-bme680", 0x77));
}

static void test_time(void **state)
{
	struct fixture *f = *state;

	fixture_call(f, "gpio-provider", "get-timestamp-ms", ARGS(0));
	assert_true(cbor_get_int(f->value) == clock_unix_ms(&f->clock.base));
	assert_false(f->client.touched_simulated);
}

/* A machine without a sensor: not a number, and none is invented. */
static void test_cpu_temp(void **state)
{
	struct fixture *f = *state;

	fixture_call(f, "gpio-provider", "get-cpu-temp", ARGS(0));
	assert_true(isnan(cbor_float_get_float4(f->value)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dht22),
		TEST(test_dht22_on_other_pins),
		TEST(test_bme680),
		TEST(test_bme680_elsewhere),
		TEST(test_time),
		TEST(test_cpu_temp),
		cmocka_unit_test_setup_teardown(test_faults, setup_faults, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
