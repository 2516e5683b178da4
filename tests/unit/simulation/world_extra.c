/* The devices that are there when they are wanted: world_extra.c, through world.h. */
#include "simulation/world.h"

#include "fixture.h"
#include "hardware/bus/backend.h"
#include "hardware/bus/uart.h"
#include "hardware/bus/w1.h"

static const char *const all[] = {"bme280",  "mcp3008", "pms5003", "sds011",
				  "ds18b20", "button",	"pca9685"};

static const struct world_config everything = {
	.seed = 1,
	.i2c_bus = 1,
	.bme680_address = 0x77,
	.dht22_pin = WORLD_PIN_NONE,
	.led_spi = "spi0.0",
	.led_count = 1,
	.buzzer_pin = WORLD_PIN_NONE,
	.fan_pin = WORLD_PIN_NONE,
	.extra = all,
	.extra_count = 7,
};

struct fixture {
	struct clock_manual clock;
	struct world *world;
	struct error err;
};

static int open_world(struct fixture *f, const struct world_config *config)
{
	memset(f, 0, sizeof(*f));
	clock_manual_init(&f->clock, UNIX_MS);
	return world_create(config, &f->clock.base, &f->world, &f->err);
}

static double number(const json_t *truth, const char *device, const char *key)
{
	const json_t *value = json_object_get(json_object_get(truth, device), key);

	assert_true(json_is_number(value));
	return json_number_value(value);
}

static void test_truth(void **state)
{
	struct fixture f;
	json_t *truth;

	(void)state;
	assert_int_equal(open_world(&f, &everything), 0);
	clock_manual_advance_ns(&f.clock, 10 * SECOND);
	truth = world_to_json(f.world);
	assert_near(number(truth, "bme280", "temperature"), number(truth, "bme680", "temperature"),
		    0);
	assert_near(number(truth, "bme280", "pressure"), number(truth, "bme680", "pressure"), 0);
	assert_near(number(truth, "ds18b20", "temperature"), number(truth, "bme280", "temperature"),
		    0);
	assert_near(number(truth, "sds011", "pm25"), number(truth, "pms5003", "pm25"), 0);
	assert_in_range((int)number(truth, "sds011", "pm25"), 3, 30);
	assert_int_equal((int)number(truth, "button", "presses"), 5);
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(truth, "mcp3008"), "volts")), 8);
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(truth, "pca9685"), "duty")), 16);
	json_decref(truth);
	world_destroy(f.world);
}

/* Each answers where it is said to be. */
static void test_places(void **state)
{
	static const uint16_t addresses[] = {WORLD_BME280_ADDRESS, WORLD_PCA9685_ADDRESS,
					     WORLD_PCA9685_ALL_CALL};
	struct backend *backend;
	struct uart_port *uart;
	struct spi_device *spi;
	struct i2c_bus *i2c;
	struct w1_bus *w1;
	struct fixture f;
	char names[W1_DEVICES_MAX][W1_NAME_SIZE];
	size_t count;

	(void)state;
	assert_int_equal(open_world(&f, &everything), 0);
	backend = world_backend(f.world);
	assert_int_equal(backend_open_i2c(backend, 1, &i2c, NULL), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(i2c_bus_write_read(i2c, addresses[i], (const uint8_t[]){0}, 1,
						    NULL, 0, NULL),
				 0);
	i2c_bus_close(i2c);
	assert_int_equal(backend_open_spi(backend, "spi0.1", 0, 1000000, &spi, NULL), 0);
	spi_device_close(spi);
	assert_int_equal(backend_open_uart(backend, "serial0", 9600, &uart, NULL), 0);
	uart_port_close(uart);
	assert_int_equal(backend_open_uart(backend, "ttyUSB0", 9600, &uart, NULL), 0);
	uart_port_close(uart);
	assert_int_equal(backend_open_w1(backend, "", &w1, NULL), 0);
	assert_int_equal(w1_bus_list(w1, names, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_string_equal(names[0], WORLD_DS18B20_NAME);
	w1_bus_close(w1);
	world_destroy(f.world);
}

/* The address that the BME680 leaves. */
static void test_two_chips_of_bosch(void **state)
{
	struct world_config config = everything;
	struct i2c_bus *i2c;
	uint8_t id = 0;
	struct fixture f;

	(void)state;
	config.bme680_address = 0x76;
	assert_int_equal(open_world(&f, &config), 0);
	assert_int_equal(backend_open_i2c(world_backend(f.world), 1, &i2c, NULL), 0);
	assert_int_equal(i2c_bus_write_read(i2c, 0x77, (const uint8_t[]){0xd0}, 1, &id, 1, NULL),
			 0);
	assert_int_equal(id, 0x60);
	i2c_bus_close(i2c);
	world_destroy(f.world);
}

static void refuse(const char *const *extra, size_t count, struct world_fault fault,
		   const char *text)
{
	struct world_config config = everything;
	struct fixture f;

	config.extra = extra;
	config.extra_count = count;
	config.faults = &fault;
	config.faults_count = fault.device != NULL;
	assert_int_not_equal(open_world(&f, &config), 0);
	assert_string_equal(f.err.text, text);
}

static void test_refused(void **state)
{
	const struct world_fault none = {0}, stuck = {"bme280", "stuck-bus", 0, 0, 0};
	const struct world_fault frames = {"bme280", "truncated-frames", 0, 0, 0};
	struct world_config config = everything;
	struct fixture f;

	(void)state;
	refuse((const char *const[]){"toaster"}, 1, none,
	       "'toaster' in `devices` under [hardware] is no extra device of the simulation: use "
	       "bme280, mcp3008, pms5003, sds011, ds18b20, button or pca9685");
	refuse((const char *const[]){"button", "button"}, 2, none,
	       "button is listed twice in `devices` under [hardware]: list it once");
	refuse(all + 1, 6, stuck,
	       "a fault of bme280, which is not simulated here: add the device, or remove the "
	       "fault from [[hardware.faults]]");
	refuse(all, 7, frames,
	       "bme280: this device cannot have the fault 'truncated-frames': use one of "
	       "no-acknowledge, stuck-bus, unplugged, arbitration-loss, timeout, wrong-id, "
	       "all-zeros, all-ones, random-calibration");
	config.fan_pin = WORLD_BUTTON_PIN;
	assert_int_equal(open_world(&f, &config), ERROR_EXISTS);
	assert_string_equal(f.err.text, "button: gpio line 22 has a simulated device already: set "
					"another gpio_pin for one of the two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_two_chips_of_bosch),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
