/* A candidate beside the running version, on one serial port, which notes at what rate it was
 * written to. */
#include "serial.h"

static uint32_t heard_baud;

static void hear(struct sim_uart_device *device, uint32_t baud, const uint8_t *data, size_t size)
{
	(void)device, (void)data, (void)size;
	heard_baud = baud;
}

static int setup(void **state)
{
	static const struct sim_uart_device_ops ops = {.read = serial_read_nothing, .write = hear};
	static struct sim_uart_device device = {.ops = &ops};

	return serial_setup(state, &device);
}

static void be_candidate(struct fixture *f, bool is_candidate)
{
	f->client.is_candidate = is_candidate;
}

static void set_baud(struct fixture *f, unsigned rate)
{
	fixture_call(f, "uart", "set-baud", ARGS(1, U(rate)));
	fixture_payload(f, true);
}

static uint32_t baud(struct fixture *f)
{
	fixture_call(f, "uart", "write", ARGS(1, value_bytes((const uint8_t *)"?", 1)));
	fixture_payload(f, true);
	return heard_baud;
}

static void fail_on(const char *name, const char *text)
{
	fail_msg("%s: %s", name, text);
}

static void test_rate_in_use_stays(void **state)
{
	struct fixture *f = *state;

	set_baud(f, 19200);
	be_candidate(f, true);
	set_baud(f, 115200);
	assert_int_equal(baud(f), 19200);
	be_candidate(f, false);
	assert_int_equal(baud(f), 19200);
	be_candidate(f, true);
	capability_client_end(&f->client, true);
	be_candidate(f, false);
	assert_int_equal(baud(f), 19200);
}

static void test_rate_waits_for_the_takeover(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(baud(f), 9600);
	be_candidate(f, true);
	set_baud(f, 115200);
	capability_client_promote(&f->client, fail_on);
	assert_int_equal(baud(f), 115200);
}

static void test_unused_port_is_set_up(void **state)
{
	struct fixture *f = *state;

	be_candidate(f, true);
	set_baud(f, 115200);
	assert_int_equal(baud(f), 115200);
	capability_client_promote(&f->client, fail_on);
	assert_int_equal(baud(f), 115200);
}

/* Whether the candidate has ended or not: the running version finds the port as nobody had used it.
 */
static void test_running_version_finds_the_usual_rate(void **state)
{
	struct fixture *f = *state;

	be_candidate(f, true);
	set_baud(f, 115200);
	capability_client_end(&f->client, true);
	set_baud(f, 38400);
	be_candidate(f, false);
	assert_int_equal(baud(f), 9600);
	be_candidate(f, true);
	set_baud(f, 57600); /* it is in use by now */
	assert_int_equal(baud(f), 9600);
}

static void test_end_puts_the_usual_rate_back(void **state)
{
	struct fixture *f = *state;

	be_candidate(f, true);
	set_baud(f, 115200);
	capability_client_end(&f->client, true);
	assert_int_equal(baud(f), 9600);
}

int main(void)
{
#define UART_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		UART_TEST(test_rate_in_use_stays),
		UART_TEST(test_rate_waits_for_the_takeover),
		UART_TEST(test_unused_port_is_set_up),
		UART_TEST(test_running_version_finds_the_usual_rate),
		UART_TEST(test_end_puts_the_usual_rate_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
