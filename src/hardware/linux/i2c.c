#include "hardware/linux/i2c.h"

#include <errno.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "hardware/linux/internal.h"

static const struct linux_advice advice = {
	.missing = "switch the bus on (on a Raspberry Pi `dtparam=i2c_arm=on` in "
		   "/boot/firmware/config.txt, or raspi-config), and load i2c-dev (`sudo modprobe "
		   "i2c-dev`)",
	.group = "i2c",
};

/* See Documentation/i2c/fault-codes.rst. Several adapters return EREMOTEIO instead of ENXIO. */
static int code_of(int number)
{
	switch (number) {
	case ENXIO:
	case EREMOTEIO:
		return ERROR_NO_ACKNOWLEDGE;
	case EAGAIN:
		return ERROR_ARBITRATION_LOST;
	case ETIMEDOUT:
		return ERROR_TIMEOUT;
	case EBUSY:
		return ERROR_BUSY;
	case EOPNOTSUPP:
		return ERROR_UNSUPPORTED;
	case EINVAL:
		return ERROR_INVALID;
	case ENOMEM:
		return ERROR_NO_MEMORY;
	default:
		return ERROR_BUS;
	}
}

static int fail(const struct linux_i2c *bus, const struct i2c_message *message, int number,
		struct error *err)
{
	int digits = message->flags & I2C_MESSAGE_TEN_BIT ? 3 : 2;
	int code = code_of(number);

	return error_set(err, code, "i2c bus %u: address 0x%0*x: %s (%s)%s", bus->base.number,
			 digits, message->address, error_text(code), strerror(number),
			 code == ERROR_NO_ACKNOWLEDGE
				 ? ": check the device's power, wires and address"
				 : "");
}

/*
 * Set the descriptor to the message's address. I2C_SMBUS needs that, and the kernel then returns
 * EBUSY if one of its own drivers uses the chip. I2C_RDWR alone would reach the chip and disturb
 * that driver, and so would I2C_SLAVE_FORCE. The kernel has no drivers for 10-bit addresses.
 */
static int set_address(struct linux_i2c *bus, const struct i2c_message *message, struct error *err)
{
	unsigned number = bus->base.number;

	if (message->flags & I2C_MESSAGE_TEN_BIT || bus->address == message->address)
		return 0;
	if (!ioctl(bus->fd, I2C_SLAVE, (unsigned long)message->address)) {
		bus->address = message->address;
		return 0;
	}
	if (errno != EBUSY)
		return fail(bus, message, errno, err);
	return error_set(err, ERROR_BUSY,
			 "i2c bus %u: address 0x%02x: a kernel driver holds it "
			 "(/sys/bus/i2c/devices/%u-%04x/driver): use its values, or unbind it",
			 number, message->address, number, message->address);
}

static int transfer_combined(struct linux_i2c *bus, struct i2c_message *messages, size_t count,
			     struct error *err)
{
	struct i2c_msg kernel[I2C_MESSAGES_MAX] = {0};
	struct i2c_rdwr_ioctl_data all = {.msgs = kernel, .nmsgs = (uint32_t)count};
	int done;

	for (size_t i = 0; i < count; i++) {
		bool ten_bit = messages[i].flags & I2C_MESSAGE_TEN_BIT;

		if (ten_bit && !(bus->functions & I2C_FUNC_10BIT_ADDR))
			return error_set(err, ERROR_UNSUPPORTED,
					 "i2c bus %u: its adapter does not support 10-bit "
					 "addresses: connect the device to another bus",
					 bus->base.number);
		kernel[i].addr = messages[i].address;
		kernel[i].flags = (uint16_t)((messages[i].flags & I2C_MESSAGE_READ ? I2C_M_RD : 0) |
					     (ten_bit ? I2C_M_TEN : 0));
		kernel[i].len = messages[i].size;
		kernel[i].buf = messages[i].data;
	}
	done = ioctl(bus->fd, I2C_RDWR, &all);
	if (done < 0)
		return fail(bus, &messages[0], errno, err);
	return (size_t)done == count ? 0 : fail(bus, &messages[done], EIO, err);
}

static int transfer_smbus(struct linux_i2c *bus, struct i2c_message *messages, size_t count,
			  struct error *err)
{
	int rc = linux_i2c_smbus(bus, messages, count);

	if (rc != -EOPNOTSUPP)
		return rc ? fail(bus, &messages[0], -rc, err) : 0;
	return error_set(err, ERROR_UNSUPPORTED,
			 "i2c bus %u: its adapter speaks only SMBus, which has no command for this "
			 "transaction: connect the device at 0x%02x to another bus",
			 bus->base.number, messages[0].address);
}

static void let_go(struct linux_i2c *bus)
{
	if (bus->fd >= 0)
		close(bus->fd);
	bus->fd = -1;
	bus->address = -1;
}

static int open_adapter(struct linux_i2c *bus, struct error *err)
{
	char name[24];
	int rc;

	snprintf(name, sizeof(name), "i2c-%u", bus->base.number);
	rc = linux_device_open(bus->root, name, 0, &advice, &bus->fd, err);
	if (rc || !ioctl(bus->fd, I2C_FUNCS, &bus->functions))
		return rc;
	rc = error_set_errno(err, ERROR_SYSTEM, errno,
			     "/dev/%s is no i2c adapter (set `i2c_bus` under [hardware] to one "
			     "that `harvester doctor` lists)",
			     name);
	let_go(bus);
	return rc;
}

/*
 * An adapter that is unplugged loses its file, but its driver waits until nobody has that open any
 * more, and with it what else is plugged in at the same place.
 */
static int take(struct linux_i2c *bus, struct error *err)
{
	if (bus->fd >= 0 && !linux_device_is_gone(bus->fd))
		return 0;
	let_go(bus);
	return open_adapter(bus, err);
}

static int bus_transfer(struct i2c_bus *base, struct i2c_message *messages, size_t count,
			struct error *err)
{
	struct linux_i2c *bus = (struct linux_i2c *)base;
	int rc = take(bus, err);

	for (size_t i = 0; i < count && !rc; i++)
		rc = set_address(bus, &messages[i], err);
	if (rc)
		return rc;
	return bus->functions & I2C_FUNC_I2C ? transfer_combined(bus, messages, count, err)
					     : transfer_smbus(bus, messages, count, err);
}

static void bus_close(struct i2c_bus *base)
{
	let_go((struct linux_i2c *)base);
	free(base);
}

int linux_i2c_open(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
		   struct error *err)
{
	static const struct i2c_bus_ops ops = {.transfer = bus_transfer, .close = bus_close};
	struct linux_i2c *bus = calloc(1, sizeof(*bus));
	int rc;

	if (!bus)
		return error_set(err, ERROR_NO_MEMORY,
				 "i2c bus %u: out of memory; this machine needs more free memory",
				 number);
	bus->base = (struct i2c_bus){.ops = &ops, .number = number};
	bus->root = linux_backend_of(backend)->root;
	bus->fd = bus->address = -1;
	rc = open_adapter(bus, err);
	if (rc)
		free(bus);
	else
		*ret_bus = &bus->base;
	return rc;
}
