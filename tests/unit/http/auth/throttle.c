#include "http/auth/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define MOST 900000ull
#define START 100000000ull

static struct web_throttle throttle;

static int setup(void **state)
{
	(void)state;
	web_throttle_init(&throttle, MOST);
	return 0;
}

static uint64_t wait_of(const char *key, uint64_t now_ms)
{
	return web_throttle_wait(&throttle, key, strlen(key), now_ms);
}

static void count(const char *key, uint64_t now_ms)
{
	web_throttle_count(&throttle, key, strlen(key), now_ms);
}

static void test_delay_doubles(void **state)
{
	uint64_t now = START, expected = 1000;

	(void)state;
	for (int i = 1; i < WEB_THROTTLE_FREE; i++) {
		count("a", now);
		assert_int_equal(wait_of("a", now), 0);
	}
	for (int i = 0; i < 40; i++) {
		count("a", now);
		assert_int_equal(wait_of("a", now), expected);
		assert_int_equal(wait_of("a", now + expected - 1), 1);
		now += expected;
		assert_int_equal(wait_of("a", now), 0);
		expected = expected * 2 < MOST ? expected * 2 : MOST;
	}
}

static void test_forgotten_and_forgiven(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		count("a", START);
	assert_int_equal(wait_of("a", START), MOST);
	web_throttle_forgive(&throttle, "a", 1);
	assert_int_equal(wait_of("a", START), 0);
	for (int i = 0; i < 20; i++)
		count("a", START);
	count("a", START + WEB_THROTTLE_FORGET_MS - 1);
	assert_int_equal(wait_of("a", START + WEB_THROTTLE_FORGET_MS - 1), MOST);
	count("a", START + 2 * WEB_THROTTLE_FORGET_MS - 1);
	assert_int_equal(wait_of("a", START + 2 * WEB_THROTTLE_FORGET_MS - 1), 0);
}

/* However many others come, the one that failed stays blocked. */
static void test_nobody_is_pushed_out(void **state)
{
	char key[32];

	(void)state;
	for (int i = 0; i < 20; i++)
		count("victim", START);
	for (int i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		count(key, START);
	}
	assert_int_equal(wait_of("victim", START), MOST);
}

static void test_others_are_free(void **state)
{
	size_t blocked = 0;
	char key[32];

	(void)state;
	for (int i = 0; i < 20; i++)
		count("a", START);
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		blocked += wait_of(key, START) > 0;
	}
	/* One of 512 slots is taken: 2 of 1000 share it on average. */
	assert_true(blocked < 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_delay_doubles, setup),
		cmocka_unit_test_setup(test_forgotten_and_forgiven, setup),
		cmocka_unit_test_setup(test_nobody_is_pushed_out, setup),
		cmocka_unit_test_setup(test_others_are_free, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
