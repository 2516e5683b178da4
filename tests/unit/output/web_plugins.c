#include "web_fixture.h"

#define ACT(action) "POST /api/v1/plugins/dht%2022/" action " HTTP/1.1\r\n" HOST "\r\n"

static void test_actions(void **state)
{
	static const struct {
		const char *request;
		enum web_plugin_action action;
	} table[] = {
		{ACT("approve"), WEB_PLUGIN_APPROVE},
		{ACT("reload"), WEB_PLUGIN_RELOAD},
		{ACT("enable"), WEB_PLUGIN_ENABLE},
		{ACT("disable"), WEB_PLUGIN_DISABLE},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		fixture->fake.plugin[0] = '\0';
		assert_exchange(fixture, table[i].request, 204, "");
		assert_string_equal(fixture->fake.plugin, "dht 22");
		assert_int_equal(fixture->fake.plugin_action, table[i].action);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		int code, status;
	} table[] = {
		{ERROR_NOT_FOUND, 404},
		{ERROR_INVALID, 409},
		{ERROR_BUSY, 409},
		{ERROR_NOT_GRANTED, 409},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		fixture->fake.fail_with = table[i].code;
		assert_exchange(fixture, ACT("reload"), table[i].status, "as the test wished");
	}
	assert_exchange(fixture, ACT("remove"), 404, "nothing is at this path");
	fixture->fake.plugin[0] = '\0';
	assert_exchange(fixture,
			"POST /api/v1/plugins/a/reload HTTP/1.1\r\n" HOST
			"Content-Length: 2\r\n\r\n{}",
			400, "this takes no body");
	assert_exchange(fixture,
			"POST /api/v1/plugins/a/reload HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403,
			"");
	assert_exchange(fixture, "POST /api/v1/plugins/a/reload?x HTTP/1.1\r\n" HOST "\r\n", 400,
			"x: unknown");
	assert_string_equal(fixture->fake.plugin, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_actions),
		TEST(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
