#include "config/problem.h"

#include <stdlib.h>

#include "expect.h"

static void test_places(void **state)
{
	struct problem_list list;

	(void)state;
	problem_list_init(&list);
	problem_list_add(&list, "a.toml", 3, 14, "expected %s", "this");
	problem_list_add(&list, "b.toml", 0, 9, "of the whole file");
	assert_problems(&list, "a.toml:3:14: expected this\nb.toml: of the whole file\n");
	problem_list_finish(&list);
	assert_int_equal(list.count, 0);
}

static void test_nothing_for_a_terminal_to_obey_gets_through(void **state)
{
	struct problem_list list;

	(void)state;
	problem_list_init(&list);
	problem_list_add(&list, "a\n", 1, 1, "%s", "\x1b[31m\x7f \xc2\x9b \xff \xc3 \xc3\xa9…");
	assert_problems(&list, "a?:1:1: ?[31m? ?? ? ? \xc3\xa9…\n");
	problem_list_finish(&list);
}

static void test_limit(void **state)
{
	struct problem_list list;

	(void)state;
	problem_list_init(&list);
	for (unsigned i = 1; i <= PROBLEMS_MAX; i++)
		problem_list_add(&list, "a", i, 1, "x");
	assert_int_equal(list.count, PROBLEMS_MAX);
	assert_int_equal(list.dropped, 0);
	problem_list_add(&list, "a", 1, 1, "x");
	problem_list_add(&list, "a", 1, 1, "x");
	assert_int_equal(list.count, PROBLEMS_MAX);
	assert_int_equal(list.dropped, 2);
	problem_list_finish(&list);
	problem_list_add(NULL, "a", 1, 1, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_nothing_for_a_terminal_to_obey_gets_through),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
