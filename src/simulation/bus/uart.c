#include "hardware/bus/uart.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/bus/internal.h"

#define BITS_PER_BYTE 10 /* 8N1: with the start and the stop bit */

/* A port and its device. It can be opened only once at a time, as with TIOCEXCL. */
struct sim_uart {
	struct uart_port base; /* the only handle */
	struct sim_backend *sim;
	char *name;			/* owned */
	struct sim_uart_device *device; /* borrowed */
	_Atomic bool held;
	struct sim_uart *next;
};

static struct sim_uart *find_port(struct sim_backend *sim, const char *name)
{
	struct sim_uart *port = sim->ports;

	while (port && strcmp(port->name, name) != 0)
		port = port->next;
	return port;
}

int sim_attach_uart(struct backend *backend, const char *name, struct sim_uart_device *device,
		    struct error *err)
{
	struct sim_backend *sim = sim_backend_of(backend);
	struct sim_uart *port;

	if (find_port(sim, name))
		return error_set(err, ERROR_EXISTS,
				 "the simulated serial port %s exists already: use another name",
				 name);
	port = calloc(1, sizeof(*port));
	if (port)
		port->name = strdup(name);
	if (!port || !port->name) {
		free(port);
		return error_set(
			err, ERROR_NO_MEMORY,
			"serial port %s: out of memory; this machine needs more free memory", name);
	}
	port->sim = sim;
	port->device = device;
	port->next = sim->ports;
	sim->ports = port;
	return 0;
}

static uint64_t next_byte_ns(const struct sim_uart *port)
{
	return port->device->ops->next_ns ? port->device->ops->next_ns(port->device) : UINT64_MAX;
}

static int port_read(struct uart_port *base, uint8_t *ret_data, size_t max, uint64_t timeout_ns,
		     size_t *ret_count, struct error *err)
{
	struct sim_uart *port = (struct sim_uart *)base;
	uint64_t deadline = sim_deadline(port->sim, timeout_ns);
	size_t count;

	(void)err;
	do {
		count = port->device->ops->read(port->device, base->baud,
						clock_monotonic_ns(port->sim->clock), ret_data,
						max);
	} while (count == 0 && sim_wait(port->sim, next_byte_ns(port), deadline));
	*ret_count = count;
	return 0;
}

static int port_write(struct uart_port *base, const uint8_t *data, size_t size, size_t *ret_count,
		      struct error *err)
{
	struct sim_uart *port = (struct sim_uart *)base;

	(void)err;
	if (port->device->ops->write)
		port->device->ops->write(port->device, base->baud, data, size);
	sim_spend_bits(port->sim, size * BITS_PER_BYTE, base->baud);
	*ret_count = size;
	return 0;
}

static int port_set_baud(struct uart_port *base, uint32_t baud, struct error *err)
{
	(void)err;
	base->baud = baud;
	return 0;
}

static void port_close(struct uart_port *base)
{
	((struct sim_uart *)base)->held = false;
}

int sim_uart_open(struct backend *backend, const char *name, uint32_t baud,
		  struct uart_port **ret_port, struct error *err)
{
	static const struct uart_port_ops ops = {
		.read = port_read,
		.write = port_write,
		.set_baud = port_set_baud,
		.close = port_close,
	};
	struct sim_uart *port = find_port(sim_backend_of(backend), name);
	bool expected = false;

	if (!port)
		return error_set(err, ERROR_NOT_FOUND,
				 "no serial port %s is simulated: name one that is, or set "
				 "`uart_backend = \"linux\"` under [hardware]",
				 name);
	if (!atomic_compare_exchange_strong(&port->held, &expected, true))
		return error_set(err, ERROR_BUSY,
				 "serial port %s is open already: close it first, or use another",
				 name);
	port->base = (struct uart_port){
		.ops = &ops,
		.name = port->name,
		.baud = baud,
		.simulated = true,
	};
	*ret_port = &port->base;
	return 0;
}

void sim_uart_destroy_all(struct sim_backend *sim)
{
	struct sim_uart *port = sim->ports;

	while (port) {
		struct sim_uart *next = port->next;

		free(port->name);
		free(port);
		port = next;
	}
}
