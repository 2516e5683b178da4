/* What a command believes of what comes over a socket. */
#include "cli/run_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

#define GOOD                                                                                       \
	"{\"pid\":1,\"version\":\"1\",\"node\":\"a\",\"role\":\"hub\",\"scheme\":\"http\","        \
	"\"address\":\"[::]:1\",\"pin\":null,\"data\":\"/d\",\"plugins_folder\":\"/p\","           \
	"\"config\":null,\"plugins\":[]}"

static int parse(const char *text, struct error *err)
{
	struct run_answer answer = {0};
	int ret = run_answer_parse(text, strlen(text), &answer, err);

	assert_int_equal(answer.root != NULL, ret == 0);
	run_answer_finish(&answer);
	return ret;
}

static void test_good(void **state)
{
	(void)state;
	assert_int_equal(parse(GOOD, NULL), 0);
}

/* Each key in turn with a value that it may not have. */
static void test_lies(void **state)
{
	static const struct {
		const char *key, *value;
	} lies[] = {
		{"pid", "0"},
		{"pid", "4294967296"},
		{"pid", "\"1\""},
		{"version", "null"},
		{"version", "\"a\\u001b\""},
		{"node", "\"\""},
		{"role", "\"king\""},
		{"scheme", "\"file\""},
		{"address", "\"here\""},
		{"pin", "1"},
		{"data", "\"relative\""},
		{"data", "\"/a\\nb\""},
		{"data", "\"/a\\u0000\""},
		{"plugins_folder", "\"\""},
		{"config", "\"x\""},
		{"plugins", "{}"},
		{"plugins", "[1]"},
	};
	struct error err;
	char expected[192];

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		json_t *root = json_loads(GOOD, 0, NULL);
		char *text;

		json_object_set_new(
			root, lies[i].key,
			json_loads(lies[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
		text = json_dumps(root, JSON_COMPACT);
		json_decref(root);
		assert_int_equal(parse(text, &err), ERROR_MALFORMED);
		free(text);
		if (strstr(lies[i].value, "u0000"))
			continue; /* refused as a whole */
		snprintf(expected, sizeof(expected),
			 "the field \"%s\" of the node's answer is missing or invalid: install the "
			 "same version of node and command",
			 lies[i].key);
		assert_string_equal(err.text, expected);
	}
	assert_int_equal(parse("", &err), ERROR_MALFORMED);
	assert_int_equal(parse("[]", &err), ERROR_MALFORMED);
	assert_int_equal(parse(GOOD "x", &err), ERROR_MALFORMED);
}

static void test_size_limit(void **state)
{
	static char text[RUN_ANSWER_SIZE_MAX + 1];
	struct run_answer answer = {0};

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, GOOD, strlen(GOOD));
	assert_int_equal(run_answer_parse(text, sizeof(text) - 1, &answer, NULL), 0);
	run_answer_finish(&answer);
	assert_int_equal(run_answer_parse(text, sizeof(text), &answer, NULL), ERROR_TOO_LARGE);
}

static void test_an_answer_that_does_not_end(void **state)
{
	struct run_answer answer = {0};
	struct error err;
	int fds[2];

	(void)state;
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(write(fds[1], GOOD, strlen(GOOD)), strlen(GOOD));
	assert_int_equal(run_answer_read(fds[0], 1, &answer, &err), ERROR_TIMEOUT);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_an_answer_that_does_not_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
