/* Two simulated backends that differ in what they have: each kind of bus comes from its own. */
#include "hardware/bus/mixed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/i2c.h"
#include "hardware/bus/spi.h"
#include "hardware/bus/uart.h"
#include "simulation/bus/sim.h"

static int send_back(struct sim_spi_device *device, uint8_t mode, uint32_t speed_hz,
		     const uint8_t *out, uint8_t *ret_in, size_t size)
{
	(void)device, (void)mode, (void)speed_hz;
	for (size_t i = 0; i < size; i++)
		ret_in[i] = out[i];
	return 0;
}

static size_t say_nothing(struct sim_uart_device *device, uint32_t baud, uint64_t now_ns,
			  uint8_t *ret_data, size_t max)
{
	(void)device, (void)baud, (void)now_ns, (void)ret_data, (void)max;
	return 0;
}

static const struct sim_spi_device_ops spi_ops = {.transfer = send_back};
static const struct sim_uart_device_ops uart_ops = {.read = say_nothing};

static void test_each_from_its_own(void **state)
{
	const struct sim_options few = {.gpio_lines = 3}, more = {.gpio_lines = 5};
	struct sim_spi_device echo = {.ops = &spi_ops};
	struct sim_uart_device mute = {.ops = &uart_ops};
	struct backend *a, *b, *mixed;
	struct clock_manual clock;
	struct gpio_chip *chip;
	struct i2c_bus *bus;
	struct spi_device *device;
	struct uart_port *port;

	(void)state;
	clock_manual_init(&clock, 0);
	assert_int_equal(sim_backend_create(&clock.base, &few, &a, NULL), 0);
	assert_int_equal(sim_backend_create(&clock.base, &more, &b, NULL), 0);
	assert_int_equal(sim_add_i2c_bus(a, 1, NULL), 0);
	assert_int_equal(sim_add_i2c_bus(b, 2, NULL), 0);
	assert_int_equal(sim_attach_spi(b, "spi0.0", &echo, NULL), 0);
	assert_int_equal(sim_attach_uart(a, "serial0", &mute, NULL), 0);
	assert_int_equal(mixed_backend_create(
				 &(struct mixed_parts){.i2c = a, .spi = b, .gpio = b, .uart = a},
				 &mixed, NULL),
			 0);

	assert_int_equal(backend_open_i2c(mixed, 1, &bus, NULL), 0);
	i2c_bus_close(bus);
	assert_int_equal(backend_open_i2c(mixed, 2, &bus, NULL), ERROR_NOT_FOUND);
	assert_int_equal(backend_open_gpio(mixed, &chip, NULL), 0);
	assert_int_equal(chip->line_count, 5);
	gpio_chip_close(chip);
	assert_int_equal(backend_open_spi(mixed, "spi0.0", 0, 1000, &device, NULL), 0);
	spi_device_close(device);
	assert_int_equal(backend_open_uart(mixed, "serial0", 9600, &port, NULL), 0);
	uart_port_close(port);
	backend_destroy(mixed);
	backend_destroy(a);
	backend_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_from_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
