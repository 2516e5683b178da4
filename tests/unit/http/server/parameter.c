#include "fixture.h"

#include "http/server/parameter.h"

static const char *const colors[] = {"red", "green", NULL};
static const struct web_parameter table[] = {
	{.name = "level", .type = WEB_CHOICE, .choices = colors},
	{.name = "limit", .type = WEB_INTEGER, .minimum = 1, .maximum = 10},
	{.name = "search", .type = WEB_TEXT, .minimum = 1, .maximum = 4},
	{.name = "shade", .type = WEB_COLOR, .is_required = true},
	{.name = "on", .type = WEB_BOOLEAN, .may_be_null = true},
	{.name = "more", .type = WEB_OBJECT},
	{0},
};

enum { LEVEL, LIMIT, SEARCH, SHADE, ON, MORE };

static void check(const char *text, const char *problem)
{
	json_t *body = json_loads(text, JSON_DECODE_ANY, NULL);
	struct web_value values[WEB_PARAMETERS_MAX];
	struct error err = {0};
	int ret = web_parameters_from_json(body, table, values, &err);

	assert_int_equal(ret, problem ? ERROR_INVALID : 0);
	assert_string_equal(err.text, problem ? problem : "");
	json_decref(body);
}

static void test_wrong_fields(void **state)
{
	(void)state;
	check("{\"shade\":\"#12aBfF\"}", NULL);
	check("{}", "shade: is missing");
	check("[]", "the body must be a JSON object");
	check("null", "the body must be a JSON object");
	check("{\"shade\":\"#12abf\"}", "shade: expected a colour such as #ff8800");
	check("{\"shade\":\"012abff\"}", "shade: expected a colour such as #ff8800");
	check("{\"shade\":\"#12abfg\"}", "shade: expected a colour such as #ff8800");
	check("{\"shade\":7}", "shade: expected a string");
	check("{\"limit\":\"7\"}", "limit: expected an integer");
	check("{\"limit\":7.0}", "limit: expected an integer");
	check("{\"limit\":0}", "limit: expected an integer from 1 to 10");
	check("{\"limit\":11}", "limit: expected an integer from 1 to 10");
	check("{\"level\":\"blue\"}", "level: expected one of red, green");
	check("{\"search\":\"\"}", "search: expected 1 to 4 bytes of text");
	check("{\"search\":\"abcde\"}", "search: expected 1 to 4 bytes of text");
	check("{\"search\":\"a\\nb\"}", "search: expected UTF-8 without control characters");
	check("{\"on\":1}", "on: expected true or false, or null");
	check("{\"more\":[]}", "more: expected an object");
	check("{\"more\":null}", "more: expected an object");
	check("{\"on\":null,\"more\":{},\"shade\":\"#000000\"}", NULL);
	check("{\"serch\":\"a\"}", "serch: unknown; did you mean search?");
	check("{\"\":\"a\"}", ": unknown; docs/API.md lists what this route takes");
	check("{\"colour of the year\":\"a\"}",
	      "colour of the year: unknown; docs/API.md lists what this route takes");
}

static void test_booleans_and_objects(void **state)
{
	json_t *body =
		json_pack("{s:s, s:b, s:{s:i}}", "shade", "#000000", "on", 1, "more", "x", 7);
	struct web_value values[WEB_PARAMETERS_MAX];

	(void)state;
	assert_int_equal(web_parameters_from_json(body, table, values, NULL), 0);
	assert_true(values[ON].is_set);
	assert_int_equal(values[ON].number, 1);
	assert_ptr_equal(values[MORE].object, json_object_get(body, "more"));
	json_object_set_new(body, "on", json_null());
	assert_int_equal(web_parameters_from_json(body, table, values, NULL), 0);
	assert_false(values[ON].is_set);
	json_decref(body);
}

static void test_values(void **state)
{
	json_t *body = json_pack("{s:s, s:i, s:s, s:s}", "level", "green", "limit", 10, "search",
				 "°°", "shade", "#0102fF");
	struct web_value values[WEB_PARAMETERS_MAX];

	(void)state;
	assert_int_equal(web_parameters_from_json(body, table, values, NULL), 0);
	assert_int_equal(values[LEVEL].number, 1);
	assert_int_equal(values[LIMIT].number, 10);
	assert_string_equal(values[SEARCH].text, "°°");
	assert_int_equal(values[SHADE].number, 0x0102ff);
	json_object_del(body, "limit");
	assert_int_equal(web_parameters_from_json(body, table, values, NULL), 0);
	assert_false(values[LIMIT].is_set);
	json_decref(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_fields),
		cmocka_unit_test(test_booleans_and_objects),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
