#include "fixture.h"

/* A time before 2020 is not kept. A clock that was ahead when the history began is followed back.
 */
static void test_ages_follow_the_clock(void **state)
{
	struct history_db *db = open_db(*state);
	uint64_t age;

	assert_int_equal(history_db_age(db, 1000, 0, &age, NULL), 0);
	assert_int_equal(age, 1000);
	assert_int_equal(history_db_age(db, T0 + 30 * DAY, 0, &age, NULL), 0);
	assert_int_equal(age, T0 + 30 * DAY); /* the first that can be right */
	assert_int_equal(history_db_age(db, T0, DAY, &age, NULL), 0);
	assert_int_equal(age, T0);
	assert_int_equal(history_db_age(db, T0 + 40 * DAY, DAY / 24, &age, NULL), 0);
	assert_int_equal(age, T0 + DAY);
	assert_int_equal(history_db_age(db, 1000, DAY, &age, NULL), 0);
	assert_int_equal(history_db_age(db, T0 + 2 * DAY, DAY / 24, &age, NULL), 0);
	assert_int_equal(age, T0 + 2 * DAY);
	history_db_close(db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_ages_follow_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
