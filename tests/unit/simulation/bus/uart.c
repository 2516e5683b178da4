#include "hardware/bus/uart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/bus/sim.h"

#define FRAME_NS 1000000000u

/* Sends "ab" at one second, and keeps what it is sent. */
struct talker {
	struct sim_uart_device device;
	size_t sent;
	uint8_t heard[8];
	uint32_t heard_baud;
};

static size_t talk(struct sim_uart_device *device, uint32_t baud, uint64_t now_ns,
		   uint8_t *ret_data, size_t max)
{
	struct talker *talker = (struct talker *)device;
	size_t count = 0;

	(void)baud;
	while (now_ns >= FRAME_NS && talker->sent < 2 && count < max)
		ret_data[count++] = (uint8_t) "ab"[talker->sent++];
	return count;
}

static uint64_t next_ns(struct sim_uart_device *device)
{
	return ((struct talker *)device)->sent < 2 ? FRAME_NS : UINT64_MAX;
}

static void hear(struct sim_uart_device *device, uint32_t baud, const uint8_t *data, size_t size)
{
	struct talker *talker = (struct talker *)device;

	memcpy(talker->heard, data, size < 8 ? size : 8);
	talker->heard_baud = baud;
}

static const struct sim_uart_device_ops ops = {.read = talk, .next_ns = next_ns, .write = hear};

struct fixture {
	struct clock_manual clock;
	struct backend *backend;
	struct talker talker;
	struct uart_port *port;
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){.talker = {.device = {.ops = &ops}}};
	clock_manual_init(&f.clock, 0);
	assert_int_equal(sim_backend_create(&f.clock.base, NULL, &f.backend, NULL), 0);
	assert_int_equal(sim_attach_uart(f.backend, "serial0", &f.talker.device, NULL), 0);
	assert_int_equal(backend_open_uart(f.backend, "serial0", 9600, &f.port, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	uart_port_close(f->port);
	backend_destroy(f->backend);
	return 0;
}

static void test_read_waits_by_the_clock(void **state)
{
	struct fixture *f = *state;
	uint8_t data[4];
	size_t count = 9;

	assert_int_equal(uart_port_read(f->port, data, 4, 5000000, &count, NULL), 0);
	assert_int_equal(count, 0);
	assert_int_equal(clock_monotonic_ns(&f->clock.base), 5000000);
	assert_int_equal(uart_port_read(f->port, data, 1, 2 * (uint64_t)FRAME_NS, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(data[0], 'a');
	assert_int_equal(clock_monotonic_ns(&f->clock.base), FRAME_NS);
	assert_int_equal(uart_port_read(f->port, data, 4, 0, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(data[0], 'b');
}

static void test_write_and_baud(void **state)
{
	struct fixture *f = *state;
	struct error err;
	size_t count = 0;

	assert_int_equal(uart_port_set_baud(f->port, 921600, NULL), 0);
	assert_int_equal(uart_port_set_baud(f->port, 921601, &err), ERROR_INVALID);
	assert_string_equal(
		err.text,
		"serial0: no such baud rate: 921601; use a standard rate from 1200 to 921600");
	assert_int_equal(uart_port_write(f->port, (const uint8_t *)"hi", 2, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_memory_equal(f->talker.heard, "hi", 2);
	assert_int_equal(f->talker.heard_baud, 921600);
}

static void test_size_limits(void **state)
{
	static uint8_t data[UART_READ_SIZE_MAX + 1];
	struct fixture *f = *state;
	size_t count;

	assert_int_equal(uart_port_read(f->port, data, UART_READ_SIZE_MAX, 0, &count, NULL), 0);
	assert_int_equal(uart_port_read(f->port, data, UART_READ_SIZE_MAX + 1, 0, &count, NULL),
			 ERROR_TOO_LARGE);
	assert_int_equal(uart_port_read(f->port, data, 0, 0, &count, NULL), ERROR_INVALID);
	assert_int_equal(uart_port_write(f->port, data, UART_READ_SIZE_MAX, &count, NULL), 0);
	assert_int_equal(uart_port_write(f->port, data, UART_READ_SIZE_MAX + 1, &count, NULL),
			 ERROR_TOO_LARGE);
}

static void test_wrong_openings(void **state)
{
	struct fixture *f = *state;
	struct uart_port *port = NULL;
	struct error err;

	assert_int_equal(backend_open_uart(f->backend, "serial0", 9600, &port, &err), ERROR_BUSY);
	assert_string_equal(err.text,
			    "serial port serial0 is open already: close it first, or use another");
	assert_int_equal(backend_open_uart(f->backend, "serial1", 9600, &port, &err),
			 ERROR_NOT_FOUND);
	assert_string_equal(err.text, "no serial port serial1 is simulated: name one that is, or "
				      "set `uart_backend = \"linux\"` under [hardware]");
	assert_int_equal(sim_attach_uart(f->backend, "serial0", &f->talker.device, NULL),
			 ERROR_EXISTS);
	uart_port_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read_waits_by_the_clock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_write_and_baud, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_size_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_openings, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
