#include "fixture.h"

static json_t *give_reasons(void *arg)
{
	(void)arg;
	return json_pack("[s, s]", "plugin a: failed", "no <i2c>");
}

static void test_ready(void **state)
{
	assert_exchange(*state, "GET /readyz HTTP/1.1\r\n" HOST "\r\n", 200, "\"ready\"");
	assert_exchange(*state, "GET /healthz HTTP/1.1\r\n" HOST "\r\n", 200, "\"ok\"");
}

static void test_not_ready(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	fixture.config.actions.unready = give_reasons;
	fixture_start(&fixture);
	assert_exchange(&fixture, "GET /readyz HTTP/1.1\r\n" HOST "\r\n", 503,
			"\"reasons\":[\"plugin a: failed\",\"no <i2c>\"]");
	assert_exchange(&fixture, "GET /healthz HTTP/1.1\r\n" HOST "\r\n", 200, "\"ok\"");
	fixture_finish(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ready),
		TEST(test_not_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
