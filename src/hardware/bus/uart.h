/*
 * One serial port: 8 data bits, no parity, 1 stop bit. Its functions block, so call them on the
 * port's own thread, one at a time.
 */
#ifndef HARVESTER_HARDWARE_BUS_UART_H
#define HARVESTER_HARDWARE_BUS_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define UART_READ_SIZE_MAX 65536 /* bytes of one read, and of one write */

struct uart_port;

struct uart_port_ops {
	int (*read)(struct uart_port *port, uint8_t *ret_data, size_t max, uint64_t timeout_ns,
		    size_t *ret_count, struct error *err);
	int (*write)(struct uart_port *port, const uint8_t *data, size_t size, size_t *ret_count,
		     struct error *err);
	int (*set_baud)(struct uart_port *port, uint32_t baud, struct error *err);
	void (*close)(struct uart_port *port);
};

/* The first member of each implementation's own struct. */
struct uart_port {
	const struct uart_port_ops *ops;
	const char *name; /* owned by the implementation */
	uint32_t baud;
	bool simulated;
};

/*
 * Read up to `max` bytes: wait at most timeout_ns for the first byte, then return what has come.
 * *ret_count is 0 if nothing came.
 * - ERROR_INVALID: `max` is 0.
 * - ERROR_TOO_LARGE: `max` is above UART_READ_SIZE_MAX.
 * - ERROR_CLOSED: the port was unplugged. The next call tries to open the port again.
 * - ERROR_SYSTEM: any other failure that the kernel reports.
 */
int uart_port_read(struct uart_port *port, uint8_t *ret_data, size_t max, uint64_t timeout_ns,
		   size_t *ret_count, struct error *err);

/*
 * Write `data`. Waits as long as the bytes need at the baud rate, and one second more. *ret_count
 * is how many bytes the port has accepted, at least 1. ERROR_TIMEOUT: the port has accepted none.
 * Other errors as for uart_port_read().
 */
int uart_port_write(struct uart_port *port, const uint8_t *data, size_t size, size_t *ret_count,
		    struct error *err);

/*
 * Set the baud rate.
 * - ERROR_INVALID: POSIX and Linux name no such rate (1200 to 921600).
 * - ERROR_UNSUPPORTED: this port does not support the rate.
 * - ERROR_CLOSED: the port was unplugged.
 * - ERROR_SYSTEM: the kernel refuses for another reason.
 */
int uart_port_set_baud(struct uart_port *port, uint32_t baud, struct error *err);

/* NULL is allowed. */
void uart_port_close(struct uart_port *port);

#endif
