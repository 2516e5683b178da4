#include "cluster/message_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_name_is_read_as_it_was_written(void **state)
{
	const struct message_id id = {"cellar.2", 0xfedcba9876543210, 1, (UINT64_C(1) << 44) - 1};
	struct message_id read = {0};
	char text[MESSAGE_ID_SIZE];

	(void)state;
	message_id_write(&id, text);
	assert_string_equal(text, "cellar.2/fedcba9876543210/1-17592186044415");
	assert_true(message_id_read(text, &read));
	assert_string_equal(read.node, id.node);
	assert_true(read.stream == id.stream && read.first == id.first && read.last == id.last);
}

static void the_longest_name_fits(void **state)
{
	struct message_id id = {.stream = UINT64_MAX, .first = 1, .last = 1}, read;
	char text[MESSAGE_ID_SIZE];

	(void)state;
	memset(id.node, 'n', READING_NAME_MAX);
	message_id_write(&id, text);
	assert_true(message_id_read(text, &read));
	assert_int_equal(strlen(read.node), READING_NAME_MAX);
}

static void anything_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"a",
		"a/",
		"/1/1-2",
		"a/1/2-1",
		"a/1/0-1",
		"a/1/1",
		"a/1/1-",
		"a/g/1-2",
		"a/1/1-2 ",
		"a/1/-1-2",
		"a/1/1-+2",
		"a//1-2",
		"a/1/1-2/3",
		"a/1/1-17592186044416",
		"a/11111111111111111/1-2",
		"a/1/1-99999999999999999999",
	};
	struct message_id read = {.last = 7};

	(void)state;
	assert_false(message_id_read(NULL, &read));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(message_id_read(bad[i], &read));
	assert_int_equal(read.last, 7);
	assert_false(message_id_read("nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
				     "nnnnn/1/1-2",
				     &read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_read_as_it_was_written),
		cmocka_unit_test(the_longest_name_fits),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
