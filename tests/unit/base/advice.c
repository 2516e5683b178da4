#include "base/advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_without_options(void **state)
{
	char text[ADVICE_SIZE];
	struct advice none = {0};

	(void)state;
	assert_string_equal(advice_command(NULL, text, "plugin approve %s", "door"),
			    "harvester plugin approve door");
	assert_string_equal(advice_command(&none, text, "doctor"), "harvester doctor");
}

static void test_values_are_one_word_of_a_shell(void **state)
{
	static const struct {
		const char *value, *word;
	} values[] = {
		{"/var/lib/harvester", "/var/lib/harvester"},
		{"/srv/my node", "'/srv/my node'"},
		{"it's", "'it'\\''s'"},
		{"$(reboot)", "'$(reboot)'"},
		{"", "''"},
	};
	char text[ADVICE_SIZE], expected[ADVICE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct advice advice = {0};

		advice_add(&advice, "--data", values[i].value);
		snprintf(expected, sizeof(expected), "harvester check --data %s", values[i].word);
		assert_string_equal(advice_command(&advice, text, "check"), expected);
	}
}

/* A cut path would be another path. */
static void test_too_long_a_value_is_left_out(void **state)
{
	char longest[ADVICE_OPTIONS_SIZE], text[ADVICE_SIZE];
	struct advice advice = {0};

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[ADVICE_OPTIONS_SIZE - 1 - strlen(" --data ")] = '\0';
	advice_add(&advice, "--config", "a");
	advice_add(&advice, "--data", longest);
	assert_string_equal(advice_command(&advice, text, "check"), "harvester check --config a");
	advice = (struct advice){0};
	advice_add(&advice, "--data", longest);
	assert_int_equal(strlen(advice_command(&advice, text, "check")),
			 strlen("harvester check") + ADVICE_OPTIONS_SIZE - 1);
	advice = (struct advice){0};
	longest[ADVICE_OPTIONS_SIZE - 1 - strlen(" --data ")] = 'x';
	longest[ADVICE_OPTIONS_SIZE - strlen(" --data ")] = '\0';
	advice_add(&advice, "--data", longest);
	assert_string_equal(advice_command(&advice, text, "check"), "harvester check");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_options),
		cmocka_unit_test(test_values_are_one_word_of_a_shell),
		cmocka_unit_test(test_too_long_a_value_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
