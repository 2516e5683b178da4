#include "reading/declaration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json_text.h"
#include "unit/label.h"

static void assert_json(json_t *json, const char *expected)
{
	char *text = json_text(json);

	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static json_t *read_text(const char *text, struct declaration_notes *notes)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL), *sensors;

	assert_non_null(value);
	*notes = (struct declaration_notes){0};
	sensors = declaration_read(value, notes);
	json_decref(value);
	assert_non_null(sensors);
	return sensors;
}

/* One wrong declaration between two right ones: it is refused by place, the two count. */
static void assert_refused(const char *wrong, const char *why)
{
	struct declaration_notes notes;
	char text[1024];

	snprintf(text, sizeof(text),
		 "[{\"field\":\"a\",\"unit\":\"V\"},%s,{\"field\":\"b\",\"unit\":\"A\"}]", wrong);
	assert_json(read_text(text, &notes),
		    "{\"\":{\"a\":{\"unit\":\"V\"},\"b\":{\"unit\":\"A\"}}}");
	assert_int_equal(notes.refused, 1);
	assert_string_equal(notes.text, why);
}

static void test_all_members(void **state)
{
	struct declaration_notes notes;

	(void)state;
	assert_json(
		read_text("[{\"field\": \"gas-resistance\", \"name\": \"Gas\", \"unit\": \"kΩ\","
			  "\"kind\": \"measurement\", \"decimals\": 1, \"minimum\": 0,"
			  "\"maximum\": 1e3, \"quantity\": null, \"sensor\": null},"
			  "{\"field\": \"open\", \"quantity\": \"door\", \"sensor\": \"front\"}]",
			  &notes),
		"{\"\":{\"gas_resistance\":{\"name\":\"Gas\",\"unit\":\"kΩ\",\"kind\":"
		"\"measurement\",\"decimals\":1,\"minimum\":0.0,\"maximum\":1000.0}},"
		"\"front\":{\"open\":{\"quantity\":\"door\",\"kind\":\"switch\"}}}");
	assert_int_equal(notes.refused, 0);
	assert_string_equal(notes.text, "");
}

static void test_refused(void **state)
{
	(void)state;
	assert_refused(
		"{\"field\":\"t\",\"unit\":\"C\"}",
		"describe(), declaration 2: field t: unit: unknown unit \"C\": docs/UNITS.md "
		"lists the units, such as \"°C\", \"hPa\" and \"%\"");
	assert_refused("{\"field\":\"t\",\"unit\":\"hPa\",\"quantity\":\"temperature\"}",
		       "describe(), declaration 2: field t: quantity: \"hPa\" is no unit of the "
		       "quantity temperature: use \"°C\", \"°F\", \"K\"");
	assert_refused("{\"field\":\"t\",\"quantity\":\"warmth\"}",
		       "describe(), declaration 2: field t: quantity: \"warmth\" is unknown; "
		       "docs/UNITS.md lists the quantities");
	assert_refused("{\"field\":\"a\",\"unit\":\"V\"}",
		       "describe(), declaration 2: the field a is declared twice; declare it once");
	assert_refused("{\"field\":\"t\",\"name\":\"<b>t</b>\"}",
		       "describe(), declaration 2: field t: name: the name has \"<\" at byte 1: "
		       "remove it, since a name is plain text, not markup");
	assert_refused(
		"{\"field\":\"t\",\"name\":\"\\u202egnp.exe\"}",
		"describe(), declaration 2: field t: name: the name has an invisible character, or "
		"one that changes the direction of writing (U+202E), at byte 1: remove it");
	assert_refused("{\"field\":\"t\",\"untis\":\"V\"}",
		       "describe(), declaration 2: \"untis\" is unknown; a declaration has field, "
		       "sensor, name, unit, quantity, kind, decimals, minimum, maximum, or about");
	assert_refused("{\"unit\":\"V\"}",
		       "describe(), declaration 2: field: is missing; give the name of the field");
	assert_refused("7", "describe(), declaration 2: expected an object with \"field\", the "
			    "name of the field");
	assert_refused("{\"field\":\"t\",\"kind\":\"number\"}",
		       "describe(), declaration 2: field t: kind: expected measurement, counter, "
		       "switch or text, found \"number\"");
	assert_refused(
		"{\"field\":\"t\",\"kind\":\"switch\",\"unit\":\"V\"}",
		"describe(), declaration 2: field t: kind: a switch has no unit: leave \"V\" "
		"out");
	assert_refused("{\"field\":\"t\",\"kind\":\"text\",\"quantity\":\"door\"}",
		       "describe(), declaration 2: field t: kind: does not fit the quantity door: "
		       "leave the kind or the quantity out");
	assert_refused(
		"{\"field\":\"t\",\"decimals\":7}",
		"describe(), declaration 2: field t: decimals: expected an integer from 0 to "
		"6");
	assert_refused("{\"field\":\"t\",\"minimum\":5,\"maximum\":5}",
		       "describe(), declaration 2: field t: minimum: must be less than maximum");
	assert_refused("{\"field\":\"t\",\"minimum\":\"low\"}",
		       "describe(), declaration 2: field t: minimum: expected a number");
	assert_refused("{\"field\":\"t\",\"sensor\":\"a b\"}",
		       "describe(), declaration 2: sensor: the name of a sensor must have 1 to 64 "
		       "letters, digits and \"-_.:\"");
}

static void test_not_a_list(void **state)
{
	struct declaration_notes notes;

	(void)state;
	assert_json(read_text("{\"temperature\": \"°C\"}", &notes), "{}");
	assert_int_equal(notes.refused, 1);
	assert_string_equal(notes.text,
			    "describe() returned no list of declarations; return a list "
			    "such as [{\"field\": \"temperature\", \"unit\": \"°C\"}]");
	assert_json(read_text("null", &notes), "{}");
	assert_int_equal(notes.refused, 0);
}

/* A name of LABEL_MAX bytes is taken, a longer one and one of 10 kB are refused. */
static void test_sizes(void **state)
{
	static const size_t sizes[] = {LABEL_MAX, LABEL_MAX + 1, 10240};
	json_t *value, *field = NULL;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *name = calloc(1, sizes[i] + 1);

		memset(name, 'n', sizes[i]);
		value = json_pack("{s:s}", "name", name);
		assert_int_equal(declaration_field_check(value, &field, NULL),
				 i ? ERROR_INVALID : 0);
		json_decref(value);
		free(name);
	}
	json_decref(field);
}

static void test_number_of_fields(void **state)
{
	struct declaration_notes notes = {0};
	json_t *value = json_array(), *sensors;

	(void)state;
	for (int i = 0; i <= DECLARATION_FIELDS_MAX; i++)
		json_array_append_new(value, json_pack("{s:o}", "field", json_sprintf("f%d", i)));
	sensors = declaration_read(value, &notes);
	assert_int_equal(json_object_size(json_object_get(sensors, "")), DECLARATION_FIELDS_MAX);
	assert_int_equal(notes.refused, 1);
	json_decref(sensors);
	json_array_remove(value, 0);
	notes = (struct declaration_notes){0};
	sensors = declaration_read(value, &notes);
	assert_int_equal(notes.refused, 0);
	json_decref(sensors);
	json_decref(value);
}

static void assert_about(const char *text, const char *expected)
{
	struct declaration_notes notes;
	json_t *value = json_loads(text, 0, NULL);

	assert_non_null(value);
	if (expected)
		assert_string_equal(declaration_about(value), expected);
	else
		assert_null(declaration_about(value));
	json_decref(value);
	assert_json(read_text(text, &notes), "{\"\":{\"a\":{\"unit\":\"V\"}}}");
	assert_int_equal(notes.refused, 0);
}

static void test_about(void **state)
{
	(void)state;
	assert_about("[{\"field\":\"a\",\"unit\":\"V\"},{\"about\":\"Counts <drops>.\"}]",
		     "Counts <drops>.");
	assert_about("[{\"field\":\"\",\"about\":\"By a component\",\"unit\":null},"
		     "{\"field\":\"a\",\"unit\":\"V\",\"about\":null}]",
		     "By a component");
	assert_about("[{\"field\":\"a\",\"unit\":\"V\"}]", NULL);
	assert_refused("{\"about\":7}", "describe(), declaration 2: about: expected a text");
	assert_refused("{\"about\":\"\"}",
		       "describe(), declaration 2: about: the text has 0 bytes: expected 1 to 512");
	assert_refused("{\"about\":\"a\\nb\"}", "describe(), declaration 2: about: the text has a "
						"control character (0x0a) at byte 2: remove it");
	assert_refused("{\"field\":\"c\",\"about\":\"x\"}",
		       "describe(), declaration 2: about: it is about the plugin: leave the field "
		       "out");
}

/* Beside a text of so many bytes, a plugin may declare as many fields as without it. */
static void check_size_of_about(size_t size, unsigned refused)
{
	struct declaration_notes notes = {0};
	json_t *value = json_array(), *sensors;
	char text[LABEL_TEXT_MAX + 2] = "";

	memset(text, 'x', size);
	for (int i = 0; i < DECLARATION_FIELDS_MAX; i++)
		json_array_append_new(value, json_pack("{s:o}", "field", json_sprintf("f%d", i)));
	json_array_append_new(value, json_pack("{s:s}", "about", text));
	sensors = declaration_read(value, &notes);
	assert_int_equal(json_object_size(json_object_get(sensors, "")), DECLARATION_FIELDS_MAX);
	assert_int_equal(notes.refused, refused);
	assert_int_equal(!declaration_about(value), refused);
	json_decref(sensors);
	json_decref(value);
}

static void test_size_of_about(void **state)
{
	(void)state;
	check_size_of_about(LABEL_TEXT_MAX, 0);
	check_size_of_about(LABEL_TEXT_MAX + 1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_members),	 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_a_list),	 cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_number_of_fields), cmocka_unit_test(test_about),
		cmocka_unit_test(test_size_of_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
