/* The line for `systemctl status`: which plugins are counted, and what becomes of a long one. */
#include "plugin/supervisor/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *plugins, const char *expected)
{
	json_t *json = json_loads(plugins, 0, NULL);
	char text[256];

	assert_non_null(json);
	plugin_summary_write(json, "http://127.0.0.1:3000", text, sizeof(text));
	assert_string_equal(text, expected);
	json_decref(json);
}

static void counts_plugins(void **state)
{
	(void)state;
	check("[]", "0 plugins run; http://127.0.0.1:3000");
	check("[{\"state\": \"idle\"}]", "1 plugin runs; http://127.0.0.1:3000");
	check("[{\"state\": \"idle\"}, {\"state\": \"calling\"}]",
	      "2 plugins run; http://127.0.0.1:3000");
}

static void names_what_to_look_at(void **state)
{
	(void)state;
	check("[{\"state\": \"idle\"}, {\"state\": \"failed\"}, {\"state\": \"needs approval\"},"
	      " {\"state\": \"failed\"}, {\"state\": \"disabled\"}]",
	      "1 plugin runs, 1 needs approval, 2 failed, 1 disabled; http://127.0.0.1:3000");
}

static void without_a_supervisor(void **state)
{
	char text[64];

	(void)state;
	plugin_summary_write(NULL, "https://a:1", text, sizeof(text));
	assert_string_equal(text, "0 plugins run; https://a:1");
}

static void is_cut(void **state)
{
	json_t *json = json_loads("[{\"state\": \"needs approval\"}]", 0, NULL);
	char text[64];

	(void)state;
	for (size_t size = 1; size <= sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		plugin_summary_write(json, "http://127.0.0.1:3000", text, size);
		assert_true(strlen(text) < size);
		assert_true(size == sizeof(text) || text[size] == 'x');
	}
	json_decref(json);
}

static void names_what_keeps_the_node_from_being_ready(void **state)
{
	json_t *plugins = json_loads("[{\"name\": \"a\", \"state\": \"calling\"},"
				     " {\"name\": \"b\", \"state\": \"backoff\"},"
				     " {\"name\": \"c\", \"state\": \"needs approval\"},"
				     " {\"name\": \"d\", \"state\": \"disabled\"}]",
				     0, NULL);
	json_t *reasons = json_pack("[s]", "the gpio chip is missing");

	(void)state;
	plugin_summary_add_unready(plugins, reasons);
	plugin_summary_add_unready(NULL, reasons);
	assert_int_equal(json_array_size(reasons), 2);
	assert_string_equal(json_string_value(json_array_get(reasons, 1)), "plugin b: backoff");
	json_decref(reasons);
	json_decref(plugins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_plugins),
		cmocka_unit_test(names_what_to_look_at),
		cmocka_unit_test(without_a_supervisor),
		cmocka_unit_test(is_cut),
		cmocka_unit_test(names_what_keeps_the_node_from_being_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
