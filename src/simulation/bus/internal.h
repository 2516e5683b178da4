/*
 * Internal to simulation/bus: the simulated backend, whose lists do not change after the first
 * open, and a gpio chip with its lines. gpio.c has what the host does with the lines
 * (hardware/bus/gpio.h), gpio_world.c what the models of devices do.
 */
#ifndef HARVESTER_SIMULATION_BUS_INTERNAL_H
#define HARVESTER_SIMULATION_BUS_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "hardware/bus/gpio.h"
#include "simulation/bus/gpio_events.h"
#include "simulation/bus/sim.h"

struct sim_chip;
struct sim_i2c;	 /* a bus; see i2c.c */
struct sim_spi;	 /* a chip select; see spi.c */
struct sim_uart; /* a port; see uart.c */
struct sim_w1;	 /* a device; see w1.c */

struct sim_backend {
	struct backend base;
	struct clock *clock; /* borrowed */
	bool wire_time;
	struct sim_chip *chip;	 /* owned */
	struct sim_i2c *buses;	 /* owned: linked list */
	struct sim_spi *selects; /* owned: linked list */
	struct sim_uart *ports;	 /* owned: linked list */
	struct sim_w1 *w1;	 /* owned: linked list */
};

static inline struct sim_backend *sim_backend_of(struct backend *backend)
{
	return (struct sim_backend *)backend;
}

/* If wire_time is set, sleep for as long as `bits` take on the wire. */
void sim_spend_bits(struct sim_backend *sim, uint64_t bits, uint32_t speed_hz);

/*
 * Sleep for a short time, at most until next_ns or deadline_ns. The caller calls it in a loop,
 * because a sleep cannot be interrupted and another thread may change what it waits for. False once
 * the deadline has passed.
 */
bool sim_wait(struct sim_backend *sim, uint64_t next_ns, uint64_t deadline_ns);

/* Now + timeout_ns; UINT64_MAX means for ever. */
uint64_t sim_deadline(struct sim_backend *sim, uint64_t timeout_ns);

/* The members of backend_ops (hardware/bus/backend.h), and how each list is freed. */
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

/* Use all members with the chip's lock held. The line is also the handle of the one who requested
 * it. */
struct sim_line {
	struct gpio_line base;
	struct sim_chip *chip;
	struct sim_line_model *model; /* borrowed; NULL: no device is attached */
	bool held;
	struct gpio_line_config config; /* while held */
	struct sim_events events;	/* while held */
	enum sim_level world;
	struct sim_line_change *changes; /* owned; NULL until something is scheduled */
	size_t changes_count;
	size_t changes_next;
	uint64_t told_ns; /* time of the last change that came from model->next() */
};

struct sim_chip {
	struct gpio_chip base; /* the only handle: opening the chip twice returns the same one */
	struct sim_backend *sim;
	pthread_mutex_t lock;
	struct sim_line lines[];
};

static inline struct sim_chip *sim_chip_of(struct backend *backend)
{
	return sim_backend_of(backend)->chip;
}

/* The level of the wire, from everything that drives or pulls it. With the chip's lock held. */
bool sim_line_is_high(const struct sim_line *line);

/*
 * Lock line->chip->lock, and apply the changes whose time has come. The caller unlocks it.
 */
void sim_line_lock(struct sim_line *line);

/* When the device's side changes next; UINT64_MAX: no change is known. With the chip's lock held.
 */
uint64_t sim_line_next_ns(const struct sim_line *line);

/* Set the device's side, and queue an edge if the line watches for it. With the chip's lock held.
 */
void sim_line_change_world(struct sim_line *line, enum sim_level level, uint64_t at_ns);

#endif
