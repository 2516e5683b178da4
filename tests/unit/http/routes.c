/* The table of routes and web/openapi.json say the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <string.h>

#include "http/server/internal.h"

static json_t *load(void **state)
{
	json_error_t problem;
	json_t *document = json_loadb((const char *)web_openapi, web_openapi_size,
				      JSON_REJECT_DUPLICATES, &problem);

	(void)state;
	if (!document)
		fail_msg("line %d: %s", problem.line, problem.text);
	return document;
}

static void lower(const char *method, char ret_name[8])
{
	size_t i = 0;

	for (; method[i] && i < 7; i++)
		ret_name[i] = (char)tolower(method[i]);
	ret_name[i] = '\0';
}

static json_t *operation_of(const json_t *document, const struct web_route *route)
{
	char method[8];

	lower(route->method, method);
	return json_object_get(json_object_get(json_object_get(document, "paths"), route->path),
			       method);
}

static void test_each_route_is_documented(void **state)
{
	json_t *document = load(state);

	for (size_t i = 0; i < web_routes_count; i++) {
		if (!operation_of(document, &web_routes[i]))
			fail_msg("%s %s is not in web/openapi.json", web_routes[i].method,
				 web_routes[i].path);
	}
	json_decref(document);
}

/* docs/API.md is made of the document. */
static void test_levels_are_documented(void **state)
{
	static const char *const levels[] = {
		[WEB_OPERATE] = "operator", [WEB_READ] = "viewer", [WEB_NODE] = "node",
		[WEB_PUSH] = "push",	    [WEB_OPEN] = "open",   [WEB_ALWAYS] = "always",
	};
	json_t *document = load(state);

	for (size_t i = 0; i < web_routes_count; i++)
		assert_string_equal(json_string_value(json_object_get(
					    operation_of(document, &web_routes[i]), "x-level")),
				    levels[web_routes[i].level]);
	json_decref(document);
}

static bool is_route(const char *path, const char *method)
{
	for (size_t i = 0; i < web_routes_count; i++) {
		char name[8];

		lower(web_routes[i].method, name);
		if (!strcmp(web_routes[i].path, path) && !strcmp(name, method))
			return true;
	}
	return false;
}

static void test_each_documented_path_is_a_route(void **state)
{
	json_t *document = load(state), *methods, *operation;
	const char *path, *method;

	json_object_foreach(json_object_get(document, "paths"), path, methods)
	{
		json_object_foreach(methods, method, operation)
		{
			if (!is_route(path, method))
				fail_msg("%s %s is no route", method, path);
		}
	}
	json_decref(document);
}

/* What is in the query: names, and whether they must be there. */
static void check_query(const json_t *operation, const struct web_route *route)
{
	json_t *parameters = json_object_get(operation, "parameters"), *parameter;
	size_t i, documented = 0, known = 0;

	json_array_foreach(parameters, i, parameter)
	{
		const char *in = json_string_value(json_object_get(parameter, "in"));

		documented += in && !strcmp(in, "query");
	}
	for (const struct web_parameter *at = route->query; at->name; at++, known++) {
		bool is_there = false;

		json_array_foreach(parameters, i, parameter)
		{
			const char *name = json_string_value(json_object_get(parameter, "name"));

			is_there |= name && !strcmp(name, at->name) &&
				    json_is_true(json_object_get(parameter, "required")) ==
					    at->is_required;
		}
		if (!is_there)
			fail_msg("%s: %s is not documented so", route->path, at->name);
	}
	assert_int_equal(documented, known);
}

static void check_body(const json_t *operation, const struct web_route *route)
{
	const json_t *schema = json_object_get(
		json_object_get(
			json_object_get(json_object_get(operation, "requestBody"), "content"),
			"application/json"),
		"schema");
	const json_t *properties = json_object_get(schema, "properties");
	size_t known = 0;

	for (const struct web_parameter *at = route->body; at->name; at++, known++) {
		if (!json_object_get(properties, at->name))
			fail_msg("%s: %s is not documented", route->path, at->name);
	}
	assert_int_equal(json_object_size(properties), known);
}

static void test_parameters_are_documented(void **state)
{
	json_t *document = load(state);

	for (size_t i = 0; i < web_routes_count; i++) {
		if (web_routes[i].query)
			check_query(operation_of(document, &web_routes[i]), &web_routes[i]);
		if (web_routes[i].body)
			check_body(operation_of(document, &web_routes[i]), &web_routes[i]);
	}
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_route_is_documented),
		cmocka_unit_test(test_each_documented_path_is_a_route),
		cmocka_unit_test(test_levels_are_documented),
		cmocka_unit_test(test_parameters_are_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
