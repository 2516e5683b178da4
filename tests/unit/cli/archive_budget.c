#include "cli/archive_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static void bytes_end_at_the_limit(void **state)
{
	struct archive_budget budget;
	struct error err = {0};

	(void)state;
	archive_budget_init(&budget);
	assert_int_equal(archive_budget_take(&budget, 5, &err), 0);
	assert_int_equal(archive_budget_take(&budget, ARCHIVE_BYTES_MAX - 5, &err), 0);
	assert_int_equal(archive_budget_take(&budget, 0, &err), 0);
	assert_int_equal(archive_budget_take(&budget, 1, &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text,
			    "the backup unpacks to more than 1048576 MB, which is more than any "
			    "node stores, so it is not one of harvester's: use another");
	assert_int_equal(archive_budget_take(&budget, UINT64_MAX, &err), ERROR_TOO_LARGE);
}

static void files_end_at_the_limit(void **state)
{
	struct archive_budget budget;
	struct error err = {0};

	(void)state;
	archive_budget_init(&budget);
	for (int i = 0; i < ARCHIVE_ENTRIES_MAX; i++)
		assert_int_equal(archive_budget_take(&budget, 0, &err), 0);
	assert_int_equal(archive_budget_take(&budget, 0, &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text, "the backup has more than 100000 files and folders: remove "
				      "what the plugins do not need");
}

/* A disk that a terabyte fits on is not the limit. */
static void a_small_disk_is_the_limit(void **state)
{
	static const char place[] = "/tmp/not-there/nor-this";
	struct archive_budget budget;
	struct error err = {0};

	(void)state;
	archive_budget_init(&budget);
	archive_budget_limit_to_disk(&budget, place);
	if (!budget.place)
		skip();
	assert_true(budget.bytes_max < ARCHIVE_BYTES_MAX);
	assert_int_equal(archive_budget_take(&budget, budget.bytes_max, &err), 0);
	assert_int_equal(archive_budget_take(&budget, 1, &err), ERROR_TOO_LARGE);
	assert_non_null(
		strstr(err.text, "free on the disk of /tmp/not-there/nor-this; free some space"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_end_at_the_limit),
		cmocka_unit_test(files_end_at_the_limit),
		cmocka_unit_test(a_small_disk_is_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
