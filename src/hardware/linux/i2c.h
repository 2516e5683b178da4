/* Internal to hardware/linux: an i2c bus, and transactions on an adapter that speaks only SMBus. */
#ifndef HARVESTER_HARDWARE_LINUX_I2C_H
#define HARVESTER_HARDWARE_LINUX_I2C_H

#include "hardware/bus/i2c.h"

struct linux_i2c {
	struct i2c_bus base;
	const char *root;	 /* borrowed from the backend */
	int fd;			 /* -1: unplugged; the next transfer tries to open it again */
	unsigned long functions; /* I2C_FUNC_… */
	int address;		 /* 7 bits, last set on the descriptor; -1: none yet */
};

/*
 * Make one transaction as an SMBus command: a quick command, one byte read or written, or a
 * register byte followed by up to 32 bytes. The caller has set the descriptor to the address.
 * Returns 0 or a negative errno; -EOPNOTSUPP if no command of this adapter puts the same bytes on
 * the wire.
 */
int linux_i2c_smbus(const struct linux_i2c *bus, struct i2c_message *messages, size_t count);

#endif
