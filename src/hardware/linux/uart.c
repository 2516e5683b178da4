#include "hardware/bus/uart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "hardware/linux/internal.h"

#define BITS_PER_BYTE 10 /* 8N1: with the start and the stop bit */
#define NS_PER_S 1000000000ull

struct linux_uart {
	struct uart_port base;
	const char *root; /* borrowed from the backend */
	int fd;		  /* -1: unplugged; the next call tries to open it again */
	char name[40];
};

static const struct linux_advice advice = {
	.missing =
		"plug its adapter in, or switch the port on (on a Raspberry Pi `enable_uart=1` in "
		"/boot/firmware/config.txt, and no console on it)",
	.group = "dialout",
};

static speed_t speed_of(uint32_t baud)
{
	static const struct {
		uint32_t baud;
		speed_t speed;
	} speeds[] = {
		{1200, B1200},	   {1800, B1800},     {2400, B2400},	 {4800, B4800},
		{9600, B9600},	   {19200, B19200},   {38400, B38400},	 {57600, B57600},
		{115200, B115200}, {230400, B230400}, {460800, B460800}, {500000, B500000},
		{576000, B576000}, {921600, B921600},
	};

	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	}
	return B0;
}

/* Raw, 8N1, no flow control, no modem lines. */
static int set_up(const struct linux_uart *port, uint32_t baud, int when, struct error *err)
{
	speed_t speed = speed_of(baud);
	struct termios settings;

	if (tcgetattr(port->fd, &settings))
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s is no serial port (use one that `harvester doctor` lists)", port->name);
	cfmakeraw(&settings);
	settings.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | CRTSCTS);
	settings.c_cflag |= CLOCAL | CREAD;
	settings.c_cc[VMIN] = 0;
	settings.c_cc[VTIME] = 0;
	cfsetispeed(&settings, speed);
	cfsetospeed(&settings, speed);
	if (tcsetattr(port->fd, when, &settings))
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"the serial port %s refuses its settings (check its adapter)", port->name);
	/* tcsetattr() succeeds if it could apply any of the settings, so check the speed. */
	if (tcgetattr(port->fd, &settings) || cfgetospeed(&settings) != speed)
		return error_set(err, ERROR_UNSUPPORTED, "%s cannot do %u baud: use another rate",
				 port->name, baud);
	return 0;
}

/* Lock the port for this process, set it up, and drop bytes received earlier. */
static int take_over(const struct linux_uart *port, struct error *err)
{
	int rc;

	if (flock(port->fd, LOCK_EX | LOCK_NB))
		return error_set(err, ERROR_BUSY,
				 "serial port %s is open already: stop the program that uses it "
				 "(`sudo fuser -v /dev/%s` finds it)",
				 port->name, port->name);
	rc = set_up(port, port->base.baud, TCSANOW, err);
	if (!rc)
		tcflush(port->fd, TCIFLUSH);
	return rc;
}

/* Open the port if it is not open. */
static int take(struct linux_uart *port, struct error *err)
{
	int rc;

	if (port->fd >= 0)
		return 0;
	/* Without O_NONBLOCK, open() waits for a modem's carrier. */
	rc = linux_device_open(port->root, port->name, O_NOCTTY | O_NONBLOCK, &advice, &port->fd,
			       err);
	if (rc)
		return rc;
	rc = take_over(port, err);
	if (rc) {
		close(port->fd);
		port->fd = -1;
	}
	return rc;
}

static int gone(struct linux_uart *port, struct error *err)
{
	close(port->fd);
	port->fd = -1;
	return error_set(err, ERROR_CLOSED, "%s is gone: plug its adapter in again", port->name);
}

static int port_read(struct uart_port *base, uint8_t *ret_data, size_t max, uint64_t timeout_ns,
		     size_t *ret_count, struct error *err)
{
	struct linux_uart *port = (struct linux_uart *)base;
	int ready, rc = take(port, err);
	ssize_t size;

	if (rc)
		return rc;
	ready = linux_device_wait(port->fd, POLLIN, timeout_ns);
	if (ready < 0)
		return error_set_errno(err, ERROR_SYSTEM, -ready,
				       "cannot wait for the serial port %s (check its adapter)",
				       port->name);
	size = ready ? read(port->fd, ret_data, max) : 0;
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		size = ready = 0;
	/* Ready but without data: the device hung up. */
	if (size < 0 || (ready && size == 0))
		return gone(port, err);
	*ret_count = (size_t)size;
	return 0;
}

/* Wait at most as long as the bytes take on the wire, plus a second: then the port is stuck. */
static int port_write(struct uart_port *base, const uint8_t *data, size_t size, size_t *ret_count,
		      struct error *err)
{
	struct linux_uart *port = (struct linux_uart *)base;
	size_t done = 0;
	int rc = take(port, err);

	if (rc)
		return rc;
	while (done < size) {
		uint64_t patience_ns =
			NS_PER_S + (size - done) * BITS_PER_BYTE * NS_PER_S / base->baud;
		ssize_t part = write(port->fd, data + done, size - done);
		int ready;

		if (part >= 0) {
			done += (size_t)part;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return gone(port, err);
		ready = linux_device_wait(port->fd, POLLOUT, patience_ns);
		if (ready < 0)
			return error_set_errno(
				err, ERROR_SYSTEM, -ready,
				"cannot wait for the serial port %s (check its adapter)",
				port->name);
		if (ready == 0)
			break;
	}
	if (done == 0)
		return error_set(err, ERROR_TIMEOUT, "%s accepts no data: check its adapter",
				 port->name);
	*ret_count = done;
	return 0;
}

static int port_set_baud(struct uart_port *base, uint32_t baud, struct error *err)
{
	struct linux_uart *port = (struct linux_uart *)base;
	int rc = take(port, err);

	if (!rc)
		rc = set_up(port, baud, TCSADRAIN, err);
	if (!rc)
		base->baud = baud;
	return rc;
}

static void port_close(struct uart_port *base)
{
	const struct linux_uart *port = (const struct linux_uart *)base;

	if (port->fd >= 0)
		close(port->fd);
	free(base);
}

int linux_uart_open(struct backend *backend, const char *name, uint32_t baud,
		    struct uart_port **ret_port, struct error *err)
{
	static const struct uart_port_ops ops = {
		.read = port_read,
		.write = port_write,
		.set_baud = port_set_baud,
		.close = port_close,
	};
	struct linux_uart *port = calloc(1, sizeof(*port));
	int rc;

	if (!port)
		return error_set(
			err, ERROR_NO_MEMORY,
			"serial port %s: out of memory; this machine needs more free memory", name);
	snprintf(port->name, sizeof(port->name), "%s", name);
	port->base = (struct uart_port){.ops = &ops, .name = port->name, .baud = baud};
	port->root = linux_backend_of(backend)->root;
	port->fd = -1;
	rc = take(port, err);
	if (rc) {
		free(port);
		return rc;
	}
	*ret_port = &port->base;
	return 0;
}
