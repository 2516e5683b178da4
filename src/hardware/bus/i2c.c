#include "hardware/bus/i2c.h"

#include "base/error.h"

#define FLAGS_KNOWN (I2C_MESSAGE_READ | I2C_MESSAGE_TEN_BIT)
#define SEVEN_BIT_FIRST 0x08 /* lower and higher ones are reserved (UM10204, 3.1.12) */
#define SEVEN_BIT_LAST 0x77
#define TEN_BIT_LAST 0x3ff

static int check_address(const struct i2c_message *message, struct error *err)
{
	uint16_t address = message->address;

	if (message->flags & I2C_MESSAGE_TEN_BIT) {
		if (address <= TEN_BIT_LAST)
			return 0;
		return error_set(err, ERROR_INVALID,
				 "i2c address 0x%x: expected a 10-bit address from 0x000 to 0x%x",
				 address, TEN_BIT_LAST);
	}
	if (address >= SEVEN_BIT_FIRST && address <= SEVEN_BIT_LAST)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "i2c address 0x%02x: expected an address from 0x%02x to 0x%02x", address,
			 SEVEN_BIT_FIRST, SEVEN_BIT_LAST);
}

static int check_size(size_t size, struct error *err)
{
	if (size <= I2C_MESSAGE_SIZE_MAX)
		return 0;
	return error_set(
		err, ERROR_TOO_LARGE,
		"an i2c message of %zu bytes: at most %d are possible, so make several transfers",
		size, I2C_MESSAGE_SIZE_MAX);
}

static int check_message(const struct i2c_message *message, struct error *err)
{
	int rc;

	if (message->flags & ~FLAGS_KNOWN)
		return error_set(
			err, ERROR_INVALID,
			"an i2c message has the unknown flags 0x%x: use only those of i2c.h",
			message->flags);
	if (message->size > 0 && !message->data)
		return error_set(err, ERROR_INVALID,
				 "an i2c message has a size but no data: give it a buffer");
	rc = check_address(message, err);
	return rc ? rc : check_size(message->size, err);
}

int i2c_bus_transfer(struct i2c_bus *bus, struct i2c_message *messages, size_t count,
		     struct error *err)
{
	if (count == 0 || !messages)
		return error_set(err, ERROR_INVALID,
				 "an i2c transaction without a message: give it at least one");
	if (count > I2C_MESSAGES_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "an i2c transaction of %zu messages: at most %d are possible, so "
				 "make several",
				 count, I2C_MESSAGES_MAX);
	for (size_t i = 0; i < count; i++) {
		int rc = check_message(&messages[i], err);

		if (rc)
			return rc;
	}
	return bus->ops->transfer(bus, messages, count, err);
}

int i2c_bus_write_read(struct i2c_bus *bus, uint16_t address, const uint8_t *out, size_t out_size,
		       uint8_t *ret_in, size_t in_size, struct error *err)
{
	struct i2c_message messages[2];
	size_t count = 0;
	int rc;

	/* Check the sizes before they are cut to the 16 bits of a message. */
	rc = check_size(out_size, err);
	if (!rc)
		rc = check_size(in_size, err);
	if (rc)
		return rc;
	if (out_size > 0)
		messages[count++] = (struct i2c_message){
			.address = address,
			.size = (uint16_t)out_size,
			.data = (uint8_t *)out, /* a write message is only read from */
		};
	if (in_size > 0)
		messages[count++] = (struct i2c_message){
			.address = address,
			.flags = I2C_MESSAGE_READ,
			.size = (uint16_t)in_size,
			.data = ret_in,
		};
	return i2c_bus_transfer(bus, messages, count, err);
}

int i2c_bus_check(const struct i2c_bus *bus, struct error *err)
{
	return bus->ops->check ? bus->ops->check(bus, err) : 0;
}

void i2c_bus_close(struct i2c_bus *bus)
{
	if (bus)
		bus->ops->close(bus);
}
