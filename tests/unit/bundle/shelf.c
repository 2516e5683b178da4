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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept_and_dropped),
		TEST(test_a_stored_bundle_that_was_changed),
		TEST(test_a_copy_that_was_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
