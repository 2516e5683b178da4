#include "bundle/index.h"

#include "base/buffer.h"
#include "bundle/read.h"
#include "fixture.h"

#define DIGEST "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define EXPIRES_MS 1800000000000

static struct bundle_index_entry make_entry(const char *name, uint64_t counter)
{
	struct bundle_index_entry entry = {.version = "1.0",
					   .host = "0",
					   .description = "Switches a lamp.",
					   .file = "lamp.bundle",
					   .digest = DIGEST,
					   .size = BUNDLE_SIZE_MAX,
					   .counter = counter};

	snprintf(entry.name, sizeof(entry.name), "%s", name);
	return entry;
}

/* Print the index and read it again. */
static int parse(const struct bundle_index *index, struct bundle_index *ret_index,
		 struct error *err)
{
	struct buffer text;
	int ret;

	buffer_init(&text, 2 * BUNDLE_INDEX_MAX);
	ret = bundle_index_print(index, &text);
	if (!ret)
		ret = bundle_index_parse(text.data, text.size, "index.json", ret_index, err);
	buffer_finish(&text);
	return ret;
}

static int parse_entry(const struct bundle_index_entry *entry, struct error *err)
{
	struct bundle_index_entry entries[] = {*entry};
	const struct bundle_index index = {BUNDLE_COUNTER_MAX, EXPIRES_MS, entries, 1};
	struct bundle_index again = {0};
	int ret = parse(&index, &again, err);

	if (!ret) {
		assert_int_equal(again.counter, BUNDLE_COUNTER_MAX);
		assert_int_equal(again.expires_ms, EXPIRES_MS);
		assert_int_equal(again.count, 1);
		assert_string_equal(again.entries[0].file, entry->file);
		assert_string_equal(again.entries[0].digest, DIGEST);
		assert_int_equal(again.entries[0].size, entry->size);
		assert_int_equal(again.entries[0].counter, entry->counter);
	}
	bundle_index_finish(&again);
	return ret;
}

static void test_an_entry_at_its_limits(void **state)
{
	struct bundle_index_entry entry = make_entry(NAME, BUNDLE_COUNTER_MAX);
	struct error err;

	(void)state;
	assert_int_equal(parse_entry(&entry, NULL), 0);
	entry.size++;
	assert_int_equal(parse_entry(&entry, &err), ERROR_MALFORMED);
	assert_non_null(strstr(err.text, "lists a bundle that none can be"));
	entry = make_entry(NAME, BUNDLE_COUNTER_MAX + 1);
	assert_int_equal(parse_entry(&entry, NULL), ERROR_MALFORMED);
	entry = make_entry(NAME, 1);
	snprintf(entry.file, sizeof(entry.file), "%0*d.bundle", BUNDLE_FILE_NAME_MAX - 7, 0);
	assert_int_equal(strlen(entry.file), BUNDLE_FILE_NAME_MAX);
	assert_int_equal(parse_entry(&entry, NULL), 0);
}

static void test_names_of_files(void **state)
{
	static const char *const bad[] = {
		"",	     ".bundle",	   "lamp",	     "a/lamp.bundle",
		"..bundle",  "a b.bundle", "%2e%2e.bundle",  "lamp.bundle ",
		"a#.bundle", "a?.bundle",  "lamp\\a.bundle", "l\xc3\xa4.bundle"};
	char name[BUNDLE_FILE_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (bundle_index_check_file_name(bad[i], NULL) != ERROR_INVALID)
			fail_msg("%s was admitted", bad[i]);
	assert_int_equal(bundle_index_check_file_name("Lamp-1.0_b.bundle", NULL), 0);
	snprintf(name, sizeof(name), "%0*d.bundle", BUNDLE_FILE_NAME_MAX - 6, 0);
	assert_int_equal(bundle_index_check_file_name(name, NULL), ERROR_INVALID);
	assert_int_equal(bundle_index_check_file_name(name + 1, NULL), 0);
}

/* As many as there may be, with one version beyond it. */
static void test_as_many_bundles_as_there_may_be(void **state)
{
	static struct bundle_index_entry entries[BUNDLE_INDEX_ENTRIES_MAX + 1];
	struct bundle_index index = {1, EXPIRES_MS, entries, BUNDLE_INDEX_ENTRIES_MAX};
	struct bundle_index again = {0};
	struct error err;

	(void)state;
	for (size_t i = 0; i <= BUNDLE_INDEX_ENTRIES_MAX; i++)
		entries[i] = make_entry(NAME, BUNDLE_INDEX_ENTRIES_MAX + 1 - i);
	assert_int_equal(parse(&index, &again, NULL), 0);
	assert_int_equal(again.count, BUNDLE_INDEX_ENTRIES_MAX);
	bundle_index_finish(&again);
	index.count++;
	assert_int_equal(parse(&index, &again, &err), ERROR_TOO_LARGE);
	assert_non_null(strstr(err.text, "more than 2000 bundles"));
}

static void test_a_text_beyond_the_limit(void **state)
{
	struct bundle_index index = {0};
	char *text = malloc(BUNDLE_INDEX_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', BUNDLE_INDEX_MAX + 1);
	assert_int_equal(bundle_index_parse(text, BUNDLE_INDEX_MAX, "i", &index, NULL),
			 ERROR_MALFORMED);
	assert_int_equal(bundle_index_parse(text, BUNDLE_INDEX_MAX + 1, "i", &index, NULL),
			 ERROR_TOO_LARGE);
	free(text);
}

static void test_what_is_found(void **state)
{
	struct bundle_index_entry entries[] = {make_entry("door", 1), make_entry(NAME, 3),
					       make_entry(NAME, 2), make_entry(NAME, 1)};
	const struct bundle_index index = {1, EXPIRES_MS, entries, 4};
	const char *const words[] = {"LAMP", "switch"};
	const struct bundle_index_entry *found = NULL;
	struct error err;

	(void)state;
	snprintf(entries[1].host, sizeof(entries[1].host), "%s.1", HARVESTER_VERSION);
	snprintf(entries[2].host, sizeof(entries[2].host), "%s", HARVESTER_VERSION);
	assert_int_equal(bundle_index_find(&index, NAME, &found, NULL), 0);
	assert_int_equal(found->counter, 2);
	entries[2] = entries[3] = entries[1];
	assert_int_equal(bundle_index_find(&index, NAME, &found, &err), ERROR_UNSUPPORTED);
	assert_int_equal(bundle_index_find(&index, "lam", &found, &err), ERROR_NOT_FOUND);
	assert_true(bundle_index_matches(&entries[1], words, 2));
	assert_true(bundle_index_matches(&entries[1], words, 0));
	entries[1].description[0] = '\0';
	assert_false(bundle_index_matches(&entries[1], words, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_entry_at_its_limits),
		TEST(test_names_of_files),
		TEST(test_as_many_bundles_as_there_may_be),
		TEST(test_a_text_beyond_the_limit),
		TEST(test_what_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
