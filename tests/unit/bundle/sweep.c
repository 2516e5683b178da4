#include <time.h>

#include "fixture.h"

#define FILES "data/bundles/files/"
#define DAY_SECONDS 86400

/* No bundle has it. */
#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static int sweep(const struct fixture *fixture, unsigned *ret_count, struct error *err)
{
	struct bundle_store *store = open_store(fixture);
	int ret = bundle_store_sweep(store, ret_count, err);

	bundle_store_close(store);
	return ret;
}

static void test_what_no_record_names(void **state)
{
	static const char *const left[] = {FILES DIGEST ".bundle", FILES DIGEST ".minisig",
					   FILES "." DIGEST ".bundle.tmp"};
	static const char *const others[] = {FILES "README", FILES DIGEST ".txt", FILES DIGEST,
					     FILES ".hidden.tmp"};
	struct fixture *fixture = *state;
	unsigned count = 0;
	char kept[128];

	install_version(fixture, 1);
	install_version(fixture, 2);
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++)
		make_file(&fixture->folder, left[i], "x");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		make_file(&fixture->folder, others[i], "x");
	assert_int_equal(sweep(fixture, &count, NULL), 0);
	assert_int_equal(count, sizeof(left) / sizeof(*left));
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++)
		assert_false(exists(&fixture->folder, left[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_true(exists(&fixture->folder, others[i]));
	for (size_t i = 0; i < 2; i++) {
		snprintf(kept, sizeof(kept), FILES "%s.bundle",
			 get_record(fixture).versions[i].digest);
		assert_true(exists(&fixture->folder, kept));
	}
	assert_int_equal(sweep(fixture, &count, NULL), 0);
	assert_int_equal(count, 0);
}

/* The damaged record may name any of them. */
static void test_a_damaged_record(void **state)
{
	struct fixture *fixture = *state;
	unsigned count = 77;

	install_version(fixture, 1);
	make_file(&fixture->folder, FILES DIGEST ".bundle", "x");
	make_file(&fixture->folder, "data/bundles/" NAME ".json", "{");
	assert_int_equal(sweep(fixture, &count, NULL), ERROR_MALFORMED);
	assert_true(exists(&fixture->folder, FILES DIGEST ".bundle"));
	assert_int_equal(count, 77);
}

static void make_download(const struct fixture *fixture, const char *name, time_t age)
{
	const struct timespec times[] = {{.tv_sec = time(NULL) - age},
					 {.tv_sec = time(NULL) - age}};

	make_file(&fixture->folder, name, "x");
	assert_int_equal(utimensat(AT_FDCWD, at(&fixture->folder, name), times, 0), 0);
}

static void test_downloads_that_nobody_went_on_with(void **state)
{
	const struct fixture *fixture = *state;
	unsigned count = 0;

	bundle_store_close(open_store(fixture));
	make_download(fixture, "data/bundles/old.download", 8 * DAY_SECONDS);
	make_download(fixture, "data/bundles/new.download", 6 * DAY_SECONDS);
	make_download(fixture, "data/bundles/old.txt", 8 * DAY_SECONDS);
	assert_int_equal(sweep(fixture, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_false(exists(&fixture->folder, "data/bundles/old.download"));
	assert_true(exists(&fixture->folder, "data/bundles/new.download"));
	assert_true(exists(&fixture->folder, "data/bundles/old.txt"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_no_record_names),
		TEST(test_a_damaged_record),
		TEST(test_downloads_that_nobody_went_on_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
