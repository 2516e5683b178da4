#include "config/suggest.h"

#include "expect.h"

static void test_distance(void **state)
{
	(void)state;
	assert_int_equal(suggest_distance("", ""), 0);
	assert_int_equal(suggest_distance("", "abc"), 3);
	assert_int_equal(suggest_distance("count", "count"), 0);
	assert_int_equal(suggest_distance("count", "cont"), 1);
	assert_int_equal(suggest_distance("cont", "count"), 1);
	assert_int_equal(suggest_distance("count", "coumt"), 1);
	assert_int_equal(suggest_distance("count", "conut"), 1);
	assert_int_equal(suggest_distance("kitten", "sitting"), 3);
}

static void test_long_words_are_cut(void **state)
{
	char a[200], b[200];

	(void)state;
	memset(a, 'a', sizeof(a) - 1);
	memset(b, 'b', sizeof(b) - 1);
	a[199] = b[199] = '\0';
	assert_int_equal(suggest_distance(a, b), 64);
}

static const char *nearest(const char *word)
{
	static const char *const known[] = {"interval_seconds", "deadline_seconds", "led",
					    "enabled"};
	struct suggestion suggestion;

	suggestion_init(&suggestion, word);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		suggestion_offer(&suggestion, known[i]);
	return suggestion.best;
}

static void test_the_nearest_wins_where_it_is_near(void **state)
{
	(void)state;
	assert_string_equal(nearest("interval_secs"), "interval_seconds");
	assert_string_equal(nearest("leds"), "led");
	assert_string_equal(nearest("le"), "led");
	assert_string_equal(nearest("enable"), "enabled");
	assert_null(nearest("gpio"));
	assert_null(nearest("x"));
	assert_null(nearest(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_long_words_are_cut),
		cmocka_unit_test(test_the_nearest_wins_where_it_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
