#include "plugin/discovery/unread.h"

#include <limits.h>

#include "base/error.h"
#include "folder.h"
#include "plugin/discovery/source.h"

struct told {
	char text[4096]; /* "NAME: reason", a line each */
	size_t skip;	 /* bytes of the folder's path */
};

static void take(void *arg, const char *path, const char *reason)
{
	struct told *told = arg;
	size_t used = strlen(told->text);

	snprintf(told->text + used, sizeof(told->text) - used, "%s: %s\n", path + told->skip,
		 reason);
}

static void assert_unread(const struct folder *folder, const char *expected)
{
	struct told told = {.skip = strlen(folder->path) + 1};
	char with_slash[80];
	struct plugin_scan scan;

	snprintf(with_slash, sizeof(with_slash), "%s/", folder->path);
	assert_int_equal(plugin_scan(with_slash, &scan, NULL), 0);
	assert_int_equal(unread_find(with_slash, &scan, take, &told, NULL), 0);
	assert_string_equal(told.text, expected);
	plugin_scan_finish(&scan);
}

static void test_those_of_plugins_are_read(void **state)
{
	make_file(*state, "one.py", "");
	make_file(*state, "one.permission.toml", "");
	make_file(*state, "two.wasm", "");
	make_file(*state, "two.permission.toml", "");
	make_folder(*state, "three");
	make_file(*state, "three/plugin.py", "");
	make_file(*state, "three/permission.toml", "");
	assert_unread(*state, "");
}

static void test_a_file_for_no_plugin(void **state)
{
	make_file(*state, "permission.toml", "");
	assert_unread(*state,
		      "permission.toml: no plugin reads this file; that of a plugin NAME.py "
		      "or NAME.wasm is NAME.permission.toml, that of a folder NAME is "
		      "NAME/permission.toml\n");
}

static void test_a_file_for_an_absent_plugin(void **state)
{
	make_file(*state, "door.py", "");
	make_file(*state, "dor.permission.toml", "");
	make_file(*state, "weather.permission.toml", "");
	assert_unread(*state,
		      "dor.permission.toml: no plugin reads this file, since there is neither "
		      "dor.py nor dor.wasm; did you mean door.permission.toml?\n"
		      "weather.permission.toml: no plugin reads this file, since there is neither "
		      "weather.py nor weather.wasm; rename it after its plugin, or remove it\n");
}

static void test_a_file_for_a_folder(void **state)
{
	make_folder(*state, "door");
	make_file(*state, "door/plugin.py", "");
	make_file(*state, "door.permission.toml", "");
	assert_unread(*state, "door.permission.toml: no plugin reads this file, since door is a "
			      "folder; its permissions belong in door/permission.toml\n");
}

static void test_what_is_told_elsewhere_or_never(void **state)
{
	/* The scan says why these two do not run. */
	make_file(*state, "a b.py", "");
	make_file(*state, "a b.permission.toml", "");
	make_link(*state, "link.wasm", "nowhere");
	make_file(*state, "link.permission.toml", "");
	/* Put aside on purpose, as plugins are. */
	make_file(*state, "_old.permission.toml", "");
	make_file(*state, ".permission.toml", "");
	make_folder(*state, "folder.permission.toml");
	assert_unread(*state, "");
}

static void test_the_longest_name(void **state)
{
	char name[NAME_MAX + 1], expected[1200];

	memset(name, 'n', sizeof(name));
	memcpy(name + NAME_MAX - strlen(".permission.toml"), ".permission.toml",
	       sizeof(".permission.toml"));
	make_file(*state, name, "");
	snprintf(expected, sizeof(expected),
		 "%s: no plugin reads this file, since there is neither %.239s.py nor %.239s.wasm; "
		 "rename it after its plugin, or remove it\n",
		 name, name, name);
	assert_unread(*state, expected);
}

static void test_no_folder(void **state)
{
	struct plugin_scan scan = {0};
	struct error err = {0};

	assert_int_equal(unread_find(at(*state, "absent"), &scan, take, NULL, &err), ERROR_SYSTEM);
	assert_non_null(strstr(err.text, "/absent: cannot list this folder (check its path, mode "
					 "and owner): No such file or directory"));
}

int main(void)
{
#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(test_those_of_plugins_are_read),
		FOLDER_TEST(test_a_file_for_no_plugin),
		FOLDER_TEST(test_a_file_for_an_absent_plugin),
		FOLDER_TEST(test_a_file_for_a_folder),
		FOLDER_TEST(test_what_is_told_elsewhere_or_never),
		FOLDER_TEST(test_the_longest_name),
		FOLDER_TEST(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
