#include "base/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BLOCK (64u << 20)

static void memory_that_is_used_is_counted(void **state)
{
	uint64_t before = process_status_bytes(0, "RssAnon"), after;
	char *block = malloc(BLOCK);

	(void)state;
	assert_non_null(block);
	memset(block, 1, BLOCK);
	after = process_status_bytes(getpid(), "RssAnon");
	free(block);
	assert_true(before > 0);
	assert_true(after >= before + BLOCK / 2);
}

static void nothing_is_known_of_the_unknown(void **state)
{
	(void)state;
	assert_int_equal(process_status_bytes(0, "Rss"), 0); /* the start of a name is none */
	assert_int_equal(process_status_bytes(0, "NoSuchLine"), 0);
	assert_int_equal(process_status_bytes(INT32_MAX, "RssAnon"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_is_used_is_counted),
		cmocka_unit_test(nothing_is_known_of_the_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
