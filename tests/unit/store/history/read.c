#include "store/history/read.h"

#include "fixture.h"

#define READINGS 4000 /* enough that SQLite asks the reader for its time limit */

static uint64_t leap_ns;

/* Each look at this clock finds it later than a query may take. */
static uint64_t leap(struct clock *clock)
{
	(void)clock;
	leap_ns += (HISTORY_READ_SECONDS_MAX + 1) * UINT64_C(1000000000);
	return leap_ns;
}

static void fill(const struct folder *folder)
{
	struct history_db *db = open_db(folder);
	struct history_write *write = own_write();

	for (uint64_t i = 0; i < READINGS; i++)
		add_item(write, 0, T0 + i, "s", "{'t':1}");
	commit(db, write);
	history_db_close(db);
}

/* The creator's clock ends a query that takes too long. */
static void test_time_limit(void **state)
{
	static const struct clock_ops ops = {.monotonic_ns = leap};
	struct clock clock = {&ops};
	struct history_query query = query_all();
	struct history_reader *reader = NULL;
	struct error err = {0};
	json_t *answer = NULL;

	fill(*state);
	check(history_reader_open(at(*state, "history.db"), &clock, &reader, &err), &err);
	assert_int_equal(history_reader_page(reader, &query, &answer, &err), ERROR_TIMEOUT);
	assert_string_equal(err.text, "the query took longer than 10 s: ask for a shorter time");
	assert_null(answer);
	history_reader_close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_time_limit, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
