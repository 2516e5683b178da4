/* Inside bus/linux: an i2c bus, and its transactions on an adapter that speaks SMBus only. */
#ifndef HARVESTER_HARDWARE_LINUX_I2C_H
#define HARVESTER_HARDWARE_LINUX_I2C_H

#include "hardware/bus/i2c.h"

struct linux_i2c {
	struct i2c_bus base;
	int fd;
	unsigned long functions; /* I2C_FUNC_… */
	int address;		 /* the 7-bit one that the descriptor is set to; -1: none yet */
};

/*
 * One transaction as an SMBus command, where it is one: a quick command, 1 byte either way, or a
 * register byte with up to 32 bytes behind it. The descriptor is set to the address. 0 or a
 * negative errno; -EOPNOTSUPP where this adapter has no command that does the same on the wire.
 */
int linux_i2c_smbus(const struct linux_i2c *bus, struct i2c_message *messages, size_t count);

#endif
