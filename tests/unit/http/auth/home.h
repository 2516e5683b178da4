/* The server with accounts: ann (operator) and vic (viewer), and a clock that stands still. */
#ifndef HARVESTER_TESTS_HTTP_AUTH_HOME_H
#define HARVESTER_TESTS_HTTP_AUTH_HOME_H

#include "../plugin/folder.h"
#include "base/clock.h"
#include "fixture.h"
#include "http/auth/auth.h"
#include "http/events/events.h"
#include "http/server/handler.h"
#include "store/accounts/authenticator.h"

#define NOW 1750000000000ull
#define PASSWORD "correct horse"
#define ORIGIN "Origin: http://127.0.0.1\r\n"
#define HOME_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define CLOSED_TEST(name) cmocka_unit_test_setup_teardown(name, setup_closed, teardown)

/* The server with accounts: ann (operator) and vic (viewer), and a clock that stands still. */
struct home {
	struct fixture fixture;
	struct folder *folder;
	struct clock_manual clock;
};

static inline void on_changed(void *arg)
{
	struct home *home = arg;

	if (home->fixture.web)
		web_access_changed(home->fixture.web);
}

static inline struct accounts *open_accounts(struct home *home)
{
	struct accounts *accounts;

	assert_int_equal(accounts_open(at(home->folder, ACCOUNTS_FILE), true, &accounts, NULL), 0);
	return accounts;
}

static inline void add_user(struct home *home, const char *name, enum accounts_role role)
{
	struct accounts *accounts = open_accounts(home);

	assert_int_equal(accounts_add_user(accounts, name, PASSWORD, role, false, NOW, NULL), 0);
	accounts_close(accounts);
}

static inline struct home *make_home(const char *listen)
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

static inline void start_home(struct home *home)
{
	struct error err = {0};

	if (authenticator_create(&home->fixture.loop, &home->clock.base, home->folder->path,
				 on_changed, home, &home->fixture.config.authenticator, &err))
		fail_msg("%s", err.text);
	fixture_start(&home->fixture);
}

static inline int setup(void **state)
{
	struct home *home = make_home("127.0.0.1:0");

	add_user(home, "ann", ACCOUNTS_OPERATOR);
	add_user(home, "vic", ACCOUNTS_VIEWER);
	start_home(home);
	*state = home;
	return 0;
}

static inline int setup_closed(void **state)
{
	struct home *home = make_home("0.0.0.0:0");

	start_home(home);
	*state = home;
	return 0;
}

static inline void on_access_closed(void *arg)
{
	*(bool *)arg = true;
}

static inline int teardown(void **state)
{
	struct home *home = *state;
	bool closed = false;

	authenticator_close(home->fixture.config.authenticator, on_access_closed, &closed);
	while (!closed)
		uv_run(&home->fixture.loop, UV_RUN_ONCE);
	fixture_finish(&home->fixture);
	folder_teardown((void **)&home->folder);
	free(home);
	return 0;
}

static inline void advance(struct home *home, uint64_t ms)
{
	clock_manual_advance_ns(&home->clock, ms * 1000000);
}

/* One request with further headers; a body is JSON. */
static inline void ask(struct home *home, const char *line, const char *headers, const char *body,
		       struct answer *answer)
{
	char request[2048];

	snprintf(request, sizeof(request),
		 "%s HTTP/1.1\r\n" HOST "%s%sContent-Length: %zu\r\n\r\n%s", line, headers,
		 *body ? "Content-Type: application/json\r\n" : "", strlen(body), body);
	exchange(&home->fixture, request, answer);
}

static inline void check(struct home *home, const char *line, const char *headers, const char *body,
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

static inline const char *credentials(const char *name, const char *password)
{
	static char text[512];

	snprintf(text, sizeof(text), "{\"user\":\"%s\",\"password\":\"%s\"}", name, password);
	return text;
}

/* The header with the cookie of a new session. */
static inline void log_in(struct home *home, const char *name, const char *headers,
			  char *ret_header, size_t size)
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

#endif
