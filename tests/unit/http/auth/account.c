/* Setting up: a node without an account lets in whoever has the link from its log. */
#include "home.h"

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
	check_setup(home, token, "annannann", "annannann", 400, "must not be the user's name");
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
	assert_false(authenticator_has_users(home->fixture.config.authenticator));
}

static void test_account_of_the_command_line_opens(void **state)
{
	struct home *home = *state;
	const char *token = new_link(home);
	char ann[128];

	add_user(home, "ann", ACCOUNTS_OPERATOR);
	while (!authenticator_has_users(home->fixture.config.authenticator))
		uv_run(&home->fixture.loop, UV_RUN_ONCE);
	check_setup(home, token, "eve", PASSWORD, 403, "this node needs no set-up");
	log_in(home, "ann", "", ann, sizeof(ann));
	check(home, READINGS, ann, "", 200, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLOSED_TEST(test_closed_node),
		CLOSED_TEST(test_set_up),
		CLOSED_TEST(test_link_ends),
		CLOSED_TEST(test_account_of_the_command_line_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
