#include "base/json_member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_text(void **state)
{
	json_t *object = json_pack("{s:s, s:s, s:i, s:n}", "a", "text", "b", "", "c", 1, "d");

	(void)state;
	assert_string_equal(json_member_text(object, "a"), "text");
	assert_string_equal(json_member_text_or(object, "a", "?"), "text");
	assert_string_equal(json_member_text_or(object, "b", "?"), "");
	assert_string_equal(json_member_text_or(object, "c", "?"), "?");
	assert_string_equal(json_member_text_or(object, "d", "?"), "?");
	assert_string_equal(json_member_text(object, "e"), "");
	assert_string_equal(json_member_text(NULL, "a"), "");
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_text)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
