#include "hardware/bus/i2c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/bus/sim.h"

/* A chip that keeps what it is sent and reads it back. */
struct echo {
	struct sim_i2c_device device;
	int start_code;
	bool holds;
	uint8_t memory[16];
	unsigned starts;
};

static int echo_start(struct sim_i2c_device *device, bool read)
{
	struct echo *echo = (struct echo *)device;

	(void)read;
	echo->starts++;
	return echo->start_code;
}

static int echo_write(struct sim_i2c_device *device, const uint8_t *data, size_t size)
{
	memcpy(((struct echo *)device)->memory, data, size);
	return 0;
}

static int echo_read(struct sim_i2c_device *device, uint8_t *ret_data, size_t size)
{
	memcpy(ret_data, ((struct echo *)device)->memory, size);
	return 0;
}

static bool echo_holds_bus(struct sim_i2c_device *device)
{
	return ((struct echo *)device)->holds;
}

static const struct sim_i2c_device_ops echo_ops = {
	.start = echo_start,
	.write = echo_write,
	.read = echo_read,
	.holds_bus = echo_holds_bus,
};

struct fixture {
	struct clock_manual clock;
	struct backend *backend;
	struct i2c_bus *bus;
	struct echo echo;
};

static int set_up_with(void **state, bool wire_time)
{
	static struct fixture f;
	struct sim_options options = {.wire_time = wire_time};

	f = (struct fixture){.echo = {.device = {.ops = &echo_ops}}};
	clock_manual_init(&f.clock, 0);
	assert_int_equal(sim_backend_create(&f.clock.base, &options, &f.backend, NULL), 0);
	assert_int_equal(sim_add_i2c_bus(f.backend, 1, NULL), 0);
	assert_int_equal(sim_attach_i2c(f.backend, 1, 0x50, &f.echo.device, NULL), 0);
	assert_int_equal(backend_open_i2c(f.backend, 1, &f.bus, NULL), 0);
	*state = &f;
	return 0;
}

static int set_up(void **state)
{
	return set_up_with(state, false);
}

static int set_up_with_wires(void **state)
{
	return set_up_with(state, true);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	i2c_bus_close(f->bus);
	backend_destroy(f->backend);
	return 0;
}

static void test_write_then_read(void **state)
{
	struct fixture *f = *state;
	const uint8_t out[3] = {1, 2, 3};
	uint8_t in[3];

	assert_true(f->bus->simulated);
	assert_int_equal(f->bus->number, 1);
	assert_int_equal(i2c_bus_write_read(f->bus, 0x50, out, 3, in, 3, NULL), 0);
	assert_memory_equal(in, out, 3);
	assert_int_equal(f->echo.starts, 2); /* one of them repeated */
	assert_int_equal(clock_monotonic_ns(&f->clock.base), 0);
}

static void test_no_acknowledge(void **state)
{
	struct fixture *f = *state;
	struct i2c_message ten_bit = {.address = 0x50, .flags = I2C_MESSAGE_TEN_BIT};
	uint8_t byte = 0x5a;
	struct error err;

	assert_int_equal(i2c_bus_write_read(f->bus, 0x51, NULL, 0, &byte, 1, &err),
			 ERROR_NO_ACKNOWLEDGE);
	assert_int_equal(err.code, ERROR_NO_ACKNOWLEDGE);
	assert_string_equal(err.text, "i2c bus 1: address 0x51: no acknowledge: check the device's "
				      "power, wires and address");
	assert_int_equal(byte, 0x5a);
	assert_int_equal(i2c_bus_transfer(f->bus, &ten_bit, 1, &err), ERROR_NO_ACKNOWLEDGE);
	assert_string_equal(err.text, "i2c bus 1: address 0x050: no acknowledge: check the "
				      "device's power, wires and address");
	assert_int_equal(f->echo.starts, 0);
}

static void test_device_codes(void **state)
{
	struct fixture *f = *state;
	const int codes[] = {ERROR_NO_ACKNOWLEDGE, ERROR_ARBITRATION_LOST, ERROR_TIMEOUT,
			     ERROR_BUS};
	const uint8_t out = 0;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		f->echo.start_code = codes[i];
		assert_int_equal(i2c_bus_write_read(f->bus, 0x50, &out, 1, NULL, 0, NULL),
				 codes[i]);
	}
}

/* One chip that holds the wires stops them all. */
static void test_held_bus(void **state)
{
	struct fixture *f = *state;
	struct echo other = {.device = {.ops = &echo_ops}, .holds = true};
	uint8_t byte;
	struct error err;

	assert_int_equal(sim_attach_i2c(f->backend, 1, 0x77, &other.device, NULL), 0);
	assert_int_equal(i2c_bus_write_read(f->bus, 0x50, NULL, 0, &byte, 1, &err), ERROR_BUS);
	assert_string_equal(
		err.text,
		"i2c bus 1: bus error: a device holds the bus low: switch its power off and on");
	other.holds = false;
	assert_int_equal(i2c_bus_write_read(f->bus, 0x50, NULL, 0, &byte, 1, NULL), 0);
}

static void test_wrong_attachments(void **state)
{
	struct fixture *f = *state;
	struct i2c_bus *bus = NULL;
	struct error err;

	assert_int_equal(backend_open_i2c(f->backend, 7, &bus, &err), ERROR_NOT_FOUND);
	assert_string_equal(
		err.text,
		"i2c bus 7 is not simulated, but bus 1 is: set `i2c_bus` under [hardware] to 1");
	assert_null(bus);
	assert_int_equal(sim_add_i2c_bus(f->backend, 1, NULL), ERROR_EXISTS);
	assert_int_equal(sim_attach_i2c(f->backend, 7, 0x50, &f->echo.device, NULL),
			 ERROR_NOT_FOUND);
	assert_int_equal(sim_attach_i2c(f->backend, 1, 0x50, &f->echo.device, NULL), ERROR_EXISTS);
	assert_int_equal(sim_attach_i2c(f->backend, 1, 0x07, &f->echo.device, NULL), ERROR_INVALID);
	assert_int_equal(sim_attach_i2c(f->backend, 1, 0x78, &f->echo.device, NULL), ERROR_INVALID);
	assert_int_equal(sim_attach_i2c(f->backend, 1, 0x08, &f->echo.device, NULL), 0);
}

/* (1 + 3 bytes) of 9 bits and as much again, at 100 kHz. */
static void test_wire_time(void **state)
{
	struct fixture *f = *state;
	const uint8_t out[3] = {0};
	uint8_t in[3];

	assert_int_equal(i2c_bus_write_read(f->bus, 0x50, out, 3, in, 3, NULL), 0);
	assert_int_equal(clock_monotonic_ns(&f->clock.base), 720000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_write_then_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_acknowledge, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_device_codes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_held_bus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_attachments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wire_time, set_up_with_wires, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
