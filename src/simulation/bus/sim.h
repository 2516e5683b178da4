/*
 * The simulated backend: buses without wires, a peer of the real ones. It has the same vtables, the
 * same limits and the same errors; models of devices (device/, or a test) are attached to it
 * through the small vtables below.
 *
 * Attach everything before the first bus is opened. An attached model is borrowed and must outlive
 * the backend. One bus is used by one thread at a time, as everywhere; different buses run at once,
 * and a transaction on an i2c bus or spi device is also safe against a second handle of the same
 * one. A model that other threads look at has a lock of its own.
 */
#ifndef HARVESTER_SIMULATION_BUS_SIM_H
#define HARVESTER_SIMULATION_BUS_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hardware/bus/backend.h"
#include "hardware/bus/w1.h"

struct clock;
struct error;

#define SIM_CHANGES_MAX 256 /* of one line, scheduled at once */

struct sim_options {
	unsigned gpio_lines; /* 0: 58, as on a Raspberry Pi */
	/* Transfers take the time of their bits (i2c at 100 kHz); else they take none. */
	bool wire_time;
};

/* `options` may be NULL; the clock is borrowed. 0 or ERROR_NO_MEMORY. */
int sim_backend_create(struct clock *clock, const struct sim_options *options,
		       struct backend **ret_backend, struct error *err);

/* I2C: a chip at a 7-bit address. The operations of one bus are never called at the same time. */
struct sim_i2c_device;

struct sim_i2c_device_ops {
	/*
	 * A start or repeated start with the chip's address. 0, or the code of the transaction:
	 * ERROR_NO_ACKNOWLEDGE, ERROR_BUS, ERROR_TIMEOUT, ERROR_ARBITRATION_LOST. Mandatory.
	 */
	int (*start)(struct sim_i2c_device *device, bool read);
	/* One message, after start(). 0 or a code as above. Both are mandatory. */
	int (*write)(struct sim_i2c_device *device, const uint8_t *data, size_t size);
	int (*read)(struct sim_i2c_device *device, uint8_t *ret_data, size_t size);
	/* Does the chip hold the bus low, so that nobody gets through? NULL: never. */
	bool (*holds_bus)(struct sim_i2c_device *device);
};

struct sim_i2c_device {
	const struct sim_i2c_device_ops *ops;
};

/* A bus without devices. ERROR_EXISTS, ERROR_NO_MEMORY. */
int sim_add_i2c_bus(struct backend *backend, unsigned number, struct error *err);

/* ERROR_NOT_FOUND: no such bus; ERROR_EXISTS: the address is taken; ERROR_INVALID, ERROR_NO_MEMORY.
 */
int sim_attach_i2c(struct backend *backend, unsigned number, uint16_t address,
		   struct sim_i2c_device *device, struct error *err);

/* SPI: a device behind a chip select. */
struct sim_spi_device;

struct sim_spi_device_ops {
	/* Full duplex; neither pointer is NULL, they do not overlap. 0 or a code. Mandatory. */
	int (*transfer)(struct sim_spi_device *device, uint8_t mode, uint32_t speed_hz,
			const uint8_t *out, uint8_t *ret_in, size_t size);
};

struct sim_spi_device {
	const struct sim_spi_device_ops *ops;
};

/* `name` ("spi0.0") is copied. ERROR_EXISTS, ERROR_NO_MEMORY. */
int sim_attach_spi(struct backend *backend, const char *name, struct sim_spi_device *device,
		   struct error *err);

/* GPIO: whatever is soldered to a line. */
enum sim_level { SIM_LOW, SIM_HIGH, SIM_FLOATING };

struct sim_line_model;

struct sim_line_change {
	uint64_t at_ns; /* on the backend's clock; becomes the edge's time stamp */
	enum sim_level level;
};

struct sim_line_model_ops {
	/*
	 * The host's side of the line changed at now_ns: it drives the line to low or high, or lets
	 * it float (an input, an open drain that is off, a released line). Called on the host's
	 * thread, without a lock, so that sim_line_schedule() and so on may be called from it.
	 * Mandatory.
	 */
	void (*host_changed)(struct sim_line_model *model, enum sim_level host, uint64_t now_ns);
	/*
	 * The model's next change of the world's side after after_ns, of a line for which nothing
	 * is scheduled: a pure function of that time. *ret_lost: the host's edge of it gets lost.
	 * False: there is none. Called with a lock held, so that nothing of this header may be
	 * called from it. NULL: the model changes nothing by itself.
	 */
	bool (*next)(struct sim_line_model *model, uint64_t after_ns,
		     struct sim_line_change *ret_change, bool *ret_lost);
};

struct sim_line_model {
	const struct sim_line_model_ops *ops;
};

/* ERROR_INVALID: no such line; ERROR_EXISTS: it has a model already. */
int sim_attach_line(struct backend *backend, unsigned offset, struct sim_line_model *model,
		    struct error *err);

/*
 * The world's side of the line: what it is driven to from now on, by the clock. Drops what was
 * scheduled. Host and world pull the same wire; where they fight, the host wins. `offset` is that
 * of a line that the chip has, here and below. Any thread.
 */
void sim_line_drive(struct backend *backend, unsigned offset, enum sim_level level);

/*
 * Changes of the world's side at exact times, which take place as the clock passes them. Replaces
 * what was scheduled. Any thread. ERROR_TOO_LARGE, or ERROR_INVALID where times step back.
 */
int sim_line_schedule(struct backend *backend, unsigned offset,
		      const struct sim_line_change *changes, size_t count, struct error *err);

/* UART: the other end of a serial line. The operations of one port are never called at once. */
struct sim_uart_device;

struct sim_uart_device_ops {
	/* Take the bytes that have come by now_ns, up to max; returns how many. Mandatory. */
	size_t (*read)(struct sim_uart_device *device, uint32_t baud, uint64_t now_ns,
		       uint8_t *ret_data, size_t max);
	/* When the next byte comes, UINT64_MAX where none is known to. NULL: never known. */
	uint64_t (*next_ns)(struct sim_uart_device *device);
	/* What the host sent. NULL: nobody listens. */
	void (*write)(struct sim_uart_device *device, uint32_t baud, const uint8_t *data,
		      size_t size);
};

struct sim_uart_device {
	const struct sim_uart_device_ops *ops;
};

/* `name` ("serial0") is copied. ERROR_EXISTS, ERROR_NO_MEMORY. */
int sim_attach_uart(struct backend *backend, const char *name, struct sim_uart_device *device,
		    struct error *err);

/* 1-Wire: a device with the text of its w1_slave file. */
struct sim_w1_device;

struct sim_w1_device_ops {
	/* Is it on the bus? Mandatory. */
	bool (*is_there)(struct sim_w1_device *device);
	/* As the kernel's file. 0 or a code, such as ERROR_TIMEOUT. Mandatory. */
	int (*read)(struct sim_w1_device *device, char ret_text[W1_TEXT_SIZE]);
};

struct sim_w1_device {
	const struct sim_w1_device_ops *ops;
};

/* `name` ("28-0316a2794bff") is copied. ERROR_EXISTS, ERROR_NO_MEMORY. */
int sim_attach_w1(struct backend *backend, const char *name, struct sim_w1_device *device,
		  struct error *err);

#endif
