#include "plugin/policy/disabled_plugins.h"

#include "base/error.h"
#include "folder.h"

static struct disabled_plugins *open_switches(const struct folder *folder)
{
	struct disabled_plugins *disabled;

	assert_int_equal(disabled_plugins_create(at(folder, "data"), &disabled, NULL), 0);
	return disabled;
}

static void on_until_switched_off(void **state)
{
	struct disabled_plugins *disabled = open_switches(*state), *other = open_switches(*state);
	struct stat stat;

	assert_false(disabled_plugins_is_off(disabled, "one"));
	assert_int_equal(disabled_plugins_set(disabled, "one", true, NULL), 0);
	assert_true(disabled_plugins_is_off(other, "one"));
	assert_false(disabled_plugins_is_off(other, "two"));
	disabled_plugins_stat(other, "one", &stat);
	assert_true(stat.st_ino != 0);
	assert_int_equal(disabled_plugins_set(other, "one", true, NULL), 0); /* twice is once */
	assert_int_equal(disabled_plugins_set(other, "one", false, NULL), 0);
	assert_int_equal(disabled_plugins_set(other, "one", false, NULL), 0);
	assert_false(disabled_plugins_is_off(disabled, "one"));
	disabled_plugins_destroy(disabled);
	disabled_plugins_destroy(other);
}

static void names_that_no_plugin_has(void **state)
{
	static const char *const names[] = {"", "../one", ".one", "a/b", "a b"};
	struct disabled_plugins *disabled = open_switches(*state);
	struct error err;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(disabled_plugins_set(disabled, names[i], true, &err),
				 ERROR_INVALID);
		assert_string_equal(err.text, "a plugin's name has 1 to 64 letters, digits and "
					      "\"-_.\", and does not begin with \".\"");
		assert_int_equal(disabled_plugins_set(disabled, names[i], false, &err),
				 ERROR_INVALID);
		assert_false(disabled_plugins_is_off(disabled, names[i]));
	}
	disabled_plugins_destroy(disabled);
}

static void folder_that_others_may_write(void **state)
{
	struct disabled_plugins *disabled;
	struct error err;

	make_folder(*state, "data");
	make_folder(*state, "data/disabled");
	assert_int_equal(chmod(at(*state, "data/disabled"), 0777), 0);
	assert_int_equal(disabled_plugins_create(at(*state, "data"), &disabled, &err),
			 ERROR_INVALID);
	assert_non_null(strstr(err.text, "may be written by others (mode 0777)"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(on_until_switched_off),
		TEST(names_that_no_plugin_has),
		TEST(folder_that_others_may_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
