#include <errno.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <string.h>
#include <sys/ioctl.h>

#include "hardware/linux/i2c.h"

/* A kind of SMBus command, and the functions that an adapter must have to write or read with it. */
struct command {
	uint32_t size; /* I2C_SMBUS_…; Linux calls the kind of a command its size */
	unsigned long write_function, read_function;
};

static const struct command quick = {I2C_SMBUS_QUICK, I2C_FUNC_SMBUS_QUICK, I2C_FUNC_SMBUS_QUICK};
static const struct command byte = {I2C_SMBUS_BYTE, I2C_FUNC_SMBUS_WRITE_BYTE,
				    I2C_FUNC_SMBUS_READ_BYTE};
static const struct command byte_data = {I2C_SMBUS_BYTE_DATA, I2C_FUNC_SMBUS_WRITE_BYTE_DATA,
					 I2C_FUNC_SMBUS_READ_BYTE_DATA};
static const struct command word_data = {I2C_SMBUS_WORD_DATA, I2C_FUNC_SMBUS_WRITE_WORD_DATA,
					 I2C_FUNC_SMBUS_READ_WORD_DATA};
static const struct command block = {I2C_SMBUS_I2C_BLOCK_DATA, I2C_FUNC_SMBUS_WRITE_I2C_BLOCK,
				     I2C_FUNC_SMBUS_READ_I2C_BLOCK};

/* Choose the command that transfers `size` bytes after the register byte. */
static const struct command *choose(size_t size, bool has_block)
{
	if (size == 1)
		return &byte_data;
	if (has_block && size >= 1 && size <= I2C_SMBUS_BLOCK_MAX)
		return &block;
	return size == 2 ? &word_data : NULL;
}

static int run(const struct linux_i2c *bus, const struct command *command, bool read,
	       uint8_t register_byte, union i2c_smbus_data *data)
{
	struct i2c_smbus_ioctl_data all = {
		.read_write = read ? I2C_SMBUS_READ : I2C_SMBUS_WRITE,
		.command = register_byte,
		.size = command ? command->size : 0,
		.data = data,
	};
	unsigned long needed;

	if (!command)
		return -EOPNOTSUPP;
	needed = read ? command->read_function : command->write_function;
	if ((bus->functions & needed) != needed)
		return -EOPNOTSUPP;
	return ioctl(bus->fd, I2C_SMBUS, &all) ? -errno : 0;
}

static int write_one(const struct linux_i2c *bus, const struct i2c_message *message)
{
	size_t size = message->size - 1u; /* after the register byte */
	union i2c_smbus_data data = {0};
	const struct command *command;

	if (message->size == 0)
		return run(bus, &quick, false, 0, NULL);
	if (message->size == 1)
		return run(bus, &byte, false, message->data[0], NULL);
	command = choose(size, bus->functions & I2C_FUNC_SMBUS_WRITE_I2C_BLOCK);
	if (command == &byte_data) {
		data.byte = message->data[1];
	} else if (command == &word_data) {
		data.word = (uint16_t)(message->data[1] | message->data[2] << 8);
	} else if (command) {
		data.block[0] = (uint8_t)size;
		memcpy(&data.block[1], &message->data[1], size);
	}
	return run(bus, command, false, message->data[0], &data);
}

static int read_one(const struct linux_i2c *bus, struct i2c_message *message)
{
	union i2c_smbus_data data = {0};
	int rc;

	if (message->size == 0)
		return run(bus, &quick, true, 0, NULL);
	if (message->size > 1)
		return -EOPNOTSUPP;
	rc = run(bus, &byte, true, 0, &data);
	if (!rc)
		message->data[0] = data.byte;
	return rc;
}

static int read_register(const struct linux_i2c *bus, uint8_t register_byte,
			 struct i2c_message *message)
{
	const struct command *command =
		choose(message->size, bus->functions & I2C_FUNC_SMBUS_READ_I2C_BLOCK);
	union i2c_smbus_data data = {0};
	int rc;

	if (command == &block)
		data.block[0] = (uint8_t)message->size;
	rc = run(bus, command, true, register_byte, &data);
	if (rc)
		return rc;
	if (command == &byte_data) {
		message->data[0] = data.byte;
	} else if (command == &word_data) {
		message->data[0] = (uint8_t)data.word;
		message->data[1] = (uint8_t)(data.word >> 8);
	} else if (data.block[0] != message->size) {
		return -EIO;
	} else {
		memcpy(message->data, &data.block[1], message->size);
	}
	return 0;
}

int linux_i2c_smbus(const struct linux_i2c *bus, struct i2c_message *messages, size_t count)
{
	if (messages[0].flags & I2C_MESSAGE_TEN_BIT)
		return -EOPNOTSUPP;
	if (count == 1)
		return messages[0].flags & I2C_MESSAGE_READ ? read_one(bus, &messages[0])
							    : write_one(bus, &messages[0]);
	if (count == 2 && messages[0].flags == 0 && messages[0].size == 1 &&
	    messages[1].flags == I2C_MESSAGE_READ && messages[1].address == messages[0].address)
		return read_register(bus, messages[0].data[0], &messages[1]);
	return -EOPNOTSUPP;
}
