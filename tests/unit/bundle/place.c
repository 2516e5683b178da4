#include "bundle/place.h"

#include "bundle/read.h"
#include "fixture.h"

#define FOLDER "plugins/" NAME
#define OUT "plugins/." NAME ".out"
#define KEPT "plugins/." NAME ".changed-here"

static struct bundle_place place_of(const struct fixture *fixture)
{
	return (struct bundle_place){.folder = fixture->plugins, .name = NAME};
}

/* Put version N there. The caller finishes the manifest. */
static void put(struct fixture *fixture, unsigned n, struct bundle_manifest *ret_manifest)
{
	const struct bundle_place place = place_of(fixture);
	int fd = make_bundle(fixture, n, "");
	struct error err = {0};

	if (bundle_read_manifest(fd, ret_manifest, &err) || bundle_place_switch(&place, fd, &err))
		fail_msg("%s", err.text);
	close(fd);
}

static void assert_state(const struct fixture *fixture, const struct bundle_manifest *manifest,
			 enum bundle_place_state expected, const char *expected_path)
{
	const struct bundle_place place = place_of(fixture);
	char path[BUNDLE_PATH_MAX + 1];
	enum bundle_place_state state;

	assert_int_equal(bundle_place_compare(&place, manifest, &state, path, NULL), 0);
	assert_int_equal(state, expected);
	assert_string_equal(path, expected_path);
}

static void clear(const struct fixture *fixture, const struct bundle_manifest *current,
		  const struct bundle_manifest *previous)
{
	const struct bundle_place place = place_of(fixture);
	const struct bundle_place_ours ours = {current, previous};

	assert_int_equal(bundle_place_clear(&place, &ours, NULL), 0);
	assert_false(exists(&fixture->folder, OUT));
}

static void test_what_lies_there(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_manifest manifest;

	assert_state(fixture, NULL, BUNDLE_PLACE_EMPTY, "");
	make_file(&fixture->folder, FOLDER ".wasm", "");
	assert_state(fixture, NULL, BUNDLE_PLACE_OTHER, NAME ".wasm");
	make_file(&fixture->folder, FOLDER ".py", "");
	assert_state(fixture, NULL, BUNDLE_PLACE_OTHER, NAME ".py");
	put(fixture, 1, &manifest);
	assert_state(fixture, &manifest, BUNDLE_PLACE_SAME, "");
	assert_state(fixture, NULL, BUNDLE_PLACE_OTHER, "");
	make_file(&fixture->folder, FOLDER "/lib/part.py", "x");
	assert_state(fixture, &manifest, BUNDLE_PLACE_OTHER, "lib/part.py");
	make_link(&fixture->folder, FOLDER "/lib/link.py", "/etc/passwd");
	assert_state(fixture, &manifest, BUNDLE_PLACE_OTHER, "");
	bundle_manifest_finish(&manifest);
}

static void test_our_own_version_is_deleted(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_manifest one, two;

	put(fixture, 1, &one);
	assert_false(exists(&fixture->folder, OUT));
	put(fixture, 2, &two);
	assert_int_equal(version_in(fixture, FOLDER), 2);
	assert_int_equal(version_in(fixture, OUT), 1);
	clear(fixture, &two, &one);
	assert_false(exists(&fixture->folder, KEPT));
	assert_int_equal(version_in(fixture, FOLDER), 2);
	bundle_manifest_finish(&one);
	bundle_manifest_finish(&two);
}

static void test_what_is_not_ours_is_kept(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_manifest one, two, three;

	put(fixture, 1, &one);
	make_file(&fixture->folder, FOLDER "/lib/part.py", "first");
	put(fixture, 2, &two);
	clear(fixture, &two, &one);
	assert_string_equal(text_of(fixture, KEPT "/lib/part.py"), "first");
	make_file(&fixture->folder, FOLDER "/lib/part.py", "second");
	put(fixture, 3, &three);
	clear(fixture, &three, &two);
	assert_string_equal(text_of(fixture, KEPT "/lib/part.py"), "second");
	clear(fixture, &three, &two);
	assert_string_equal(text_of(fixture, KEPT "/lib/part.py"), "second");
	bundle_manifest_finish(&one);
	bundle_manifest_finish(&two);
	bundle_manifest_finish(&three);
}

/* Before it is cleared away, nothing may take its place. */
static void test_what_was_not_cleared_away(void **state)
{
	struct fixture *fixture = *state;
	const struct bundle_place place = place_of(fixture);
	struct bundle_manifest one, two;
	int fd;

	put(fixture, 1, &one);
	make_file(&fixture->folder, FOLDER "/lib/part.py", "the owner's");
	put(fixture, 2, &two);
	fd = make_bundle(fixture, 3, "");
	assert_int_equal(bundle_place_switch(&place, fd, NULL), ERROR_SYSTEM);
	close(fd);
	assert_int_equal(bundle_place_remove(&place, NULL), ERROR_SYSTEM);
	assert_int_equal(version_in(fixture, FOLDER), 2);
	assert_string_equal(text_of(fixture, OUT "/lib/part.py"), "the owner's");
	clear(fixture, &two, &one);
	assert_int_equal(bundle_place_remove(&place, NULL), 0);
	assert_int_equal(bundle_place_remove(&place, NULL), 0);
	assert_state(fixture, NULL, BUNDLE_PLACE_EMPTY, "");
	clear(fixture, NULL, &two);
	assert_string_equal(text_of(fixture, KEPT "/lib/part.py"), "the owner's");
	bundle_manifest_finish(&one);
	bundle_manifest_finish(&two);
}

static void test_no_plugins_folder(void **state)
{
	struct bundle_place place = {.folder = "/nowhere", .name = NAME};
	enum bundle_place_state found;
	char path[BUNDLE_PATH_MAX + 1];
	struct error err;

	(void)state;
	assert_int_equal(bundle_place_compare(&place, NULL, &found, path, &err), ERROR_SYSTEM);
	assert_string_equal(err.text, "/nowhere/lamp: cannot put this plugin in its place (may "
				      "this user write to the plugins folder?): No such file or "
				      "directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_lies_there),	     TEST(test_our_own_version_is_deleted),
		TEST(test_what_is_not_ours_is_kept), TEST(test_what_was_not_cleared_away),
		TEST(test_no_plugins_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
