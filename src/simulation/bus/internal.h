/* Inside bus/sim: the backend's parts. Each list is fixed once the first bus is opened. */
#ifndef HARVESTER_SIMULATION_BUS_INTERNAL_H
#define HARVESTER_SIMULATION_BUS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "simulation/bus/sim.h"

struct sim_chip;
struct sim_i2c;	 /* a bus; sim/i2c.c */
struct sim_spi;	 /* a chip select; sim/spi.c */
struct sim_uart; /* a port; sim/uart.c */
struct sim_w1;	 /* a device; sim/w1.c */

struct sim_backend {
	struct backend base;
	struct clock *clock; /* borrowed */
	bool wire_time;
	struct sim_chip *chip;	 /* owned */
	struct sim_i2c *buses;	 /* owned: all buses, by their next */
	struct sim_spi *selects; /* owned: all chip selects, by their next */
	struct sim_uart *ports;	 /* owned: all serial ports, by their next */
	struct sim_w1 *w1;	 /* owned: all 1-wire devices, by their next */
};

static inline struct sim_backend *sim_backend_of(struct backend *backend)
{
	return (struct sim_backend *)backend;
}

/* Sleep for as long as `bits` take on the wire, where wires take time. */
void sim_spend_bits(struct sim_backend *sim, uint64_t bits, uint32_t speed_hz);

/*
 * Sleep towards min(next_ns, deadline_ns), but only a slice of it: a clock can sleep and not be
 * woken, and another thread may have something for the sleeper. False once the deadline is past.
 */
bool sim_wait(struct sim_backend *sim, uint64_t next_ns, uint64_t deadline_ns);

/* now + timeout, which may be UINT64_MAX for "for ever". */
uint64_t sim_deadline(struct sim_backend *sim, uint64_t timeout_ns);

int sim_i2c_open(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
		 struct error *err);
void sim_i2c_destroy_all(struct sim_backend *sim);

int sim_spi_open(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
		 struct spi_device **ret_device, struct error *err);
void sim_spi_destroy_all(struct sim_backend *sim);

int sim_uart_open(struct backend *backend, const char *name, uint32_t baud,
		  struct uart_port **ret_port, struct error *err);
void sim_uart_destroy_all(struct sim_backend *sim);

int sim_w1_open(struct backend *backend, const char *root, struct w1_bus **ret_bus,
		struct error *err);
void sim_w1_destroy_all(struct sim_backend *sim);

int sim_chip_create(struct sim_backend *sim, unsigned lines, struct sim_chip **ret_chip);
int sim_chip_open(struct backend *backend, struct gpio_chip **ret_chip, struct error *err);
void sim_chip_destroy(struct sim_chip *chip);

#endif
