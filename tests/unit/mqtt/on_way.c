#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mqtt/on_way.h"

#define NS_PER_S UINT64_C(1000000000)
#define LIMIT_NS (MQTT_ACKNOWLEDGE_SECONDS * NS_PER_S)

static void assert_acknowledged(struct mqtt_on_way *on_way, int id, uint64_t now_ns,
				uint64_t expected)
{
	uint64_t token = UINT64_MAX;

	assert_true(mqtt_on_way_acknowledge(on_way, id, now_ns, &token));
	assert_int_equal(token, expected);
}

static void test_each_is_acknowledged_once(void **state)
{
	struct mqtt_on_way on_way = {0};
	uint64_t token = 7;

	(void)state;
	mqtt_on_way_add(&on_way, 1, 101, 0);
	mqtt_on_way_add(&on_way, 2, 0, 0);
	mqtt_on_way_add(&on_way, 3, 103, 0);
	assert_acknowledged(&on_way, 3, 0, 103);
	assert_acknowledged(&on_way, 2, 0, 0);
	assert_false(mqtt_on_way_acknowledge(&on_way, 3, 0, &token));
	assert_false(mqtt_on_way_acknowledge(&on_way, 0, 0, &token));
	assert_int_equal(token, 7);
	assert_int_equal(on_way.count, 1);
	assert_acknowledged(&on_way, 1, 0, 101);
	assert_int_equal(on_way.count, 0);
}

/* The last place is the farewell's. */
static void test_the_limit(void **state)
{
	struct mqtt_on_way on_way = {0};
	uint64_t token;

	(void)state;
	for (int id = 1; id < MQTT_UNACKNOWLEDGED_MAX; id++) {
		assert_true(mqtt_on_way_has_room(&on_way));
		mqtt_on_way_add(&on_way, id, 1, 0);
	}
	assert_false(mqtt_on_way_has_room(&on_way));
	mqtt_on_way_add(&on_way, 1000, 2, 0);
	mqtt_on_way_add(&on_way, 1001, 3, 0);
	assert_int_equal(on_way.count, MQTT_UNACKNOWLEDGED_MAX);
	assert_false(mqtt_on_way_acknowledge(&on_way, 1001, 0, &token));
	assert_acknowledged(&on_way, 1000, 0, 2);
	assert_acknowledged(&on_way, 1, 0, 1);
	assert_true(mqtt_on_way_has_room(&on_way));
}

/* Each acknowledgement gives the broker new time, and a message beside others does not. */
static void test_a_broker_that_owes_is_stuck(void **state)
{
	struct mqtt_on_way on_way = {0};

	(void)state;
	assert_false(mqtt_on_way_is_stuck(&on_way, 10 * LIMIT_NS));
	mqtt_on_way_add(&on_way, 1, 1, NS_PER_S);
	mqtt_on_way_add(&on_way, 2, 2, LIMIT_NS);
	assert_false(mqtt_on_way_is_stuck(&on_way, NS_PER_S + LIMIT_NS));
	assert_true(mqtt_on_way_is_stuck(&on_way, NS_PER_S + LIMIT_NS + 1));
	assert_acknowledged(&on_way, 1, 2 * LIMIT_NS, 1);
	assert_false(mqtt_on_way_is_stuck(&on_way, 3 * LIMIT_NS));
	assert_true(mqtt_on_way_is_stuck(&on_way, 3 * LIMIT_NS + 1));
	assert_acknowledged(&on_way, 2, 4 * LIMIT_NS, 2);
	assert_false(mqtt_on_way_is_stuck(&on_way, 10 * LIMIT_NS));
	mqtt_on_way_add(&on_way, 3, 3, 20 * LIMIT_NS);
	assert_false(mqtt_on_way_is_stuck(&on_way, 21 * LIMIT_NS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_acknowledged_once),
		cmocka_unit_test(test_the_limit),
		cmocka_unit_test(test_a_broker_that_owes_is_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
