/* On a real TCP connection over loopback, for it is the kernel that counts. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "mqtt/inflow.h"

#define NS_PER_S UINT64_C(1000000000)
#define NOW_NS (UINT64_C(3600) * NS_PER_S)

static int broker, client;

static int set_up(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, size), 0);
	broker = accept(listener, NULL, NULL);
	close(listener);
	return broker < 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(broker);
	close(client);
	return 0;
}

/* Let the broker send so many bytes, which then wait in the kernel. */
static void send_bytes(size_t count)
{
	static const char bytes[1024];

	for (; count; count -= count < sizeof(bytes) ? count : sizeof(bytes))
		assert_true(send(broker, bytes, count < sizeof(bytes) ? count : sizeof(bytes), 0) >
			    0);
}

static void read_bytes(size_t count)
{
	char bytes[1024];

	while (count) {
		ssize_t size =
			recv(client, bytes, count < sizeof(bytes) ? count : sizeof(bytes), 0);

		assert_true(size > 0);
		count -= (size_t)size;
	}
}

static void test_at_the_limit(void **state)
{
	struct mqtt_inflow inflow;

	(void)state;
	mqtt_inflow_settle(&inflow, client, NOW_NS);
	send_bytes(MQTT_INFLOW_MAX);
	read_bytes(MQTT_INFLOW_MAX);
	assert_false(mqtt_inflow_is_too_large(&inflow, client, NOW_NS));
	send_bytes(4096);
	read_bytes(4096);
	assert_true(mqtt_inflow_is_too_large(&inflow, client, NOW_NS));
	mqtt_inflow_settle(&inflow, client, NOW_NS);
	assert_false(mqtt_inflow_is_too_large(&inflow, client, NOW_NS));
}

static void test_what_nobody_read_does_not_count(void **state)
{
	struct mqtt_inflow inflow;

	(void)state;
	mqtt_inflow_settle(&inflow, client, NOW_NS);
	send_bytes(2 * MQTT_INFLOW_MAX);
	assert_false(mqtt_inflow_is_too_large(&inflow, client, NOW_NS));
	read_bytes(2 * MQTT_INFLOW_MAX);
	assert_true(mqtt_inflow_is_too_large(&inflow, client, NOW_NS));
}

/* They come for weeks without anything else: the limit grows. */
static void test_answers_to_pings(void **state)
{
	struct mqtt_inflow inflow;

	(void)state;
	mqtt_inflow_settle(&inflow, client, NOW_NS);
	send_bytes(MQTT_INFLOW_MAX + 4096);
	read_bytes(MQTT_INFLOW_MAX + 4096);
	assert_true(mqtt_inflow_is_too_large(&inflow, client, NOW_NS));
	assert_false(mqtt_inflow_is_too_large(&inflow, client,
					      NOW_NS + NS_PER_S * 4096 / MQTT_INFLOW_A_SECOND));
}

static void test_no_socket(void **state)
{
	struct mqtt_inflow inflow;

	(void)state;
	mqtt_inflow_settle(&inflow, -1, NOW_NS);
	assert_false(mqtt_inflow_is_too_large(&inflow, -1, NOW_NS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_at_the_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_nobody_read_does_not_count, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_answers_to_pings, set_up, tear_down),
		cmocka_unit_test(test_no_socket),
	};

	return cmocka_run_group_tests_name("mqtt/inflow", tests, NULL, NULL);
}
