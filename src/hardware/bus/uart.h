/*
 * One serial port, 8N1 unless said. Blocking within a timeout: used on a thread of the pool, by one
 * thread at a time.
 */
#ifndef HARVESTER_HARDWARE_BUS_UART_H
#define HARVESTER_HARDWARE_BUS_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define UART_READ_SIZE_MAX 65536

struct uart_port;

struct uart_port_ops {
	int (*read)(struct uart_port *port, uint8_t *ret_data, size_t max, uint64_t timeout_ns,
		    size_t *ret_count, struct error *err);
	int (*write)(struct uart_port *port, const uint8_t *data, size_t size, size_t *ret_count,
		     struct error *err);
	int (*set_baud)(struct uart_port *port, uint32_t baud, struct error *err);
	void (*close)(struct uart_port *port);
};

/* The head of each implementation's own struct. */
struct uart_port {
	const struct uart_port_ops *ops;
	const char *name; /* owned by the implementation */
	uint32_t baud;
	bool simulated;
};

/* Take what has come, up to max; wait at most timeout_ns for the first byte. 0 with *ret_count 0:
 * nothing came. */
int uart_port_read(struct uart_port *port, uint8_t *ret_data, size_t max, uint64_t timeout_ns,
		   size_t *ret_count, struct error *err);
int uart_port_write(struct uart_port *port, const uint8_t *data, size_t size, size_t *ret_count,
		    struct error *err);

/* One of the rates that POSIX and Linux name (1200 to 921600); ERROR_INVALID otherwise. */
int uart_port_set_baud(struct uart_port *port, uint32_t baud, struct error *err);
void uart_port_close(struct uart_port *port);

#endif
