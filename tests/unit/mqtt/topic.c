#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mqtt/topic.h"

static void a_level_has_no_wildcard_and_no_separator(void **state)
{
	char level[TOPIC_LEVEL_SIZE];

	(void)state;
	topic_level(level, "a/b+c#d e-f_g.h%");
	assert_string_equal(level, "a%2fb%2bc%23d%20e-f_g.h%25");
	topic_level(level, "ü");
	assert_string_equal(level, "%c3%bc");
}

static void ids_of_different_names_differ(void **state)
{
	char one[TOPIC_LEVEL_SIZE], other[TOPIC_LEVEL_SIZE];

	(void)state;
	topic_id(one, "a_b");
	topic_id(other, "a-b");
	assert_string_equal(one, "a-5fb");
	assert_string_equal(other, "a-2db");
}

static void the_longest_name_fits(void **state)
{
	char name[READING_NAME_MAX + 1] = {0}, level[TOPIC_LEVEL_SIZE];

	(void)state;
	memset(name, '#', READING_NAME_MAX);
	topic_level(level, name);
	assert_int_equal(strlen(level), 3 * READING_NAME_MAX);
}

static void a_name_does_not_end_the_string_of_a_template(void **state)
{
	char text[TOPIC_TEMPLATE_SIZE];

	(void)state;
	topic_template_string(text, sizeof(text), "a_1'] }}\\€😀");
	assert_string_equal(text, "a_1\\U00000027\\U0000005d\\U00000020\\U0000007d\\U0000007d"
				  "\\U0000005c\\U000020ac\\U0001f600");
}

static void a_slug_is_lower_case(void **state)
{
	char slug[TOPIC_LEVEL_SIZE];

	(void)state;
	topic_slug(slug, "Bme680 A/b");
	assert_string_equal(slug, "bme680_a_b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_level_has_no_wildcard_and_no_separator),
		cmocka_unit_test(ids_of_different_names_differ),
		cmocka_unit_test(the_longest_name_fits),
		cmocka_unit_test(a_name_does_not_end_the_string_of_a_template),
		cmocka_unit_test(a_slug_is_lower_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
