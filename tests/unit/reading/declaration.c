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
		       "sensor, name, unit, quantity, kind, decimals, minimum, maximum");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_members),	 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_a_list),	 cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_number_of_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
