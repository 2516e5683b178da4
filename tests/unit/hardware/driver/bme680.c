#include "hardware/driver/bme680.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "hardware/bus/i2c.h"
#include "near.h"

/* A chip's registers on a bus of its own; a measurement is ready when the time for it has passed.
 */
struct chip {
	struct i2c_bus bus;
	struct clock_manual clock;
	uint8_t registers[256];
	uint8_t field[17]; /* what a measurement gives */
	bool reset_seen;
	unsigned resets, forced, transfers;
	uint64_t ready_ns;
	bool never_ready;
	unsigned fail_at; /* the transfer with this number fails; 0: none */
	int fail_code;
};

/* Pimoroni bme680-python's dump of a real chip, as registers. */
static const uint8_t block1[23] = {
	0x65, 0x67, 3,	0,  0x41, 0x8F, 0xED, 0xD6, 88,	  0,	0x8E, 0x1C,
	0x7F, 0xFF, 46, 30, 0,	  0,	0x97, 0xF3, 0xB5, 0xF6, 30,
};
static const uint8_t block2[14] = {
	0x40, 0x54, 0x2A, 0, 45, 20, 120, 0x9C, 0xB9, 0x65, 0x4E, 0x9F, 0xE2, 18,
};
static const uint8_t block3[5] = {48, 0, 0x10, 0, 0};

static void write_register(struct chip *chip, uint8_t address, uint8_t value)
{
	uint64_t now = clock_monotonic_ns(&chip->clock.base);

	if (address == 0xE0 && value == 0xB6) {
		chip->resets++;
		memset(chip->registers + 0x1D, 0, 17);
		return;
	}
	chip->registers[address] = value;
	if (address == 0x74 && (value & 3) == 1) {
		chip->forced++;
		memset(chip->registers + 0x1D, 0, 17);
		/* 8, 4 and 2 samples, and the heater's 150 ms. */
		chip->ready_ns = now + (1963ull * 14 + 477 * 9 + 1000 + 150000) * 1000;
	}
}

static void read_registers(struct chip *chip, uint8_t address, uint8_t *data, size_t size)
{
	if (chip->ready_ns && !chip->never_ready &&
	    clock_monotonic_ns(&chip->clock.base) >= chip->ready_ns)
		memcpy(chip->registers + 0x1D, chip->field, sizeof(chip->field));
	for (size_t i = 0; i < size; i++)
		data[i] = chip->registers[(uint8_t)(address + i)];
}

static int transfer(struct i2c_bus *bus, struct i2c_message *messages, size_t count,
		    struct error *err)
{
	struct chip *chip = (struct chip *)bus;

	if (++chip->transfers == chip->fail_at)
		return error_set(err, chip->fail_code, "%s", error_text(chip->fail_code));
	assert_int_equal(messages[0].address, 0x77);
	if (count == 2) {
		assert_int_equal(messages[0].size, 1);
		read_registers(chip, messages[0].data[0], messages[1].data, messages[1].size);
		return 0;
	}
	assert_true(messages[0].size % 2 == 0 && messages[0].size <= 20);
	for (size_t i = 0; i < messages[0].size; i += 2)
		write_register(chip, messages[0].data[i], messages[0].data[i + 1]);
	return 0;
}

static void set_field(struct chip *chip, uint32_t t, uint32_t p, uint16_t h, uint16_t gas,
		      uint8_t range, uint8_t flags)
{
	uint8_t *field = chip->field;

	field[0] = 0x80;
	for (int i = 0; i < 2; i++) {
		uint32_t adc = i ? t : p;

		field[2 + 3 * i] = (uint8_t)(adc >> 12);
		field[3 + 3 * i] = (uint8_t)(adc >> 4);
		field[4 + 3 * i] = (uint8_t)(adc << 4);
	}
	field[8] = (uint8_t)(h >> 8);
	field[9] = (uint8_t)h;
	field[13] = (uint8_t)(gas >> 2);
	field[14] = (uint8_t)(gas << 6 | range | flags);
	memcpy(field + 15, field + 13, 2);
}

struct fixture {
	struct chip chip;
	struct bme680 *sensor;
	struct bme680_reading reading;
	struct error err;
};

static int setup(void **state)
{
	static const struct i2c_bus_ops ops = {.transfer = transfer};
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	fixture.chip.bus = (struct i2c_bus){.ops = &ops, .number = 1};
	clock_manual_init(&fixture.chip.clock, 0);
	fixture.chip.registers[0xD0] = 0x61;
	memcpy(fixture.chip.registers + 0x8A, block1, sizeof(block1));
	memcpy(fixture.chip.registers + 0xE1, block2, sizeof(block2));
	memcpy(fixture.chip.registers, block3, sizeof(block3));
	set_field(&fixture.chip, 501240, 353485, 19019, 512, 4, 0x30);
	*state = &fixture;
	return bme680_create(&fixture.chip.bus, 0x77, &fixture.chip.clock.base, &fixture.sensor,
			     NULL);
}

static int teardown(void **state)
{
	bme680_destroy(((struct fixture *)*state)->sensor);
	return 0;
}

static int read_sensor(struct fixture *f)
{
	memset(&f->err, 0, sizeof(f->err));
	return bme680_read(f->sensor, &f->reading, &f->err);
}

static void test_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_sensor(f), 0);
	assert_near(f->reading.temperature_c, 26.6931, 5e-5);
	assert_near(f->reading.pressure_hpa, 987.1693, 1e-4);
	assert_near(f->reading.humidity_percent, 42.410, 5e-4);
	assert_true(f->reading.gas_valid);
	assert_near(f->reading.gas_kohm, 499.5, 1e-3);
	assert_int_equal(f->chip.resets, 1);
	assert_int_equal(f->chip.registers[0x5A], 106);
	assert_int_equal(f->chip.registers[0x64], 0x65);
	assert_int_equal(f->chip.registers[0x71], 0x10);
	/* Set up once. */
	assert_int_equal(read_sensor(f), 0);
	assert_int_equal(f->chip.resets, 1);
	assert_int_equal(f->chip.forced, 2);
}

static void test_gas_high(void **state)
{
	struct fixture *f = *state;

	f->chip.registers[0xF0] = 1;
	set_field(&f->chip, 501240, 353485, 19019, 512, 0, 0x30);
	assert_int_equal(read_sensor(f), 0);
	assert_int_equal(f->chip.registers[0x71], 0x20);
	assert_near(f->reading.gas_kohm, 64000, 1e-3);
}

static void test_gas_not_valid(void **state)
{
	static const uint8_t flags[] = {0x00, 0x10, 0x20};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(flags); i++) {
		set_field(&f->chip, 501240, 353485, 19019, 512, 4, flags[i]);
		assert_int_equal(read_sensor(f), 0);
		assert_false(f->reading.gas_valid);
		assert_true(isnan(f->reading.gas_kohm));
	}
}

static void test_other_chip(void **state)
{
	struct fixture *f = *state;

	f->chip.registers[0xD0] = 0x60;
	assert_int_equal(read_sensor(f), ERROR_NO_SENSOR);
	assert_string_equal(f->err.text,
			    "BME680 at 0x77 on i2c-1: chip id 0x60, expected 0x61: another chip "
			    "has this address, so use the address of the BME680");
	assert_int_equal(f->chip.resets, 0);
}

static void test_never_ready(void **state)
{
	struct fixture *f = *state;

	f->chip.never_ready = true;
	assert_int_equal(read_sensor(f), ERROR_TIMEOUT);
	assert_string_equal(f->err.text,
			    "BME680 at 0x77 on i2c-1: the measurement did not end within 5 checks "
			    "of its status: check its power and its wires");
	/* And well again. */
	f->chip.never_ready = false;
	assert_int_equal(read_sensor(f), 0);
	assert_int_equal(f->chip.resets, 2);
}

/* Whichever transfer fails: a typed error, and the next read sets the chip up again. */
static void test_each_transfer_fails(void **state)
{
	struct fixture *f = *state;
	unsigned count;

	assert_int_equal(read_sensor(f), 0);
	count = f->chip.transfers;
	assert_true(count > 5);
	for (unsigned n = 1; n <= count; n++) {
		struct bme680_reading before = f->reading;
		unsigned resets;

		bme680_destroy(f->sensor);
		bme680_create(&f->chip.bus, 0x77, &f->chip.clock.base, &f->sensor, NULL);
		f->chip.transfers = 0;
		f->chip.fail_at = n;
		f->chip.fail_code = ERROR_NO_ACKNOWLEDGE;
		assert_int_equal(read_sensor(f), ERROR_NO_ACKNOWLEDGE);
		assert_string_equal(f->err.text, "BME680 at 0x77 on i2c-1: no acknowledge");
		assert_memory_equal(&before, &f->reading, sizeof(before));
		f->chip.fail_at = 0;
		resets = f->chip.resets;
		assert_int_equal(read_sensor(f), 0);
		assert_int_equal(f->chip.resets, resets + 1);
	}
}

/* A failure of a chip that was set up: set up again too. */
static void test_unplugged_and_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_sensor(f), 0);
	f->chip.fail_at = f->chip.transfers + 1;
	f->chip.fail_code = ERROR_BUS;
	assert_int_equal(read_sensor(f), ERROR_BUS);
	assert_int_equal(read_sensor(f), 0);
	assert_int_equal(f->chip.resets, 2);
}

static void test_dead_bus(void **state)
{
	struct fixture *f = *state;

	for (int byte = 0x00; byte <= 0xFF; byte += 0xFF) {
		memset(f->chip.registers, byte, sizeof(f->chip.registers));
		assert_int_equal(read_sensor(f), ERROR_NO_SENSOR);
		f->chip.registers[0xD0] = 0x61;
		assert_int_equal(read_sensor(f), ERROR_IMPLAUSIBLE);
	}
}

static void test_implausible_fields(void **state)
{
	struct fixture *f = *state;

	memset(f->chip.field, 0xFF, sizeof(f->chip.field));
	assert_int_equal(read_sensor(f), ERROR_IMPLAUSIBLE);
	/* What the registers hold after a reset. */
	set_field(&f->chip, 0x80000, 353485, 19019, 512, 4, 0x30);
	assert_int_equal(read_sensor(f), ERROR_IMPLAUSIBLE);
	set_field(&f->chip, 501240, 0x80000, 19019, 512, 4, 0x30);
	assert_int_equal(read_sensor(f), ERROR_IMPLAUSIBLE);
	set_field(&f->chip, 501240, 353485, 0x8000, 512, 4, 0x30);
	assert_int_equal(read_sensor(f), ERROR_IMPLAUSIBLE);
	f->chip.registers[0x8E] = f->chip.registers[0x8F] = 0; /* par_p1 */
	set_field(&f->chip, 501240, 353485, 19019, 512, 4, 0x30);
	assert_int_equal(read_sensor(f), ERROR_IMPLAUSIBLE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_gas_high),
		TEST(test_gas_not_valid),
		TEST(test_other_chip),
		TEST(test_never_ready),
		TEST(test_each_transfer_fails),
		TEST(test_unplugged_and_back),
		TEST(test_dead_bus),
		TEST(test_implausible_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
