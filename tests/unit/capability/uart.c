/* A serial port that plugins share: how long one write of a plugin holds it. */
#include "serial.h"

static int setup(void **state)
{
	static const struct sim_uart_device_ops ops = {.read = serial_read_nothing};
	static struct sim_uart_device device = {.ops = &ops};

	return serial_setup(state, &device);
}

/* The bytes that were written of `size` at this rate. */
static uint64_t write_at(struct fixture *f, unsigned rate, size_t size)
{
	static const uint8_t data[4097];

	fixture_call(f, "uart", "set-baud", ARGS(1, U(rate)));
	fixture_payload(f, true);
	fixture_call(f, "uart", "write", ARGS(1, value_bytes(data, size)));
	return cbor_get_int(fixture_payload(f, true));
}

static void test_a_write_ends_after_a_quarter_second(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write_at(f, 9600, 240), 240);
	assert_int_equal(write_at(f, 9600, 241), 240);
	assert_int_equal(write_at(f, 9600, 4096), 240);
	assert_int_equal(write_at(f, 115200, 4096), 2880);
	assert_int_equal(write_at(f, 1200, 4096), 32);
}

static void test_more_than_a_call_takes(void **state)
{
	static const uint8_t data[4097];

	fixture_call(*state, "uart", "write", ARGS(1, value_bytes(data, sizeof(data))));
	fixture_assert_error(*state,
			     "a write to a serial port has at most 4096 bytes: make several");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_write_ends_after_a_quarter_second, setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_more_than_a_call_takes, setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
