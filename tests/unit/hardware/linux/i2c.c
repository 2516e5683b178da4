#include "hardware/bus/i2c.h"

#include <linux/i2c-dev.h>
#include <linux/i2c.h>

#include "fixture.h"
#include "hardware/driver/bme680.h"
#include "simulation/chip/ssd1306.h"

#define BME680 0x77
#define BH1750 0x23
#define SSD1306 0x3c
#define NOBODY 0x50

/* What i2c-stub and many SMBus controllers of mainboards have. */
#define SMBUS_ONLY                                                                                 \
	(I2C_FUNC_SMBUS_QUICK | I2C_FUNC_SMBUS_BYTE | I2C_FUNC_SMBUS_BYTE_DATA |                   \
	 I2C_FUNC_SMBUS_WORD_DATA | I2C_FUNC_SMBUS_I2C_BLOCK)

static struct i2c_bus *open_bus(const struct kernel_options *options)
{
	struct i2c_bus *bus;

	fixture_open(options, NULL, NULL);
	assert_int_equal(backend_open_i2c(fixture.backend, 1, &bus, &fixture.err), 0);
	assert_int_equal(bus->number, 1);
	assert_false(bus->simulated);
	return bus;
}

static void close_bus(struct i2c_bus *bus)
{
	i2c_bus_close(bus);
	fixture_close();
}

static void expect_text(const char *text)
{
	assert_string_equal(fixture.err.text, text);
}

static int write_bytes(struct i2c_bus *bus, uint16_t address, const char *bytes, size_t size)
{
	return i2c_bus_write_read(bus, address, (const uint8_t *)bytes, size, NULL, 0,
				  &fixture.err);
}

static void test_bme680(void **state)
{
	struct i2c_bus *bus = open_bus(NULL);
	struct bme680_reading reading;
	struct bme680 *sensor;

	(void)state;
	assert_int_equal(bme680_create(bus, BME680, clock_system(), &sensor, NULL), 0);
	assert_int_equal(bme680_read(sensor, &reading, &fixture.err), 0);
	assert_near(reading.temperature_c, fixture_truth("bme680", "temperature"), 0.5);
	assert_near(reading.pressure_hpa, fixture_truth("bme680", "pressure"), 1);
	assert_near(reading.humidity_percent, fixture_truth("bme680", "humidity"), 2);
	assert_true(reading.gas_valid);
	bme680_destroy(sensor);
	close_bus(bus);
}

/* What a model does wrong comes up as the code of its kind. */
static void test_faults(void **state)
{
	static const struct {
		const char *kind;
		int code;
	} cases[] = {
		{"no-acknowledge", ERROR_NO_ACKNOWLEDGE},
		{"unplugged", ERROR_NO_ACKNOWLEDGE},
		{"stuck-bus", ERROR_BUS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct world_fault fault = {.device = "bme680", .kind = cases[i].kind};
		struct bme680_reading reading;
		struct bme680 *sensor;
		struct i2c_bus *bus;

		fixture_open(NULL, NULL, &fault);
		assert_int_equal(backend_open_i2c(fixture.backend, 1, &bus, &fixture.err), 0);
		assert_int_equal(bme680_create(bus, BME680, clock_system(), &sensor, NULL), 0);
		assert_int_equal(bme680_read(sensor, &reading, &fixture.err), cases[i].code);
		bme680_destroy(sensor);
		close_bus(bus);
	}
}

static void test_bh1750(void **state)
{
	struct i2c_bus *bus = open_bus(NULL);
	uint8_t raw[2];

	(void)state;
	assert_int_equal(write_bytes(bus, BH1750, "\x01", 1), 0);
	assert_int_equal(write_bytes(bus, BH1750, "\x20", 1), 0);
	clock_sleep_ns(clock_system(), 180000000);
	assert_int_equal(i2c_bus_write_read(bus, BH1750, NULL, 0, raw, 2, &fixture.err), 0);
	assert_near((raw[0] << 8 | raw[1]) / 1.2, fixture_truth("bh1750", "lux"), 1);
	close_bus(bus);
}

/* A whole picture in one message. */
static void test_ssd1306(void **state)
{
	struct i2c_bus *bus = open_bus(NULL);
	uint8_t frame[1 + SSD1306_MEMORY_SIZE] = {0x40};
	char expected[2 * SSD1306_MEMORY_SIZE + 1];
	json_t *truth;

	(void)state;
	assert_int_equal(write_bytes(bus, SSD1306, "\x00\x20\x00\x22\x00\xff\x21\x00\x7f", 9), 0);
	for (size_t i = 0; i < SSD1306_MEMORY_SIZE; i++) {
		frame[1 + i] = (uint8_t)(i * 7);
		snprintf(expected + 2 * i, 3, "%02x", frame[1 + i]);
	}
	assert_int_equal(write_bytes(bus, SSD1306, (const char *)frame, sizeof(frame)), 0);
	truth = world_to_json(fixture.world);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(truth, "ssd1306"), "pixels")),
		expected);
	json_decref(truth);
	close_bus(bus);
}

static void test_nobody_acknowledges(void **state)
{
	static const struct {
		struct kernel_options kernel;
		const char *text;
	} cases[] = {
		{{.no_acknowledge = EREMOTEIO},
		 "i2c bus 1: address 0x50: no acknowledge (Remote I/O error): check the device's "
		 "power, wires and address"},
		{{.no_acknowledge = ENXIO},
		 "i2c bus 1: address 0x50: no acknowledge (No such device or address): check the "
		 "device's power, wires and address"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct i2c_bus *bus = open_bus(&cases[i].kernel);

		assert_int_equal(write_bytes(bus, NOBODY, "x", 1), ERROR_NO_ACKNOWLEDGE);
		expect_text(cases[i].text);
		close_bus(bus);
	}
}

static void test_errors_are_typed(void **state)
{
	static const struct {
		int number, code;
	} cases[] = {
		{EAGAIN, ERROR_ARBITRATION_LOST},
		{ETIMEDOUT, ERROR_TIMEOUT},
		{EIO, ERROR_BUS},
		{EPROTO, ERROR_BUS},
		{EINVAL, ERROR_INVALID},
		{EBUSY, ERROR_BUSY},
		{EOPNOTSUPP, ERROR_UNSUPPORTED},
		{ENOMEM, ERROR_NO_MEMORY},
	};
	struct i2c_bus *bus = open_bus(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		kernel_fail_next(fixture.kernel, I2C_RDWR, cases[i].number);
		assert_int_equal(write_bytes(bus, BH1750, "\x01", 1), cases[i].code);
		assert_non_null(strstr(fixture.err.text, strerror(cases[i].number)));
	}
	assert_int_equal(write_bytes(bus, BH1750, "\x01", 1), 0);
	close_bus(bus);
}

static void test_adapter_is_unplugged(void **state)
{
	struct i2c_bus *bus = open_bus(NULL);

	(void)state;
	assert_int_equal(write_bytes(bus, BH1750, "\x01", 1), 0);
	wrap_unplug();
	wrap_refuse(ENOENT);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(write_bytes(bus, BH1750, "\x01", 1), ERROR_NOT_FOUND);
		assert_non_null(strstr(fixture.err.text, "no /dev/i2c-1: "));
		/* Its driver waits for that. */
		kernel_reap(fixture.kernel);
		assert_int_equal(kernel_counters(fixture.kernel).files, 0);
	}
	wrap_refuse(0);
	assert_int_equal(write_bytes(bus, BH1750, "\x01", 1), 0);
	close_bus(bus);
}

/* Unplugged and plugged in again between two polls: the old file leads nowhere. */
static void test_adapter_is_replaced(void **state)
{
	struct i2c_bus *bus = open_bus(NULL);

	(void)state;
	wrap_unplug();
	assert_int_equal(write_bytes(bus, BH1750, "\x01", 1), 0);
	kernel_reap(fixture.kernel);
	assert_int_equal(kernel_counters(fixture.kernel).files, 1);
	close_bus(bus);
}

static void test_kernel_driver_has_it(void **state)
{
	struct i2c_bus *bus = open_bus(NULL);

	(void)state;
	kernel_hold_address(fixture.kernel, BME680);
	assert_int_equal(write_bytes(bus, BME680, "\xd0", 1), ERROR_BUSY);
	expect_text("i2c bus 1: address 0x77: a kernel driver holds it "
		    "(/sys/bus/i2c/devices/1-0077/driver): use its values, or unbind it");
	/* Behind another one, in one transaction, it is not reached either. */
	struct i2c_message both[] = {
		{.address = BH1750, .size = 1, .data = (uint8_t *)(char[]){1}},
		{.address = BME680, .size = 1, .data = (uint8_t *)(char[]){1}},
	};
	assert_int_equal(i2c_bus_transfer(bus, both, 2, &fixture.err), ERROR_BUSY);
	assert_int_equal(write_bytes(bus, BH1750, "\x01", 1), 0);
	close_bus(bus);
}

static void test_limits(void **state)
{
	static uint8_t data[I2C_MESSAGE_SIZE_MAX];
	struct i2c_message messages[I2C_MESSAGES_MAX + 1];
	struct i2c_bus *bus = open_bus(NULL);

	(void)state;
	for (size_t i = 0; i <= I2C_MESSAGES_MAX; i++)
		messages[i] = (struct i2c_message){.address = BH1750, .size = 1, .data = data};
	assert_int_equal(i2c_bus_transfer(bus, messages, I2C_MESSAGES_MAX, &fixture.err), 0);
	assert_int_equal(i2c_bus_transfer(bus, messages, I2C_MESSAGES_MAX + 1, &fixture.err),
			 ERROR_TOO_LARGE);
	data[0] = 0x40; /* the display's data, which may be as long as they like */
	assert_int_equal(write_bytes(bus, SSD1306, (const char *)data, sizeof(data)), 0);
	assert_int_equal(write_bytes(bus, SSD1306, (const char *)data, sizeof(data) + 1),
			 ERROR_TOO_LARGE);
	/* Nothing at all, as a scan sends. */
	messages[0].size = 0;
	assert_int_equal(i2c_bus_transfer(bus, messages, 1, &fixture.err), 0);
	close_bus(bus);
}

static void test_ten_bit(void **state)
{
	const struct kernel_options can = {.i2c_functions = I2C_FUNC_I2C | I2C_FUNC_10BIT_ADDR};
	struct i2c_message message = {.address = 0x177, .flags = I2C_MESSAGE_TEN_BIT};
	struct i2c_bus *bus = open_bus(NULL);

	(void)state;
	assert_int_equal(i2c_bus_transfer(bus, &message, 1, &fixture.err), ERROR_UNSUPPORTED);
	expect_text("i2c bus 1: its adapter does not support 10-bit addresses: connect the device "
		    "to another bus");
	close_bus(bus);
	bus = open_bus(&can);
	assert_int_equal(i2c_bus_transfer(bus, &message, 1, &fixture.err), ERROR_NO_ACKNOWLEDGE);
	expect_text("i2c bus 1: address 0x177: no acknowledge (Remote I/O error): check the "
		    "device's power, wires and address");
	close_bus(bus);
}

static void test_smbus_only(void **state)
{
	const struct kernel_options options = {.i2c_functions = SMBUS_ONLY};
	struct i2c_bus *bus = open_bus(&options);
	struct i2c_message quick = {.address = BME680};
	uint8_t data[I2C_MESSAGE_SIZE_MAX];

	(void)state;
	assert_int_equal(i2c_bus_transfer(bus, &quick, 1, &fixture.err), 0);
	assert_int_equal(
		i2c_bus_write_read(bus, BME680, (uint8_t *)"\xd0", 1, data, 1, &fixture.err), 0);
	assert_int_equal(data[0], 0x61);
	/* 0xd0 and 31 bytes behind it. */
	assert_int_equal(
		i2c_bus_write_read(bus, BME680, (uint8_t *)"\xd0", 1, data, 32, &fixture.err), 0);
	assert_int_equal(data[0], 0x61);
	assert_int_equal(write_bytes(bus, BME680, "\x74\x24", 2), 0);
	assert_int_equal(
		i2c_bus_write_read(bus, BME680, (uint8_t *)"\x74", 1, data, 1, &fixture.err), 0);
	assert_int_equal(data[0], 0x24);
	assert_int_equal(write_bytes(bus, SSD1306, "\x00\x81\x33", 3), 0);
	assert_near(fixture_truth("ssd1306", "contrast"), 0x33, 0);
	assert_int_equal(write_bytes(bus, NOBODY, "x", 1), ERROR_NO_ACKNOWLEDGE);

	/* What no command is: 33 bytes, and two bytes without a register. */
	assert_int_equal(
		i2c_bus_write_read(bus, BME680, (uint8_t *)"\xd0", 1, data, 33, &fixture.err),
		ERROR_UNSUPPORTED);
	assert_int_equal(i2c_bus_write_read(bus, BH1750, NULL, 0, data, 2, &fixture.err),
			 ERROR_UNSUPPORTED);
	expect_text("i2c bus 1: its adapter speaks only SMBus, which has no command for this "
		    "transaction: connect the device at 0x23 to another bus");
	close_bus(bus);
}

/* Without block commands two bytes are a word, the low one first. */
static void test_smbus_words(void **state)
{
	const struct kernel_options options = {.i2c_functions =
						       SMBUS_ONLY & ~I2C_FUNC_SMBUS_I2C_BLOCK};
	struct i2c_bus *bus = open_bus(&options);
	uint8_t data[3];

	(void)state;
	assert_int_equal(
		i2c_bus_write_read(bus, BME680, (uint8_t *)"\xcf", 1, data, 2, &fixture.err), 0);
	assert_int_equal(data[1], 0x61);
	assert_int_equal(write_bytes(bus, SSD1306, "\x00\x81\x44", 3), 0);
	assert_near(fixture_truth("ssd1306", "contrast"), 0x44, 0);
	assert_int_equal(
		i2c_bus_write_read(bus, BME680, (uint8_t *)"\xcf", 1, data, 3, &fixture.err),
		ERROR_UNSUPPORTED);
	close_bus(bus);
}

static void test_not_there(void **state)
{
	struct i2c_bus *bus;

	(void)state;
	fixture_open(NULL, NULL, NULL);
	assert_int_equal(backend_open_i2c(fixture.backend, 7, &bus, &fixture.err), ERROR_NOT_FOUND);
	expect_text("no /dev/i2c-7: switch the bus on (on a Raspberry Pi `dtparam=i2c_arm=on` in "
		    "/boot/firmware/config.txt, or raspi-config), and load i2c-dev (`sudo modprobe "
		    "i2c-dev`)");
	wrap_refuse(EACCES);
	assert_int_equal(backend_open_i2c(fixture.backend, 1, &bus, &fixture.err), ERROR_SYSTEM);
	expect_text(
		"/dev/i2c-1 may not be used by this user: add it to the group i2c (sudo usermod "
		"-aG i2c USER) and log in again");
	wrap_refuse(0);
	/* A file that is there, and no adapter. */
	assert_int_equal(backend_open_i2c(fixture.backend, 1, &bus, &fixture.err), 0);
	i2c_bus_close(bus);
	kernel_fail_next(fixture.kernel, I2C_FUNCS, ENOTTY);
	assert_int_equal(backend_open_i2c(fixture.backend, 1, &bus, &fixture.err), ERROR_SYSTEM);
	expect_text("/dev/i2c-1 is no i2c adapter (set `i2c_bus` under [hardware] to one that "
		    "`harvester doctor` lists): Inappropriate ioctl for device");
	fixture_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bme680),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_bh1750),
		cmocka_unit_test(test_ssd1306),
		cmocka_unit_test(test_nobody_acknowledges),
		cmocka_unit_test(test_errors_are_typed),
		cmocka_unit_test(test_adapter_is_unplugged),
		cmocka_unit_test(test_adapter_is_replaced),
		cmocka_unit_test(test_kernel_driver_has_it),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_ten_bit),
		cmocka_unit_test(test_smbus_only),
		cmocka_unit_test(test_smbus_words),
		cmocka_unit_test(test_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
