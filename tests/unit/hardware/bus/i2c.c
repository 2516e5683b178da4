#include "hardware/bus/i2c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

/* A bus that remembers what came through the checks. */
struct fake_bus {
	struct i2c_bus base;
	struct i2c_message messages[I2C_MESSAGES_MAX];
	size_t count;
	unsigned calls;
	unsigned closes;
};

static int fake_transfer(struct i2c_bus *bus, struct i2c_message *messages, size_t count,
			 struct error *err)
{
	struct fake_bus *fake = (struct fake_bus *)bus;

	(void)err;
	assert_in_range(count, 1, I2C_MESSAGES_MAX);
	memcpy(fake->messages, messages, count * sizeof(messages[0]));
	fake->count = count;
	fake->calls++;
	return 0;
}

static void fake_close(struct i2c_bus *bus)
{
	((struct fake_bus *)bus)->closes++;
}

static const struct i2c_bus_ops fake_ops = {.transfer = fake_transfer, .close = fake_close};

static int transfer_one(struct fake_bus *fake, uint16_t address, uint16_t flags, uint16_t size,
			uint8_t *data, struct error *err)
{
	struct i2c_message message = {address, flags, size, data};

	return i2c_bus_transfer(&fake->base, &message, 1, err);
}

static void test_address_limits(void **state)
{
	struct fake_bus fake = {.base = {.ops = &fake_ops}};
	struct error err;

	(void)state;
	assert_int_equal(transfer_one(&fake, 0x08, 0, 0, NULL, NULL), 0);
	assert_int_equal(transfer_one(&fake, 0x77, 0, 0, NULL, NULL), 0);
	assert_int_equal(transfer_one(&fake, 0x000, I2C_MESSAGE_TEN_BIT, 0, NULL, NULL), 0);
	assert_int_equal(transfer_one(&fake, 0x3ff, I2C_MESSAGE_TEN_BIT, 0, NULL, NULL), 0);
	assert_int_equal(fake.calls, 4);
	assert_int_equal(transfer_one(&fake, 0x07, 0, 0, NULL, &err), ERROR_INVALID);
	assert_string_equal(err.text, "i2c address 0x07: expected an address from 0x08 to 0x77");
	assert_int_equal(transfer_one(&fake, 0x78, 0, 0, NULL, NULL), ERROR_INVALID);
	assert_int_equal(transfer_one(&fake, 0x400, I2C_MESSAGE_TEN_BIT, 0, NULL, &err),
			 ERROR_INVALID);
	assert_string_equal(err.text,
			    "i2c address 0x400: expected a 10-bit address from 0x000 to 0x3ff");
	assert_int_equal(fake.calls, 4);
}

static void test_size_limits(void **state)
{
	static uint8_t data[I2C_MESSAGE_SIZE_MAX + 1];
	struct fake_bus fake = {.base = {.ops = &fake_ops}};
	struct error err;

	(void)state;
	assert_int_equal(transfer_one(&fake, 0x50, 0, I2C_MESSAGE_SIZE_MAX, data, NULL), 0);
	assert_int_equal(transfer_one(&fake, 0x50, 0, I2C_MESSAGE_SIZE_MAX + 1, data, &err),
			 ERROR_TOO_LARGE);
	assert_string_equal(err.text, "an i2c message of 8193 bytes: at most 8192 are possible, so "
				      "make several transfers");
	assert_int_equal(transfer_one(&fake, 0x50, 0, 1, NULL, NULL), ERROR_INVALID);
	assert_int_equal(transfer_one(&fake, 0x50, 4, 0, NULL, &err), ERROR_INVALID);
	assert_string_equal(err.text,
			    "an i2c message has the unknown flags 0x4: use only those of i2c.h");
	assert_int_equal(fake.calls, 1);
}

static void test_count_limits(void **state)
{
	struct fake_bus fake = {.base = {.ops = &fake_ops}};
	struct i2c_message messages[I2C_MESSAGES_MAX + 1];

	(void)state;
	for (size_t i = 0; i < I2C_MESSAGES_MAX + 1; i++)
		messages[i] = (struct i2c_message){.address = 0x50};
	assert_int_equal(i2c_bus_transfer(&fake.base, messages, 0, NULL), ERROR_INVALID);
	assert_int_equal(i2c_bus_transfer(&fake.base, messages, I2C_MESSAGES_MAX, NULL), 0);
	assert_int_equal(fake.count, I2C_MESSAGES_MAX);
	assert_int_equal(i2c_bus_transfer(&fake.base, messages, I2C_MESSAGES_MAX + 1, NULL),
			 ERROR_TOO_LARGE);
	/* One bad message among good ones: nothing is sent. */
	messages[I2C_MESSAGES_MAX - 1].address = 0x78;
	assert_int_equal(i2c_bus_transfer(&fake.base, messages, I2C_MESSAGES_MAX, NULL),
			 ERROR_INVALID);
	assert_int_equal(fake.calls, 1);
}

static void test_write_read(void **state)
{
	struct fake_bus fake = {.base = {.ops = &fake_ops}};
	static uint8_t big[I2C_MESSAGE_SIZE_MAX + 1];
	const uint8_t out[2] = {1, 2};
	uint8_t in[3];

	(void)state;
	assert_int_equal(i2c_bus_write_read(&fake.base, 0x76, out, 2, in, 3, NULL), 0);
	assert_int_equal(fake.count, 2);
	assert_int_equal(fake.messages[0].flags, 0);
	assert_int_equal(fake.messages[0].size, 2);
	assert_ptr_equal(fake.messages[0].data, out);
	assert_int_equal(fake.messages[1].flags, I2C_MESSAGE_READ);
	assert_int_equal(fake.messages[1].size, 3);
	assert_int_equal(i2c_bus_write_read(&fake.base, 0x76, out, 2, NULL, 0, NULL), 0);
	assert_int_equal(fake.count, 1);
	assert_int_equal(i2c_bus_write_read(&fake.base, 0x76, NULL, 0, in, 3, NULL), 0);
	assert_int_equal(fake.count, 1);
	assert_int_equal(fake.messages[0].flags, I2C_MESSAGE_READ);
	assert_int_equal(i2c_bus_write_read(&fake.base, 0x76, NULL, 0, NULL, 0, NULL),
			 ERROR_INVALID);
	assert_int_equal(i2c_bus_write_read(&fake.base, 0x76, big, sizeof(big), NULL, 0, NULL),
			 ERROR_TOO_LARGE);
	/* A size that 16 bits would cut to 0. */
	assert_int_equal(i2c_bus_write_read(&fake.base, 0x76, NULL, 0, in, 65536, NULL),
			 ERROR_TOO_LARGE);
	assert_int_equal(fake.calls, 3);
}

static void test_close(void **state)
{
	struct fake_bus fake = {.base = {.ops = &fake_ops}};

	(void)state;
	i2c_bus_close(NULL);
	i2c_bus_close(&fake.base);
	assert_int_equal(fake.closes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_limits), cmocka_unit_test(test_size_limits),
		cmocka_unit_test(test_count_limits),   cmocka_unit_test(test_write_read),
		cmocka_unit_test(test_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
