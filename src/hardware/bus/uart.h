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
 * Read up to `max` bytes. Waits at most timeout_ns for the first byte, then returns what has
 * arrived. Succeeds with *ret_count 0 if nothing came. ERROR_INVALID for `max` 0, ERROR_TOO_LARGE
 * beyond UART_READ_SIZE_MAX, ERROR_CLOSED if the port was unplugged (the next call tries to open it
 * again), ERROR_SYSTEM if the kernel reports another failure.
 */
int uart_port_read(struct uart_port *port, uint8_t *ret_data, size_t max, uint64_t timeout_ns,
		   size_t *ret_count, struct error *err);

/*
 * Write `data`. Waits as long as the bytes need at the baud rate, and one second more. *ret_count:
 * how many bytes the port accepted, at least 1. ERROR_TIMEOUT if it accepted none; other errors as
 * for uart_port_read().
 */
int uart_port_write(struct uart_port *port, const uint8_t *data, size_t size, size_t *ret_count,
		    struct error *err);

/*
 * ERROR_INVALID if `baud` is none of the rates that POSIX and Linux name (1200 to 921600),
 * ERROR_UNSUPPORTED if this port does not support the rate, ERROR_CLOSED if the port was unplugged,
 * ERROR_SYSTEM if the kernel refuses for another reason.
 */
int uart_port_set_baud(struct uart_port *port, uint32_t baud, struct error *err);

/* NULL is allowed. */
void uart_port_close(struct uart_port *port);

#endif
