#include "bundle/index.h"

#include "fixture.h"

#define FOLDER "shop"

/* Version N in the folder, signed by a file that nobody checks here. */
static void offer(struct fixture *fixture, unsigned n, const char *file)
{
	char path[128], signature[160];
	int fd = make_bundle(fixture, n, "description = \"a lamp\"\n");

	close(fd);
	snprintf(path, sizeof(path), "%u.bundle", n);
	snprintf(signature, sizeof(signature), FOLDER "/%s", file);
	assert_int_equal(rename(at(&fixture->folder, path), at(&fixture->folder, signature)), 0);
	snprintf(signature, sizeof(signature), FOLDER "/%s.minisig", file);
	make_file(&fixture->folder, signature, "x");
}

static int scan(const struct fixture *fixture, struct bundle_index *ret_index, struct error *err)
{
	return bundle_index_scan(at(&fixture->folder, FOLDER), ret_index, err);
}

static void test_the_newest_first(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_index index;
	struct error err = {0};
	struct stat stat_of;

	make_folder(&fixture->folder, FOLDER);
	offer(fixture, 1, "a.bundle");
	offer(fixture, 2, "z.bundle");
	make_file(&fixture->folder, FOLDER "/README", "no bundle");
	make_file(&fixture->folder, FOLDER "/.hidden.bundle", "no bundle");
	if (scan(fixture, &index, &err))
		fail_msg("%s", err.text);
	assert_int_equal(index.count, 2);
	assert_string_equal(index.entries[0].file, "z.bundle");
	assert_int_equal(index.entries[0].counter, 2);
	assert_string_equal(index.entries[0].description, "a lamp");
	assert_string_equal(index.entries[1].file, "a.bundle");
	assert_int_equal(stat(at(&fixture->folder, FOLDER "/a.bundle"), &stat_of), 0);
	assert_int_equal(index.entries[1].size, stat_of.st_size);
	assert_int_equal(strlen(index.entries[1].digest), BUNDLE_DIGEST_SIZE - 1);
	assert_string_not_equal(index.entries[0].digest, index.entries[1].digest);
	bundle_index_finish(&index);
}

static void test_an_empty_folder_and_none(void **state)
{
	const struct fixture *fixture = *state;
	struct bundle_index index;

	assert_int_equal(scan(fixture, &index, NULL), ERROR_SYSTEM);
	make_folder(&fixture->folder, FOLDER);
	assert_int_equal(scan(fixture, &index, NULL), 0);
	assert_int_equal(index.count, 0);
	bundle_index_finish(&index);
}

/* The builder refuses what a node would refuse, and names the file. */
static void test_what_nodes_would_refuse(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_index index;
	struct error err;

	make_folder(&fixture->folder, FOLDER);
	offer(fixture, 1, "one.bundle");
	assert_int_equal(unlink(at(&fixture->folder, FOLDER "/one.bundle.minisig")), 0);
	assert_int_equal(scan(fixture, &index, &err), ERROR_INVALID);
	assert_non_null(strstr(err.text, "one.bundle has no signature"));
	offer(fixture, 1, "one.bundle");
	make_file(&fixture->folder, FOLDER "/bad.bundle", "no bundle");
	make_file(&fixture->folder, FOLDER "/bad.bundle.minisig", "x");
	assert_int_equal(scan(fixture, &index, &err), ERROR_MALFORMED);
	assert_non_null(strstr(err.text, "bad.bundle"));
}

static void test_two_with_one_counter(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_index index;
	struct error err;

	make_folder(&fixture->folder, FOLDER);
	offer(fixture, 1, "one.bundle");
	offer(fixture, 1, "other.bundle");
	assert_int_equal(scan(fixture, &index, &err), ERROR_EXISTS);
	assert_non_null(strstr(err.text, "are both lamp with the counter 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_newest_first),
		TEST(test_an_empty_folder_and_none),
		TEST(test_what_nodes_would_refuse),
		TEST(test_two_with_one_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
