#include "bundle/unpack.h"

#include "fixture.h"

static int unpack(struct fixture *fixture, int bundle, const char *name, struct error *err)
{
	int parent = open(at(&fixture->folder, "plugins"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = bundle_unpack(bundle, parent, name, err);

	close(parent);
	return ret;
}

static int delete (const struct fixture *fixture, const char *name, struct error *err)
{
	int parent = open(at(&fixture->folder, "plugins"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = bundle_unpack_delete(parent, name, err);

	close(parent);
	return ret;
}

static void test_all_files(void **state)
{
	struct fixture *fixture = *state;
	int fd = make_bundle(fixture, 3, "");
	struct error err = {0};
	struct stat stat;

	if (unpack(fixture, fd, "new", &err))
		fail_msg("%s", err.text);
	assert_int_equal(version_in(fixture, "plugins/new"), 3);
	assert_int_equal(lstat(at(&fixture->folder, "plugins/new/lib/part.py"), &stat), 0);
	assert_int_equal(stat.st_mode & 0111, 0);
	close(fd);
}

/* What is there already is not written to, wherever it leads. */
static void test_something_in_the_way(void **state)
{
	struct fixture *fixture = *state;
	int fd = make_bundle(fixture, 3, "");
	struct error err = {0};

	make_folder(&fixture->folder, "outside");
	make_folder(&fixture->folder, "plugins/new");
	make_link(&fixture->folder, "plugins/new/lib", at(&fixture->folder, "outside"));
	assert_int_equal(unpack(fixture, fd, "new", &err), ERROR_SYSTEM);
	assert_non_null(strstr(err.text, "lib/part.py: cannot unpack this file"));
	assert_false(exists(&fixture->folder, "outside/part.py"));
	make_link(&fixture->folder, "plugins/link", at(&fixture->folder, "outside"));
	assert_int_equal(unpack(fixture, fd, "link", NULL), ERROR_SYSTEM);
	make_folder(&fixture->folder, "plugins/old");
	make_file(&fixture->folder, "plugins/old/plugin.py", "mine");
	assert_int_equal(unpack(fixture, fd, "old", NULL), ERROR_SYSTEM);
	assert_string_equal(text_of(fixture, "plugins/old/plugin.py"), "mine");
	close(fd);
}

/* Another byte in the last file: its digest is wrong, and the caller learns that. */
static void test_a_damaged_bundle(void **state)
{
	struct fixture *fixture = *state;
	int fd = make_bundle(fixture, 3, "");
	char content[16384];
	ssize_t size = pread(fd, content, sizeof(content), 0);
	char *found = memmem(content, (size_t)size, "return {\"v\"", 11);

	assert_non_null(found);
	assert_int_equal(pwrite(fd, "R", 1, found - content), 1);
	assert_int_equal(unpack(fixture, fd, "new", NULL), ERROR_CHECKSUM);
	close(fd);
}

static void test_deleting(void **state)
{
	struct fixture *fixture = *state;
	int fd = make_bundle(fixture, 3, "");

	assert_int_equal(unpack(fixture, fd, "new", NULL), 0);
	close(fd);
	make_folder(&fixture->folder, "outside");
	make_file(&fixture->folder, "outside/victim", "untouched");
	make_link(&fixture->folder, "plugins/new/lib/outside", at(&fixture->folder, "outside"));
	assert_int_equal(delete (fixture, "new", NULL), 0);
	assert_false(exists(&fixture->folder, "plugins/new"));
	assert_string_equal(text_of(fixture, "outside/victim"), "untouched");
	assert_int_equal(delete (fixture, "new", NULL), 0); /* it is gone already */
}

static void test_deleting_what_is_no_folder(void **state)
{
	struct fixture *fixture = *state;
	struct error err;

	make_folder(&fixture->folder, "outside");
	make_file(&fixture->folder, "outside/victim", "untouched");
	make_link(&fixture->folder, "plugins/link", at(&fixture->folder, "outside"));
	assert_int_equal(delete (fixture, "link", &err), ERROR_SYSTEM);
	assert_non_null(strstr(err.text, "link: cannot delete this folder"));
	assert_string_equal(text_of(fixture, "outside/victim"), "untouched");
	make_file(&fixture->folder, "plugins/file", "mine");
	assert_int_equal(delete (fixture, "file", NULL), ERROR_SYSTEM);
	assert_true(exists(&fixture->folder, "plugins/file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_files),
		TEST(test_something_in_the_way),
		TEST(test_a_damaged_bundle),
		TEST(test_deleting),
		TEST(test_deleting_what_is_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
