#include "bundle/tree.h"

#include "fixture.h"
#include "plugin/discovery/source.h"

static int list(const struct fixture *fixture, struct bundle_files *ret_files, struct error *err)
{
	return bundle_tree_list(at(&fixture->folder, "src/" NAME), ret_files, err);
}

static void test_files_with_sizes_and_digests(void **state)
{
	static const uint8_t abc[4] = {0xba, 0x78, 0x16, 0xbf};
	const struct fixture *fixture = *state;
	struct bundle_files files;

	make_file(&fixture->folder, "src/" NAME "/plugin.py", "abc");
	make_file(&fixture->folder, "src/" NAME "/lib/b.py", "");
	make_file(&fixture->folder, "src/" NAME "/a.txt", "12345");
	assert_int_equal(list(fixture, &files, NULL), 0);
	assert_int_equal(files.count, 3);
	assert_string_equal(files.items[0].path, "a.txt");
	assert_string_equal(files.items[1].path, "lib/b.py");
	assert_string_equal(files.items[2].path, "plugin.py");
	assert_int_equal(files.items[2].size, 3);
	assert_memory_equal(files.items[2].sha256, abc, sizeof(abc));
	assert_int_equal(files.total, 8);
	assert_true(files.newest_ms > 0);
	bundle_files_finish(&files);
}

static void test_what_tools_leave_behind(void **state)
{
	static const char *const names[] = {".git", "__pycache__", "part.pyc", "plugin.py~",
					    "x.tmp"};
	const struct fixture *fixture = *state;
	struct bundle_files files;
	char path[64];

	make_file(&fixture->folder, "src/" NAME "/plugin.py", "abc");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "src/" NAME "/%s", names[i]);
		make_file(&fixture->folder, path, "");
		snprintf(path, sizeof(path), "src/" NAME "/lib/%s", names[i]);
		make_folder(&fixture->folder, path);
	}
	assert_int_equal(list(fixture, &files, NULL), 0);
	assert_int_equal(files.count, 1);
	bundle_files_finish(&files);
}

static void test_links_and_devices(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_files files;
	struct error err;

	make_folder(&fixture->folder, "outside");
	make_file(&fixture->folder, "outside/file", "");
	make_link(&fixture->folder, "src/" NAME "/lib/outside", "../../../outside/file");
	assert_int_equal(list(fixture, &files, &err), ERROR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "lib/outside"));
	assert_int_equal(unlink(at(&fixture->folder, "src/" NAME "/lib/outside")), 0);
	make_link(&fixture->folder, "src/" NAME "/lib/outside", "../../../outside");
	assert_int_equal(list(fixture, &files, NULL), ERROR_UNSUPPORTED);
	assert_int_equal(unlink(at(&fixture->folder, "src/" NAME "/lib/outside")), 0);
	assert_int_equal(mkfifo(at(&fixture->folder, "src/" NAME "/pipe"), 0644), 0);
	assert_int_equal(list(fixture, &files, NULL), ERROR_UNSUPPORTED);
}

/* A file below `parts` folders, each in the one before. */
static void make_deep(const struct fixture *fixture, unsigned parts)
{
	char path[128] = "src/" NAME;
	size_t size = strlen(path);

	for (unsigned i = 0; i < parts; i++) {
		size += (size_t)snprintf(path + size, sizeof(path) - size, "/d");
		if (!exists(&fixture->folder, path))
			make_folder(&fixture->folder, path);
	}
	snprintf(path + size, sizeof(path) - size, "/f");
	make_file(&fixture->folder, path, "");
}

static void test_depth(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_files files;
	struct error err;

	make_deep(fixture, PLUGIN_DEPTH_MAX - 1);
	assert_int_equal(list(fixture, &files, NULL), 0);
	assert_int_equal(files.count, 1);
	bundle_files_finish(&files);
	make_deep(fixture, PLUGIN_DEPTH_MAX);
	assert_int_equal(list(fixture, &files, &err), ERROR_TOO_LARGE);
	assert_non_null(strstr(err.text, "shorten it"));
}

static void test_length_of_a_path(void **state)
{
	const struct fixture *fixture = *state;
	char path[BUNDLE_PATH_MAX + 32] = "src/" NAME "/";
	const size_t begin = strlen(path);
	struct bundle_files files;

	memset(path + begin, 'a', BUNDLE_PATH_MAX + 1);
	make_file(&fixture->folder, path, "");
	assert_int_equal(list(fixture, &files, NULL), ERROR_TOO_LARGE);
	assert_int_equal(unlink(at(&fixture->folder, path)), 0);
	path[begin + BUNDLE_PATH_MAX] = '\0';
	make_file(&fixture->folder, path, "");
	assert_int_equal(list(fixture, &files, NULL), 0);
	assert_int_equal(strlen(files.items[0].path), BUNDLE_PATH_MAX);
	bundle_files_finish(&files);
}

static void test_no_folder(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_files files;

	assert_int_equal(bundle_tree_list(at(&fixture->folder, "none"), &files, NULL),
			 ERROR_NOT_FOUND);
	make_file(&fixture->folder, "file", "");
	assert_int_equal(bundle_tree_list(at(&fixture->folder, "file"), &files, NULL),
			 ERROR_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files_with_sizes_and_digests),
		TEST(test_what_tools_leave_behind),
		TEST(test_links_and_devices),
		TEST(test_depth),
		TEST(test_length_of_a_path),
		TEST(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
