/* Sessions: logging in and out, the cookie, and what ends with a session. */
#include "home.h"

static void test_session(void **state)
{
	struct home *home = *state;
	char ann[128], vic[128], both[256];

	log_in(home, "ann", "", ann, sizeof(ann));
	log_in(home, "vic", "", vic, sizeof(vic));
	check(home, READINGS, ann, "", 200, "readings");
	check(home, READINGS, vic, "", 200, "readings");
	check(home, "GET /api/v1/session", ann, "", 200,
	      "{\"node\":\"node-1\",\"user\":\"ann\",\"role\":\"operator\",\"login_required\":true,"
	      "\"open\":false}");
	snprintf(both, sizeof(both), "%s" ORIGIN, ann);
	check(home, BUZZ, both, "", 200, "ok");
	snprintf(both, sizeof(both), "%s" ORIGIN, vic);
	check(home, BUZZ, both, "", 403,
	      "only operators may do this: log in as one, or send the token of one");
	assert_int_equal(home->fixture.fake.buzzer_calls, 1);
}

static void test_cookie_flags(void **state)
{
	struct home *home = *state;
	struct answer answer;
	const char *cookie;

	ask(home, LOG_IN, "", credentials("ann", PASSWORD), &answer);
	cookie = answer_header(&answer, "Set-Cookie");
	assert_int_equal(strncmp(cookie, "harvester=", 10), 0);
	assert_int_equal(strcspn(cookie + 10, ";"), 43);
	assert_string_equal(cookie + 53, "; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict");
	answer_finish(&answer);
	ask(home, "DELETE /api/v1/session", "", "", &answer);
	assert_int_equal(answer.status, 204);
	assert_string_equal(answer_header(&answer, "Set-Cookie"),
			    "harvester=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
	answer_finish(&answer);
}

static void test_log_out_ends_the_session(void **state)
{
	struct home *home = *state;
	char ann[128], both[256];

	log_in(home, "ann", "", ann, sizeof(ann));
	check(home, "DELETE /api/v1/session", ann, "", 403, "needs an Origin or Sec-Fetch-Site");
	check(home, READINGS, ann, "", 200, "");
	snprintf(both, sizeof(both), "%s" ORIGIN, ann);
	check(home, "DELETE /api/v1/session", both, "", 204, "");
	check(home, READINGS, ann, "", 401, "");
}

/* A session that somebody planted is not taken on, and the one before ends. */
static void test_fixation(void **state)
{
	static const char planted[] =
		"Cookie: harvester=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n";
	struct home *home = *state;
	char first[128], second[128], both[256];

	check(home, READINGS, planted, "", 401, "");
	log_in(home, "ann", planted, first, sizeof(first));
	assert_string_not_equal(first, planted);
	check(home, READINGS, planted, "", 401, "");
	snprintf(both, sizeof(both), "%s" ORIGIN, first);
	log_in(home, "vic", both, second, sizeof(second));
	assert_string_not_equal(first, second);
	while (true) {
		struct answer answer;
		int status;

		ask(home, READINGS, first, "", &answer);
		status = answer.status;
		answer_finish(&answer);
		if (status == 401)
			break;
	}
	check(home, READINGS, second, "", 200, "");
}

static void test_bad_log_ins(void **state)
{
	static const struct {
		const char *headers, *body;
		int status;
	} table[] = {
		{"", "{\"user\":\"ann\"}", 400},
		{"", "{\"user\":\"ann\",\"password\":1}", 400},
		{"", "{\"user\":\"ann\",\"password\":\"\"}", 400},
		{"", "{\"user\":\"ann\",\"password\":\"correct horse\",\"role\":\"operator\"}",
		 400},
		{"", "[]", 400},
		{"", "{", 400},
		{"Origin: http://evil.example\r\n",
		 "{\"user\":\"ann\",\"password\":\"correct horse\"}", 403},
		{"Sec-Fetch-Site: cross-site\r\n",
		 "{\"user\":\"ann\",\"password\":\"correct horse\"}", 403},
	};
	struct home *home = *state;
	struct web_counters counters;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		check(home, LOG_IN, table[i].headers, table[i].body, table[i].status, "");
	check(home, LOG_IN, "", "", 415, "");
	web_counters(home->fixture.web, &counters);
	assert_int_equal(counters.log_ins_failed, 0);
	check(home, LOG_IN, "", credentials("ann", "wrong horse"), 401,
	      "the name or the password is wrong");
	check(home, LOG_IN, "", credentials("nobody", PASSWORD), 401,
	      "the name or the password is wrong");
	web_counters(home->fixture.web, &counters);
	assert_int_equal(counters.log_ins_failed, 2);
	assert_int_equal(counters.log_ins, 0);
}

static void fail_log_in(struct home *home, const char *name, int status)
{
	check(home, LOG_IN, "", credentials(name, "wrong horse"), status, "");
}

static void check_retry_after(struct home *home, const char *name, const char *seconds)
{
	struct answer answer;

	ask(home, LOG_IN, "", credentials(name, PASSWORD), &answer);
	assert_int_equal(answer.status, 429);
	assert_string_equal(answer_header(&answer, "Retry-After"), seconds);
	answer_finish(&answer);
}

static void test_throttle(void **state)
{
	struct home *home = *state;
	struct web_counters counters;
	char cookie[128];

	for (int i = 0; i < WEB_THROTTLE_FREE; i++)
		fail_log_in(home, "ann", 401);
	check_retry_after(home, "ann", "1");
	check_retry_after(home, "vic", "1"); /* the address waits, whatever the name */
	advance(home, 999);
	check_retry_after(home, "ann", "1");
	advance(home, 1);
	fail_log_in(home, "ann", 401);
	check_retry_after(home, "ann", "2");
	advance(home, 2000);
	log_in(home, "ann", "", cookie, sizeof(cookie));
	web_counters(home->fixture.web, &counters);
	assert_int_equal(counters.log_ins_failed, WEB_THROTTLE_FREE + 1);
	assert_int_equal(counters.log_ins_slowed, 4);
	check(home, "GET /metrics", cookie, "", 200, "harvester_log_ins_slowed_total 4\n");
	assert_int_equal(counters.log_ins, 1);
	/* An own account does not wash the address clean. */
	check_retry_after(home, "vic", "4");
	/* Who is logged in is not slowed down. */
	check(home, READINGS, cookie, "", 200, "");
	advance(home, WEB_THROTTLE_FORGET_MS);
	for (int i = 0; i < WEB_THROTTLE_FREE; i++)
		fail_log_in(home, "ann", 401);
}

/* More passwords at once than one after the other: some hear that they come too early. */
static void test_flood(void **state)
{
	struct client clients[4 * (AUTHENTICATOR_WAITING_MAX + 1)];
	const size_t count = sizeof(clients) / sizeof(*clients);
	struct home *home = *state;
	size_t waited = 0, busy = 0;

	for (size_t i = 0; i < count; i++) {
		const char *body = credentials("ann", "wrong horse");
		char request[1024];

		snprintf(request, sizeof(request),
			 LOG_IN " HTTP/1.1\r\n" HOST
				"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			 strlen(body), body);
		client_open(&clients[i], &home->fixture);
		client_send(&clients[i], request);
	}
	for (size_t i = 0; i < count; i++) {
		struct answer answer;

		assert_true(client_receive(&clients[i], "POST", &answer));
		assert_true(answer.status == 401 || answer.status == 429 || answer.status == 503);
		busy += answer.status != 401;
		waited += answer.status != 401 && answer_header(&answer, "Retry-After");
		answer_finish(&answer);
		client_close(&clients[i]);
	}
	assert_true(busy >= count - WEB_THROTTLE_FREE);
	assert_int_equal(waited, busy);
}

static void wait_for(struct client *client, const char *text)
{
	while (!client->received.data || !strstr(client->received.data, text)) {
		assert_false(client->ended);
		uv_run(&client->fixture->loop, UV_RUN_ONCE);
	}
}

static void open_stream(struct client *client, struct home *home, const char *header)
{
	char request[512];

	snprintf(request, sizeof(request), "GET /api/v1/events HTTP/1.1\r\n" HOST "%s\r\n", header);
	client_open(client, &home->fixture);
	client_send(client, request);
	wait_for(client, "event: plugins");
}

/* A stream ends with its session, others go on. */
static void test_streams_end(void **state)
{
	struct client ann_stream, vic_stream;
	struct home *home = *state;
	char ann[128], vic[128], both[256];
	struct accounts *accounts;
	struct web_events_counters counters;

	log_in(home, "ann", "", ann, sizeof(ann));
	log_in(home, "vic", "", vic, sizeof(vic));
	open_stream(&ann_stream, home, ann);
	open_stream(&vic_stream, home, vic);
	snprintf(both, sizeof(both), "%s" ORIGIN, ann);
	check(home, "DELETE /api/v1/session", both, "", 204, "");
	client_wait_ended(&ann_stream);
	assert_false(vic_stream.ended);
	buffer_clear(&vic_stream.received);
	fixture_put(&home->fixture, "a", 1, false);
	wait_for(&vic_stream, "event: readings");
	accounts = open_accounts(home);
	assert_int_equal(accounts_set_password(accounts, "vic", "another horse", NULL), 0);
	accounts_close(accounts);
	client_wait_ended(&vic_stream);
	client_close(&ann_stream);
	client_close(&vic_stream);
	do {
		uv_run(&home->fixture.loop, UV_RUN_NOWAIT);
		web_events_counters(web_events(home->fixture.web), &counters);
	} while (counters.clients);
	assert_int_equal(counters.ended, 2);
	assert_int_equal(counters.dropped, 0);
}

/* Anybody's stream ends when the first account is made. */
static void test_open_streams_end(void **state)
{
	struct home *home = make_home("127.0.0.1:0");
	struct client stream;
	void *held = home;

	(void)state;
	start_home(home);
	check(home, "GET /api/v1/session", "", "", 200,
	      "{\"node\":\"node-1\",\"user\":null,\"role\":\"operator\",\"login_required\":false,"
	      "\"open\":true}");
	check(home, BUZZ, "", "", 200, "ok");
	check(home, LOG_IN, "", credentials("ann", PASSWORD), 403, "no account yet");
	open_stream(&stream, home, "");
	add_user(home, "ann", ACCOUNTS_VIEWER);
	client_wait_ended(&stream);
	client_close(&stream);
	check(home, BUZZ, "", "", 401, "");
	teardown(&held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOME_TEST(test_session),
		HOME_TEST(test_cookie_flags),
		HOME_TEST(test_log_out_ends_the_session),
		HOME_TEST(test_fixation),
		HOME_TEST(test_bad_log_ins),
		HOME_TEST(test_throttle),
		HOME_TEST(test_flood),
		HOME_TEST(test_streams_end),
		cmocka_unit_test(test_open_streams_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
