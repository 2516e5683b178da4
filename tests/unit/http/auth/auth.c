#include "http/auth/auth.h"

#include "../plugin/folder.h"
#include "base/clock.h"
#include "fixture.h"
#include "http/events/events.h"
#include "http/server/handler.h"
#include "store/accounts/access.h"

#define NOW 1750000000000ull
#define PASSWORD "correct horse"
#define ORIGIN "Origin: http://127.0.0.1\r\n"

/* The server with accounts: ann (operator) and vic (viewer), and a clock that stands still. */
struct home {
	struct fixture fixture;
	struct folder *folder;
	struct clock_manual clock;
};

static void on_changed(void *arg)
{
	struct home *home = arg;

	if (home->fixture.web)
		web_access_changed(home->fixture.web);
}

static struct accounts *open_accounts(struct home *home)
{
	struct accounts *accounts;

	assert_int_equal(accounts_open(at(home->folder, ACCOUNTS_FILE), true, &accounts, NULL), 0);
	return accounts;
}

static void add_user(struct home *home, const char *name, enum accounts_role role)
{
	struct accounts *accounts = open_accounts(home);

	assert_int_equal(accounts_add_user(accounts, name, PASSWORD, role, false, NOW, NULL), 0);
	accounts_close(accounts);
}

static struct home *make_home(const char *listen)
{
	struct home *home = calloc(1, sizeof(*home));

	assert_non_null(home);
	folder_setup((void **)&home->folder);
	clock_manual_init(&home->clock, NOW);
	fixture_init(&home->fixture);
	home->fixture.config.listen = listen;
	home->fixture.config.clock = &home->clock.base;
	return home;
}

static void start_home(struct home *home)
{
	struct error err = {0};

	if (access_create(&home->fixture.loop, &home->clock.base, home->folder->path, on_changed,
			  home, &home->fixture.config.access, &err))
		fail_msg("%s", err.text);
	fixture_start(&home->fixture);
}

static int setup(void **state)
{
	struct home *home = make_home("127.0.0.1:0");

	add_user(home, "ann", ACCOUNTS_OPERATOR);
	add_user(home, "vic", ACCOUNTS_VIEWER);
	start_home(home);
	*state = home;
	return 0;
}

static int setup_closed(void **state)
{
	struct home *home = make_home("0.0.0.0:0");

	start_home(home);
	*state = home;
	return 0;
}

static void on_access_closed(void *arg)
{
	*(bool *)arg = true;
}

static int teardown(void **state)
{
	struct home *home = *state;
	bool closed = false;

	access_close(home->fixture.config.access, on_access_closed, &closed);
	while (!closed)
		uv_run(&home->fixture.loop, UV_RUN_ONCE);
	fixture_finish(&home->fixture);
	folder_teardown((void **)&home->folder);
	free(home);
	return 0;
}

static void advance(struct home *home, uint64_t ms)
{
	clock_manual_advance_ns(&home->clock, ms * 1000000);
}

/* One request with further headers; a body is JSON. */
static void ask(struct home *home, const char *line, const char *headers, const char *body,
		struct answer *answer)
{
	char request[2048];

	snprintf(request, sizeof(request),
		 "%s HTTP/1.1\r\n" HOST "%s%sContent-Length: %zu\r\n\r\n%s", line, headers,
		 *body ? "Content-Type: application/json\r\n" : "", strlen(body), body);
	exchange(&home->fixture, request, answer);
}

static void check(struct home *home, const char *line, const char *headers, const char *body,
		  int status, const char *part)
{
	struct answer answer;

	ask(home, line, headers, body, &answer);
	if (answer.status != status)
		fail_msg("%d instead of %d to: %s %s\n%s", answer.status, status, line, headers,
			 answer_text(&answer));
	assert_contains(answer_text(&answer), part);
	answer_finish(&answer);
}

#define LOG_IN "POST /api/v1/session"
#define BUZZ "POST /api/buzzer/test"
#define READINGS "GET /api/readings"

static const char *credentials(const char *name, const char *password)
{
	static char text[512];

	snprintf(text, sizeof(text), "{\"user\":\"%s\",\"password\":\"%s\"}", name, password);
	return text;
}

/* The header with the cookie of a new session. */
static void log_in(struct home *home, const char *name, const char *headers, char *ret_header,
		   size_t size)
{
	struct answer answer;
	const char *cookie;

	ask(home, LOG_IN, headers, credentials(name, PASSWORD), &answer);
	assert_int_equal(answer.status, 204);
	cookie = answer_header(&answer, "Set-Cookie");
	assert_non_null(cookie);
	snprintf(ret_header, size, "Cookie: %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
	answer_finish(&answer);
}

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
	      "{\"user\":null,\"role\":null,\"login_required\":true,\"open\":false}");
	ask(home, READINGS, "", "", &answer);
	assert_string_equal(answer_header(&answer, "WWW-Authenticate"), "Bearer");
	answer_finish(&answer);
	assert_int_equal(home->fixture.fake.buzzer_calls, 0);
}

static void test_session(void **state)
{
	struct home *home = *state;
	char ann[128], vic[128], both[256];

	log_in(home, "ann", "", ann, sizeof(ann));
	log_in(home, "vic", "", vic, sizeof(vic));
	check(home, READINGS, ann, "", 200, "readings");
	check(home, READINGS, vic, "", 200, "readings");
	check(home, "GET /api/v1/session", ann, "", 200,
	      "{\"user\":\"ann\",\"role\":\"operator\",\"login_required\":true,\"open\":false}");
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

static void test_tokens(void **state)
{
	struct home *home = *state;
	struct accounts *accounts = open_accounts(home);
	char secret[ACCOUNTS_SECRET_SIZE], headers[3][128];
	struct access_ticket ticket;

	for (unsigned role = ACCOUNTS_NODE; role <= ACCOUNTS_OPERATOR; role++) {
		assert_int_equal(accounts_add_token(accounts, accounts_role_name(role), role, NOW,
						    secret, NULL),
				 0);
		snprintf(headers[role - 1], sizeof(headers[0]), "Authorization: %s %s\r\n",
			 role == ACCOUNTS_VIEWER ? "bearer" : "Bearer", secret);
	}
	while (access_check_token(home->fixture.config.access, secret, &ticket))
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
	while (access_check_token(home->fixture.config.access,
				  strchr(strchr(headers[1], ' ') + 1, ' ') + 1, &ticket) == 0)
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
	      "{\"user\":null,\"role\":\"viewer\",\"login_required\":false,\"open\":false}");
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
	struct client clients[4 * (ACCESS_WAITING_MAX + 1)];
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
	      "{\"user\":null,\"role\":\"operator\",\"login_required\":false,\"open\":true}");
	check(home, BUZZ, "", "", 200, "ok");
	check(home, LOG_IN, "", credentials("ann", PASSWORD), 403, "no account yet");
	open_stream(&stream, home, "");
	add_user(home, "ann", ACCOUNTS_VIEWER);
	client_wait_ended(&stream);
	client_close(&stream);
	check(home, BUZZ, "", "", 401, "");
	teardown(&held);
}

static void test_damaged_accounts_let_nobody_in(void **state)
{
	struct home *home = *state;
	char ann[128];

	log_in(home, "ann", "", ann, sizeof(ann));
	make_file(home->folder, "new", "This is no database.");
	assert_int_equal(rename(at(home->folder, "new"), at(home->folder, ACCOUNTS_FILE)), 0);
	while (!access_problem(home->fixture.config.access))
		uv_run(&home->fixture.loop, UV_RUN_ONCE);
	check(home, READINGS, ann, "", 503, "the accounts cannot be read, so nobody is let in");
	check(home, READINGS, "", "", 503, "");
	check(home, "GET /", "", "", 503, "");
	check(home, BUZZ, "", "", 503, "");
	check(home, LOG_IN, "", credentials("ann", PASSWORD), 503, "");
	check(home, "GET /no", "", "", 503, "");
	check(home, "GET /healthz", "", "", 200, "");
}

/* Setting up */

static void check_setup(struct home *home, const char *token, const char *name,
			const char *password, int status, const char *part)
{
	char body[512];

	snprintf(body, sizeof(body), "{\"token\":\"%s\",\"user\":\"%s\",\"password\":\"%s\"}",
		 token, name, password);
	check(home, "POST /api/v1/setup", "", body, status, part);
}

static void test_closed_node(void **state)
{
	struct home *home = *state;

	check(home, READINGS, "", "", 403, "no account yet");
	check(home, BUZZ, "", "", 403, "no account yet");
	check(home, "GET /api/v1/session", "", "", 403, "");
	check(home, LOG_IN, "", credentials("ann", PASSWORD), 403, "");
	check(home, "GET /no", "", "", 403, "no account yet");
	check(home, "GET /", "", "", 403, "<title>First account");
	check(home, "GET /setup", "", "", 200, "<title>First account");
	check(home, "GET /account.js", "", "", 200, "use strict");
	check(home, "GET /account.css", "", "", 200, "main");
	check(home, "GET /healthz", "", "", 200, "ok");
	/* Without a link nobody has it. */
	check_setup(home, "x", "eve", PASSWORD, 403, "this link is wrong, used or expired");
}

static const char *new_link(struct home *home)
{
	static char link[WEB_LINK_SIZE];

	assert_true(web_make_setup_link(home->fixture.web, link, sizeof(link)));
	assert_int_equal(strncmp(link, "http://", 7), 0);
	assert_null(strchr(link, '?'));
	return strstr(link, "/setup#") + 7;
}

static void test_set_up(void **state)
{
	struct home *home = *state;
	char old[64], ann[128], link[WEB_LINK_SIZE];
	const char *token;

	snprintf(old, sizeof(old), "%s", new_link(home));
	token = new_link(home);
	check_setup(home, old, "eve", PASSWORD, 403, "");
	check_setup(home, token, "ann", "short", 400, "8 characters");
	check_setup(home, token, "annannann", "annannann", 400, "must not be the name");
	check_setup(home, token, "a b", PASSWORD, 400, "the name of a user");
	check_setup(home, token, "ann", PASSWORD, 204, "");
	check_setup(home, token, "eve", PASSWORD, 403, "this node needs no set-up");
	assert_false(web_make_setup_link(home->fixture.web, link, sizeof(link)));
	check(home, READINGS, "", "", 401, "");
	log_in(home, "ann", "", ann, sizeof(ann));
	check(home, "GET /api/v1/session", ann, "", 200, "\"role\":\"operator\"");
}

static void test_link_ends(void **state)
{
	struct home *home = *state;
	const char *token = new_link(home);

	advance(home, WEB_SETUP_MS - 1);
	check_setup(home, token, "ann", "short", 400, "");
	advance(home, 1);
	check_setup(home, token, "ann", PASSWORD, 403, "used or expired");
	assert_false(access_has_users(home->fixture.config.access));
}

static void test_account_of_the_command_line_opens(void **state)
{
	struct home *home = *state;
	const char *token = new_link(home);
	char ann[128];

	add_user(home, "ann", ACCOUNTS_OPERATOR);
	while (!access_has_users(home->fixture.config.access))
		uv_run(&home->fixture.loop, UV_RUN_ONCE);
	check_setup(home, token, "eve", PASSWORD, 403, "this node needs no set-up");
	log_in(home, "ann", "", ann, sizeof(ann));
	check(home, READINGS, ann, "", 200, "");
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

#define HOME_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define CLOSED_TEST(name) cmocka_unit_test_setup_teardown(name, setup_closed, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOME_TEST(test_login_is_needed),
		HOME_TEST(test_session),
		HOME_TEST(test_cookie_flags),
		HOME_TEST(test_log_out_ends_the_session),
		HOME_TEST(test_fixation),
		HOME_TEST(test_bad_log_ins),
		HOME_TEST(test_tokens),
		cmocka_unit_test(test_public_read),
		HOME_TEST(test_cross_site_requests),
		HOME_TEST(test_throttle),
		HOME_TEST(test_flood),
		HOME_TEST(test_streams_end),
		cmocka_unit_test(test_open_streams_end),
		HOME_TEST(test_damaged_accounts_let_nobody_in),
		CLOSED_TEST(test_closed_node),
		CLOSED_TEST(test_set_up),
		CLOSED_TEST(test_link_ends),
		CLOSED_TEST(test_account_of_the_command_line_opens),
		HOME_TEST(test_other_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
