/*
 * One i2c bus: combined transactions at the level of messages, as on the wire.
 *
 * bus/linux (i2c-dev) and bus/sim implement the same vtable. A transfer blocks its caller for as
 * long as the bus takes, so it is made on a thread of the pool; one bus is used by one thread at a
 * time (its queue sees to that).
 */
#ifndef HARVESTER_HARDWARE_BUS_I2C_H
#define HARVESTER_HARDWARE_BUS_I2C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define I2C_MESSAGES_MAX 42	  /* of one transaction: I2C_RDWR_IOCTL_MAX_MSGS of Linux */
#define I2C_MESSAGE_SIZE_MAX 8192 /* bytes of one message: the limit of Linux' i2c-dev */

enum i2c_message_flags {
	I2C_MESSAGE_READ = 1 << 0,    /* else a write */
	I2C_MESSAGE_TEN_BIT = 1 << 1, /* a 10-bit address */
};

struct i2c_message {
	uint16_t address;
	uint16_t flags;
	uint16_t size;
	uint8_t *data; /* borrowed: read from or written to during the transfer */
};

struct i2c_bus;

struct i2c_bus_ops {
	/*
	 * All messages in one transaction, with a repeated start between them. Called with checked
	 * arguments. 0 or ERROR_NO_ACKNOWLEDGE, ERROR_ARBITRATION_LOST, ERROR_TIMEOUT, ERROR_BUS.
	 */
	int (*transfer)(struct i2c_bus *bus, struct i2c_message *messages, size_t count,
			struct error *err);
	void (*close)(struct i2c_bus *bus);
};

/* The head of each implementation's own struct. */
struct i2c_bus {
	const struct i2c_bus_ops *ops;
	unsigned number; /* as in /dev/i2c-N */
	bool simulated;
};

/*
 * Check the messages (count 1..I2C_MESSAGES_MAX, 7-bit addresses 0x08..0x77, 10-bit ones to 0x3ff,
 * size 0..I2C_MESSAGE_SIZE_MAX) and transfer them. The codes above, or ERROR_INVALID,
 * ERROR_TOO_LARGE.
 */
int i2c_bus_transfer(struct i2c_bus *bus, struct i2c_message *messages, size_t count,
		     struct error *err);

/* Write, then read after a repeated start; either part may have size 0 and is then left out. */
int i2c_bus_write_read(struct i2c_bus *bus, uint16_t address, const uint8_t *out, size_t out_size,
		       uint8_t *ret_in, size_t in_size, struct error *err);

/* NULL is allowed. */
void i2c_bus_close(struct i2c_bus *bus);

#endif
