#include "hardware/bus/i2c.h"
#include "capability/internal.h"
#include "fixture.h"

static int setup(void **state)
{
	struct fixture *f;
	int ret = fixture_setup(state);

	f = *state;
	f->permission.i2c[0] = 0x77;
	f->permission.i2c[1] = 0x10;
	f->permission.i2c[2] = 0x123;
	f->permission.i2c[3] = 0x05;
	f->permission.i2c_count = 4;
	return ret;
}

static cbor_item_t *hex_args(unsigned address, const char *hex, unsigned size)
{
	return ARGS(3, U(address), value_text(hex), U(size));
}

static cbor_item_t *byte_args(unsigned bus, unsigned address, const char *data, size_t size,
			      unsigned in_size)
{
	return ARGS(4, U(bus), U(address), value_bytes((const uint8_t *)data, size), U(in_size));
}

static void test_transfer(void **state)
{
	struct fixture *f = *state;
	const cbor_item_t *text;

	fixture_call(f, "i2c", "transfer", hex_args(0x77, "d0", 1));
	text = fixture_payload(f, true);
	assert_int_equal(cbor_string_length(text), 2);
	assert_memory_equal(cbor_string_handle(text), "61", 2);
	assert_true(f->client.touched_simulated);
	/* Only a write, with capitals. */
	fixture_call(f, "i2c", "transfer", hex_args(0x77, "E0B6", 0));
	assert_int_equal(cbor_string_length(fixture_payload(f, true)), 0);
}

static void test_bad_hex(void **state)
{
	static const char *const texts[] = {"d", "d0f", "0xd0", "d0 ", "zz"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		fixture_call(f, "i2c", "transfer", hex_args(0x77, texts[i], 1));
		fixture_assert_error(f, "write-data: expected pairs of hex digits");
	}
}

static void test_transfer_errors(void **state)
{
	struct fixture *f = *state;

	fixture_call(f, "i2c", "transfer", hex_args(0x10, "00", 1));
	fixture_payload(f, false);
	fixture_call(f, "i2c", "transfer", hex_args(0x05, "00", 1));
	fixture_assert_error(f, "i2c address 0x05: expected an address from 0x08 to 0x77");
	fixture_call(f, "i2c", "transfer", hex_args(0x77, "d0", 2560));
	fixture_assert_error(
		f, "an i2c call writes and reads at most 2560 bytes together; make several calls");
	fixture_call(f, "i2c", "transfer", hex_args(0x77, "d0", UINT32_MAX));
	fixture_assert_error(
		f, "an i2c call writes and reads at most 2560 bytes together; make several calls");
	fixture_call(f, "i2c", "transfer", hex_args(0x77, "d0", 2559));
	assert_int_equal(cbor_string_length(fixture_payload(f, true)), 2 * 2559);
}

static void test_write_read(void **state)
{
	struct fixture *f = *state;
	const cbor_item_t *bytes;

	fixture_call(f, "i2c", "write-read", byte_args(1, 0x77, "\xD0", 1, 1));
	bytes = fixture_payload(f, true);
	assert_int_equal(cbor_bytestring_length(bytes), 1);
	assert_int_equal(cbor_bytestring_handle(bytes)[0], 0x61);
	/* Is somebody there? */
	fixture_call(f, "i2c", "write-read", byte_args(1, 0x77, "", 0, 0));
	assert_int_equal(cbor_bytestring_length(fixture_payload(f, true)), 0);
}

static void test_write_read_errors(void **state)
{
	struct fixture *f = *state;

	fixture_call(f, "i2c", "write-read", byte_args(1, 0x10, "\0", 1, 1));
	fixture_assert_error(f, "no-acknowledge");
	fixture_call(f, "i2c", "write-read", byte_args(1, 0x10, "", 0, 0));
	fixture_assert_error(f, "no-acknowledge");
	fixture_call(f, "i2c", "write-read", byte_args(2, 0x77, "\0", 1, 1));
	fixture_assert_error(f, "not-granted");
	fixture_call(f, "i2c", "write-read", byte_args(1, 0x77, "\0", 1, 8193));
	fixture_assert_error(f, "invalid");
	/* 10 bits: nobody there, but asked. */
	fixture_call(f, "i2c", "write-read", byte_args(1, 0x123, "\0", 1, 1));
	fixture_assert_error(f, "no-acknowledge");
	fixture_call(f, "i2c", "write-read", byte_args(1, 0x23, "\0", 1, 1));
	fixture_assert_error(f, "not-granted");
	assert_string_equal(f->client.last_denied,
			    "i2c 0x23; add 0x23 to allow_i2c in permission.toml");
}

static void test_check_bus(void **state)
{
	struct fixture *f = *state;

	fixture_call(f, "i2c", "check-bus", ARGS(1, U(1)));
	assert_true(cbor_is_null(fixture_payload(f, true)));
	fixture_call(f, "i2c", "check-bus", ARGS(1, U(0)));
	fixture_assert_error(f, "plugins cannot use i2c bus 0, only bus 1 (set `i2c_bus` under "
				"[hardware] to change it)");
}

static int is_gone(const struct i2c_bus *bus, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND, "no /dev/i2c-%u: plug it in", bus->number);
}

static int transfer_to_nowhere(struct i2c_bus *bus, struct i2c_message *messages, size_t count,
			       struct error *err)
{
	(void)messages;
	(void)count;
	return is_gone(bus, err);
}

/* What a plugin is told is the same as for a bus that was never there. */
static void test_adapter_is_unplugged(void **state)
{
	static const struct i2c_bus_ops ops = {.transfer = transfer_to_nowhere, .check = is_gone};
	struct i2c_bus gone = {.ops = &ops, .number = 1};
	struct fixture *f = *state;
	struct i2c_bus *real = f->host->i2c;

	f->host->i2c = &gone;
	fixture_call(f, "i2c", "write-read", byte_args(1, 0x77, "\xD0", 1, 1));
	fixture_assert_error(f, "invalid");
	fixture_call(f, "i2c", "check-bus", ARGS(1, U(1)));
	fixture_assert_error(f, "no /dev/i2c-1: plug it in");
	fixture_call(f, "i2c", "transfer", hex_args(0x77, "d0", 1));
	fixture_assert_error(f, "no /dev/i2c-1: plug it in");
	f->host->i2c = real;
}

/* A single file's permission file has the plugin's name. */
static void test_advice_names_the_file(void **state)
{
	struct fixture *f = *state;

	f->client.permission_file = "door.permission.toml";
	fixture_call(f, "i2c", "transfer", hex_args(0x23, "", 1));
	fixture_assert_error(
		f, "not granted: i2c 0x23; add 0x23 to allow_i2c in door.permission.toml");
}

int main(void)
{
#define I2C_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		I2C_TEST(test_transfer),
		I2C_TEST(test_bad_hex),
		I2C_TEST(test_transfer_errors),
		I2C_TEST(test_write_read),
		I2C_TEST(test_write_read_errors),
		I2C_TEST(test_check_bus),
		I2C_TEST(test_adapter_is_unplugged),
		I2C_TEST(test_advice_names_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
