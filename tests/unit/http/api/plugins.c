#include "fixture.h"

#define ACT(action) "POST /api/v1/plugins/dht%2022/" action " HTTP/1.1\r\n" HOST "\r\n"

static void test_actions(void **state)
{
	static const struct {
		const char *request;
		enum web_plugin_action action;
	} table[] = {
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

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define APPROVE(body)                                                                              \
	"POST /api/v1/plugins/dht22/approve HTTP/1.1\r\n" HOST                                     \
	"Content-Type: application/json\r\nContent-Length: " body

static void test_approval_brings_the_digest(void **state)
{
	struct fixture *fixture = *state;

	assert_exchange(fixture, APPROVE("77\r\n\r\n{\"digest\":\"" DIGEST "\"}"), 204, "");
	assert_string_equal(fixture->fake.plugin, "dht22");
	assert_string_equal(fixture->fake.digest, DIGEST);
}

/* Nothing is approved unseen, and the answer says what to send. */
static void test_approval_without_a_digest(void **state)
{
	struct fixture *fixture = *state;

	assert_exchange(fixture, "POST /api/v1/plugins/dht22/approve HTTP/1.1\r\n" HOST "\r\n", 400,
			"digest: is missing; send request.digest of the plugin in GET "
			"/api/v1/plugins, so that what is approved is what was seen");
	assert_exchange(fixture, APPROVE("2\r\n\r\n{}"), 400, "digest: is missing; send");
	assert_exchange(fixture, APPROVE("15\r\n\r\n{\"digest\":\"ab\"}"), 400,
			"digest: expected 64 to 64 bytes of text");
	assert_string_equal(fixture->fake.plugin, "");
}

/* It was another request that was seen: the answer has the one that there is now. */
static void test_approval_of_another_request(void **state)
{
	struct fixture *fixture = *state;

	fixture->fake.fail_with = ERROR_INVALID;
	assert_exchange(fixture, APPROVE("77\r\n\r\n{\"digest\":\"" DIGEST "\"}"), 409,
			"\"request\":{\"digest\":\"ab\"}");
	fixture->fake.fail_with = ERROR_NOT_FOUND;
	assert_exchange(fixture, APPROVE("77\r\n\r\n{\"digest\":\"" DIGEST "\"}"), 404,
			"as the test wished");
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
	assert_exchange(fixture, ACT("remove"), 404,
			"nothing is at this path; did you mean /api/v1/plugins/{name}/approve?");
	fixture->fake.plugin[0] = '\0';
	assert_exchange(fixture,
			"POST /api/v1/plugins/a/reload HTTP/1.1\r\n" HOST
			"Content-Length: 2\r\n\r\n{}",
			400, "this route takes no body: send none");
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
		TEST(test_approval_brings_the_digest),
		TEST(test_approval_without_a_digest),
		TEST(test_approval_of_another_request),
		TEST(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
