#include "reading/namesakes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *descriptions, const char *expected)
{
	json_t *given = json_loads(descriptions, JSON_DECODE_ANY, NULL);
	json_t *found = reading_namesakes(given);
	json_t *wanted = json_loads(expected, 0, NULL);

	assert_true(json_equal(found, wanted));
	json_decref(given);
	json_decref(found);
	json_decref(wanted);
}

static void test_none(void **state)
{
	(void)state;
	check("{}", "{}");
	check("{\"a:x\": {}, \"b:x\": {\"room\": \"Hall\"}, \"c:x\": {\"room\": \"Hall\"}}", "{}");
	check("{\"a:x\": {\"name\": \"Lamp\", \"room\": \"Hall\"}, \"b:x\": {\"name\": \"Lamp\"}}",
	      "{}");
	check("{\"a:x\": {\"name\": \"Lamp\"}, \"b:x\": {\"name\": \"lamp\"}}", "{}");
}

static void test_some(void **state)
{
	(void)state;
	check("{\"a:x\": {\"name\": \"Lamp\"}, \"b:x\": {\"name\": \"Lamp\"}}",
	      "{\"a:x\": \"b:x\", \"b:x\": \"a:x\"}");
	check("{\"a:x\": {\"name\": \"Lamp\", \"room\": \"Hall\"},"
	      " \"b:x\": {\"name\": \"Lamp\", \"room\": \"Hall\"},"
	      " \"c:x\": {\"name\": \"Lamp\", \"room\": \"Hall\"}, \"d:x\": {\"name\": \"Lamp\"}}",
	      "{\"a:x\": \"c:x\", \"b:x\": \"a:x\", \"c:x\": \"a:x\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
