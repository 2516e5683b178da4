#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "config/config.h"
#include "config/problem.h"

/* What is wrong with the text; "" if nothing is. The caller frees it. */
static char *problem_of(const char *text)
{
	struct problem_list problems = {0};
	struct config *config = NULL;
	char *found;

	if (!config_parse(text, strlen(text), "c.toml", &config, &problems))
		config_destroy(config);
	found = strdup(problems.count ? problems.items[0].text : "");
	problem_list_finish(&problems);
	return found;
}

static void assert_problem(const char *text, const char *expected)
{
	char *found = problem_of(text);

	if (*expected ? !strstr(found, expected) : *found != '\0')
		fail_msg("of %s: %s", text, found);
	free(found);
}

static void test_tokens_in_clear(void **state)
{
	(void)state;
	assert_problem("[influx]\nurl = \"http://db:8086\"\ntoken_file = \"t\"\n",
		       "influx.token_file: the token would travel readable");
	assert_problem("[influx]\nurl = \"http://db:8086\"\ntoken_file = \"t\"\n"
		       "allow_plain_token = true\n",
		       "");
	assert_problem("[influx]\nurl = \"https://db\"\ntoken_file = \"t\"\ntls_ca = \"c\"\n", "");
	assert_problem("[influx]\nurl = \"http://127.0.0.1:8086\"\ntoken_file = \"t\"\n", "");
	assert_problem("[influx]\nurl = \"http://[::1]:8086/x\"\ntoken_file = \"t\"\n", "");
}

static void test_keys_that_do_not_fit(void **state)
{
	(void)state;
	assert_problem("[influx]\nbucket = \"b\"\n", "set url");
	assert_problem("[influx]\nurl = \"http://db\"\ntls_ca = \"c\"\n", "https://");
	assert_problem("[influx]\nurl = \"http://u:p@db\"\n", "use token_file");
	assert_problem("[influx]\nurl = \"http://db/?x\"\n", "expected the URL of a server");
	assert_problem("[influx]\nurl = \"mqtt://db\"\n", "expected the URL of a server");
	assert_problem("[influx]\nurl = \"http://db\"\norg = \"\"\n", "influx.org");
	assert_problem("[influx]\nurl = \"http://db\"\norg = \"my org\"\n", "");
}

static void test_limits(void **state)
{
	char text[1024], name[130];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[129] = '\0';
	snprintf(text, sizeof(text), "[influx]\nurl = \"http://db\"\nbucket = \"%s\"\n", name);
	assert_problem(text, "influx.bucket");
	snprintf(text, sizeof(text), "[influx]\nurl = \"http://db\"\nbucket = \"%s\"\n", name + 1);
	assert_problem(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens_in_clear),
		cmocka_unit_test(test_keys_that_do_not_fit),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
