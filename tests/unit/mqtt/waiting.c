#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "mqtt/waiting.h"

static struct mqtt_waiting waiting;

static int setup(void **state)
{
	(void)state;
	mqtt_waiting_init(&waiting);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mqtt_waiting_clear(&waiting);
	return 0;
}

static int add(const char *topic, size_t size, bool is_for_all)
{
	char *payload = calloc(1, size + 1);
	struct mqtt_outgoing *outgoing = mqtt_outgoing_create(&(struct mqtt_message){
		.topic = topic, .payload = payload, .size = size, .is_for_all = is_for_all});
	int ret = mqtt_waiting_add(&waiting, outgoing);

	free(payload);
	if (ret)
		free(outgoing);
	return ret;
}

/* The topics that may be sent at this moment, as "a b". */
static void assert_taken(uint64_t now_ns, const char *expected)
{
	struct mqtt_outgoing *outgoing;
	char text[64] = "";

	while ((outgoing = mqtt_waiting_take(&waiting, now_ns))) {
		size_t size = strlen(text);

		snprintf(text + size, sizeof(text) - size, "%s%s", size ? " " : "",
			 outgoing->message.topic);
		free(outgoing);
	}
	assert_string_equal(text, expected);
}

static void test_a_message_is_a_copy(void **state)
{
	char topic[] = "a", payload[] = "21.5";
	struct mqtt_outgoing *outgoing = mqtt_outgoing_create(
		&(struct mqtt_message){.topic = topic, .payload = payload, .size = 4, .qos = 1});

	(void)state;
	topic[0] = payload[0] = 'x';
	assert_string_equal(outgoing->message.topic, "a");
	assert_memory_equal(outgoing->message.payload, "21.5", 4);
	assert_int_equal(outgoing->message.qos, 1);
	free(outgoing);
}

static void test_they_go_in_order(void **state)
{
	(void)state;
	assert_taken(0, "");
	assert_int_equal(add("a", 1, false), 0);
	assert_int_equal(add("b", 0, false), 0);
	assert_int_equal(add("c", 1, false), 0);
	assert_taken(0, "a b c");
	assert_int_equal(waiting.count, 0);
	assert_int_equal(waiting.bytes, 0);
}

/* The others go past those that have to wait, which keep their order. */
static void test_those_for_all_wait_until_they_are_allowed(void **state)
{
	(void)state;
	add("a", 1, true);
	add("own", 1, false);
	add("b", 1, true);
	assert_taken(7, "own");
	mqtt_waiting_allow_for_all(&waiting, 7);
	assert_taken(7, "");
	assert_taken(6, "a b");
}

static void test_those_for_all_are_forgotten_with_the_duty(void **state)
{
	(void)state;
	mqtt_waiting_allow_for_all(&waiting, UINT64_MAX);
	add("a", 3, true);
	add("own", 2, false);
	add("b", 3, true);
	mqtt_waiting_allow_for_all(&waiting, 0);
	assert_int_equal(waiting.bytes, 2);
	mqtt_waiting_allow_for_all(&waiting, UINT64_MAX);
	assert_taken(0, "own");
}

static void test_messages_have_a_limit(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MQTT_WAITING_MAX; i++)
		assert_int_equal(add("a", 1, false), 0);
	assert_int_equal(add("b", 1, false), ERROR_BUSY);
	assert_int_equal(waiting.count, MQTT_WAITING_MAX);
}

static void test_bytes_have_a_limit(void **state)
{
	(void)state;
	assert_int_equal(add("a", MQTT_WAITING_BYTES_MAX + 1, false), 0); /* alone */
	assert_int_equal(add("b", 1, false), ERROR_BUSY);
	assert_taken(0, "a");
	assert_int_equal(add("a", MQTT_WAITING_BYTES_MAX - 1, false), 0);
	assert_int_equal(add("b", 1, false), 0);
	assert_int_equal(add("c", 1, false), ERROR_BUSY);
}

/* Who was refused is called once, when half of the room is free. */
static void test_room_is_told_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MQTT_WAITING_MAX; i++)
		add("a", 1, false);
	assert_false(mqtt_waiting_take_room(&waiting));
	add("b", 1, false);
	while (waiting.count >= MQTT_WAITING_MAX / 2) {
		assert_false(mqtt_waiting_take_room(&waiting));
		free(mqtt_waiting_take(&waiting, 0));
	}
	assert_true(mqtt_waiting_take_room(&waiting));
	assert_false(mqtt_waiting_take_room(&waiting));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_message_is_a_copy),
		TEST(test_they_go_in_order),
		TEST(test_those_for_all_wait_until_they_are_allowed),
		TEST(test_those_for_all_are_forgotten_with_the_duty),
		TEST(test_messages_have_a_limit),
		TEST(test_bytes_have_a_limit),
		TEST(test_room_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
