#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mqtt/past.h"

static void test_the_version(void **state)
{
	struct mqtt_past past = {.version = 5};

	(void)state;
	mqtt_past_unanswered(&past);
	assert_int_equal(past.version, 4);
	mqtt_past_unanswered(&past);
	assert_int_equal(past.version, 5);
	mqtt_past_refused(&past);
	assert_int_equal(past.version, 4);
	mqtt_past_refused(&past);
	assert_int_equal(past.version, 4);
}

static void test_short_lives_in_a_row(void **state)
{
	struct mqtt_past past = {.version = 5};

	(void)state;
	assert_false(mqtt_past_ended(&past, true, 0));
	assert_false(mqtt_past_ended(&past, true, MQTT_SHORT_LIFE_MS - 1));
	assert_true(mqtt_past_ended(&past, true, 0));
	assert_true(mqtt_past_ended(&past, true, 0));
	assert_false(mqtt_past_ended(&past, true, MQTT_SHORT_LIFE_MS));
	assert_false(mqtt_past_ended(&past, true, 0));
	assert_false(mqtt_past_ended(&past, true, 0));
	/* A broker that is away is no other client. */
	assert_false(mqtt_past_ended(&past, false, 0));
	assert_false(mqtt_past_ended(&past, true, 0));
	assert_false(mqtt_past_ended(&past, true, 0));
	assert_true(mqtt_past_ended(&past, true, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_version),
		cmocka_unit_test(test_short_lives_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
