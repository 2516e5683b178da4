#include <dirent.h>

#include "base/buffer.h"
#include "bundle/index.h"
#include "fixture.h"

#define KEY "0123456789ABCDEF"
#define PLACE "https://example.org/plugins"

static int see(const struct fixture *fixture, const char *place, const char *key, uint64_t counter,
	       const char *text, struct error *err)
{
	struct bundle_store *store = open_store(fixture);
	struct buffer content;
	int ret;

	buffer_init(&content, 100);
	assert_int_equal(buffer_append_text(&content, text), 0);
	ret = bundle_store_see_index(store, place, key, counter, &content, err);
	buffer_finish(&content);
	bundle_store_close(store);
	return ret;
}

/* By place and by key, over restarts. */
static void test_a_counter_that_goes_back(void **state)
{
	struct error err;

	assert_int_equal(see(*state, PLACE, KEY, 7, "a", NULL), 0);
	assert_int_equal(see(*state, PLACE, KEY, 7, "a", NULL), 0);
	assert_int_equal(see(*state, PLACE, KEY, 7, "b", &err), ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "with another content"));
	assert_int_equal(see(*state, PLACE, KEY, 6, "a", &err), ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "has the counter 6, but this node has seen 7"));
	assert_int_equal(see(*state, PLACE, "FEDCBA9876543210", 1, "a", NULL), 0);
	assert_int_equal(see(*state, PLACE "/more", KEY, 1, "a", NULL), 0);
	assert_int_equal(see(*state, PLACE, KEY, BUNDLE_COUNTER_MAX, "c", NULL), 0);
	assert_int_equal(see(*state, PLACE, KEY, 8, "c", NULL), ERROR_NOT_GRANTED);
}

static void test_as_many_keys_as_there_may_be(void **state)
{
	char key[MINISIGN_ID_TEXT_SIZE];
	struct error err;

	for (unsigned i = 0; i < BUNDLE_KEYS_MAX; i++) {
		snprintf(key, sizeof(key), "%016X", i);
		assert_int_equal(see(*state, PLACE, key, 1, "a", NULL), 0);
	}
	assert_int_equal(see(*state, PLACE, key, 2, "a", NULL), 0);
	assert_int_equal(see(*state, PLACE, KEY, 1, "a", &err), ERROR_TOO_LARGE);
	assert_non_null(strstr(err.text, "more than 64 keys"));
}

/* The only file of FOLDER/data/bundles/indexes. */
static const char *find_file(const struct fixture *fixture)
{
	static char path[400];
	DIR *folder = opendir(at(&fixture->folder, "data/bundles/indexes"));
	struct dirent *entry;

	assert_non_null(folder);
	*path = '\0';
	while ((entry = readdir(folder)))
		if (*entry->d_name != '.') {
			assert_string_equal(path, "");
			snprintf(path, sizeof(path), "data/bundles/indexes/%s", entry->d_name);
		}
	closedir(folder);
	return path;
}

/* Refused for as long as it is damaged: to begin again would forget what is too old. */
static void test_damaged_files(void **state)
{
	static const char *const texts[] = {
		"",
		"{\"place\": \"x\", \"seen\": {\"" KEY "\": {\"counter\"",
		"{\"place\": \"x\"}",
		"{\"place\": \"x\", \"seen\": []}",
		"{\"place\": \"x\", \"seen\": {\"" KEY "\": {\"counter\": 7}}}",
		"{\"place\": \"x\", \"seen\": {\"" KEY "\": {\"counter\": 0, \"sha256\": \"a\"}}}",
	};
	const struct fixture *fixture = *state;
	struct error err;
	char path[400];

	assert_int_equal(see(fixture, PLACE, KEY, 7, "a", NULL), 0);
	snprintf(path, sizeof(path), "%s", find_file(fixture));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		make_file(&fixture->folder, path, texts[i]);
		assert_int_equal(see(fixture, PLACE, KEY, 8, "a", &err), ERROR_MALFORMED);
		assert_non_null(strstr(err.text, path + strlen("data/")));
		assert_non_null(strstr(err.text, "the index of " PLACE " is not used"));
		assert_string_equal(text_of(fixture, path), texts[i]);
		/* Another place has a file of its own. */
		assert_int_equal(see(fixture, PLACE "/more", KEY, 8, "a", NULL), 0);
	}
}

/* What is refused changes nothing on the disk; the file says which place it is about. */
static void test_what_is_kept(void **state)
{
	const struct fixture *fixture = *state;
	char before[256];

	assert_int_equal(see(fixture, PLACE, KEY, 7, "a", NULL), 0);
	snprintf(before, sizeof(before), "%s", text_of(fixture, find_file(fixture)));
	assert_non_null(strstr(before, "\"place\": \"" PLACE "\""));
	assert_non_null(strstr(before, "\"counter\": 7"));
	assert_int_equal(see(fixture, PLACE, KEY, 6, "b", NULL), ERROR_NOT_GRANTED);
	assert_string_equal(text_of(fixture, find_file(fixture)), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_counter_that_goes_back),
		TEST(test_as_many_keys_as_there_may_be),
		TEST(test_damaged_files),
		TEST(test_what_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
