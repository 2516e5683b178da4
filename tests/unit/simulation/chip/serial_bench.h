/* A serial sensor on "serial0", on a clock that the tests move. */
#ifndef TESTS_DEVICE_SERIAL_BENCH_H
#define TESTS_DEVICE_SERIAL_BENCH_H

#include "fixture.h"
#include "hardware/bus/backend.h"
#include "hardware/bus/uart.h"
#include "simulation/chip/serial.h"

struct serial_bench {
	struct bench bench;
	struct uart_port *port;
	uint8_t got[SERIAL_KEPT];
	size_t count;
};

static inline void serial_bench_open(struct serial_bench *b, struct serial *serial)
{
	assert_int_equal(sim_attach_uart(b->bench.backend, "serial0", &serial->device, NULL), 0);
	assert_int_equal(backend_open_uart(b->bench.backend, "serial0", 9600, &b->port, NULL), 0);
}

static inline void serial_bench_close(struct serial_bench *b)
{
	uart_port_close(b->port);
	bench_finish(&b->bench);
}

/* Let time pass, and take what has come. */
static inline size_t serial_bench_read(struct serial_bench *b, uint64_t after_ns)
{
	clock_manual_advance_ns(&b->bench.clock, after_ns);
	assert_int_equal(uart_port_read(b->port, b->got, sizeof(b->got), 0, &b->count, NULL), 0);
	return b->count;
}

static inline void serial_bench_write(struct serial_bench *b, const uint8_t *data, size_t size)
{
	size_t count;

	assert_int_equal(uart_port_write(b->port, data, size, &count, NULL), 0);
	assert_int_equal(count, size);
}

static inline void serial_bench_fault(struct serial *serial, enum fault_kind kind)
{
	struct fault fault = {.kind = kind};

	serial->faults.count = 0;
	assert_int_equal(fault_schedule_add(&serial->faults, "sensor", SERIAL_FAULTS, &fault, NULL),
			 0);
}

#endif
