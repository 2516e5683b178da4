#include "fixture.h"

static int put(struct fixture *fixture, struct bundle_store *store, const char *text,
	       const char *signature, char ret_digest[BUNDLE_DIGEST_SIZE])
{
	int from, fd, ret;

	make_file(&fixture->folder, "b", text);
	from = open(at(&fixture->folder, "b"), O_RDONLY | O_CLOEXEC);
	ret = bundle_shelf_copy(store, from, "b", &fd, ret_digest, NULL);
	close(from);
	if (ret)
		return ret;
	close(fd);
	return signature ? bundle_shelf_keep(store, ret_digest, signature, NULL) : 0;
}

static const char *file_of(const char *digest, const char *suffix)
{
	static char name[128];

	snprintf(name, sizeof(name), "data/bundles/files/%s.%s", digest, suffix);
	return name;
}

static void test_kept_and_dropped(void **state)
{
	struct bundle_store *store = open_store(*state);
	const struct fixture *fixture = *state;
	char digest[BUNDLE_DIGEST_SIZE], text[4] = {0};
	int fd;

	assert_int_equal(put(*state, store, "abc", "signature", digest), 0);
	assert_string_equal(digest,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(text_of(fixture, file_of(digest, "minisig")), "signature");
	assert_false(exists(&fixture->folder, "data/bundles/files/incoming"));
	fd = bundle_shelf_open(store, digest, NULL);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	close(fd);
	bundle_shelf_drop(store, digest);
	assert_false(exists(&fixture->folder, file_of(digest, "bundle")));
	assert_false(exists(&fixture->folder, file_of(digest, "minisig")));
	assert_int_equal(bundle_shelf_open(store, digest, NULL), ERROR_NOT_FOUND);
	bundle_store_close(store);
}

static void test_a_stored_bundle_that_was_changed(void **state)
{
	struct bundle_store *store = open_store(*state);
	const struct fixture *fixture = *state;
	char digest[BUNDLE_DIGEST_SIZE];
	struct error err;

	assert_int_equal(put(*state, store, "abc", "signature", digest), 0);
	make_file(&fixture->folder, file_of(digest, "bundle"), "abd");
	assert_int_equal(bundle_shelf_open(store, digest, &err), ERROR_CHECKSUM);
	assert_non_null(strstr(err.text, "was changed or is damaged, so it is not used"));
	assert_int_equal(unlink(at(&fixture->folder, file_of(digest, "bundle"))), 0);
	make_link(&fixture->folder, file_of(digest, "bundle"), at(&fixture->folder, "b"));
	assert_int_equal(bundle_shelf_open(store, digest, NULL), ERROR_SYSTEM);
	bundle_store_close(store);
}

/* A copy that was left behind, or a link in its place, is not written to. */
static void test_a_copy_that_was_left_behind(void **state)
{
	struct bundle_store *store = open_store(*state);
	const struct fixture *fixture = *state;
	char digest[BUNDLE_DIGEST_SIZE];

	make_file(&fixture->folder, "victim", "untouched");
	make_link(&fixture->folder, "data/bundles/files/incoming", at(&fixture->folder, "victim"));
	assert_int_equal(put(*state, store, "abc", NULL, digest), 0);
	assert_string_equal(text_of(fixture, "victim"), "untouched");
	assert_string_equal(text_of(fixture, "data/bundles/files/incoming"), "abc");
	bundle_shelf_forget(store);
	assert_false(exists(&fixture->folder, "data/bundles/files/incoming"));
	bundle_store_close(store);
}

/* The node looks for leftovers when it starts. */
static unsigned sweep(const struct fixture *fixture, int ret)
{
	struct bundle_store *store = open_store(fixture);
	struct error err = {0};
	unsigned count = 0;

	assert_int_equal(bundle_store_sweep(store, &count, &err), ret);
	bundle_store_close(store);
	return count;
}

static void make_leftovers(const struct fixture *fixture)
{
	static const char digest[] =
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	char temporary[128];

	make_file(&fixture->folder, file_of(digest, "bundle"), "abc");
	make_file(&fixture->folder, file_of(digest, "minisig"), "signature");
	make_file(&fixture->folder, "data/bundles/files/incoming", "ab");
	snprintf(temporary, sizeof(temporary), "data/bundles/files/.%s.minisig.77.tmp", digest);
	make_file(&fixture->folder, temporary, "sig");
}

/* All eight versions of a plugin stay, and what is no bundle. */
static void test_leftovers(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_record record;

	for (unsigned n = 1; n <= BUNDLE_VERSIONS_MAX; n++)
		install_version(fixture, n);
	make_leftovers(fixture);
	make_file(&fixture->folder, "data/bundles/files/README", "mine");
	assert_int_equal(sweep(fixture, 0), 3);
	assert_int_equal(sweep(fixture, 0), 0);
	assert_false(exists(&fixture->folder, "data/bundles/files/incoming"));
	assert_true(exists(&fixture->folder, "data/bundles/files/README"));
	record = get_record(fixture);
	assert_int_equal(record.versions_count, BUNDLE_VERSIONS_MAX);
	for (size_t i = 0; i < record.versions_count; i++)
		assert_true(exists(&fixture->folder, file_of(record.versions[i].digest, "bundle")));
}

/* A record that cannot be read may name any bundle. */
static void test_leftovers_beside_a_damaged_record(void **state)
{
	struct fixture *fixture = *state;

	install_version(fixture, 1);
	make_leftovers(fixture);
	make_file(&fixture->folder, "data/bundles/door.json", "{");
	assert_int_equal(sweep(fixture, ERROR_MALFORMED), 0);
	make_file(&fixture->folder, "data/bundles/door.json", "");
	assert_int_equal(unlink(at(&fixture->folder, "data/bundles/door.json")), 0);
	assert_int_equal(sweep(fixture, 0), 3);
}

/* To the hour before and after the seventh day. */
static void test_downloads_that_broke_off(void **state)
{
	struct fixture *fixture = *state;
	time_t now = time(NULL);

	for (int i = 0; i < 2; i++) {
		const char *name = i ? "data/bundles/a.download" : "data/bundles/b.download";
		struct timespec changed = {.tv_sec = now - 7 * 86400 + (i ? 3600 : -3600)};
		struct timespec times[] = {changed, changed};

		bundle_store_close(open_store(fixture));
		make_file(&fixture->folder, name, "half");
		assert_int_equal(utimensat(AT_FDCWD, at(&fixture->folder, name), times, 0), 0);
	}
	assert_int_equal(sweep(fixture, 0), 1);
	assert_true(exists(&fixture->folder, "data/bundles/a.download"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept_and_dropped),
		TEST(test_a_stored_bundle_that_was_changed),
		TEST(test_a_copy_that_was_left_behind),
		TEST(test_leftovers),
		TEST(test_leftovers_beside_a_damaged_record),
		TEST(test_downloads_that_broke_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
