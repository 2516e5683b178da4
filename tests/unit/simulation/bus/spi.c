#include "hardware/bus/spi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/bus/sim.h"

/* Answers each byte with its complement. */
static int invert(struct sim_spi_device *device, uint8_t mode, uint32_t speed_hz,
		  const uint8_t *out, uint8_t *ret_in, size_t size)
{
	(void)device;
	assert_int_equal(mode, 3);
	for (size_t i = 0; i < size; i++)
		ret_in[i] = (uint8_t)~out[i];
	return speed_hz == 666 ? ERROR_TIMEOUT : 0;
}

static const struct sim_spi_device_ops ops = {.transfer = invert};

struct fixture {
	struct clock_manual clock;
	struct backend *backend;
	struct sim_spi_device inverter;
	struct spi_device *device;
};

static int set_up(void **state)
{
	static struct fixture f;
	const struct sim_options options = {.wire_time = true};

	f = (struct fixture){.inverter = {.ops = &ops}};
	clock_manual_init(&f.clock, 0);
	assert_int_equal(sim_backend_create(&f.clock.base, &options, &f.backend, NULL), 0);
	assert_int_equal(sim_attach_spi(f.backend, "spi0.1", &f.inverter, NULL), 0);
	assert_int_equal(backend_open_spi(f.backend, "spi0.1", 3, 1000000, &f.device, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	spi_device_close(f->device);
	backend_destroy(f->backend);
	return 0;
}

static void test_full_duplex(void **state)
{
	struct fixture *f = *state;
	const uint8_t out[2] = {0x0f, 0x00};
	uint8_t in[2] = {0};

	assert_string_equal(f->device->name, "spi0.1");
	assert_int_equal(spi_device_transfer(f->device, out, in, 2, NULL), 0);
	assert_int_equal(in[0], 0xf0);
	assert_int_equal(in[1], 0xff);
	assert_int_equal(clock_monotonic_ns(&f->clock.base), 16000); /* 16 bits at 1 MHz */
	assert_int_equal(spi_device_transfer(f->device, NULL, in, 1, NULL), 0);
	assert_int_equal(in[0], 0xff);
	assert_int_equal(spi_device_transfer(f->device, out, NULL, 2, NULL), 0);
}

static void test_size_limits(void **state)
{
	static uint8_t data[SPI_TRANSFER_SIZE_MAX + 1];
	struct fixture *f = *state;
	struct error err;

	assert_int_equal(spi_device_transfer(f->device, data, data, SPI_TRANSFER_SIZE_MAX, NULL),
			 0);
	assert_int_equal(
		spi_device_transfer(f->device, data, NULL, SPI_TRANSFER_SIZE_MAX + 1, &err),
		ERROR_TOO_LARGE);
	assert_string_equal(err.text, "spi0.1: an spi transfer of 4097 bytes: at "
				      "most 4096 are possible, so make several calls");
	assert_int_equal(spi_device_transfer(f->device, data, NULL, 0, NULL), ERROR_INVALID);
}

static void test_errors(void **state)
{
	struct fixture *f = *state;
	struct spi_device *device = NULL;
	uint8_t in[1] = {0x11};
	struct error err;

	assert_int_equal(backend_open_spi(f->backend, "spi0.0", 0, 1, &device, &err),
			 ERROR_NOT_FOUND);
	assert_string_equal(err.text, "no spi device spi0.0 is simulated: name one that is, or set "
				      "`spi_backend = \"linux\"` under [hardware]");
	assert_null(device);
	assert_int_equal(sim_attach_spi(f->backend, "spi0.1", &f->inverter, NULL), ERROR_EXISTS);
	assert_int_equal(backend_open_spi(f->backend, "spi0.1", 3, 666, &device, NULL), 0);
	assert_int_equal(spi_device_transfer(device, NULL, in, 1, &err), ERROR_TIMEOUT);
	assert_string_equal(
		err.text,
		"the simulated spi device spi0.1 failed: timeout: check the device and its wires");
	assert_int_equal(in[0], 0x11); /* untouched */
	spi_device_close(device);
	spi_device_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full_duplex, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_size_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
