#include "hardware/bus/uart.h"

#include "base/error.h"
#include "hardware/bus/baud.h"

bool baud_is_known(uint32_t baud)
{
	static const uint32_t rates[] = {
		1200,  1800,   2400,   4800,   9600,   19200,  38400,
		57600, 115200, 230400, 460800, 500000, 576000, 921600,
	};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		if (rates[i] == baud)
			return true;
	}
	return false;
}

static int check_size(const struct uart_port *port, size_t size, struct error *err)
{
	if (size == 0)
		return error_set(
			err, ERROR_INVALID,
			"%s: a serial transfer without data: read or write at least 1 byte",
			port->name);
	if (size > UART_READ_SIZE_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: a serial transfer of %zu bytes: at most %d are possible, so "
				 "make several calls",
				 port->name, size, UART_READ_SIZE_MAX);
	return 0;
}

int uart_port_read(struct uart_port *port, uint8_t *ret_data, size_t max, uint64_t timeout_ns,
		   size_t *ret_count, struct error *err)
{
	int rc = check_size(port, max, err);

	return rc ? rc : port->ops->read(port, ret_data, max, timeout_ns, ret_count, err);
}

int uart_port_write(struct uart_port *port, const uint8_t *data, size_t size, size_t *ret_count,
		    struct error *err)
{
	int rc = check_size(port, size, err);

	return rc ? rc : port->ops->write(port, data, size, ret_count, err);
}

int uart_port_set_baud(struct uart_port *port, uint32_t baud, struct error *err)
{
	if (!baud_is_known(baud))
		return error_set(
			err, ERROR_INVALID,
			"%s: no such baud rate: %u; use a standard rate from 1200 to 921600",
			port->name, baud);
	return port->ops->set_baud(port, baud, err);
}

void uart_port_close(struct uart_port *port)
{
	if (port)
		port->ops->close(port);
}
