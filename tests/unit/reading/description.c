#include "reading/description.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json_text.h"
#include "config/config.h"

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	return json;
}

static void assert_json(json_t *json, const char *expected)
{
	char *text = json_text(json);

	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void assert_patch(const char *text, const char *why)
{
	json_t *patch = parse(text);
	struct error err = {0};

	assert_int_equal(description_check_patch(patch, &err), *why ? ERROR_INVALID : 0);
	assert_string_equal(err.text, why);
	json_decref(patch);
}

static void test_patches(void **state)
{
	(void)state;
	assert_patch(
		"{\"name\": \"Kitchen\", \"room\": \"Ground floor\", \"order\": 9999, \"hidden\": "
		"false, \"main\": \"t\", \"fields\": {\"t\": {\"name\": \"T\", \"shown_unit\": "
		"\"°F\", \"decimals\": 0}}}",
		"");
	assert_patch("{\"name\": null, \"fields\": null}", "");
	assert_patch("{\"fields\": {\"t\": null, \"u\": {\"shown_unit\": null}}}", "");
	assert_patch("{}", "");
	assert_patch("7", "expected a JSON object for a sensor or a field");
	assert_patch("{\"nmae\": \"x\"}",
		     "nmae: unknown; use one of name, room, order, hidden, main, fields");
	assert_patch("{\"name\": \"<b>\"}", "name: the name has \"<\" at byte 1: remove it, since "
					    "a name is plain text, not markup");
	assert_patch("{\"room\": \"\"}", "room: the name has 0 bytes: expected 1 to 64");
	assert_patch("{\"order\": 10000}",
		     "order: expected the place in the order, an integer from 0 to 9999");
	assert_patch("{\"hidden\": 1}",
		     "hidden: expected true or false, whether the sensor is hidden");
	assert_patch("{\"main\": 1}", "main: expected the name of the main field");
	assert_patch("{\"fields\": []}",
		     "fields: expected a JSON object with an object for each field");
	assert_patch(
		"{\"fields\": {\"t\": {\"shown_unit\": \"C\"}}}",
		"fields: t: shown_unit: unknown unit \"C\": docs/UNITS.md lists the units, such "
		"as \"°C\", \"hPa\" and \"%\"");
	assert_patch("{\"fields\": {\"t\": {\"unit\": \"K\"}}}",
		     "fields: t: unit: unknown; use one of name, shown_unit, decimals");
}

static void test_number_of_fields(void **state)
{
	json_t *fields = json_object(), *patch;
	char name[16];

	(void)state;
	for (int i = 0; i < DESCRIPTION_FIELDS_MAX; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		json_object_set_new(fields, name, json_object());
	}
	patch = json_pack("{s:O}", "fields", fields);
	assert_int_equal(description_check_patch(patch, NULL), 0);
	json_object_set_new(fields, "more", json_object());
	assert_int_equal(description_check_patch(patch, NULL), ERROR_INVALID);
	json_decref(patch);
	json_decref(fields);
}

/* What another node sent: wrong parts are left out, right ones stay. */
static void test_sent(void **state)
{
	json_t *sent = parse("{\"name\": \"<b>\", \"room\": \"Attic\", \"order\": -1, \"more\": 1,"
			     "\"fields\": {\"t\": {\"unit\": \"°C\", \"shown\": {\"unit\": \"K\", "
			     "\"factor\": 7}, \"new\": 1}, \"u\": {\"unit\": \"C\"}}}");
	size_t refused = 0;

	(void)state;
	assert_json(
		description_check(sent, &refused),
		"{\"room\":\"Attic\",\"fields\":{\"t\":{\"unit\":\"°C\",\"shown_unit\":\"K\"}}}");
	assert_int_equal(refused, 3);
	json_decref(sent);
	sent = parse("7");
	assert_json(description_check(sent, &refused), "{}");
	json_decref(sent);
}

static void test_merge(void **state)
{
	json_t *description = parse("{\"name\":\"A\",\"fields\":{\"t\":{\"unit\":\"K\"}}}");
	json_t *patch = parse("{\"name\":null,\"room\":\"R\",\"fields\":{\"t\":{\"name\":\"T\"},"
			      "\"u\":{\"name\":null}}}");

	(void)state;
	description_merge(description, patch);
	description_merge(description, NULL);
	json_decref(patch);
	assert_json(description,
		    "{\"fields\":{\"t\":{\"unit\":\"K\",\"name\":\"T\"}},\"room\":\"R\"}");
}

/* The shown value is factor * value + offset; a unit of another dimension cannot be shown. */
static void test_shown(void **state)
{
	json_t *description = parse("{\"fields\":{\"t\":{\"unit\":\"hPa\",\"shown_unit\":\"Pa\"},"
				    "\"u\":{\"unit\":\"hPa\",\"shown_unit\":\"K\"},"
				    "\"v\":{\"unit\":\"K\",\"shown_unit\":\"K\"},"
				    "\"w\":{\"shown_unit\":\"K\"}}}");

	(void)state;
	description_finish(description);
	assert_json(description,
		    "{\"fields\":{\"t\":{\"unit\":\"hPa\",\"shown\":{\"unit\":\"Pa\",\"factor\":"
		    "100.0,\"offset\":0.0}},\"u\":{\"unit\":\"hPa\"},\"v\":{\"unit\":\"K\"},\"w\":{"
		    "}}}");
}

/* A filter made another quantity of it: the plugin's quantity and range are void. */
static void test_configuration(void **state)
{
	static const char text[] = "[sensors.soil]\nname = \"Soil\"\nhidden = true\n"
				   "[sensors.soil.fields.probe]\nunit = \"%\"\nkeep_raw = true\n"
				   "filters = [{multiply = 40}]\n"
				   "[sensors.soil.fields.t]\nname = \"T\"\nkeep_raw = true\n"
				   "filters = [{offset = 1}]\n";
	json_t *description = parse("{\"name\":\"Old\",\"fields\":{\"probe\":{\"unit\":\"V\","
				    "\"quantity\":\"voltage\",\"minimum\":0,\"maximum\":3.3},"
				    "\"t\":{\"unit\":\"K\",\"name\":\"Temperature\"}}}");
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_parse(text, strlen(text), "c.toml", &config, NULL), 0);
	description_configure(description, &config->sensors.list[0]);
	description_finish(description);
	assert_json(
		description,
		"{\"name\":\"Soil\",\"fields\":{\"probe\":{\"unit\":\"%\"},\"t\":{\"unit\":\"K\","
		"\"name\":\"T\"},\"t_raw\":{\"unit\":\"K\"}},\"hidden\":true}");
	config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patches), cmocka_unit_test(test_number_of_fields),
		cmocka_unit_test(test_sent),	cmocka_unit_test(test_merge),
		cmocka_unit_test(test_shown),	cmocka_unit_test(test_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
