#include "bundle/record.h"

#include "fixture.h"

static void set_digest(char ret_digest[BUNDLE_DIGEST_SIZE], unsigned n)
{
	snprintf(ret_digest, BUNDLE_DIGEST_SIZE, "%064x", n);
}

static struct bundle_version version_of(unsigned n, const char *key, uint64_t counter)
{
	struct bundle_version version = {.counter = counter, .installed_ms = n};

	set_digest(version.digest, n);
	snprintf(version.version, sizeof(version.version), "%u", n);
	snprintf(version.key, sizeof(version.key), "%s", key);
	return version;
}

static void open_folder(const struct fixture *fixture, struct trusted_folder *ret_folder)
{
	assert_int_equal(trusted_folder_open(fixture->data, "bundles", ret_folder, NULL), 0);
}

static void test_none(void **state)
{
	struct bundle_record record;
	struct trusted_folder folder;

	open_folder(*state, &folder);
	assert_int_equal(bundle_record_load(&folder, NAME, &record, NULL), 0);
	assert_string_equal(record.name, NAME);
	assert_int_equal(record.versions_count + record.counters_count, 0);
	trusted_folder_close(&folder);
}

/* All lists full, and each text as long as it may be. */
static void test_full_record_comes_back(void **state)
{
	struct bundle_record record = {.name = NAME, .is_switching = true}, again;
	char dropped[BUNDLE_DIGEST_SIZE], key[MINISIGN_ID_TEXT_SIZE];
	struct trusted_folder folder;

	open_folder(*state, &folder);
	for (unsigned i = 1; i <= BUNDLE_VERSIONS_MAX; i++) {
		struct bundle_version version = version_of(i, "unsigned", BUNDLE_COUNTER_MAX);

		memset(version.version, 'v', BUNDLE_VERSION_MAX);
		memset(version.bad, '\x01', BUNDLE_REASON_MAX);
		bundle_record_add(&record, &version, dropped);
		assert_string_equal(dropped, "");
	}
	for (unsigned i = 0; i < BUNDLE_KEYS_MAX; i++) {
		struct bundle_version version;

		snprintf(key, sizeof(key), "%016X", i);
		version = version_of(i, key, BUNDLE_COUNTER_MAX);
		assert_int_equal(bundle_record_count(&record, &version, NULL), 0);
	}
	assert_int_equal(bundle_record_save(&folder, &record, NULL), 0);
	assert_int_equal(bundle_record_load(&folder, NAME, &again, NULL), 0);
	assert_memory_equal(again.versions, record.versions, sizeof(record.versions));
	assert_int_equal(again.counters_count, BUNDLE_KEYS_MAX);
	assert_true(again.is_switching);
	assert_false(again.is_on_probation);
	trusted_folder_close(&folder);
}

static void test_more_keys_than_the_limit(void **state)
{
	struct bundle_record record = {.name = NAME, .counters_count = BUNDLE_KEYS_MAX};
	struct bundle_version version = version_of(1, "0000000000000001", 1);
	struct error err;

	(void)state;
	assert_int_equal(bundle_record_count(&record, &version, &err), ERROR_TOO_LARGE);
	assert_non_null(strstr(err.text, "more than 64 keys have signed versions of lamp"));
	assert_int_equal(record.counters_count, BUNDLE_KEYS_MAX);
}

static void test_counter_never_goes_back(void **state)
{
	struct bundle_version five = version_of(5, "A", 5), four = version_of(4, "A", 4),
			      twin = version_of(6, "A", 5), other = version_of(7, "B", 1);
	struct bundle_record record = {.name = NAME};
	char dropped[BUNDLE_DIGEST_SIZE];
	struct error err;

	(void)state;
	assert_int_equal(bundle_record_count(&record, &five, NULL), 0);
	bundle_record_add(&record, &five, dropped);
	assert_int_equal(bundle_record_count(&record, &five, NULL), 0);
	assert_int_equal(bundle_record_count(&record, &four, &err), ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "has the counter 4, but this node has seen 5"));
	assert_int_equal(bundle_record_count(&record, &twin, NULL), ERROR_NOT_GRANTED);
	assert_int_equal(bundle_record_count(&record, &other, NULL), 0);
	assert_int_equal(record.counters[0].counter, 5);
}

static void test_no_version_that_is_named_is_dropped(void **state)
{
	struct bundle_record record = {.name = NAME};
	char dropped[BUNDLE_DIGEST_SIZE], expected[BUNDLE_DIGEST_SIZE];

	(void)state;
	set_digest(record.good, 1);
	set_digest(record.previous, 2);
	set_digest(record.waiting, 3);
	set_digest(record.current, 4);
	for (unsigned i = 1; i <= BUNDLE_VERSIONS_MAX; i++) {
		struct bundle_version version = version_of(i, "A", i);

		bundle_record_add(&record, &version, dropped);
	}
	for (unsigned i = 5; i <= 20; i++) {
		struct bundle_version version = version_of(i + 4, "A", i + 4);

		bundle_record_add(&record, &version, dropped);
		set_digest(expected, i);
		assert_string_equal(dropped, expected);
		assert_int_equal(record.versions_count, BUNDLE_VERSIONS_MAX);
		assert_non_null(bundle_record_find(&record, record.good));
		assert_non_null(bundle_record_find(&record, record.previous));
		assert_non_null(bundle_record_find(&record, record.waiting));
		assert_non_null(bundle_record_find(&record, record.current));
	}
}

static void test_damaged_records(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"name\": \"other\", \"current\": \"\", \"previous\": \"\", \"good\": \"\", "
		"\"waiting\": \"\", \"switching\": false, \"probation\": false, \"versions\": [], "
		"\"counters\": {}}",
		"{\"name\": \"lamp\", \"current\": \"../../etc\", \"previous\": \"\", \"good\": "
		"\"\", \"waiting\": \"\", \"switching\": false, \"probation\": false, "
		"\"versions\": [], \"counters\": {}}",
		"{\"name\": \"lamp\", \"current\": \"\", \"previous\": \"\", \"good\": \"\", "
		"\"waiting\": \"\", \"switching\": false, \"probation\": false, \"versions\": [], "
		"\"counters\": {\"A\": 0}}",
		"{\"name\": \"lamp\", \"current\": \"\", \"previous\": \"\", \"good\": \"\", "
		"\"waiting\": \"\", \"switching\": false, \"probation\": false, \"versions\": "
		"[1,2,3,4,5,6,7,8,9], \"counters\": {}}",
	};
	const struct fixture *fixture = *state;
	struct bundle_record record;
	struct trusted_folder folder;
	struct error err;

	open_folder(fixture, &folder);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		make_file(&fixture->folder, "data/bundles/" NAME ".json", texts[i]);
		assert_int_equal(bundle_record_load(&folder, NAME, &record, &err), ERROR_MALFORMED);
		assert_non_null(strstr(err.text, "lamp.json is damaged"));
	}
	trusted_folder_close(&folder);
}

/* What a plugin said when it failed is any text, and is cut: the record must keep its version. */
static void test_reason_that_is_cut_inside_a_letter(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_version back;
	struct bundle_record record;
	struct bundle_store *store;
	char reason[BUNDLE_REASON_MAX + 3], *at = reason;

	install_version(fixture, 1);
	record = get_record(fixture);
	store = open_store(fixture);
	assert_int_equal(bundle_store_pass(store, NAME, record.current, NULL), 0);
	bundle_store_close(store);
	install_version(fixture, 2);
	*at++ = 'x';
	while (at < reason + BUNDLE_REASON_MAX + 1)
		at = stpcpy(at, "°");
	store = open_store(fixture);
	assert_int_equal(bundle_store_fail(store, NAME, "", reason, &back, NULL), 0);
	bundle_store_close(store);
	assert_string_equal(back.version, "1");
	record = get_record(fixture);
	assert_int_equal(record.versions_count, 2);
	assert_memory_equal(record.versions[0].bad, "x°", 3);
	assert_int_equal(version_in(fixture, "plugins/" NAME), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),
		TEST(test_full_record_comes_back),
		TEST(test_more_keys_than_the_limit),
		TEST(test_counter_never_goes_back),
		TEST(test_no_version_that_is_named_is_dropped),
		TEST(test_damaged_records),
		TEST(test_reason_that_is_cut_inside_a_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
