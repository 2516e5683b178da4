#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "influx/trouble.h"
#include "link/http_client.h"

static void test_pauses_double_up_to_a_minute(void **state)
{
	static const uint64_t pauses[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	struct influx_trouble trouble = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++)
		assert_int_equal(influx_trouble_pause(&trouble, 0), pauses[i]);
	for (int i = 0; i < 100; i++)
		assert_int_equal(influx_trouble_pause(&trouble, 0), INFLUX_PAUSE_MS_MAX);
	influx_trouble_clear(&trouble);
	assert_int_equal(influx_trouble_pause(&trouble, 0), INFLUX_PAUSE_MS);
}

/* It may ask for more than we would wait, but not for ever, and not for less. */
static void test_the_server_may_ask_for_a_pause(void **state)
{
	struct influx_trouble trouble = {0};

	(void)state;
	assert_int_equal(influx_trouble_pause(&trouble, 5000), 5000);
	assert_int_equal(influx_trouble_pause(&trouble, 1), 2000);
	assert_int_equal(influx_trouble_pause(&trouble, UINT64_MAX), INFLUX_PAUSE_MS_MAX);
}

static void test_each_reason_is_new_once(void **state)
{
	struct influx_trouble trouble = {0};
	char reason[INFLUX_REASON_SIZE];

	(void)state;
	assert_false(influx_trouble_clear(&trouble));
	assert_true(influx_trouble_set(&trouble, "full"));
	assert_false(influx_trouble_set(&trouble, "full"));
	assert_true(influx_trouble_set(&trouble, "no answer"));
	assert_string_equal(trouble.reason, "no answer");
	assert_true(influx_trouble_clear(&trouble));
	assert_string_equal(trouble.reason, "");
	assert_true(influx_trouble_set(&trouble, "no answer"));
	memset(reason, 'x', sizeof(reason));
	reason[sizeof(reason) - 1] = '\0';
	assert_true(influx_trouble_set(&trouble, reason));
	assert_false(influx_trouble_set(&trouble, reason));
}

static void assert_described(unsigned status, const char *body, const char *expected)
{
	const struct http_answer answer = {.status = status, .body = body, .size = strlen(body)};
	char text[INFLUX_REASON_SIZE];

	influx_trouble_describe(text, &answer);
	assert_string_equal(text, expected);
}

static void test_an_answer_gets_advice(void **state)
{
	(void)state;
	assert_described(503, "", "the server answered with HTTP status 503");
	assert_described(401, "unauthorized",
			 "the server answered with HTTP status 401; check token_file, and that the "
			 "token may write to the bucket: unauthorized");
	assert_described(404, "",
			 "the server answered with HTTP status 404; check url, org and "
			 "bucket");
	assert_described(302, "",
			 "the server answered with HTTP status 302; redirections are not "
			 "followed: put the right address into url");
	assert_described(200, "<h1>",
			 "the server answered with HTTP status 200; a database answers with 204, "
			 "so check that url leads to one: <h1>");
}

/* What a server says goes to a terminal, too. */
static void test_a_quote_is_short_and_printable(void **state)
{
	const char body[] = "a\x1b[31m\r\nb\0c\xc3\xa4";
	char quote[INFLUX_QUOTE_SIZE], text[1000];

	(void)state;
	influx_quote(quote, &(struct http_answer){.body = body, .size = sizeof(body) - 1});
	assert_string_equal(quote, "a [31m  b c  ");
	memset(text, 'x', sizeof(text));
	influx_quote(quote, &(struct http_answer){.body = text, .size = sizeof(text)});
	assert_int_equal(strlen(quote), INFLUX_QUOTE_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pauses_double_up_to_a_minute),
		cmocka_unit_test(test_the_server_may_ask_for_a_pause),
		cmocka_unit_test(test_each_reason_is_new_once),
		cmocka_unit_test(test_an_answer_gets_advice),
		cmocka_unit_test(test_a_quote_is_short_and_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
