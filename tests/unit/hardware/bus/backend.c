#include "hardware/bus/backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

static unsigned opened;

static int fake_open_spi(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
			 struct spi_device **ret_device, struct error *err)
{
	(void)backend;
	(void)name;
	(void)mode;
	(void)speed_hz;
	(void)ret_device;
	(void)err;
	opened++;
	return 0;
}

static int fake_open_uart(struct backend *backend, const char *name, uint32_t baud,
			  struct uart_port **ret_port, struct error *err)
{
	(void)backend;
	(void)name;
	(void)baud;
	(void)ret_port;
	(void)err;
	opened++;
	return 0;
}

static const struct backend_ops ops = {.open_spi = fake_open_spi, .open_uart = fake_open_uart};
static struct backend backend = {.ops = &ops};

static int reset(void **state)
{
	(void)state;
	opened = 0;
	return 0;
}

static int open_spi(const char *name, uint8_t mode, uint32_t speed_hz, struct error *err)
{
	struct spi_device *device;

	return backend_open_spi(&backend, name, mode, speed_hz, &device, err);
}

static void test_names(void **state)
{
	const char *bad[] = {"",
			     "../mem",
			     ".hidden",
			     "spi0.0/..",
			     "a b",
			     "ttyS0\n",
			     "abcdefghijklmnopqrstuvwxyz0123456"};
	struct uart_port *port;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(open_spi(bad[i], 0, 1000, NULL), ERROR_INVALID);
		assert_int_equal(backend_open_uart(&backend, bad[i], 9600, &port, NULL),
				 ERROR_INVALID);
	}
	assert_int_equal(opened, 0);
	assert_int_equal(open_spi("abcdefghijklmnopqrstuvwxyz012345", 0, 1000, NULL), 0);
	assert_int_equal(open_spi("../mem", 0, 1000, &err), ERROR_INVALID);
	assert_string_equal(err.text, "'../mem' cannot be the name of an spi device: expected 1 to "
				      "32 letters, digits, '.', '-' or '_', and no '.' first");
}

static void test_spi_limits(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(open_spi("spi0.0", 3, 1, NULL), 0);
	assert_int_equal(open_spi("spi0.0", 4, 1, &err), ERROR_INVALID);
	assert_string_equal(err.text, "spi0.0: spi mode 4: expected a mode from 0 to 3");
	assert_int_equal(open_spi("spi0.0", 0, 0, NULL), ERROR_INVALID);
	assert_int_equal(opened, 1);
}

static void test_uart_baud(void **state)
{
	struct uart_port *port;
	struct error err;

	(void)state;
	assert_int_equal(backend_open_uart(&backend, "serial0", 1200, &port, NULL), 0);
	assert_int_equal(backend_open_uart(&backend, "serial0", 921600, &port, NULL), 0);
	assert_int_equal(backend_open_uart(&backend, "serial0", 9601, &port, &err), ERROR_INVALID);
	assert_string_equal(
		err.text,
		"serial0: no such baud rate: 9601; use a standard rate from 1200 to 921600");
	assert_int_equal(opened, 2);
}

static void test_destroy_null(void **state)
{
	(void)state;
	backend_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_names, reset),
		cmocka_unit_test_setup(test_spi_limits, reset),
		cmocka_unit_test_setup(test_uart_baud, reset),
		cmocka_unit_test(test_destroy_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
