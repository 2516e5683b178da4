#include "folder.h"

#include "base/error.h"
#include "plugin/discovery/source.h"

static struct plugin_scan scan_folder(const struct folder *folder)
{
	struct plugin_scan scan;
	struct error err = {0};
	int ret = plugin_scan(folder->path, &scan, &err);

	if (ret)
		fail_msg("%s", err.text);
	return scan;
}

/* "name name", and what was skipped as "path: reason" lines, without the folder's own path. */
static void assert_scan(const struct folder *folder, const char *names, const char *skipped)
{
	struct plugin_scan scan = scan_folder(folder);
	char got[4096] = "", *end = got;
	size_t prefix = strlen(folder->path) + 1;

	for (size_t i = 0; i < scan.count; i++)
		end += snprintf(end, 256, "%s%s", i ? " " : "", scan.sources[i].name);
	assert_string_equal(got, names);
	end = got;
	*end = '\0';
	for (size_t i = 0; i < scan.skipped_count; i++) {
		const char *reason = scan.skipped[i].reason;

		if (!strncmp(reason, folder->path, strlen(folder->path)))
			reason += prefix;
		end += snprintf(end, 512, "%s: %s\n", scan.skipped[i].path + prefix, reason);
	}
	assert_string_equal(got, skipped);
	plugin_scan_finish(&scan);
}

static void test_kinds(void **state)
{
	const struct folder *folder = *state;
	struct plugin_scan scan;

	make_file(folder, "b.py", "");
	make_file(folder, "c.wasm", "");
	make_folder(folder, "a");
	make_file(folder, "a/plugin.py", "");
	make_folder(folder, "a.1-B_2");
	make_file(folder, "a.1-B_2/plugin.wasm", "");
	scan = scan_folder(folder);
	assert_int_equal(scan.count, 4);
	assert_int_equal(scan.skipped_count, 0);

	assert_string_equal(scan.sources[0].name, "a");
	assert_int_equal(scan.sources[0].kind, PLUGIN_SCRIPT);
	assert_true(scan.sources[0].is_folder);
	assert_string_equal(scan.sources[0].path, at(folder, "a"));
	assert_string_equal(scan.sources[0].main_path, at(folder, "a/plugin.py"));
	assert_string_equal(scan.sources[0].permission_path, at(folder, "a/permission.toml"));

	assert_string_equal(scan.sources[1].name, "a.1-B_2");
	assert_int_equal(scan.sources[1].kind, PLUGIN_COMPONENT);
	assert_string_equal(scan.sources[1].main_path, at(folder, "a.1-B_2/plugin.wasm"));

	assert_string_equal(scan.sources[2].name, "b");
	assert_int_equal(scan.sources[2].kind, PLUGIN_SCRIPT);
	assert_false(scan.sources[2].is_folder);
	assert_string_equal(scan.sources[2].path, at(folder, "b.py"));
	assert_string_equal(scan.sources[2].main_path, at(folder, "b.py"));
	assert_string_equal(scan.sources[2].permission_path, at(folder, "b.permission.toml"));

	assert_string_equal(scan.sources[3].name, "c");
	assert_int_equal(scan.sources[3].kind, PLUGIN_COMPONENT);
	plugin_scan_finish(&scan);
}

static void test_ignored(void **state)
{
	const struct folder *folder = *state;

	make_file(folder, ".hidden.py", "");
	make_file(folder, "_private.py", "");
	make_file(folder, "old.py~", "");
	make_file(folder, "new.py.tmp", "");
	make_file(folder, "half.tmp.py", "");
	make_file(folder, "x.permission.toml", "");
	make_file(folder, "README.md", "");
	make_link(folder, "notes", "README.md");
	make_folder(folder, "data");
	make_file(folder, "data/table.csv", "");
	make_folder(folder, "_library");
	make_file(folder, "_library/plugin.py", "");
	assert_scan(folder, "", "");
}

static void test_folder_without_plugin(void **state)
{
	const struct folder *folder = *state;

	make_folder(folder, "x");
	make_file(folder, "x/main.py", "");
	assert_scan(folder, "", "x: has neither plugin.py nor plugin.wasm\n");
}

static void test_names(void **state)
{
	const struct folder *folder = *state;
	char longest[PLUGIN_NAME_SIZE + 8], longer[PLUGIN_NAME_SIZE + 8];

	snprintf(longest, sizeof(longest), "%064d.py", 1);
	make_file(folder, longest, "");
	longest[64] = '\0';
	assert_scan(folder, longest, "");

	snprintf(longer, sizeof(longer), "%065d.py", 2);
	make_file(folder, longer, "");
	make_file(folder, "caf\xC3\xA9.wasm", "");
	make_folder(folder, "a b");
	make_file(folder, "a b/plugin.py", "");
	struct plugin_scan scan = scan_folder(folder);
	assert_int_equal(scan.count, 1);
	assert_int_equal(scan.skipped_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(scan.skipped[i].reason,
				    "a plugin's name has letters, digits, \"-\", \"_\" and \".\", "
				    "and at most 64 of them");
	plugin_scan_finish(&scan);
}

/* The log knows the host's lines by these names. */
static void the_hosts_names_are_no_plugins(void **state)
{
	const struct folder *folder = *state;
	struct plugin_scan scan;

	make_file(folder, "broker.py", "");
	make_file(folder, "Web.wasm", "");
	make_folder(folder, "plugins");
	make_file(folder, "plugins/plugin.py", "");
	make_file(folder, "web2.py", "");
	scan = scan_folder(folder);
	assert_int_equal(scan.count, 1);
	assert_string_equal(scan.sources[0].name, "web2");
	assert_int_equal(scan.skipped_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(scan.skipped[i].reason,
				       " is reserved for this program itself; rename the plugin"));
	plugin_scan_finish(&scan);
}

static void test_conflicts(void **state)
{
	const struct folder *folder = *state;
	struct plugin_scan scan;

	make_file(folder, "x.wasm", "");
	assert_scan(folder, "x", "");
	make_file(folder, "x.py", "");
	assert_scan(folder, "x", "x.wasm: x.py has the same name and is run instead\n");
	make_folder(folder, "x");
	make_file(folder, "x/plugin.wasm", "");
	assert_scan(folder, "x",
		    "x.py: x has the same name and is run instead\n"
		    "x.wasm: x has the same name and is run instead\n");
	unlink(at(folder, "x.py"));
	unlink(at(folder, "x.wasm"));
	make_file(folder, "x/plugin.py", "");
	assert_scan(folder, "x", "x/plugin.wasm: plugin.py beside it is run instead\n");
	scan = scan_folder(folder);
	assert_int_equal(scan.sources[0].kind, PLUGIN_SCRIPT);
	plugin_scan_finish(&scan);
}

#define LINK "is a symbolic link; plugins have to be real files and folders\n"

static void test_links(void **state)
{
	const struct folder *folder = *state;

	make_link(folder, "a.py", "/etc/passwd");
	assert_scan(folder, "", "a.py: " LINK);
	unlink(at(folder, "a.py"));
	make_link(folder, "b", "/etc");
	assert_scan(folder, "", "b: " LINK);
	unlink(at(folder, "b"));
	make_folder(folder, "c");
	make_link(folder, "c/plugin.wasm", "/etc/passwd");
	assert_scan(folder, "", "c: plugin.wasm " LINK);
	unlink(at(folder, "c/plugin.wasm"));
	make_file(folder, "c/plugin.py", "");
	make_link(folder, "c/permission.toml", "/etc/passwd");
	assert_scan(folder, "", "c: permission.toml " LINK);
	unlink(at(folder, "c/plugin.py"));
	make_file(folder, "d.py", "");
	make_link(folder, "d.permission.toml", "/etc/passwd");
	assert_scan(folder, "", "d.py: d.permission.toml " LINK);
}

static void test_odd_files(void **state)
{
	const struct folder *folder = *state;

	assert_int_equal(mkfifo(at(folder, "pipe.py"), 0600), 0);
	assert_scan(folder, "", "pipe.py: is not a regular file\n");
	unlink(at(folder, "pipe.py"));
	make_folder(folder, "d");
	make_folder(folder, "d/plugin.py");
	assert_scan(folder, "", "d: plugin.py is not a regular file\n");
	make_folder(folder, "e.py"); /* a folder like another */
	make_file(folder, "e.py/plugin.py", "");
	assert_scan(folder, "e.py", "d: plugin.py is not a regular file\n");
}

static void test_limits(void **state)
{
	const struct folder *folder = *state;
	struct plugin_scan scan;
	struct error err = {0};
	char name[32];

	for (int i = 0; i < PLUGINS_MAX; i++) {
		snprintf(name, sizeof(name), "p%04d.py", i);
		make_file(folder, name, "");
	}
	scan = scan_folder(folder);
	assert_int_equal(scan.count, PLUGINS_MAX);
	assert_int_equal(scan.skipped_count, 0);
	plugin_scan_finish(&scan);
	make_file(folder, "a.py", "");
	scan = scan_folder(folder);
	assert_int_equal(scan.count, PLUGINS_MAX);
	assert_string_equal(scan.sources[0].name, "a");
	assert_int_equal(scan.skipped_count, 1);
	assert_string_equal(scan.skipped[0].path, at(folder, "p1023.py"));
	assert_string_equal(scan.skipped[0].reason,
			    "there are 1024 plugins before it, which is the limit");
	plugin_scan_finish(&scan);

	/* "." and ".." count. */
	for (int i = PLUGINS_MAX + 3; i < PLUGIN_FOLDER_ENTRIES_MAX; i++) {
		snprintf(name, sizeof(name), "%d.txt", i);
		make_file(folder, name, "");
	}
	scan = scan_folder(folder);
	plugin_scan_finish(&scan);
	make_file(folder, "z.txt", "");
	assert_int_equal(plugin_scan(folder->path, &scan, &err), ERROR_TOO_LARGE);
	assert_non_null(strstr(err.text, "has more than 4096 entries"));
}

static void test_no_folder(void **state)
{
	const struct folder *folder = *state;
	struct plugin_scan scan;
	struct error err = {0};

	assert_int_equal(plugin_scan(at(folder, "none"), &scan, &err), ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "none: cannot open this folder (check its path, mode and "
					 "owner): No such file or directory"));
	assert_int_equal(plugin_scan(at(folder, "none"), &scan, NULL), ERROR_NOT_FOUND);
}

static void test_open(void **state)
{
	const struct folder *folder = *state;
	struct plugin_source source, copy;
	struct error err = {0};

	make_folder(folder, "x");
	make_file(folder, "x/plugin.py", "");
	make_file(folder, "y.wasm", "");
	make_link(folder, "z.py", "/etc/passwd");
	assert_int_equal(plugin_source_open(at(folder, "x/"), &source, &err), 0);
	assert_string_equal(source.name, "x");
	assert_string_equal(source.path, at(folder, "x"));
	assert_int_equal(plugin_source_copy(&source, &copy), 0);
	plugin_source_finish(&source);
	assert_string_equal(copy.main_path, at(folder, "x/plugin.py"));
	plugin_source_finish(&copy);
	assert_int_equal(plugin_source_open(at(folder, "y.wasm"), &source, &err), 0);
	assert_int_equal(source.kind, PLUGIN_COMPONENT);
	plugin_source_finish(&source);
	assert_int_equal(plugin_source_open(at(folder, "z.py"), &source, &err), ERROR_INVALID);
	assert_non_null(strstr(err.text, "z.py is a symbolic link"));
	assert_int_equal(plugin_source_open(at(folder, "w.py"), &source, &err), ERROR_NOT_FOUND);
	assert_int_equal(plugin_source_open(at(folder, "x/plugin.txt"), &source, &err),
			 ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "is not a plugin: expected NAME.py"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kinds),
		TEST(test_ignored),
		TEST(test_folder_without_plugin),
		TEST(test_names),
		TEST(the_hosts_names_are_no_plugins),
		TEST(test_conflicts),
		TEST(test_links),
		TEST(test_odd_files),
		TEST(test_limits),
		TEST(test_no_folder),
		TEST(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
