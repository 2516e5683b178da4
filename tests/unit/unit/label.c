#include "unit/label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static void assert_fine(const char *text)
{
	struct error err = {0};

	if (label_check(text, strlen(text), &err))
		fail_msg("\"%s\" %s", text, err.text);
}

static void assert_refused(const char *text, const char *why)
{
	struct error err;

	assert_int_equal(label_check(text, strlen(text), &err), ERROR_INVALID);
	assert_string_equal(err.text, why);
}

static void test_names(void **state)
{
	(void)state;
	assert_fine("Kitchen");
	assert_fine("Küche & Bad, 1. Stock");
	assert_fine("מטבח"); /* written from right to left, without a control character */
	assert_fine("🌡 attic");
}

static void test_refused(void **state)
{
	(void)state;
	assert_refused("", "the name has 0 bytes: expected 1 to 64");
	assert_refused(
		"<b>Kitchen</b>",
		"the name has \"<\" at byte 1: remove it, since a name is plain text, not markup");
	assert_refused("a\u202eb", "the name has an invisible character, or one that changes the "
				   "direction of writing (U+202E), at byte 2: remove it");
	assert_refused("a\u2067b", "the name has an invisible character, or one that changes the "
				   "direction of writing (U+2067), at byte 2: remove it");
	assert_refused("\u200b", "the name has an invisible character, or one that changes the "
				 "direction of writing (U+200B), at byte 1: remove it");
	assert_refused("a\nb", "the name has a control character (0x0a) at byte 2: remove it");
	assert_refused("a\xff", "the name is not UTF-8 at byte 2: save it as UTF-8");
	assert_refused(" a", "the name begins or ends with a space: remove the space");
}

static void test_size(void **state)
{
	char *text = malloc(10240);

	(void)state;
	memset(text, 'a', 10240);
	assert_int_equal(label_check(text, LABEL_MAX, NULL), 0);
	assert_int_equal(label_check(text, LABEL_MAX + 1, NULL), ERROR_INVALID);
	assert_int_equal(label_check(text, 10240, NULL), ERROR_INVALID);
	free(text);
}

/* Longer than a name, and with the characters of markup; everything else as in a name. */
static void test_text(void **state)
{
	char text[LABEL_TEXT_MAX + 1];
	struct error err;

	(void)state;
	memset(text, '<', sizeof(text));
	assert_int_equal(label_check_text(text, LABEL_TEXT_MAX, NULL), 0);
	assert_int_equal(label_check_text(text, LABEL_TEXT_MAX + 1, &err), ERROR_INVALID);
	assert_string_equal(err.text, "the text has 513 bytes: expected 1 to 512");
	assert_int_equal(label_check_text("a\nb", 3, &err), ERROR_INVALID);
	assert_string_equal(err.text,
			    "the text has a control character (0x0a) at byte 2: remove it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
