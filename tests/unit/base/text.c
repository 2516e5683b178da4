#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_text_is_copied_if_it_fits(void **state)
{
	char text[4];

	(void)state;
	assert_true(text_copy(text, sizeof(text), "abc"));
	assert_string_equal(text, "abc");
	assert_false(text_copy(text, sizeof(text), "abcd"));
	assert_string_equal(text, "abc");
}

static void well_formed_characters_have_a_length(void **state)
{
	(void)state;
	assert_int_equal(text_character("a", 1), 1);
	assert_int_equal(text_character("é", 2), 2);
	assert_int_equal(text_character("…", 3), 3);
	assert_int_equal(text_character("\xf0\x9f\x8c\xa1", 4), 4);
	assert_int_equal(text_character("…", 2), 0);		    /* cut */
	assert_int_equal(text_character("\xc0\xaf", 2), 0);	    /* longer than need be */
	assert_int_equal(text_character("\xed\xa0\x80", 3), 0);	    /* a surrogate */
	assert_int_equal(text_character("\xf4\x90\x80\x80", 4), 0); /* after U+10FFFF */
	assert_int_equal(text_character("", 0), 0);
	assert_true(text_is_utf8("21 °C…", strlen("21 °C…")));
	assert_false(text_is_utf8("21 °", 4));
}

static void a_cut_character_goes_and_a_bad_byte_becomes_a_question_mark(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"", ""},
		{"plain\n", "plain\n"},
		{"20 °", "20 °"},
		{"20 \xc2", "20 "},
		{"a\xe2\x80", "a"},
		{"a\xf0\x9f\x8c", "a"},
		{"\xff\xfe", "??"},
		{"a\x80z", "a?z"},
		{"\xc2\xc2\xb0", "?°"},
		{"\xed\xa0\x80", "???"},
		{"\xe0\x80", "??"}, /* no character begins so: it is not a cut one */
	};
	char text[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		text_make_utf8(text);
		assert_string_equal(text, cases[i].wanted);
	}
}

static void a_text_that_fits_is_not_cut(void **state)
{
	char text[8];

	(void)state;
	text_clean(text, sizeof(text), "1234", 4);
	assert_string_equal(text, "1234");
	text_clean(text, sizeof(text), "12345", 5);
	assert_string_equal(text, "1234…");
	text_clean(text, sizeof(text), "a\0b", 3);
	assert_string_equal(text, "a?b");
	text_clean(text, sizeof(text), "123é56", 7);
	assert_string_equal(text, "123…");
}

static void plain_text_has_no_control_characters(void **state)
{
	static const struct {
		const char *text;
		size_t plain;
	} cases[] = {
		{"", 0},	  {"a\t\r\n°C €", 11}, {"a\x1b[", 1}, {"ab\x7f", 2},
		{"é\xc2\x9f", 2}, {"\xc2\xa0", 2},     {"a\xff", 1},  {"a\xe2\x82", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(text_plain_size(cases[i].text, strlen(cases[i].text)),
				 cases[i].plain);
	assert_int_equal(text_plain_size("a\0b", 3), 1);
}

static void printed_text_stays_on_one_line_and_moves_no_cursor(void **state)
{
	char *said = NULL, big[5000];
	size_t size;
	FILE *file = open_memstream(&said, &size);

	(void)state;
	text_printf(file, "%s: %s\n", "one\x1b[2J\nskipped",
		    "\xc2\x9b"
		    "31m \xff °C\n");
	text_printf(file, "%s", "no end");
	text_printf(file, "%s\n", "");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	text_printf(file, "%s\n", big);
	fclose(file);
	assert_memory_equal(said, "one?[2J?skipped: ?31m ? °C?\nno end\nxxx", 39);
	assert_int_equal(strspn(said + size - sizeof(big), "x"), sizeof(big) - 1);
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_copied_if_it_fits),
		cmocka_unit_test(well_formed_characters_have_a_length),
		cmocka_unit_test(a_cut_character_goes_and_a_bad_byte_becomes_a_question_mark),
		cmocka_unit_test(a_text_that_fits_is_not_cut),
		cmocka_unit_test(plain_text_has_no_control_characters),
		cmocka_unit_test(printed_text_stays_on_one_line_and_moves_no_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
