#include "plugin/switches.h"

#include "base/error.h"
#include "folder.h"

static struct switches *open_switches(const struct folder *folder)
{
	struct switches *switches;

	assert_int_equal(switches_create(at(folder, "data"), &switches, NULL), 0);
	return switches;
}

static void on_until_switched_off(void **state)
{
	struct switches *switches = open_switches(*state), *other = open_switches(*state);
	struct stat stat;

	assert_false(switches_is_off(switches, "one"));
	assert_int_equal(switches_set(switches, "one", true, NULL), 0);
	assert_true(switches_is_off(other, "one"));
	assert_false(switches_is_off(other, "two"));
	switches_stat(other, "one", &stat);
	assert_true(stat.st_ino != 0);
	assert_int_equal(switches_set(other, "one", true, NULL), 0); /* twice is once */
	assert_int_equal(switches_set(other, "one", false, NULL), 0);
	assert_int_equal(switches_set(other, "one", false, NULL), 0);
	assert_false(switches_is_off(switches, "one"));
	switches_destroy(switches);
	switches_destroy(other);
}

static void names_that_no_plugin_has(void **state)
{
	static const char *const names[] = {"", "../one", ".one", "a/b", "a b"};
	struct switches *switches = open_switches(*state);
	struct error err;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(switches_set(switches, names[i], true, &err), ERROR_INVALID);
		assert_string_equal(err.text, "no plugin can have this name");
		assert_int_equal(switches_set(switches, names[i], false, &err), ERROR_INVALID);
		assert_false(switches_is_off(switches, names[i]));
	}
	switches_destroy(switches);
}

static void folder_that_others_may_write(void **state)
{
	struct switches *switches;
	struct error err;

	make_folder(*state, "data");
	make_folder(*state, "data/disabled");
	assert_int_equal(chmod(at(*state, "data/disabled"), 0777), 0);
	assert_int_equal(switches_create(at(*state, "data"), &switches, &err), ERROR_INVALID);
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
