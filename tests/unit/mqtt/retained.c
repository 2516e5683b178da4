#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "mqtt/retained.h"

struct world {
	struct mqtt_retained *retained;
	char cleared[128]; /* "topic=token topic=token" */
	unsigned room;	   /* messages that may be sent */
	unsigned changes;
};

static int clear(void *arg, const char *topic, uint64_t token)
{
	struct world *world = arg;
	size_t size = strlen(world->cleared);

	if (!world->room)
		return ERROR_BUSY;
	world->room--;
	snprintf(world->cleared + size, sizeof(world->cleared) - size, "%s%s=%d", size ? " " : "",
		 topic, (int)token);
	return 0;
}

static void on_changed(void *arg)
{
	((struct world *)arg)->changes++;
}

static struct mqtt_retained *create(struct world *world)
{
	const struct mqtt_retained_config config = {
		.clear = clear, .on_changed = on_changed, .arg = world};

	return mqtt_retained_create(&config);
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	world->room = 100;
	world->retained = create(world);
	*state = world;
	return !world->retained;
}

static int teardown(void **state)
{
	struct world *world = *state;

	mqtt_retained_destroy(world->retained);
	free(world);
	return 0;
}

/* The node is stopped and started again. */
static void restart(struct world *world)
{
	json_t *saved = mqtt_retained_save(world->retained);

	mqtt_retained_destroy(world->retained);
	world->retained = create(world);
	mqtt_retained_load(world->retained, saved);
	json_decref(saved);
}

static void assert_cleared(struct world *world, const char *expected)
{
	world->cleared[0] = '\0';
	mqtt_retained_pump(world->retained);
	assert_string_equal(world->cleared, expected);
}

static bool is_oven(void *arg, const char *owner)
{
	(void)arg;
	return !strcmp(owner, "oven");
}

static void test_what_is_removed_is_cleared_until_acknowledged(void **state)
{
	struct world *world = *state;

	mqtt_retained_note(world->retained, "a", "oven");
	mqtt_retained_remove(world->retained, "never");
	assert_cleared(world, "");
	mqtt_retained_remove(world->retained, "a");
	assert_cleared(world, "a=1");
	assert_cleared(world, "");
	mqtt_retained_acknowledged(world->retained, 7);
	mqtt_retained_online(world->retained);
	assert_cleared(world, "a=2");
	mqtt_retained_acknowledged(world->retained, 1); /* of the lost connection */
	mqtt_retained_online(world->retained);
	assert_cleared(world, "a=3");
	mqtt_retained_acknowledged(world->retained, 3);
	mqtt_retained_online(world->retained);
	assert_cleared(world, "");
}

static void test_without_room_it_is_cleared_later(void **state)
{
	struct world *world = *state;

	mqtt_retained_note(world->retained, "a", "oven");
	mqtt_retained_note(world->retained, "b", "oven");
	mqtt_retained_remove(world->retained, "a");
	mqtt_retained_remove(world->retained, "b");
	world->room = 1;
	assert_cleared(world, "a=1");
	world->room = 1;
	assert_cleared(world, "b=2");
}

/* The newest reading is on the topic again: the acknowledgement of the older message does not
 * forget it. */
static void test_what_is_back_is_not_cleared(void **state)
{
	struct world *world = *state;

	mqtt_retained_note(world->retained, "a", "oven");
	mqtt_retained_remove(world->retained, "a");
	assert_cleared(world, "a=1");
	mqtt_retained_note(world->retained, "a", "oven");
	mqtt_retained_acknowledged(world->retained, 1);
	mqtt_retained_online(world->retained);
	assert_cleared(world, "");
	mqtt_retained_remove(world->retained, "a");
	assert_cleared(world, "a=2");
}

static void test_what_vanished_while_the_node_was_off_is_cleared(void **state)
{
	struct world *world = *state;

	mqtt_retained_note(world->retained, "seen", "oven");
	mqtt_retained_note(world->retained, "vanished", "oven");
	mqtt_retained_note(world->retained, "of-another", "lamp");
	restart(world);
	mqtt_retained_note(world->retained, "seen", "oven");
	assert_cleared(world, "");
	mqtt_retained_remove_unseen(world->retained, is_oven, NULL);
	assert_cleared(world, "vanished=1");
	restart(world); /* before the acknowledgement */
	assert_cleared(world, "vanished=1");
	mqtt_retained_acknowledged(world->retained, 1);
	restart(world);
	assert_cleared(world, "");
}

static void test_only_changes_are_stored(void **state)
{
	struct world *world = *state;

	mqtt_retained_note(world->retained, "a", "oven");
	mqtt_retained_note(world->retained, "a", "oven");
	assert_int_equal(world->changes, 1);
	mqtt_retained_note(world->retained, "a", "lamp");
	assert_int_equal(world->changes, 2);
	mqtt_retained_remove(world->retained, "a");
	mqtt_retained_remove(world->retained, "a");
	assert_int_equal(world->changes, 3);
	assert_cleared(world, "a=1");
	mqtt_retained_acknowledged(world->retained, 1);
	assert_int_equal(world->changes, 4);
}

static void test_it_has_a_limit(void **state)
{
	struct world *world = *state;
	char topic[16];

	for (unsigned i = 0; i <= MQTT_RETAINED_MAX; i++) {
		snprintf(topic, sizeof(topic), "t%u", i);
		mqtt_retained_note(world->retained, topic, "oven");
		assert_int_equal(mqtt_retained_refused(world->retained), i == MQTT_RETAINED_MAX);
	}
	mqtt_retained_remove(world->retained, "t0");
	mqtt_retained_note(world->retained, "new", "oven"); /* what is gone still counts */
	assert_int_equal(mqtt_retained_refused(world->retained), 2);
	assert_cleared(world, "t0=1");
	mqtt_retained_acknowledged(world->retained, 1);
	mqtt_retained_note(world->retained, "new", "oven");
	assert_int_equal(mqtt_retained_refused(world->retained), 2);
}

static void test_a_wrong_file_does_no_harm(void **state)
{
	struct world *world = *state;
	json_t *saved =
		json_loads("{\"topics\": {\"a/+\": \"oven\", \"#\": \"oven\", \"\": \"oven\","
			   " \"a\": 1, \"b\": \"oven\"},"
			   " \"gone\": [\"b\", \"c\", \"c/#\", 1, null]}",
			   0, NULL);

	mqtt_retained_load(world->retained, saved);
	mqtt_retained_load(world->retained, NULL);
	json_decref(saved);
	assert_cleared(world, "c=1");
	mqtt_retained_remove_unseen(world->retained, is_oven, NULL);
	assert_cleared(world, "b=2");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_removed_is_cleared_until_acknowledged),
		TEST(test_without_room_it_is_cleared_later),
		TEST(test_what_is_back_is_not_cleared),
		TEST(test_what_vanished_while_the_node_was_off_is_cleared),
		TEST(test_only_changes_are_stored),
		TEST(test_it_has_a_limit),
		TEST(test_a_wrong_file_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
