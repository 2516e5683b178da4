/*
 * One i2c bus, opened by backend_open_i2c() (hardware/bus/backend.h). A transaction transfers one
 * or more messages between a start and a stop condition.
 *
 * This interface has two implementations: hardware/linux/i2c.c (i2c-dev) and simulation/bus/i2c.c.
 * A transfer blocks for as long as the bus takes, so never start one on the loop thread. Only one
 * thread may use a bus at a time. The daemon keeps this rule by a work queue for each bus, whose
 * single thread makes all transfers. Only i2c_bus_check() may be called during a transfer.
 */
#ifndef HARVESTER_HARDWARE_BUS_I2C_H
#define HARVESTER_HARDWARE_BUS_I2C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define I2C_MESSAGES_MAX 42	  /* in one transaction: Linux's I2C_RDWR_IOCTL_MAX_MSGS */
#define I2C_MESSAGE_SIZE_MAX 8192 /* bytes in one message: the limit of i2c-dev */

enum i2c_message_flags {
	I2C_MESSAGE_READ = 1 << 0,    /* without it, a write */
	I2C_MESSAGE_TEN_BIT = 1 << 1, /* `address` has 10 bits, not 7 */
};

struct i2c_message {
	uint16_t address;
	uint16_t flags;
	uint16_t size;
	uint8_t *data; /* borrowed until the transfer returns */
};

struct i2c_bus;

struct i2c_bus_ops {
	/*
	 * Transfer all messages in one transaction, with a repeated start between them. The
	 * caller has checked the arguments. Returns the errors of i2c_bus_transfer(), without
	 * ERROR_INVALID and ERROR_TOO_LARGE.
	 */
	int (*transfer)(struct i2c_bus *bus, struct i2c_message *messages, size_t count,
			struct error *err);
	void (*close)(struct i2c_bus *bus);
	/* As i2c_bus_check(). NULL: the bus cannot vanish. */
	int (*check)(const struct i2c_bus *bus, struct error *err);
};

/* The first member of each implementation's own struct. */
struct i2c_bus {
	const struct i2c_bus_ops *ops;
	unsigned number; /* as in /dev/i2c-N */
	bool simulated;
};

/*
 * Transfer the messages in one transaction. Blocks.
 * - ERROR_INVALID: there is no message, or one has unknown flags, or an address outside 0x08..0x77
 *   (7 bits) or 0..0x3ff (10 bits).
 * - ERROR_TOO_LARGE: more than I2C_MESSAGES_MAX messages, or I2C_MESSAGE_SIZE_MAX bytes in one.
 * - ERROR_NO_ACKNOWLEDGE: no device answers at the address.
 * - ERROR_ARBITRATION_LOST: another master won the bus.
 * - ERROR_TIMEOUT: a device stretches the clock too long.
 * - ERROR_BUSY: a driver of the kernel holds the address.
 * - ERROR_NOT_FOUND: the adapter was unplugged. Once it is back, the next transfer uses it.
 * - ERROR_BUS: any other failure, such as a device that stops answering in the middle.
 */
int i2c_bus_transfer(struct i2c_bus *bus, struct i2c_message *messages, size_t count,
		     struct error *err);

/*
 * Write `out`, then read into `ret_in` after a repeated start, with a 7-bit address. A part of size
 * 0 is left out. Blocks. Errors of i2c_bus_transfer().
 */
int i2c_bus_write_read(struct i2c_bus *bus, uint16_t address, const uint8_t *out, size_t out_size,
		       uint8_t *ret_in, size_t in_size, struct error *err);

/*
 * Is the adapter of the bus still plugged in? Tries to open its file. ERROR_NOT_FOUND: the file is
 * gone; the text says what to do. The other errors are those of backend_open_i2c(). Does not block,
 * so any thread may ask.
 */
int i2c_bus_check(const struct i2c_bus *bus, struct error *err);

/* NULL is allowed. */
void i2c_bus_close(struct i2c_bus *bus);

#endif
