#include "bundle/manifest.h"

#include "../plugin/folder.h"
#include "base/buffer.h"
#include "base/error.h"

#define HEAD                                                                                       \
	"\"format\": 1, \"name\": \"lamp\", \"version\": \"1\", \"counter\": 1, \"host\": \"0\", "
#define FILES                                                                                      \
	"\"files\": [{\"path\": \"plugin.py\", \"size\": 1, \"sha256\": "                          \
	"\"0000000000000000000000000000000000000000000000000000000000000000\"}]"

static struct bundle_manifest make(void)
{
	struct bundle_manifest manifest = {.name = "lamp", .version = "1", .counter = 1};
	const uint8_t sha256[32] = {0};

	snprintf(manifest.host, sizeof(manifest.host), "0");
	assert_int_equal(permission_parse("", 0, "request", &manifest.request, NULL), 0);
	assert_int_equal(bundle_files_add(&manifest.files, "plugin.py", 1, sha256), 0);
	return manifest;
}

/* Print and parse it: what a node would see. */
static int send(const struct bundle_manifest *manifest, struct bundle_manifest *ret_again,
		struct error *err)
{
	struct buffer text;
	int ret;

	buffer_init(&text, 2 * BUNDLE_MANIFEST_MAX);
	ret = bundle_manifest_print(manifest, &text);
	if (!ret)
		ret = bundle_manifest_parse(text.data, text.size, ret_again, err);
	buffer_finish(&text);
	return ret;
}

static void assert_sent(const struct bundle_manifest *manifest, const char *problem)
{
	struct bundle_manifest again;
	struct error err = {0};
	int ret = send(manifest, &again, &err);

	if (!ret)
		bundle_manifest_finish(&again);
	if (ret != (*problem ? ERROR_MALFORMED : 0) || !strstr(err.text, problem))
		fail_msg("%d: %s", ret, err.text);
}

static void test_it_comes_back(void **state)
{
	struct bundle_manifest manifest = make(), again;

	(void)state;
	manifest.expires_ms = 1800000000000;
	manifest.request.leds = true;
	snprintf(manifest.description, sizeof(manifest.description), "A lamp");
	snprintf(manifest.source, sizeof(manifest.source), "https://example.org/lamp");
	assert_int_equal(send(&manifest, &again, NULL), 0);
	assert_string_equal(again.name, "lamp");
	assert_string_equal(again.description, "A lamp");
	assert_string_equal(again.source, "https://example.org/lamp");
	assert_int_equal(again.expires_ms, 1800000000000);
	assert_true(again.request.leds);
	assert_int_equal(again.files.count, 1);
	bundle_manifest_finish(&manifest);
	bundle_manifest_finish(&again);
}

static void test_limits_of_the_members(void **state)
{
	struct bundle_manifest manifest = make();

	(void)state;
	memset(manifest.name, 'n', PLUGIN_NAME_SIZE - 1);
	memset(manifest.version, '9', BUNDLE_VERSION_MAX);
	memset(manifest.host, '9', BUNDLE_VERSION_MAX);
	memset(manifest.description, 'd', BUNDLE_TEXT_MAX);
	memset(manifest.source, 's', BUNDLE_TEXT_MAX);
	manifest.counter = BUNDLE_COUNTER_MAX;
	assert_sent(&manifest, "");
	manifest.counter++;
	assert_sent(&manifest, "`counter` that is out of range");
	manifest.counter = 0;
	assert_sent(&manifest, "`counter` that is out of range");
	manifest.counter = 1;
	manifest.description[3] = '\n';
	assert_sent(&manifest, "is not plain text");
	manifest.description[3] = 'd';
	manifest.version[3] = '/';
	assert_sent(&manifest, "is not a version");
	bundle_manifest_finish(&manifest);
}

static void assert_text(const char *text, int code, const char *problem)
{
	struct bundle_manifest manifest;
	struct error err = {0};
	int ret = bundle_manifest_parse(text, strlen(text), &manifest, &err);

	if (!ret)
		bundle_manifest_finish(&manifest);
	if (ret != code || !strstr(err.text, problem))
		fail_msg("of %.300s: %d: %s", text, ret, err.text);
}

/* One more than the limit does not fit into the struct, so it comes as text. */
static void test_texts_that_are_too_long(void **state)
{
	char text[1024], longer[300] = "";

	(void)state;
	memset(longer, 'x', BUNDLE_TEXT_MAX + 1);
	snprintf(text, sizeof(text),
		 "{" HEAD "\"description\": \"%s\", \"request\": \"\", " FILES "}", longer);
	assert_text(text, ERROR_MALFORMED, "is not plain text");
	snprintf(text, sizeof(text),
		 "{\"format\": 1, \"name\": \"%.*s\", \"version\": \"1\", \"counter\": 1, "
		 "\"host\": \"0\", \"request\": \"\", " FILES "}",
		 PLUGIN_NAME_SIZE, longer);
	assert_text(text, ERROR_MALFORMED, "a `name` that no plugin can have");
	snprintf(text, sizeof(text),
		 "{\"format\": 1, \"name\": \"lamp\", \"version\": \"%.*s\", \"counter\": 1, "
		 "\"host\": \"0\", \"request\": \"\", " FILES "}",
		 BUNDLE_VERSION_MAX + 1, longer);
	assert_text(text, ERROR_MALFORMED, "is not a version");
}

static void test_texts_that_are_none(void **state)
{
	(void)state;
	assert_text("", ERROR_MALFORMED, "is not JSON");
	assert_text("[]", ERROR_MALFORMED, "lacks a member");
	assert_text("{\"format\": 2}", ERROR_UNSUPPORTED, "a newer version of harvester reads");
	assert_text("{" HEAD "\"request\": \"\"}", ERROR_MALFORMED, "lacks a member");
	assert_text("{" HEAD "\"more\": 1, \"request\": \"\", " FILES "}", ERROR_MALFORMED,
		    "an unknown one");
	assert_text("{" HEAD HEAD "\"request\": \"\", " FILES "}", ERROR_MALFORMED, "is not JSON");
	assert_text("{" HEAD "\"expires\": \"1969-12-31\", \"request\": \"\", " FILES "}",
		    ERROR_MALFORMED, "`expires` that is not a time");
	assert_text("{" HEAD "\"request\": \"allow_leds=true\", " FILES "}", ERROR_MALFORMED,
		    "not in its canonical form");
	assert_text("{" HEAD "\"request\": \"\", \"files\": []}", ERROR_MALFORMED, "");
}

static void test_size_at_its_limit(void **state)
{
	size_t size = BUNDLE_MANIFEST_MAX + 1;
	struct bundle_manifest manifest;
	char *text = calloc(1, size);
	struct error err;

	(void)state;
	memset(text, ' ', size);
	assert_int_equal(bundle_manifest_parse(text, size - 1, &manifest, &err), ERROR_MALFORMED);
	assert_int_equal(bundle_manifest_parse(text, size, &manifest, &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text, "the bundle's manifest has more than 1048576 bytes: build "
				      "the bundle with fewer files");
	free(text);
}

static void test_versions_in_order(void **state)
{
	(void)state;
	assert_true(bundle_version_compare("0.9", "0.10") < 0);
	assert_true(bundle_version_compare("1", "1.1") < 0);
	assert_true(bundle_version_compare("2", "1.9") > 0);
	assert_int_equal(bundle_version_compare("1.2.3", "1.2.3"), 0);
}

static void test_times(void **state)
{
	char text[BUNDLE_TIME_SIZE];
	uint64_t ms = 0;

	(void)state;
	assert_true(bundle_time_parse("2027-01-31", &ms));
	bundle_time_print(ms, text);
	assert_string_equal(text, "2027-01-31T00:00:00Z");
	assert_true(bundle_time_parse("2027-01-31T12:00:01Z", &ms));
	bundle_time_print(ms, text);
	assert_string_equal(text, "2027-01-31T12:00:01Z");
	assert_false(bundle_time_parse("2027-01-31 12:00", &ms));
	assert_false(bundle_time_parse("1970-01-01", &ms));
	assert_false(bundle_time_parse("", &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_comes_back),
		cmocka_unit_test(test_limits_of_the_members),
		cmocka_unit_test(test_texts_that_are_too_long),
		cmocka_unit_test(test_texts_that_are_none),
		cmocka_unit_test(test_size_at_its_limit),
		cmocka_unit_test(test_versions_in_order),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
