#include "../plugin/folder.h"
#include "base/error.h"
#include "bundle/manifest.h"

static const uint8_t sha256[32];

static void add(struct bundle_files *files, const char *path, uint64_t size)
{
	assert_int_equal(bundle_files_add(files, path, size, sha256), 0);
}

static void assert_checked(struct bundle_files *files, int code, const char *problem)
{
	struct error err = {0};
	int ret = bundle_files_check(files, &err);

	if (ret != code || !strstr(err.text, problem))
		fail_msg("%d: %s", ret, err.text);
	bundle_files_finish(files);
}

static void assert_path(const char *path, int code)
{
	struct bundle_files files = {0};

	add(&files, path, 1);
	assert_checked(&files, code, code ? "cannot have a file with the path" : "");
}

static void test_paths(void **state)
{
	(void)state;
	assert_path("plugin.py", 0);
	assert_path("lib/a b.py", 0);
	assert_path("", ERROR_MALFORMED);
	assert_path("/plugin.py", ERROR_MALFORMED);
	assert_path("lib//x", ERROR_MALFORMED);
	assert_path("lib/", ERROR_MALFORMED);
	assert_path("../x", ERROR_MALFORMED);
	assert_path("lib/../x", ERROR_MALFORMED);
	assert_path("lib/.x", ERROR_MALFORMED);
	assert_path("a\\b", ERROR_MALFORMED);
	assert_path("a:b", ERROR_MALFORMED);
	assert_path("a\x7f", ERROR_MALFORMED);
	assert_path("ä", ERROR_MALFORMED);
}

static void test_paths_at_their_limits(void **state)
{
	char path[BUNDLE_PATH_MAX + 2] = {0}, deep[2 * PLUGIN_DEPTH_MAX + 2] = {0};

	(void)state;
	memset(path, 'p', BUNDLE_PATH_MAX);
	assert_path(path, 0);
	path[BUNDLE_PATH_MAX] = 'p';
	assert_path(path, ERROR_MALFORMED);
	for (int i = 0; i < PLUGIN_DEPTH_MAX - 1; i++)
		memcpy(deep + 2L * i, "d/", 2);
	deep[2 * PLUGIN_DEPTH_MAX - 2] = 'f';
	assert_path(deep, 0);
	memcpy(deep + 2 * PLUGIN_DEPTH_MAX - 2, "d/f", 3);
	assert_path(deep, ERROR_MALFORMED);
}

static void test_number_at_its_limit(void **state)
{
	struct bundle_files files = {0};
	char path[16];

	(void)state;
	for (int i = 0; i < BUNDLE_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "f%05d", i);
		add(&files, path, 1);
	}
	assert_int_equal(bundle_files_check(&files, NULL), 0);
	add(&files, "g", 1);
	assert_checked(&files, ERROR_TOO_LARGE, "more than 4000 files");
	assert_checked(&files, ERROR_MALFORMED, "has no files");
}

static void test_bytes_at_their_limit(void **state)
{
	struct bundle_files files = {0};

	(void)state;
	add(&files, "a", BUNDLE_BYTES_MAX);
	assert_int_equal(bundle_files_check(&files, NULL), 0);
	add(&files, "b", 1);
	assert_checked(&files, ERROR_TOO_LARGE, "more than 320 MB");
}

static void test_collisions(void **state)
{
	static const char *const same[][3] = {
		{"A", "a"}, {"lib", "lib/x"}, {"LIB/x", "lib"}, {"lib", "lib-x", "lib/x"}};
	struct bundle_files files = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		for (size_t j = 0; j < 3 && same[i][j]; j++)
			add(&files, same[i][j], 1);
		assert_checked(&files, ERROR_MALFORMED, "two files with the path");
	}
	add(&files, "lib-x", 1);
	add(&files, "lib/x", 1);
	add(&files, "libx", 1);
	assert_checked(&files, 0, "");
	add(&files, "b", 1);
	add(&files, "a", 1);
	assert_checked(&files, ERROR_MALFORMED, "not sorted at \"a\"");
}

static void test_which_file_differs(void **state)
{
	struct bundle_files one = {0}, other = {0};
	const uint8_t changed[32] = {1};
	const char *path = NULL;

	(void)state;
	add(&one, "b", 1);
	add(&one, "a", 1);
	bundle_files_sort(&one);
	add(&other, "a", 1);
	assert_false(bundle_files_equal(&one, &other, &path));
	assert_string_equal(path, "b");
	assert_false(bundle_files_equal(&other, &one, &path));
	assert_string_equal(path, "b");
	assert_int_equal(bundle_files_add(&other, "b", 1, changed), 0);
	assert_false(bundle_files_equal(&one, &other, &path));
	assert_string_equal(path, "b");
	memcpy(other.items[1].sha256, sha256, sizeof(sha256));
	assert_true(bundle_files_equal(&one, &other, &path));
	other.items[0].size = 2;
	assert_false(bundle_files_equal(&one, &other, &path));
	assert_string_equal(path, "a");
	bundle_files_finish(&one);
	bundle_files_finish(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_paths_at_their_limits),
		cmocka_unit_test(test_number_at_its_limit),
		cmocka_unit_test(test_bytes_at_their_limit),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_which_file_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
