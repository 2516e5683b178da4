/* Serial ports on ptys: a terminal pair of the machine's own kernel. */
#include "hardware/bus/uart.h"

#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "hardware/bus/backend.h"
#include "hardware/linux/linux.h"

#define SECOND 1000000000ull

/* A folder that stands for /, with dev/serial0, whose other end is `far`. */
struct fixture {
	char root[40];
	int far;
	int near; /* keeps the pair alive between openings; -1: not */
	struct backend *backend;
	struct uart_port *port;
	struct error err;
};

static void path_of(const struct fixture *f, const char *name, char *ret_path, size_t size)
{
	snprintf(ret_path, size, "%s/%s", f->root, name);
}

static void plug_in(struct fixture *f)
{
	char path[80], name[64];

	assert_int_equal(openpty(&f->far, &f->near, name, NULL, NULL), 0);
	path_of(f, "dev/serial0", path, sizeof(path));
	unlink(path);
	assert_int_equal(symlink(name, path), 0);
}

static int set_up(void **state)
{
	static struct fixture f;
	const struct linux_options options = {.root = f.root};
	char path[80];

	f = (struct fixture){.root = "/tmp/harvester-uart-XXXXXX"};
	assert_non_null(mkdtemp(f.root));
	path_of(&f, "dev", path, sizeof(path));
	assert_int_equal(mkdir(path, 0700), 0);
	plug_in(&f);
	assert_int_equal(linux_backend_create(&options, &f.backend, NULL), 0);
	assert_int_equal(backend_open_uart(f.backend, "serial0", 9600, &f.port, &f.err), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char path[80];

	uart_port_close(f->port);
	backend_destroy(f->backend);
	if (f->near >= 0)
		close(f->near);
	if (f->far >= 0)
		close(f->far);
	path_of(f, "dev/serial0", path, sizeof(path));
	unlink(path);
	path_of(f, "dev", path, sizeof(path));
	rmdir(path);
	rmdir(f->root);
	return 0;
}

static size_t read_all(struct fixture *f, uint8_t *data, size_t size)
{
	size_t done = 0, part;

	while (done < size) {
		assert_int_equal(
			uart_port_read(f->port, data + done, size - done, SECOND, &part, &f->err),
			0);
		assert_true(part > 0);
		done += part;
	}
	return done;
}

/* Every byte, also those that a terminal would take for itself. */
static void test_raw(void **state)
{
	struct fixture *f = *state;
	uint8_t sent[256], got[256];
	size_t count;

	for (unsigned i = 0; i < 256; i++)
		sent[i] = (uint8_t)i;
	assert_int_equal(write(f->far, sent, sizeof(sent)), 256);
	assert_int_equal(read_all(f, got, sizeof(got)), 256);
	assert_memory_equal(sent, got, 256);
	assert_int_equal(uart_port_write(f->port, sent, sizeof(sent), &count, &f->err), 0);
	assert_int_equal(count, 256);
	assert_int_equal(read(f->far, got, sizeof(got)), 256);
	assert_memory_equal(sent, got, 256);
}

static void test_nothing_comes(void **state)
{
	struct fixture *f = *state;
	uint8_t data[4];
	size_t count = 99;

	assert_int_equal(uart_port_read(f->port, data, 4, 0, &count, &f->err), 0);
	assert_int_equal(count, 0);
	assert_int_equal(uart_port_read(f->port, data, 4, 10000000, &count, &f->err), 0);
	assert_int_equal(count, 0);
}

static void test_settings(void **state)
{
	struct fixture *f = *state;
	struct termios settings;

	assert_int_equal(tcgetattr(f->near, &settings), 0);
	assert_int_equal(cfgetospeed(&settings), B9600);
	assert_int_equal(settings.c_cflag & CSIZE, CS8);
	assert_int_equal(settings.c_cflag & (PARENB | CSTOPB | CRTSCTS), 0);
	assert_int_equal(settings.c_lflag & (ICANON | ECHO | ISIG), 0);
	assert_int_equal(settings.c_iflag & (IXON | ICRNL), 0);
	assert_int_equal(uart_port_set_baud(f->port, 115200, &f->err), 0);
	assert_int_equal(f->port->baud, 115200);
	assert_int_equal(tcgetattr(f->near, &settings), 0);
	assert_int_equal(cfgetospeed(&settings), B115200);
	assert_int_equal(uart_port_set_baud(f->port, 31250, &f->err), ERROR_INVALID);
	assert_int_equal(f->port->baud, 115200);
}

/* All that uart_port_set_baud() lets through is known here too. */
static void test_all_rates(void **state)
{
	static const uint32_t rates[] = {1200,	1800,	2400,	4800,	9600,	19200,	38400,
					 57600, 115200, 230400, 460800, 500000, 576000, 921600};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		assert_int_equal(uart_port_set_baud(f->port, rates[i], &f->err), 0);
}

static void test_old_bytes_are_dropped(void **state)
{
	struct fixture *f = *state;
	uint8_t byte;
	size_t count;

	assert_int_equal(write(f->far, "old", 3), 3);
	uart_port_close(f->port);
	assert_int_equal(backend_open_uart(f->backend, "serial0", 9600, &f->port, &f->err), 0);
	assert_int_equal(write(f->far, "n", 1), 1);
	assert_int_equal(uart_port_read(f->port, &byte, 1, SECOND, &count, &f->err), 0);
	assert_int_equal(byte, 'n');
}

static void test_one_holder(void **state)
{
	struct fixture *f = *state;
	struct uart_port *second;

	assert_int_equal(backend_open_uart(f->backend, "serial0", 9600, &second, &f->err),
			 ERROR_BUSY);
	assert_string_equal(f->err.text, "serial port serial0 is open already: stop the program "
					 "that uses it (`sudo fuser -v /dev/serial0` finds it)");
}

static void test_unplugged(void **state)
{
	struct fixture *f = *state;
	uint8_t byte;
	size_t count;

	close(f->near);
	close(f->far);
	f->near = f->far = -1;
	assert_int_equal(uart_port_read(f->port, &byte, 1, SECOND, &count, &f->err), ERROR_CLOSED);
	assert_string_equal(f->err.text, "serial0 is gone: plug its adapter in again");
	assert_int_equal(uart_port_write(f->port, &byte, 1, &count, &f->err), ERROR_NOT_FOUND);

	/* Back again, as another device of the same name. */
	plug_in(f);
	assert_int_equal(uart_port_write(f->port, (uint8_t *)"x", 1, &count, &f->err), 0);
	assert_int_equal(read(f->far, &byte, 1), 1);
	assert_int_equal(byte, 'x');
}

static void test_not_there(void **state)
{
	struct fixture *f = *state;
	struct uart_port *port;
	char path[80], expected[256];
	int fd;

	assert_int_equal(backend_open_uart(f->backend, "ttyUSB0", 9600, &port, &f->err),
			 ERROR_NOT_FOUND);
	snprintf(expected, sizeof(expected), "no %s/dev/ttyUSB0: plug its adapter in", f->root);
	assert_memory_equal(f->err.text, expected, strlen(expected));
	path_of(f, "dev/ttyS0", path, sizeof(path));
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(backend_open_uart(f->backend, "ttyS0", 9600, &port, &f->err),
			 ERROR_SYSTEM);
	assert_string_equal(f->err.text, "ttyS0 is no serial port (use one that `harvester doctor` "
					 "lists): Inappropriate ioctl for device");
	unlink(path);
}

/* A pty takes some kilobytes, then nobody reads: what was taken is said, then that nothing is. */
static void test_stuck(void **state)
{
	static uint8_t data[UART_READ_SIZE_MAX];
	struct fixture *f = *state;
	size_t count;

	assert_int_equal(uart_port_set_baud(f->port, 921600, &f->err), 0);
	assert_int_equal(uart_port_write(f->port, data, sizeof(data), &count, &f->err), 0);
	assert_true(count > 0 && count < sizeof(data));
	assert_int_equal(uart_port_write(f->port, data, 1, &count, &f->err), ERROR_TIMEOUT);
	assert_string_equal(f->err.text, "serial0 accepts no data: check its adapter");
}

static void take_away(const struct fixture *f, const char *name)
{
	char path[80];

	path_of(f, name, path, sizeof(path));
	unlink(path);
}

static void link_to(const struct fixture *f, const char *target, const char *name)
{
	char path[80];

	take_away(f, name);
	path_of(f, name, path, sizeof(path));
	assert_int_equal(symlink(target, path), 0);
}

/* Asked when it is used: a device may come, and a link may change, at any time. */
static void test_two_names_of_one_device(void **state)
{
	struct fixture *f = *state;

	assert_true(backend_is_same(f->backend, BUS_UART, "serial0", "serial0"));
	assert_true(backend_is_same(f->backend, BUS_UART, "gone", "gone"));
	assert_false(backend_is_same(f->backend, BUS_UART, "serial0", "ttyAMA0"));
	link_to(f, "serial0", "dev/ttyAMA0");
	assert_true(backend_is_same(f->backend, BUS_UART, "serial0", "ttyAMA0"));
	link_to(f, "/dev/null", "dev/ttyAMA0");
	assert_false(backend_is_same(f->backend, BUS_UART, "serial0", "ttyAMA0"));
	/* Names come from plugins too. */
	assert_false(backend_is_same(f->backend, BUS_UART, "../dev/serial0", "serial0"));
	link_to(f, "/dev/null", "dev/spidev0.0");
	assert_true(backend_is_same(f->backend, BUS_SPI, "spi0.0", "ttyAMA0"));
	take_away(f, "dev/ttyAMA0");
	take_away(f, "dev/spidev0.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_raw, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_comes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_rates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_old_bytes_are_dropped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_holder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_names_of_one_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stuck, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
