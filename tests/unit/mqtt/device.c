#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mqtt/device.h"

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static void assert_json(const json_t *json, const char *expected)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, expected);
	free(text);
}

static void replace(struct mqtt_device *device, const char *keys, const char *expected_missing)
{
	json_t *missing = mqtt_device_replace(device, strdup("{}"), parse(keys));

	assert_json(missing, expected_missing);
	json_decref(missing);
	assert_true(device->is_pending);
}

/* An entity that is no more, or of another platform, is to take out until the broker has it. */
static void test_what_is_missing_is_to_take_out(void **state)
{
	struct mqtt_device *device = mqtt_device_create("d");

	(void)state;
	replace(device, "{\"a\": \"sensor\", \"b\": \"sensor\"}", "{}");
	assert_json(device->gone, "{}");
	replace(device, "{\"a\": \"binary_sensor\"}", "{\"a\":\"sensor\",\"b\":\"sensor\"}");
	assert_json(device->gone, "{\"a\":\"sensor\",\"b\":\"sensor\"}");
	/* One is back before the other was taken out. */
	replace(device, "{\"a\": \"binary_sensor\", \"b\": \"sensor\"}", "{}");
	assert_json(device->gone, "{\"a\":\"sensor\"}");
	assert_false(device->is_told);
	mqtt_device_settle(device);
	assert_json(device->gone, "{}");
	assert_true(device->is_told);
	mqtt_device_destroy(device);
}

/* What still had to be taken out counts, too: Home Assistant may have it. */
static void test_a_removed_one_lists_all_that_it_had(void **state)
{
	struct mqtt_device *device = mqtt_device_create("d");

	(void)state;
	replace(device, "{\"a\": \"sensor\", \"b\": \"sensor\"}", "{}");
	replace(device, "{\"a\": \"sensor\"}", "{\"b\":\"sensor\"}");
	mqtt_device_remove(device);
	assert_true(device->is_gone);
	assert_null(device->text);
	assert_json(device->keys, "{\"a\":\"sensor\",\"b\":\"sensor\"}");
	assert_json(device->gone, "{}");
	mqtt_device_destroy(device);
}

static void test_the_first_step_names_the_platform_alone(void **state)
{
	json_t *config = parse("{\"cmps\": {\"a\": {\"p\": \"sensor\", \"name\": \"A\"}}}");
	json_t *gone = parse("{\"b\": \"light\"}");
	char *text = mqtt_device_step(config, gone);

	(void)state;
	assert_non_null(strstr(text, "\"b\":{\"p\":\"light\"}"));
	assert_non_null(strstr(text, "\"name\":\"A\""));
	free(text);
	json_decref(config);
	json_decref(gone);
}

static void test_it_comes_back_from_the_disk(void **state)
{
	struct mqtt_device *device = mqtt_device_create("d"), *again = mqtt_device_create("d");
	json_t *saved;

	(void)state;
	snprintf(device->owner, sizeof(device->owner), "plugin");
	replace(device, "{\"a\": \"sensor\", \"b\": \"sensor\"}", "{}");
	replace(device, "{\"a\": \"sensor\"}", "{\"b\":\"sensor\"}");
	saved = mqtt_device_save(device);
	mqtt_device_load(again, saved);
	json_decref(saved);
	assert_string_equal(again->owner, "plugin");
	assert_json(again->keys, "{\"a\":\"sensor\"}");
	assert_json(again->gone, "{\"b\":\"sensor\"}");
	assert_true(again->is_unseen);
	assert_false(again->is_gone);
	mqtt_device_remove(device);
	saved = mqtt_device_save(device);
	mqtt_device_load(again, saved);
	json_decref(saved);
	assert_true(again->is_gone);
	assert_false(again->is_unseen);
	mqtt_device_destroy(device);
	mqtt_device_destroy(again);
}

static void test_nonsense_on_the_disk_is_left_out(void **state)
{
	static const char *const texts[] = {
		"{}", "[]", "{\"owner\": 1, \"keys\": [], \"out\": 3, \"gone\": \"yes\"}",
		"{\"keys\": {\"x/+\": \"sensor\", \"\": \"sensor\", \"y\": 3}}"};
	struct mqtt_device *device = mqtt_device_create("d");

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *saved = parse(texts[i]);

		mqtt_device_load(device, saved);
		json_decref(saved);
		assert_string_equal(device->owner, "");
		assert_json(device->keys, "{}");
		assert_json(device->gone, "{}");
		assert_false(device->is_gone);
	}
	mqtt_device_destroy(device);
}

static void test_the_limit_of_an_id(void **state)
{
	char id[TOPIC_ID_SIZE + 1];

	(void)state;
	memset(id, 'x', sizeof(id));
	id[TOPIC_ID_SIZE - 1] = '\0';
	assert_true(mqtt_device_is_id(id));
	id[TOPIC_ID_SIZE - 1] = 'x';
	id[TOPIC_ID_SIZE] = '\0';
	assert_false(mqtt_device_is_id(id));
	assert_false(mqtt_device_is_id(""));
	assert_false(mqtt_device_is_id("a#"));
	assert_true(mqtt_device_is_id("harvester_pi-1_A"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_missing_is_to_take_out),
		cmocka_unit_test(test_a_removed_one_lists_all_that_it_had),
		cmocka_unit_test(test_the_first_step_names_the_platform_alone),
		cmocka_unit_test(test_it_comes_back_from_the_disk),
		cmocka_unit_test(test_nonsense_on_the_disk_is_left_out),
		cmocka_unit_test(test_the_limit_of_an_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
