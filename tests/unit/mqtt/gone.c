#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mqtt/gone.h"

static struct mqtt_gone gone;

static int setup(void **state)
{
	(void)state;
	return mqtt_gone_init(&gone);
}

static int teardown(void **state)
{
	(void)state;
	mqtt_gone_finish(&gone);
	return 0;
}

static void remember(const char *id, const char *key, bool is_told)
{
	json_t *keys = json_pack("{s:s}", key, "sensor");

	mqtt_gone_remember(&gone, id, keys, is_told);
	json_decref(keys);
}

static void forget(const char *id, const char *key)
{
	json_t *keys = json_pack("{s:s}", key, "sensor");

	mqtt_gone_forget(&gone, id, keys);
	json_decref(keys);
}

/* All that is told next, as "id:keys id:keys"; each is told with a token from `token` on. */
static void assert_told(uint64_t token, const char *expected)
{
	const json_t *keys;
	char id[TOPIC_ID_SIZE], text[128] = "";
	const char *name;
	size_t size = 0;

	while ((name = mqtt_gone_next(&gone, id, &keys))) {
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s:%zu",
					 size ? " " : "", id, json_object_size(keys));
		mqtt_gone_told(&gone, name, token++);
	}
	assert_string_equal(text, expected);
}

/* It waits for a start of Home Assistant, and for the acknowledgement of what is told then. */
static void test_it_is_forgotten_after_a_start(void **state)
{
	(void)state;
	remember("a", "x", true);
	assert_told(1, "");
	mqtt_gone_online(&gone);
	assert_told(2, "a:1");
	assert_false(mqtt_gone_acknowledged(&gone, 2));
	mqtt_gone_born(&gone);
	assert_told(3, "a:1");
	assert_int_equal(json_object_size(gone.all), 1);
	assert_false(mqtt_gone_acknowledged(&gone, 4));
	assert_true(mqtt_gone_acknowledged(&gone, 3));
	assert_int_equal(json_object_size(gone.all), 0);
	assert_false(mqtt_gone_acknowledged(&gone, 3));
}

/* What Home Assistant does not know that it has is told at once, and not settled by that. */
static void test_what_it_was_not_told_of_is_told_now(void **state)
{
	(void)state;
	remember("a", "x", false);
	assert_told(1, "a:1");
	assert_false(mqtt_gone_acknowledged(&gone, 1));
	assert_int_equal(json_object_size(gone.all), 1);
}

/* An acknowledgement that comes after Home Assistant has stopped, or the connection was lost. */
static void test_a_late_acknowledgement_settles_nothing(void **state)
{
	(void)state;
	remember("a", "x", true);
	mqtt_gone_born(&gone);
	assert_told(1, "a:1");
	mqtt_gone_left(&gone);
	assert_false(mqtt_gone_acknowledged(&gone, 1));
	mqtt_gone_born(&gone);
	assert_told(2, "a:1");
	mqtt_gone_online(&gone);
	assert_false(mqtt_gone_acknowledged(&gone, 2));
	/* More of the device goes between the message and its acknowledgement. */
	mqtt_gone_born(&gone);
	assert_told(3, "a:1");
	remember("a", "y", true);
	assert_false(mqtt_gone_acknowledged(&gone, 3));
	mqtt_gone_born(&gone);
	assert_told(4, "a:2");
	assert_true(mqtt_gone_acknowledged(&gone, 4));
}

static void test_what_is_back_is_not_gone(void **state)
{
	(void)state;
	remember("a", "x", false);
	remember("a", "y", false);
	remember("b", "x", false);
	forget("a", "x");
	forget("b", "x");
	assert_int_equal(json_object_size(gone.all), 1);
	assert_told(1, "a:1");
}

/* For Home Assistant an entity that changed its platform is another one. */
static void test_another_platform_is_another_entity(void **state)
{
	json_t *keys = json_pack("{s:s}", "x", "binary_sensor");

	(void)state;
	remember("a", "x", false);
	mqtt_gone_forget(&gone, "a", keys);
	assert_int_equal(json_object_size(gone.all), 1);
	mqtt_gone_remember(&gone, "a", keys, false);
	json_decref(keys);
	assert_told(1, "a:1 a:1");
	forget("a", "x");
	assert_non_null(json_object_get(gone.all, "a binary_sensor"));
	assert_int_equal(json_object_size(gone.all), 1);
}

static void test_the_oldest_make_room(void **state)
{
	char id[16];

	(void)state;
	for (unsigned i = 0; i <= MQTT_GONE_MAX; i++) {
		snprintf(id, sizeof(id), "d%u", i);
		remember(id, "x", false);
	}
	assert_int_equal(json_object_size(gone.all), MQTT_GONE_MAX);
	assert_int_equal(json_object_size(gone.untold), MQTT_GONE_MAX);
	assert_null(json_object_get(gone.all, "d0 sensor"));
	assert_non_null(json_object_get(gone.all, "d1 sensor"));
}

/* Also as an earlier version wrote it. */
static void test_it_comes_back_from_the_disk(void **state)
{
	json_t *saved =
		json_loads("{\"a\": {\"x\": \"sensor\", \"y/\": \"sensor\", \"z\": \"light\"},"
			   " \"b sensor\": {\"x\": \"sensor\"}, \"#\": {\"x\": \"sensor\"},"
			   " \"c\": []}",
			   0, NULL);

	(void)state;
	mqtt_gone_load(&gone, saved);
	mqtt_gone_load(&gone, NULL);
	json_decref(saved);
	mqtt_gone_online(&gone);
	assert_told(1, "a:1 a:1 b:1");
	saved = json_deep_copy(gone.all);
	json_object_clear(gone.all);
	mqtt_gone_load(&gone, saved);
	assert_true(json_equal(saved, gone.all));
	json_decref(saved);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_is_forgotten_after_a_start),
		TEST(test_what_it_was_not_told_of_is_told_now),
		TEST(test_a_late_acknowledgement_settles_nothing),
		TEST(test_what_is_back_is_not_gone),
		TEST(test_another_platform_is_another_entity),
		TEST(test_the_oldest_make_room),
		TEST(test_it_comes_back_from_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
