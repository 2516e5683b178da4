#include "home.h"

static void test_login_is_needed(void **state)
{
	struct home *home = *state;
	struct answer answer;

	check(home, READINGS, "", "", 401, "log in, or send a token");
	check(home, "GET /api/v1/events", "", "", 401, "log in");
	check(home, BUZZ, "", "", 401, "log in");
	check(home, "GET /healthz", "", "", 200, "ok");
	check(home, "GET /", "", "", 401, "<title>Log in");
	check(home, "GET /no", "", "", 404,
	      "nothing is at this path; GET /api/v1/openapi.json lists all paths");
	check(home, "GET /api/v1/session", "", "", 200,
	      "{\"node\":\"node-1\",\"user\":null,\"role\":null,\"login_required\":true,\"open\":"
	      "false}");
	ask(home, READINGS, "", "", &answer);
	assert_string_equal(answer_header(&answer, "WWW-Authenticate"), "Bearer");
	answer_finish(&answer);
	assert_int_equal(home->fixture.fake.buzzer_calls, 0);
}

static void test_tokens(void **state)
{
	struct home *home = *state;
	struct accounts *accounts = open_accounts(home);
	char secret[ACCOUNTS_SECRET_SIZE], headers[3][128];
	struct authenticator_ticket ticket;

	for (unsigned role = ACCOUNTS_NODE; role <= ACCOUNTS_OPERATOR; role++) {
		assert_int_equal(accounts_add_token(accounts, accounts_role_name(role), role, NOW,
						    secret, NULL),
				 0);
		snprintf(headers[role - 1], sizeof(headers[0]), "Authorization: %s %s\r\n",
			 role == ACCOUNTS_VIEWER ? "bearer" : "Bearer", secret);
	}
	while (authenticator_check_token(home->fixture.config.authenticator, secret, &ticket))
		uv_run(&home->fixture.loop, UV_RUN_ONCE);
	check(home, READINGS, headers[0], "", 403,
	      "only viewers and operators may do this: log in as one, or send the token of one");
	check(home, READINGS, headers[1], "", 200, "");
	check(home, BUZZ, headers[1], "", 403,
	      "only operators may do this: log in as one, or send the token of one");
	check(home, BUZZ, headers[2], "", 200, "");
	check(home, READINGS, "Authorization: Bearer nonsense\r\n", "", 401,
	      "this token is unknown or was revoked");
	check(home, "GET /healthz", "Authorization: Bearer nonsense\r\n", "", 200, "");
	/* What a proxy asked for. */
	check(home, READINGS, "Authorization: Basic YTpi\r\n", "", 401, "log in");
	assert_int_equal(accounts_revoke_token(accounts, "viewer", NOW, NULL), 0);
	accounts_close(accounts);
	while (authenticator_check_token(home->fixture.config.authenticator,
					 strchr(strchr(headers[1], ' ') + 1, ' ') + 1,
					 &ticket) == 0)
		uv_run(&home->fixture.loop, UV_RUN_ONCE);
}

static void test_public_read(void **state)
{
	struct home *home = make_home("127.0.0.1:0");
	void *held = home;

	(void)state;
	home->fixture.config.public_read = true;
	add_user(home, "ann", ACCOUNTS_OPERATOR);
	start_home(home);
	check(home, READINGS, "", "", 200, "readings");
	check(home, "GET /", "", "", 200, "");
	check(home, BUZZ, "", "", 401, "");
	check(home, "GET /api/v1/session", "", "", 200,
	      "{\"node\":\"node-1\",\"user\":null,\"role\":\"viewer\",\"login_required\":false,"
	      "\"open\":false}");
	check(home, READINGS, "Authorization: Bearer nonsense\r\n", "", 401, "");
	teardown(&held);
}

/* What pages of other sites can make a browser send, with its session. */
static void test_cross_site_requests(void **state)
{
	static const struct {
		const char *headers;
		int status;
	} table[] = {
		{"", 403},
		{"Origin: http://evil.example\r\n", 403},
		{"Origin: null\r\n", 403},
		{"Origin: http://127.0.0.1:1\r\n", 403},
		{"Sec-Fetch-Site: cross-site\r\n", 403},
		{"Sec-Fetch-Site: same-site\r\n", 403},
		{"Sec-Fetch-Site: none\r\n", 403},
		{"Sec-Fetch-Site: \r\n", 403},
		{"Origin: http://127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n", 403},
		{"Origin: http://evil.example\r\nSec-Fetch-Site: same-origin\r\n", 403},
		{"Sec-Fetch-Site: same-origin\r\n", 200},
		{"Origin: http://127.0.0.1\r\n", 200},
		{"Origin: https://127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n", 200},
	};
	struct home *home = *state;
	char ann[128], headers[512];
	int allowed = 0;

	log_in(home, "ann", "", ann, sizeof(ann));
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		snprintf(headers, sizeof(headers), "%s%s", ann, table[i].headers);
		check(home, BUZZ, headers, "", table[i].status, "");
		allowed += table[i].status == 200;
	}
	assert_int_equal(home->fixture.fake.buzzer_calls, allowed);
	/* No preflight is answered in a way that would allow more. */
	snprintf(headers, sizeof(headers),
		 "%sOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n", ann);
	check(home, "OPTIONS /api/buzzer/test", headers, "", 405, "");
}

static void test_damaged_accounts_let_nobody_in(void **state)
{
	struct home *home = *state;
	char ann[128];

	log_in(home, "ann", "", ann, sizeof(ann));
	make_file(home->folder, "new", "This is no database.");
	assert_int_equal(rename(at(home->folder, "new"), at(home->folder, ACCOUNTS_FILE)), 0);
	while (!authenticator_problem(home->fixture.config.authenticator))
		uv_run(&home->fixture.loop, UV_RUN_ONCE);
	check(home, READINGS, ann, "", 503, "the accounts cannot be read, so nobody is let in");
	check(home, READINGS, "", "", 503, "");
	check(home, "GET /", "", "", 503, "");
	check(home, BUZZ, "", "", 503, "");
	check(home, LOG_IN, "", credentials("ann", PASSWORD), 503, "");
	check(home, "GET /no", "", "", 503, "");
	check(home, "GET /healthz", "", "", 200, "");
}

/* A name that is not known to be ours is good enough for who shows who he is. */
static void test_other_names(void **state)
{
	struct home *home = *state;
	char ann[128], request[512];

	log_in(home, "ann", "", ann, sizeof(ann));
	snprintf(request, sizeof(request),
		 BUZZ " HTTP/1.1\r\nHost: pi.example\r\nOrigin: http://pi.example\r\n%s\r\n", ann);
	assert_exchange(&home->fixture, request, 200, "ok");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOME_TEST(test_login_is_needed),
		HOME_TEST(test_tokens),
		cmocka_unit_test(test_public_read),
		HOME_TEST(test_cross_site_requests),
		HOME_TEST(test_damaged_accounts_let_nobody_in),
		HOME_TEST(test_other_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
