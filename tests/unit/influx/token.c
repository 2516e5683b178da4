#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "influx/token.h"

static const char path[] = "influx-token";

/* In a folder of its own, so that tests do not meet. */
static int setup(void **state)
{
	char folder[] = "/tmp/token-XXXXXX";

	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	*state = strdup(folder);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	rmdir(*state);
	free(*state);
	return 0;
}

static void put(const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static void test_the_first_line_is_the_token(void **state)
{
	static const char *const texts[] = {"secret", "secret\n", "secret\r\nmore\n"};
	char *authorization = NULL;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		put(texts[i], strlen(texts[i]));
		assert_int_equal(influx_token_read(path, &authorization, NULL), 0);
		assert_string_equal(authorization, "Authorization: Token secret");
	}
	influx_token_forget(&authorization);
	assert_null(authorization);
	influx_token_forget(&authorization);
}

static void test_no_file_is_no_token(void **state)
{
	char *authorization = strdup("old");

	(void)state;
	assert_int_equal(influx_token_read(NULL, &authorization, NULL), 0);
	assert_null(authorization);
}

/* An earlier token is not sent in place of one that cannot be read. */
static void assert_refused(int code, const char *expected)
{
	char *authorization = strdup("old");
	struct error err = {0};

	assert_int_equal(influx_token_read(path, &authorization, &err), code);
	assert_null(authorization);
	assert_non_null(strstr(err.text, expected));
}

static void test_what_is_no_token_is_an_error(void **state)
{
	(void)state;
	assert_refused(ERROR_NOT_FOUND, path);
	put("", 0);
	assert_refused(ERROR_INVALID, "influx-token is empty: write the token into it");
	put("\nsecret\n", 8);
	assert_refused(ERROR_INVALID, "influx-token is empty: write the token into it");
}

static void test_the_limit(void **state)
{
	char text[INFLUX_TOKEN_SIZE_MAX + 1];
	char *authorization = NULL;

	(void)state;
	memset(text, 'x', sizeof(text));
	put(text, sizeof(text) - 1);
	assert_int_equal(influx_token_read(path, &authorization, NULL), 0);
	assert_int_equal(strlen(authorization),
			 strlen("Authorization: Token ") + INFLUX_TOKEN_SIZE_MAX);
	influx_token_forget(&authorization);
	put(text, sizeof(text));
	assert_refused(ERROR_TOO_LARGE, path);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_line_is_the_token),
		TEST(test_no_file_is_no_token),
		TEST(test_what_is_no_token_is_an_error),
		TEST(test_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
