#include "simulation/world.h"

#include <pthread.h>

#include "fixture.h"
#include "hardware/bus/backend.h"
#include "simulation/chip/climate.h"

struct fixture {
	struct clock_manual clock;
	struct world *world;
	json_t *truth; /* owned: of the last look() */
};

static const struct world_config reference = {
	.seed = 1,
	.i2c_bus = 1,
	.bme680_address = 0x77,
	.dht22_pin = 4,
	.led_spi = "spi0.0",
	.led_count = 11,
	.buzzer_pin = 17,
	.buzzer_active_low = true,
	.fan_pin = 27,
};

static void start(struct fixture *f, const struct world_config *config)
{
	memset(f, 0, sizeof(*f));
	clock_manual_init(&f->clock, UNIX_MS);
	assert_int_equal(world_create(config, &f->clock.base, &f->world, NULL), 0);
}

static int set_up(void **state)
{
	static struct fixture f;

	start(&f, &reference);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	json_decref(f->truth);
	world_destroy(f->world);
	return 0;
}

static json_t *look(struct fixture *f, const char *device)
{
	json_decref(f->truth);
	f->truth = world_to_json(f->world);
	assert_non_null(f->truth);
	return json_object_get(f->truth, device);
}

static double number(json_t *object, const char *key)
{
	assert_true(json_is_number(json_object_get(object, key)));
	return json_number_value(json_object_get(object, key));
}

static void test_truth(void **state)
{
	struct fixture *f = *state;
	json_t *bme680 = look(f, "bme680");
	json_t *dht22 = json_object_get(f->truth, "dht22");
	json_t *ssd1306 = json_object_get(f->truth, "ssd1306");
	json_t *leds = json_object_get(f->truth, "leds");
	json_t *relays = json_object_get(f->truth, "relays");

	assert_near(number(dht22, "temperature"), number(bme680, "temperature") + 0.3, 0.051);
	assert_near(number(dht22, "humidity"), number(bme680, "humidity") - 1.2, 0.051);
	assert_near(number(bme680, "pressure"), 1013, 17);
	assert_in_range((int)number(bme680, "gas_resistance"), 60000, 250000);
	assert_near(number(json_object_get(f->truth, "bh1750"), "lux"), 1.5, 0.5); /* midnight */
	assert_true(json_is_false(json_object_get(ssd1306, "on")));
	assert_int_equal(json_string_length(json_object_get(ssd1306, "pixels")), 2048);
	assert_int_equal(json_array_size(leds), 11);
	assert_string_equal(json_string_value(json_array_get(leds, 10)), "000000");
	assert_int_equal(json_object_size(relays), 2);
	assert_int_equal(json_object_size(json_object_get(f->truth, "faults")), 0);
}

static void switch_buzzer(struct fixture *f)
{
	const struct gpio_line_config on = {
		.direction = GPIO_OUTPUT, .active_low = true, .value = true};
	struct gpio_chip *chip;
	struct gpio_line *line;

	assert_int_equal(backend_open_gpio(world_backend(f->world), &chip, NULL), 0);
	assert_int_equal(gpio_chip_request(chip, 17, &on, &line, NULL), 0);
	clock_manual_advance_ns(&f->clock, SECOND);
	gpio_line_release(line);
	gpio_chip_close(chip);
}

static void climate_of_oven(void *arg, uint64_t unix_ms, struct climate *ret_climate)
{
	(void)unix_ms;
	*ret_climate = *(const struct climate *)arg;
}

/* A caller's climate is the truth of each sensor, and it may change at any time. */
static void test_own_climate(void **state)
{
	struct climate climate = {.temperature = 60, .humidity = 10, .light = 5};
	const struct climate_source source = {climate_of_oven, &climate};
	struct world_config config = reference;
	struct fixture f;

	(void)state;
	config.climate = &source;
	start(&f, &config);
	assert_float_equal(number(look(&f, "bme680"), "temperature"), 60, 0.001);
	assert_float_equal(number(look(&f, "dht22"), "temperature"), 60, 0.001);
	climate.light = 900;
	assert_float_equal(number(look(&f, "bh1750"), "lux"), 900, 0.001);
	json_decref(f.truth);
	world_destroy(f.world);
}

static void test_actions_are_seen(void **state)
{
	struct fixture *f = *state;
	const uint8_t white[9 + 90] = {0xdb, 0x6d, 0xb6, 0xdb, 0x6d, 0xb6, 0xdb, 0x6d, 0xb6};
	const uint8_t pixel[] = {0x40, 0xa5};
	struct spi_device *spi;
	struct i2c_bus *i2c;
	json_t *buzzer;

	switch_buzzer(f);
	buzzer = json_object_get(look(f, "relays"), "buzzer");
	assert_true(json_is_false(json_object_get(buzzer, "on")));
	assert_near(number(buzzer, "switched"), 1, 0);
	assert_near(number(buzzer, "on_seconds"), 1, 1e-9);

	assert_int_equal(
		backend_open_spi(world_backend(f->world), "spi0.0", 0, 2400000, &spi, NULL), 0);
	assert_int_equal(spi_device_transfer(spi, white, NULL, sizeof(white), NULL), 0);
	spi_device_close(spi);
	assert_string_equal(json_string_value(json_array_get(look(f, "leds"), 0)), "ffffff");

	assert_int_equal(backend_open_i2c(world_backend(f->world), 1, &i2c, NULL), 0);
	assert_int_equal(i2c_bus_write_read(i2c, 0x3c, pixel, 2, NULL, 0, NULL), 0);
	i2c_bus_close(i2c);
	assert_memory_equal(json_string_value(json_object_get(look(f, "ssd1306"), "pixels")),
			    "a500", 4);
}

#define ROUNDS 200

/* What a pool thread does to the buses. No assertion: cmocka's are for the main thread. */
static void *use_buses(void *arg)
{
	struct fixture *f = arg;
	const struct gpio_line_config output = {.direction = GPIO_OUTPUT};
	const uint8_t data[99] = {0x40, 0xff};
	struct gpio_chip *chip;
	struct gpio_line *fan;
	struct spi_device *spi;
	struct i2c_bus *i2c;
	int failed = 0;

	backend_open_gpio(world_backend(f->world), &chip, NULL);
	gpio_chip_request(chip, 27, &output, &fan, NULL);
	backend_open_spi(world_backend(f->world), "spi0.0", 0, 2400000, &spi, NULL);
	backend_open_i2c(world_backend(f->world), 1, &i2c, NULL);
	for (unsigned i = 0; i < ROUNDS; i++) {
		failed |= gpio_line_set(fan, i % 2 == 0, NULL);
		failed |= spi_device_transfer(spi, data, NULL, sizeof(data), NULL);
		failed |= i2c_bus_write_read(i2c, 0x3c, data, sizeof(data), NULL, 0, NULL);
		failed |= i2c_bus_write_read(i2c, 0x77, data, 1, NULL, 0, NULL);
		clock_manual_advance_ns(&f->clock, MS);
	}
	i2c_bus_close(i2c);
	spi_device_close(spi);
	gpio_line_release(fan);
	return failed ? f : NULL;
}

/* Two threads: for the thread sanitizer. */
static void test_look_while_buses_run(void **state)
{
	struct fixture *f = *state;
	pthread_t thread;
	void *failed;
	json_t *fan;

	assert_int_equal(pthread_create(&thread, NULL, use_buses, f), 0);
	for (unsigned i = 0; i < ROUNDS; i++)
		assert_non_null(look(f, "ssd1306"));
	pthread_join(thread, &failed);
	assert_null(failed);
	fan = json_object_get(look(f, "relays"), "fan");
	assert_near(number(fan, "switched"), ROUNDS / 2, 0);
	assert_near(number(fan, "on_seconds"), ROUNDS / 2 * 0.001, 1e-9);
}

static void test_absent_devices(void **state)
{
	const struct world_config bare = {.i2c_bus = 3,
					  .dht22_pin = WORLD_PIN_NONE,
					  .buzzer_pin = WORLD_PIN_NONE,
					  .fan_pin = WORLD_PIN_NONE};
	struct fixture f;

	(void)state;
	start(&f, &bare);
	assert_null(look(&f, "bme680"));
	assert_null(json_object_get(f.truth, "dht22"));
	assert_null(json_object_get(f.truth, "leds"));
	assert_int_equal(json_object_size(json_object_get(f.truth, "relays")), 0);
	json_decref(f.truth);
	world_destroy(f.world);
	world_destroy(NULL);
}

static void test_fault_is_named(void **state)
{
	const struct world_fault fault = {"dht22", "checksum", 10, 5, 60};
	struct world_config config = reference;
	struct fixture f;

	(void)state;
	config.faults = &fault;
	config.faults_count = 1;
	start(&f, &config);
	assert_int_equal(json_object_size(look(&f, "faults")), 0);
	clock_manual_advance_ns(&f.clock, 70 * SECOND);
	assert_string_equal(json_string_value(json_object_get(look(&f, "faults"), "dht22")),
			    "checksum");
	clock_manual_advance_ns(&f.clock, 5 * SECOND);
	assert_int_equal(json_object_size(look(&f, "faults")), 0);
	json_decref(f.truth);
	world_destroy(f.world);
}

static void refuse(const struct world_config *config, const char *text)
{
	struct clock_manual clock;
	struct world *world = NULL;
	struct error err;
	int rc;

	clock_manual_init(&clock, UNIX_MS);
	rc = world_create(config, &clock.base, &world, &err);
	assert_int_equal(rc, err.code);
	assert_true(err.code == ERROR_INVALID || err.code == ERROR_EXISTS);
	assert_string_equal(err.text, text);
	assert_null(world);
}

static void refuse_fault(struct world_fault fault, const char *text)
{
	struct world_config config = reference;

	config.faults = &fault;
	config.faults_count = 1;
	refuse(&config, text);
}

static void test_wrong_faults(void **state)
{
	(void)state;
	refuse_fault((struct world_fault){"bme680", "checksum", 0, 0, 0},
		     "bme680: this device cannot have the fault 'checksum': use one of "
		     "no-acknowledge, stuck-bus, unplugged, arbitration-loss, timeout, wrong-id, "
		     "all-zeros, all-ones, random-calibration");
	refuse_fault((struct world_fault){"fan", "unplugged", 0, 0, 0},
		     "fan: the simulation has no faults for this device: remove its table from "
		     "[[hardware.faults]]");
	refuse_fault((struct world_fault){"toaster", "unplugged", 0, 0, 0},
		     "a fault of 'toaster', which the simulation does not know: use one of bme680, "
		     "bh1750, ssd1306, dht22, leds, bme280, mcp3008, pms5003, sds011, ds18b20, "
		     "button, pca9685");
	refuse_fault((struct world_fault){"dht22", "unplugged", NAN, 0, 0},
		     "dht22: the times of a fault in [[hardware.faults]] must be from 0 to "
		     "1000000000 seconds");
	refuse_fault((struct world_fault){"dht22", "unplugged", -1, 0, 0},
		     "dht22: the times of a fault in [[hardware.faults]] must be from 0 to "
		     "1000000000 seconds");
	refuse_fault((struct world_fault){"dht22", "moths", 0, 0, 0},
		     "dht22: unknown kind of fault 'moths': use one of no-acknowledge, stuck-bus, "
		     "checksum, missing-edges, unplugged, arbitration-loss, timeout, wrong-id, "
		     "all-zeros, all-ones, random-calibration, truncated-frames, shifted-frames, "
		     "extra-edges, implausible");
}

static void test_wrong_configs(void **state)
{
	struct world_config config = reference;

	(void)state;
	config.dht22_pin = WORLD_PIN_NONE;
	config.faults = &(struct world_fault){"dht22", "checksum", 0, 0, 0};
	config.faults_count = 1;
	refuse(&config, "a fault of dht22, which is not simulated here: add the device, or remove "
			"the fault from [[hardware.faults]]");
	config = reference;
	config.fan_pin = 17;
	refuse(&config, "fan: gpio line 17 has a simulated device already: set another gpio_pin "
			"for one of the two");
	config = reference;
	config.dht22_pin = 58;
	refuse(&config,
	       "dht22: gpio line 58: the chip has 58 lines, counted from 0: use another line");
	config = reference;
	config.bme680_address = 0x3c;
	refuse(&config,
	       "i2c bus 1: another simulated device has the address 0x3c: use another address");
	config = reference;
	config.led_count = 1025;
	refuse(&config,
	       "1025 LEDs: at most 1024 can be simulated; set a smaller count under [leds]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_truth, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_actions_are_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_look_while_buses_run, set_up, tear_down),
		cmocka_unit_test(test_own_climate),
		cmocka_unit_test(test_absent_devices),
		cmocka_unit_test(test_fault_is_named),
		cmocka_unit_test(test_wrong_faults),
		cmocka_unit_test(test_wrong_configs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
