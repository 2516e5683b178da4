#include "fixture.h"

static void test_unknown_path_names_the_nearest(void **state)
{
	assert_exchange(*state, "GET /api/reading HTTP/1.1\r\n" HOST "\r\n", 404,
			"nothing is at this path; did you mean /api/readings?");
	assert_exchange(*state, "GET /api/v1/plugin HTTP/1.1\r\n" HOST "\r\n", 404,
			"did you mean /api/v1/plugins?");
}

static void test_unknown_path_without_a_near_one(void **state)
{
	static const char *const paths[] = {"/nothing", "/api/", "/../etc/passwd"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		char request[128];

		snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
		assert_exchange(*state, request, 404,
				"\"detail\":\"nothing is at this path; GET /api/v1/openapi.json "
				"lists all paths\"");
	}
}

static void test_a_zero_byte_does_not_end_a_path(void **state)
{
	assert_exchange(*state, "GET /api/readings%00 HTTP/1.1\r\n" HOST "\r\n", 404, "");
	assert_exchange(*state, "GET /healthz%00/../x HTTP/1.1\r\n" HOST "\r\n", 404, "");
}

static void check_allow(struct fixture *fixture, const char *request, const char *allow)
{
	struct answer answer;

	exchange(fixture, request, &answer);
	assert_int_equal(answer.status, 405);
	assert_string_equal(answer_header(&answer, "Allow"), allow);
	if (strncmp(request, "HEAD", 4))
		assert_contains(answer_text(&answer), allow);
	answer_finish(&answer);
}

static void test_wrong_method_says_what_is_allowed(void **state)
{
	check_allow(*state, "POST /api/readings HTTP/1.1\r\n" HOST "\r\n", "GET, HEAD");
	check_allow(*state, "DELETE / HTTP/1.1\r\n" HOST "\r\n", "GET, HEAD");
	check_allow(*state, "GET /api/buzzer HTTP/1.1\r\n" HOST "\r\n", "POST");
	check_allow(*state, "HEAD /api/fan/test HTTP/1.1\r\n" HOST "\r\n", "POST");
	check_allow(*state, "OPTIONS /api/buzzer HTTP/1.1\r\n" HOST "\r\n", "POST");
	check_allow(*state, "BREW /healthz HTTP/1.1\r\n" HOST "\r\n", "GET, HEAD");
	/* Methods are case-sensitive: RFC 9110, 9.1. */
	check_allow(*state, "get /healthz HTTP/1.1\r\n" HOST "\r\n", "GET, HEAD");
}

static void test_head_is_get_without_a_body(void **state)
{
	static const char *const paths[] = {"/", "/api/readings", "/api/logs", "/healthz"};
	struct answer get, head;
	char request[128];

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
		exchange(*state, request, &get);
		snprintf(request, sizeof(request), "HEAD %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
		exchange(*state, request, &head);
		assert_int_equal(head.status, 200);
		assert_int_equal(strtoul(answer_header(&head, "Content-Length"), NULL, 10),
				 get.body.size);
		answer_finish(&get);
		answer_finish(&head);
	}
}

static void test_head_sends_no_body(void **state)
{
	struct answer answer;
	struct client client;

	client_open(&client, *state);
	client_send(&client, "HEAD /healthz HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	assert_true(client_receive(&client, "HEAD", &answer));
	client_wait_ended(&client);
	assert_int_equal(client.received.size, 0);
	answer_finish(&answer);
	client_close(&client);
}

static void test_each_answer_has_the_security_headers(void **state)
{
	static const struct {
		const char *request;
		int status;
	} table[] = {
		{"GET / HTTP/1.1\r\n" HOST "\r\n", 200},
		{"GET /api/readings HTTP/1.1\r\n" HOST "\r\n", 200},
		{"GET /api/logs HTTP/1.1\r\n" HOST "\r\n", 200},
		{"GET /api/fan/status HTTP/1.1\r\n" HOST "\r\n", 200},
		{"GET /api/v1/simulation HTTP/1.1\r\n" HOST "\r\n", 200},
		{"GET /api/v1/plugins HTTP/1.1\r\n" HOST "\r\n", 200},
		{"GET /healthz HTTP/1.1\r\n" HOST "\r\n", 200},
		{"POST /api/buzzer/test HTTP/1.1\r\n" HOST "\r\n", 200},
		{"POST /api/fan/test HTTP/1.1\r\n" HOST "\r\n", 200},
		{"POST /api/buzzer?action=beep HTTP/1.1\r\n" HOST "\r\n", 200},
		{"POST /api/buzzer?action=no HTTP/1.1\r\n" HOST "\r\n", 400},
		{"POST /api/buzzer/test HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},
		{"GET /no HTTP/1.1\r\n" HOST "\r\n", 404},
		{"POST / HTTP/1.1\r\n" HOST "\r\n", 405},
	};
	struct answer answer;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		exchange(*state, table[i].request, &answer);
		assert_int_equal(answer.status, table[i].status);
		assert_string_equal(answer_header(&answer, "X-Content-Type-Options"), "nosniff");
		assert_string_equal(answer_header(&answer, "Referrer-Policy"), "no-referrer");
		assert_contains(answer_header(&answer, "Content-Security-Policy"),
				"default-src 'none'");
		assert_contains(answer_header(&answer, "Content-Security-Policy"),
				"frame-ancestors 'none'");
		assert_null(answer_header(&answer, "Access-Control-Allow-Origin"));
		if (answer.status >= 400)
			assert_string_equal(answer_header(&answer, "Content-Type"),
					    "application/problem+json");
		answer_finish(&answer);
	}
}

static void test_a_page_of_another_origin_changes_nothing(void **state)
{
	static const char *const origins[] = {"http://evil.example", "null", "http://127.0.0.1:1",
					      "http://127.0.0.1.evil.example", ""};
	struct fixture *fixture = *state;
	char request[256];

	for (size_t i = 0; i < sizeof(origins) / sizeof(*origins); i++) {
		snprintf(request, sizeof(request),
			 "POST /api/buzzer/test HTTP/1.1\r\n" HOST "Origin: %s\r\n\r\n",
			 origins[i]);
		assert_exchange(fixture, request, 403,
				"the request comes from a page of another origin: send it from "
				"this node's own page, or with a token");
	}
	assert_int_equal(fixture->fake.buzzer_calls, 0);
	assert_exchange(fixture,
			"POST /api/buzzer/test HTTP/1.1\r\n" HOST
			"Origin: http://127.0.0.1\r\n\r\n",
			200, "ok");
	assert_int_equal(fixture->fake.buzzer_calls, 1);
}

/* A name that a stranger made to point here: nothing is read and nothing changed by it. */
static void test_a_foreign_host_reads_and_changes_nothing(void **state)
{
	static const char *const requests[] = {
		"GET /",
		"GET /page",
		"GET /api/readings",
		"GET /api/logs",
		"GET /api/v1/plugins",
		"GET /api/v1/nodes",
		"GET /api/v1/events",
		"GET /api/fan/status",
		"GET /metrics",
		"GET /readyz",
		"GET /api/v1/session",
		"GET /api/v1/openapi.json",
		"GET /api/v1/simulation",
		"POST /api/v1/nodes/self/buzzer",
		"POST /api/fan/test",
		"POST /api/v1/session",
		"DELETE /api/v1/session",
	};
	static const char *const open[] = {"/healthz", "/login", "/account.css", "/account.js",
					   "/setup"};
	struct fixture *fixture = *state;
	char request[256];

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		snprintf(request, sizeof(request), "%s HTTP/1.1\r\nHost: evil.example:3000\r\n\r\n",
			 requests[i]);
		assert_exchange(fixture, request, 403, "names evil.example, which");
	}
	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++) {
		snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: evil.example\r\n\r\n",
			 open[i]);
		assert_exchange(fixture, request, 200, "");
	}
	assert_exchange(fixture, "GET /api/readings HTTP/1.0\r\n\r\n", 403, "no Host header");
	assert_int_equal(fixture->fake.fan_tests, 0);
	assert_int_equal(fixture->fake.buzzer_calls, 0);
}

static int setup_named(void **state)
{
	static const char *const names[] = {"farm.example", "farm", NULL};
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture_init(fixture);
	fixture->config.host_names = names;
	fixture_start(fixture);
	*state = fixture;
	return 0;
}

static void test_configured_names_are_ours(void **state)
{
	assert_exchange(*state, "GET /api/readings HTTP/1.1\r\nHost: farm.example\r\n\r\n", 200,
			"");
	assert_exchange(*state, "GET /metrics HTTP/1.1\r\nHost: FARM:3000\r\n\r\n", 200, "");
	assert_exchange(*state,
			"POST /api/buzzer/test HTTP/1.1\r\nHost: farm.example\r\n"
			"Origin: https://farm.example\r\n\r\n",
			200, "ok");
	assert_exchange(*state, "GET /api/readings HTTP/1.1\r\nHost: farmer\r\n\r\n", 403,
			"farmer");
}

static void test_a_foreign_host_changes_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_exchange(fixture,
			"POST /api/fan/test HTTP/1.1\r\nHost: evil.example\r\n"
			"Origin: http://evil.example\r\n\r\n",
			403, "names evil.example, which is no known name");
	assert_exchange(fixture, "POST /api/fan/test HTTP/1.0\r\n\r\n", 403, "Host");
	assert_int_equal(fixture->fake.fan_tests, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unknown_path_names_the_nearest),
		TEST(test_unknown_path_without_a_near_one),
		TEST(test_a_zero_byte_does_not_end_a_path),
		TEST(test_wrong_method_says_what_is_allowed),
		TEST(test_head_is_get_without_a_body),
		TEST(test_head_sends_no_body),
		TEST(test_each_answer_has_the_security_headers),
		TEST(test_a_page_of_another_origin_changes_nothing),
		TEST(test_a_foreign_host_changes_nothing),
		TEST(test_a_foreign_host_reads_and_changes_nothing),
		cmocka_unit_test_setup_teardown(test_configured_names_are_ours, setup_named,
						fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
