#include "store/accounts/authenticator.h"

#include "../plugin/folder.h"
#include "base/clock.h"
#include "base/error.h"

#define NOW 1750000000000ull
#define PASSWORD "correct horse"
#define WATCHDOG_MS 30000

struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	uv_timer_t watchdog;
	struct clock_manual clock;
	struct authenticator *authenticator;
	int changes;
	bool is_closed;
};

/* What done() said. */
struct outcome {
	bool came;
	int code;
	char secret[ACCOUNTS_SECRET_SIZE];
};

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	abort();
}

static void on_changed(void *arg)
{
	((struct fixture *)arg)->changes++;
}

static void on_closed(void *arg)
{
	((struct fixture *)arg)->is_closed = true;
}

static void on_done(void *arg, const char *secret, const struct error *err)
{
	struct outcome *outcome = arg;

	assert_false(outcome->came);
	outcome->came = true;
	outcome->code = err->code;
	if (secret)
		snprintf(outcome->secret, sizeof(outcome->secret), "%s", secret);
}

static void start(struct fixture *fixture)
{
	struct error err = {0};

	if (authenticator_create(&fixture->loop, &fixture->clock.base, fixture->folder->path,
				 on_changed, fixture, &fixture->authenticator, &err))
		fail_msg("%s", err.text);
}

static void stop(struct fixture *fixture)
{
	fixture->is_closed = false;
	authenticator_close(fixture->authenticator, on_closed, fixture);
	while (!fixture->is_closed)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	folder_setup((void **)&fixture->folder);
	uv_loop_init(&fixture->loop);
	uv_timer_init(&fixture->loop, &fixture->watchdog);
	uv_timer_start(&fixture->watchdog, on_watchdog, WATCHDOG_MS, 0);
	uv_unref((uv_handle_t *)&fixture->watchdog);
	clock_manual_init(&fixture->clock, NOW);
	start(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	stop(fixture);
	uv_close((uv_handle_t *)&fixture->watchdog, NULL);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

/* As the command line does it, in another process. */
static struct accounts *open_other(struct fixture *fixture)
{
	struct accounts *accounts;
	struct error err = {0};

	if (accounts_open(at(fixture->folder, ACCOUNTS_FILE), true, &accounts, &err))
		fail_msg("%s", err.text);
	return accounts;
}

static void add_user(struct fixture *fixture, const char *name, enum accounts_role role)
{
	struct accounts *accounts = open_other(fixture);

	assert_int_equal(accounts_add_user(accounts, name, PASSWORD, role, false, NOW, NULL), 0);
	accounts_close(accounts);
}

static void wait_for(struct fixture *fixture, const struct outcome *outcome)
{
	while (!outcome->came)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void wait_for_users(struct fixture *fixture, bool wanted)
{
	while (authenticator_has_users(fixture->authenticator) != wanted)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void wait_for_problem(struct fixture *fixture, bool wanted)
{
	while (!authenticator_problem(fixture->authenticator) == wanted)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static struct outcome log_in(struct fixture *fixture, const char *name, const char *password)
{
	struct outcome outcome = {0};

	assert_int_equal(
		authenticator_log_in(fixture->authenticator, name, password, on_done, &outcome), 0);
	assert_false(outcome.came);
	wait_for(fixture, &outcome);
	return outcome;
}

static void test_nobody(void **state)
{
	struct fixture *fixture = *state;
	struct authenticator_ticket ticket;

	assert_false(authenticator_has_users(fixture->authenticator));
	assert_null(authenticator_problem(fixture->authenticator));
	assert_int_equal(authenticator_check_token(fixture->authenticator, "x", &ticket),
			 ERROR_NOT_FOUND);
	assert_int_equal(authenticator_check_session(fixture->authenticator, "", &ticket),
			 ERROR_NOT_FOUND);
	assert_int_equal(log_in(fixture, "ann", PASSWORD).code, ERROR_NOT_GRANTED);
	/* To look makes no file. */
	assert_false(exists(fixture->folder, ACCOUNTS_FILE));
}

static void test_command_line_is_seen(void **state)
{
	struct fixture *fixture = *state;
	struct authenticator_ticket ticket;
	struct outcome outcome;
	struct accounts *other;

	add_user(fixture, "ann", ACCOUNTS_VIEWER);
	wait_for_users(fixture, true);
	assert_true(fixture->changes > 0);
	outcome = log_in(fixture, "ann", PASSWORD);
	assert_int_equal(outcome.code, 0);
	assert_int_equal(
		authenticator_check_session(fixture->authenticator, outcome.secret, &ticket), 0);
	assert_string_equal(ticket.name, "ann");
	assert_int_equal(ticket.role, ACCOUNTS_VIEWER);
	assert_false(ticket.is_token);
	/* One is not good for the other. */
	assert_int_equal(authenticator_check_token(fixture->authenticator, outcome.secret, &ticket),
			 ERROR_NOT_FOUND);
	assert_true(authenticator_holds(fixture->authenticator, &ticket));
	other = open_other(fixture);
	assert_int_equal(accounts_remove_user(other, "ann", NULL), 0);
	accounts_close(other);
	wait_for_users(fixture, false);
	assert_false(authenticator_holds(fixture->authenticator, &ticket));
}

static void test_tokens(void **state)
{
	struct fixture *fixture = *state;
	struct accounts *other = open_other(fixture);
	char secret[ACCOUNTS_SECRET_SIZE];
	struct authenticator_ticket ticket;

	assert_int_equal(accounts_add_token(other, "shed", ACCOUNTS_NODE, NOW, secret, NULL), 0);
	while (authenticator_check_token(fixture->authenticator, secret, &ticket))
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_string_equal(ticket.name, "shed");
	assert_int_equal(ticket.role, ACCOUNTS_NODE);
	assert_true(ticket.is_token);
	assert_int_equal(authenticator_check_session(fixture->authenticator, secret, &ticket),
			 ERROR_NOT_FOUND);
	/* A token alone locks nothing. */
	assert_false(authenticator_has_users(fixture->authenticator));
	assert_int_equal(accounts_revoke_token(other, "shed", NOW, NULL), 0);
	while (authenticator_holds(fixture->authenticator, &ticket))
		uv_run(&fixture->loop, UV_RUN_ONCE);
	accounts_close(other);
}

static void test_log_out(void **state)
{
	struct fixture *fixture = *state;
	struct outcome first, second, done = {0};
	struct authenticator_ticket ticket, other;

	add_user(fixture, "ann", ACCOUNTS_OPERATOR);
	first = log_in(fixture, "ann", PASSWORD);
	second = log_in(fixture, "ann", PASSWORD);
	assert_string_not_equal(first.secret, second.secret);
	assert_int_equal(authenticator_check_session(fixture->authenticator, first.secret, &ticket),
			 0);
	assert_int_equal(authenticator_check_session(fixture->authenticator, second.secret, &other),
			 0);
	assert_int_equal(authenticator_log_out(fixture->authenticator, &ticket, on_done, &done), 0);
	wait_for(fixture, &done);
	assert_int_equal(done.code, 0);
	assert_false(authenticator_holds(fixture->authenticator, &ticket));
	assert_true(authenticator_holds(fixture->authenticator, &other));
}

static void test_sessions_outlive_a_restart_and_end(void **state)
{
	struct fixture *fixture = *state;
	struct authenticator_ticket ticket;
	struct outcome outcome;

	add_user(fixture, "ann", ACCOUNTS_OPERATOR);
	outcome = log_in(fixture, "ann", PASSWORD);
	stop(fixture);
	start(fixture);
	assert_int_equal(
		authenticator_check_session(fixture->authenticator, outcome.secret, &ticket), 0);
	/* Used every ten days it lives on, until it has to end. */
	for (int days = 10; days < 90; days += 10) {
		clock_manual_advance_ns(&fixture->clock, 10ull * 24 * 3600 * 1000000000);
		assert_true(authenticator_holds(fixture->authenticator, &ticket));
	}
	clock_manual_advance_ns(&fixture->clock, 10ull * 24 * 3600 * 1000000000);
	assert_false(authenticator_holds(fixture->authenticator, &ticket));
	outcome = log_in(fixture, "ann", PASSWORD);
	assert_int_equal(
		authenticator_check_session(fixture->authenticator, outcome.secret, &ticket), 0);
	clock_manual_advance_ns(&fixture->clock, 14ull * 24 * 3600 * 1000000000);
	assert_false(authenticator_holds(fixture->authenticator, &ticket));
}

static uint64_t token_used(struct fixture *fixture)
{
	struct accounts *other = open_other(fixture);
	struct accounts_list list;
	uint64_t used;

	assert_int_equal(accounts_read(other, &list, NULL), 0);
	used = list.tokens[0].used_ms;
	accounts_list_finish(&list);
	accounts_close(other);
	return used;
}

/* The time of last use is written once an hour. */
static void test_last_use(void **state)
{
	struct fixture *fixture = *state;
	struct accounts *other = open_other(fixture);
	char secret[ACCOUNTS_SECRET_SIZE];
	struct authenticator_ticket ticket;

	assert_int_equal(accounts_add_token(other, "shed", ACCOUNTS_NODE, NOW, secret, NULL), 0);
	accounts_close(other);
	while (authenticator_check_token(fixture->authenticator, secret, &ticket))
		uv_run(&fixture->loop, UV_RUN_ONCE);
	while (token_used(fixture) != NOW)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	clock_manual_advance_ns(&fixture->clock, (ACCOUNTS_TOUCH_MS - 1) * 1000000);
	assert_true(authenticator_holds(fixture->authenticator, &ticket));
	/* A restart waits for what is under way. */
	stop(fixture);
	start(fixture);
	assert_int_equal(token_used(fixture), NOW);
	clock_manual_advance_ns(&fixture->clock, 1000000);
	assert_true(authenticator_holds(fixture->authenticator, &ticket));
	while (token_used(fixture) != NOW + ACCOUNTS_TOUCH_MS)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void test_set_up(void **state)
{
	struct fixture *fixture = *state;
	struct outcome first = {0}, second = {0};
	struct authenticator_ticket ticket;

	/* Both at once: one of them is the first. */
	assert_int_equal(
		authenticator_set_up(fixture->authenticator, "ann", PASSWORD, on_done, &first), 0);
	assert_int_equal(
		authenticator_set_up(fixture->authenticator, "eve", PASSWORD, on_done, &second), 0);
	wait_for(fixture, &second);
	assert_int_equal(first.code, 0);
	assert_int_equal(second.code, ERROR_NOT_GRANTED);
	assert_string_equal(second.secret, "");
	assert_int_equal(authenticator_check_session(fixture->authenticator, first.secret, &ticket),
			 0);
	assert_int_equal(ticket.role, ACCOUNTS_OPERATOR);
	assert_string_equal(ticket.name, "ann");
}

static void test_too_many_log_ins(void **state)
{
	struct outcome outcomes[AUTHENTICATOR_WAITING_MAX + 2] = {0};
	struct fixture *fixture = *state;

	add_user(fixture, "ann", ACCOUNTS_VIEWER);
	wait_for_users(fixture, true);
	for (int i = 0; i <= AUTHENTICATOR_WAITING_MAX; i++)
		assert_int_equal(authenticator_log_in(fixture->authenticator, "ann", PASSWORD,
						      on_done, &outcomes[i]),
				 0);
	assert_int_equal(authenticator_log_in(fixture->authenticator, "ann", PASSWORD, on_done,
					      &outcomes[AUTHENTICATOR_WAITING_MAX + 1]),
			 ERROR_BUSY);
	wait_for(fixture, &outcomes[0]);
	assert_int_equal(authenticator_log_in(fixture->authenticator, "ann", PASSWORD, on_done,
					      &outcomes[AUTHENTICATOR_WAITING_MAX + 1]),
			 0);
	wait_for(fixture, &outcomes[AUTHENTICATOR_WAITING_MAX + 1]);
	for (int i = 0; i <= AUTHENTICATOR_WAITING_MAX + 1; i++)
		assert_int_equal(outcomes[i].code, 0);
}

static void test_too_long(void **state)
{
	char name[ACCOUNTS_NAME_SIZE + 1], password[ACCOUNTS_PASSWORD_MAX + 2];
	struct fixture *fixture = *state;

	memset(name, 'a', sizeof(name) - 1);
	memset(password, 'p', sizeof(password) - 1);
	name[sizeof(name) - 1] = password[sizeof(password) - 1] = '\0';
	add_user(fixture, "ann", ACCOUNTS_VIEWER);
	wait_for_users(fixture, true);
	assert_int_equal(log_in(fixture, name, PASSWORD).code, ERROR_NOT_GRANTED);
	assert_int_equal(log_in(fixture, "ann", password).code, ERROR_NOT_GRANTED);
}

static void test_closed_while_some_wait(void **state)
{
	struct outcome outcomes[3] = {0};
	struct fixture *fixture = *state;

	add_user(fixture, "ann", ACCOUNTS_VIEWER);
	wait_for_users(fixture, true);
	for (int i = 0; i < 3; i++)
		assert_int_equal(authenticator_log_in(fixture->authenticator, "ann", PASSWORD,
						      on_done, &outcomes[i]),
				 0);
	stop(fixture);
	/* The first may have been under way. */
	assert_true(outcomes[0].came && (!outcomes[0].code || outcomes[0].code == ERROR_CLOSED));
	assert_int_equal(outcomes[1].code, ERROR_CLOSED);
	assert_int_equal(outcomes[2].code, ERROR_CLOSED);
	start(fixture);
}

static void test_damaged_while_it_runs(void **state)
{
	struct fixture *fixture = *state;
	struct authenticator_ticket ticket;
	struct outcome outcome;

	add_user(fixture, "ann", ACCOUNTS_VIEWER);
	outcome = log_in(fixture, "ann", PASSWORD);
	assert_int_equal(
		authenticator_check_session(fixture->authenticator, outcome.secret, &ticket), 0);
	make_file(fixture->folder, "new", "This is no database.");
	assert_int_equal(rename(at(fixture->folder, "new"), at(fixture->folder, ACCOUNTS_FILE)), 0);
	wait_for_problem(fixture, true);
	assert_non_null(
		strstr(authenticator_problem(fixture->authenticator), "file is not a database"));
	assert_false(authenticator_holds(fixture->authenticator, &ticket));
	assert_false(authenticator_has_users(fixture->authenticator));
	assert_int_equal(log_in(fixture, "ann", PASSWORD).code, ERROR_MALFORMED);
	/* Gone is no better: there were accounts. */
	assert_int_equal(unlink(at(fixture->folder, ACCOUNTS_FILE)), 0);
	while (!strstr(authenticator_problem(fixture->authenticator), "No such file"))
		uv_run(&fixture->loop, UV_RUN_ONCE);
	add_user(fixture, "ben", ACCOUNTS_VIEWER);
	wait_for_problem(fixture, false);
	assert_int_equal(log_in(fixture, "ben", PASSWORD).code, 0);
}

static void test_damaged_before(void **state)
{
	struct fixture *fixture = *state;
	struct outcome outcome = {0};

	stop(fixture);
	make_file(fixture->folder, ACCOUNTS_FILE, "This is no database.");
	start(fixture);
	assert_non_null(authenticator_problem(fixture->authenticator));
	assert_int_equal(
		authenticator_set_up(fixture->authenticator, "eve", PASSWORD, on_done, &outcome),
		0);
	wait_for(fixture, &outcome);
	assert_int_equal(outcome.code, ERROR_MALFORMED);
	assert_non_null(authenticator_problem(fixture->authenticator));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nobody),
		TEST(test_command_line_is_seen),
		TEST(test_tokens),
		TEST(test_log_out),
		TEST(test_sessions_outlive_a_restart_and_end),
		TEST(test_last_use),
		TEST(test_set_up),
		TEST(test_too_many_log_ins),
		TEST(test_too_long),
		TEST(test_closed_while_some_wait),
		TEST(test_damaged_while_it_runs),
		TEST(test_damaged_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
