/*
 * The simulated backend: buses in memory, with the same interfaces, limits and errors as real ones.
 * Models of devices (simulation/chip/, or those of a test) are attached to it through the small
 * vtables below.
 *
 * Attach everything before the first bus is opened. An attached model is borrowed and must outlive
 * the backend. Use each bus from one thread at a time; different buses can run at once, and two
 * handles of the same i2c bus or spi device may be used by two threads. A model that other threads
 * read has a lock of its own.
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

#define SIM_CHANGES_MAX 256 /* changes scheduled for one line */

struct sim_options {
	unsigned gpio_lines; /* 0: 58, as on a Raspberry Pi */
	/* A transfer takes as long as its bits (i2c: at 100 kHz); otherwise it takes no time. */
	bool wire_time;
};

/* `options` may be NULL; `clock` is borrowed. ERROR_NO_MEMORY. */
int sim_backend_create(struct clock *clock, const struct sim_options *options,
		       struct backend **ret_backend, struct error *err);

/* I2C: a chip at a 7-bit address. Only one operation of a bus runs at a time. */
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
	/* Does the chip hold the bus low, so that every transfer fails? NULL: never. */
	bool (*holds_bus)(struct sim_i2c_device *device);
};

struct sim_i2c_device {
	const struct sim_i2c_device_ops *ops;
};

/* Add a bus without devices. ERROR_EXISTS if the number is in use, ERROR_NO_MEMORY. */
int sim_add_i2c_bus(struct backend *backend, unsigned number, struct error *err);

/*
 * Attach a chip. ERROR_NOT_FOUND if there is no such bus, ERROR_EXISTS if the address is in use,
 * ERROR_INVALID for an address outside 0x08..0x77.
 */
int sim_attach_i2c(struct backend *backend, unsigned number, uint16_t address,
		   struct sim_i2c_device *device, struct error *err);

/* SPI: a device behind a chip select. */
struct sim_spi_device;

struct sim_spi_device_ops {
	/* Full duplex. The buffers are not NULL and do not overlap. 0 or a code. Mandatory. */
	int (*transfer)(struct sim_spi_device *device, uint8_t mode, uint32_t speed_hz,
			const uint8_t *out, uint8_t *ret_in, size_t size);
};

struct sim_spi_device {
	const struct sim_spi_device_ops *ops;
};

/* Attach a device. `name` ("spi0.0") is copied. ERROR_EXISTS if it is in use, ERROR_NO_MEMORY. */
int sim_attach_spi(struct backend *backend, const char *name, struct sim_spi_device *device,
		   struct error *err);

/* GPIO: a device on a line. */
enum sim_level { SIM_LOW, SIM_HIGH, SIM_FLOATING };

struct sim_line_model;

struct sim_line_change {
	uint64_t at_ns; /* on the backend's clock; also the time stamp of the edge */
	enum sim_level level;
};

struct sim_line_model_ops {
	/*
	 * The host's side of the line changed at now_ns: the host drives the line low or high, or
	 * lets it float (an input, an open drain that is off, a released line). Called on the
	 * host's thread without a lock, so it may call sim_line_drive() and sim_line_schedule().
	 * Mandatory.
	 */
	void (*on_host_changed)(struct sim_line_model *model, enum sim_level host, uint64_t now_ns);
	/*
	 * When does the model change the line next, after after_ns? Asked only while nothing is
	 * scheduled; must be a pure function of that time. *ret_lost: the host does not see the
	 * edge. False: there is no further change. Called with a lock held, so it must not call
	 * functions of this header. NULL: the model never changes the line by itself.
	 */
	bool (*next)(struct sim_line_model *model, uint64_t after_ns,
		     struct sim_line_change *ret_change, bool *ret_lost);
};

struct sim_line_model {
	const struct sim_line_model_ops *ops;
};

/* Attach a device. ERROR_INVALID if there is no such line, ERROR_EXISTS if it has a device already.
 */
int sim_attach_line(struct backend *backend, unsigned offset, struct sim_line_model *model,
		    struct error *err);

/*
 * Set the device's side of the line from now on, and drop scheduled changes. Host and device drive
 * the same wire; if both do, the host wins. The chip must have line `offset`. Any thread.
 */
void sim_line_drive(struct backend *backend, unsigned offset, enum sim_level level);

/*
 * Schedule changes of the device's side at exact times; replaces those scheduled before. The chip
 * must have line `offset`. Any thread. ERROR_TOO_LARGE beyond SIM_CHANGES_MAX, ERROR_INVALID if the
 * times are not in order, ERROR_NO_MEMORY.
 */
int sim_line_schedule(struct backend *backend, unsigned offset,
		      const struct sim_line_change *changes, size_t count, struct error *err);

/* UART: the device at the other end. Only one operation of a port runs at a time. */
struct sim_uart_device;

struct sim_uart_device_ops {
	/* Read up to `max` bytes that have arrived by now_ns. Returns how many. Mandatory. */
	size_t (*read)(struct sim_uart_device *device, uint32_t baud, uint64_t now_ns,
		       uint8_t *ret_data, size_t max);
	/* When the next byte arrives; UINT64_MAX: not known. NULL: never known. */
	uint64_t (*next_ns)(struct sim_uart_device *device);
	/* Bytes that the host sent. NULL: the device ignores them. */
	void (*write)(struct sim_uart_device *device, uint32_t baud, const uint8_t *data,
		      size_t size);
};

struct sim_uart_device {
	const struct sim_uart_device_ops *ops;
};

/* Attach a device. `name` ("serial0") is copied. ERROR_EXISTS if it is in use, ERROR_NO_MEMORY. */
int sim_attach_uart(struct backend *backend, const char *name, struct sim_uart_device *device,
		    struct error *err);

/* 1-Wire: a device that answers with the text of its w1_slave file. */
struct sim_w1_device;

struct sim_w1_device_ops {
	/* Is it on the bus? Mandatory. */
	bool (*is_there)(struct sim_w1_device *device);
	/* Write the text as the kernel would. 0 or a code, such as ERROR_TIMEOUT. Mandatory. */
	int (*read)(struct sim_w1_device *device, char ret_text[W1_TEXT_SIZE]);
};

struct sim_w1_device {
	const struct sim_w1_device_ops *ops;
};

/* Attach a device. `name` ("28-0316a2794bff") is copied. ERROR_EXISTS if it is in use,
 * ERROR_NO_MEMORY. */
int sim_attach_w1(struct backend *backend, const char *name, struct sim_w1_device *device,
		  struct error *err);

#endif
