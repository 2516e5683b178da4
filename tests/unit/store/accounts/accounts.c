#include "store/accounts/accounts.h"

#include <sodium.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "../plugin/folder.h"
#include "base/error.h"
#include "fault_vfs.h"
#include "store/sqlite.h"

#define NOW 1750000000000ull
#define PASSWORD "correct horse"

static struct accounts *open_file(const struct folder *folder)
{
	struct accounts *accounts = NULL;
	struct error err = {0};

	if (accounts_open(at(folder, ACCOUNTS_FILE), true, &accounts, &err))
		fail_msg("%s", err.text);
	return accounts;
}

static void add_user(struct accounts *accounts, const char *name, enum accounts_role role)
{
	struct error err = {0};

	if (accounts_add_user(accounts, name, PASSWORD, role, false, NOW, &err))
		fail_msg("%s", err.text);
}

static struct accounts_list read_list(struct accounts *accounts)
{
	struct accounts_list list;
	struct error err = {0};

	if (accounts_read(accounts, &list, &err))
		fail_msg("%s", err.text);
	return list;
}

/* Straight into the file: hashing a password 64 times takes its time. */
static void execute(const struct folder *folder, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(at(folder, ACCOUNTS_FILE), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void assert_logs_in(struct accounts *accounts, const char *name, const char *password,
			   bool expected)
{
	char secret[ACCOUNTS_SECRET_SIZE] = "";
	struct error err = {0};
	int ret = accounts_log_in(accounts, name, password, NOW, secret, &err);

	assert_int_equal(ret, expected ? 0 : ERROR_NOT_GRANTED);
	assert_int_equal(strlen(secret), expected ? 43 : 0);
	if (!expected)
		assert_string_equal(err.text, "the name or the password is wrong: try again");
}

static void test_log_in(void **state)
{
	struct accounts *accounts = open_file(*state);

	add_user(accounts, "ann", ACCOUNTS_VIEWER);
	assert_logs_in(accounts, "ann", PASSWORD, true);
	assert_logs_in(accounts, "ann", PASSWORD "x", false);
	assert_logs_in(accounts, "ann", "correct hors", false);
	assert_logs_in(accounts, "ann", "", false);
	assert_logs_in(accounts, "Ann", PASSWORD, false);
	assert_logs_in(accounts, "ben", PASSWORD, false);
	assert_logs_in(accounts, "", "", false);
	accounts_close(accounts);
	accounts = open_file(*state);
	assert_logs_in(accounts, "ann", PASSWORD, true);
	accounts_close(accounts);
}

static void test_fit_passwords(void **state)
{
	static const struct {
		const char *name, *password, *text; /* NULL: fit */
	} table[] = {
		{"ann", "12345678", NULL},
		{"ann", "1234567", "the password needs 8 characters at least: choose a longer one"},
		{"ann", "ääääääää", NULL},
		{"ann", "ääääääa", "the password needs 8 characters at least: choose a longer one"},
		{"ann", "", "the password needs 8 characters at least: choose a longer one"},
		{"ann.rivers", "Ann.Rivers",
		 "the password must not be the user's name: choose another"},
		{"ann.rivers", "ann.rivers1", NULL},
		{"", PASSWORD, "the name of a user must be 1 to 64 letters"},
		{"a b", PASSWORD, "the name of a user must be 1 to 64 letters"},
		{"<script>", PASSWORD, "the name of a user must be 1 to 64 letters"},
	};
	char most[ACCOUNTS_PASSWORD_MAX + 2] = "";
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		int ret = accounts_check_password(table[i].name, table[i].password, &err);

		assert_int_equal(ret, table[i].text ? ERROR_INVALID : 0);
		if (ret)
			assert_non_null(strstr(err.text, table[i].text));
	}
	memset(most, 'p', ACCOUNTS_PASSWORD_MAX);
	assert_int_equal(accounts_check_password("ann", most, &err), 0);
	most[ACCOUNTS_PASSWORD_MAX] = 'p';
	assert_int_equal(accounts_check_password("ann", most, &err), ERROR_TOO_LARGE);
}

static void test_roles(void **state)
{
	struct accounts *accounts = open_file(*state);
	char secret[ACCOUNTS_SECRET_SIZE];
	enum accounts_role role;
	struct error err;

	for (unsigned i = ACCOUNTS_NODE; i <= ACCOUNTS_OPERATOR; i++) {
		role = ACCOUNTS_NOBODY;
		assert_int_equal(accounts_role_parse(accounts_role_name(i), &role), 0);
		assert_int_equal(role, i);
	}
	assert_int_equal(accounts_role_parse("nobody", &role), ERROR_INVALID);
	assert_int_equal(accounts_role_parse("admin", &role), ERROR_INVALID);
	assert_int_equal(
		accounts_add_user(accounts, "ann", PASSWORD, ACCOUNTS_NODE, false, NOW, &err),
		ERROR_INVALID);
	assert_string_equal(err.text, "the role of a user must be viewer or operator");
	assert_int_equal(
		accounts_add_user(accounts, "ann", PASSWORD, ACCOUNTS_NOBODY, false, NOW, &err),
		ERROR_INVALID);
	assert_int_equal(accounts_add_token(accounts, "t", ACCOUNTS_NOBODY, NOW, secret, &err),
			 ERROR_INVALID);
	accounts_close(accounts);
}

static void test_users(void **state)
{
	struct accounts *accounts = open_file(*state);
	struct accounts_list list;
	struct error err;

	add_user(accounts, "cat", ACCOUNTS_VIEWER);
	add_user(accounts, "ann", ACCOUNTS_OPERATOR);
	assert_int_equal(
		accounts_add_user(accounts, "ann", PASSWORD, ACCOUNTS_VIEWER, false, NOW, &err),
		ERROR_EXISTS);
	assert_string_equal(err.text, "there is a user ann already: choose another name, or set a "
				      "new password for that user");
	list = read_list(accounts);
	assert_int_equal(list.users_count, 2);
	assert_string_equal(list.users[0].name, "ann");
	assert_int_equal(list.users[0].role, ACCOUNTS_OPERATOR);
	assert_int_equal(list.users[0].created_ms, NOW);
	assert_string_equal(list.users[1].name, "cat");
	assert_int_equal(list.users[1].role, ACCOUNTS_VIEWER);
	accounts_list_finish(&list);
	assert_int_equal(accounts_remove_user(accounts, "ann", &err), 0);
	assert_int_equal(accounts_remove_user(accounts, "ann", &err), ERROR_NOT_FOUND);
	assert_string_equal(err.text,
			    "there is no user ann: `harvester user list` lists the users");
	assert_int_equal(accounts_set_password(accounts, "ann", PASSWORD, &err), ERROR_NOT_FOUND);
	assert_logs_in(accounts, "ann", PASSWORD, false);
	assert_logs_in(accounts, "cat", PASSWORD, true);
	accounts_close(accounts);
}

static void test_first_user(void **state)
{
	struct accounts *accounts = open_file(*state);
	struct error err;

	assert_int_equal(
		accounts_add_user(accounts, "ann", PASSWORD, ACCOUNTS_OPERATOR, true, NOW, &err),
		0);
	assert_int_equal(
		accounts_add_user(accounts, "eve", PASSWORD, ACCOUNTS_OPERATOR, true, NOW, &err),
		ERROR_NOT_GRANTED);
	assert_logs_in(accounts, "eve", PASSWORD, false);
	accounts_close(accounts);
}

static void test_number_of_users(void **state)
{
	struct accounts *accounts = open_file(*state);
	struct error err;

	add_user(accounts, "first", ACCOUNTS_VIEWER);
	execute(*state,
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 63)"
		" INSERT INTO users SELECT 'u' || i, 'x', 2, 1 FROM n");
	assert_int_equal(
		accounts_add_user(accounts, "last", PASSWORD, ACCOUNTS_VIEWER, false, NOW, &err),
		ERROR_TOO_LARGE);
	assert_string_equal(err.text, "there are 64 users already, the limit: remove one first");
	assert_int_equal(accounts_remove_user(accounts, "u1", NULL), 0);
	add_user(accounts, "last", ACCOUNTS_VIEWER);
	accounts_close(accounts);
}

static size_t count_sessions(struct accounts *accounts, const char *user)
{
	struct accounts_list list = read_list(accounts);
	size_t count = 0;

	for (size_t i = 0; i < list.sessions_count; i++)
		count += !strcmp(list.sessions[i].user, user);
	accounts_list_finish(&list);
	return count;
}

static void test_what_ends_sessions(void **state)
{
	struct accounts *accounts = open_file(*state);
	char secret[ACCOUNTS_SECRET_SIZE];
	uint8_t hash[ACCOUNTS_HASH_SIZE];

	add_user(accounts, "ann", ACCOUNTS_OPERATOR);
	add_user(accounts, "ben", ACCOUNTS_OPERATOR);
	assert_logs_in(accounts, "ben", PASSWORD, true);
	for (int i = 0; i < 2; i++)
		assert_int_equal(accounts_log_in(accounts, "ann", PASSWORD, NOW, secret, NULL), 0);
	accounts_hash_secret(secret, hash);
	assert_int_equal(count_sessions(accounts, "ann"), 2);
	assert_int_equal(accounts_log_out(accounts, hash, NULL), 0);
	assert_int_equal(accounts_log_out(accounts, hash, NULL), 0);
	assert_int_equal(count_sessions(accounts, "ann"), 1);
	assert_int_equal(accounts_set_password(accounts, "ann", "another horse", NULL), 0);
	assert_int_equal(count_sessions(accounts, "ann"), 0);
	assert_logs_in(accounts, "ann", PASSWORD, false);
	assert_logs_in(accounts, "ann", "another horse", true);
	assert_int_equal(accounts_remove_user(accounts, "ann", NULL), 0);
	assert_int_equal(count_sessions(accounts, "ann"), 0);
	assert_int_equal(count_sessions(accounts, "ben"), 1);
	accounts_close(accounts);
}

static void test_number_of_sessions(void **state)
{
	struct accounts *accounts = open_file(*state);
	struct accounts_list list;

	add_user(accounts, "ann", ACCOUNTS_VIEWER);
	execute(*state,
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)"
		" INSERT INTO sessions SELECT randomblob(32), 'ann', 1749999000000,"
		" 1749999000000 + i FROM n");
	assert_logs_in(accounts, "ann", PASSWORD, true);
	list = read_list(accounts);
	assert_int_equal(list.sessions_count, ACCOUNTS_USER_SESSIONS_MAX);
	for (size_t i = 0; i < list.sessions_count; i++)
		assert_true(list.sessions[i].used_ms > 1749999000000 + 5);
	accounts_list_finish(&list);
	execute(*state,
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 62)"
		" INSERT INTO users SELECT 'u' || i, 'x', 2, 1 FROM n");
	execute(*state,
		"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 511)"
		" INSERT INTO sessions SELECT randomblob(32), 'u' || (i % 62 + 1),"
		" 1749999000000, 1749999000000 FROM n");
	assert_logs_in(accounts, "ann", PASSWORD, true);
	list = read_list(accounts);
	assert_int_equal(list.sessions_count, ACCOUNTS_SESSIONS_MAX);
	accounts_list_finish(&list);
	accounts_close(accounts);
}

static void test_life_of_a_session(void **state)
{
	struct accounts_session session = {.created_ms = NOW, .used_ms = NOW};

	(void)state;
	assert_true(accounts_session_lives(&session, NOW));
	assert_true(accounts_session_lives(&session, NOW + ACCOUNTS_IDLE_MS - 1));
	assert_false(accounts_session_lives(&session, NOW + ACCOUNTS_IDLE_MS));
	session.used_ms = NOW + ACCOUNTS_SESSION_MS - 1;
	assert_true(accounts_session_lives(&session, NOW + ACCOUNTS_SESSION_MS - 1));
	assert_false(accounts_session_lives(&session, NOW + ACCOUNTS_SESSION_MS));
	/* The clock stepped back. */
	assert_true(accounts_session_lives(&session, NOW - 24 * 3600000));
	assert_false(accounts_session_lives(&session, NOW - 24 * 3600000 - 1));
}

static void test_old_sessions_are_removed(void **state)
{
	struct accounts *accounts = open_file(*state);
	char secret[ACCOUNTS_SECRET_SIZE];

	add_user(accounts, "ann", ACCOUNTS_VIEWER);
	assert_logs_in(accounts, "ann", PASSWORD, true);
	assert_int_equal(
		accounts_log_in(accounts, "ann", PASSWORD, NOW + ACCOUNTS_IDLE_MS, secret, NULL),
		0);
	assert_int_equal(count_sessions(accounts, "ann"), 1);
	accounts_close(accounts);
}

static void test_tokens(void **state)
{
	char secret[ACCOUNTS_SECRET_SIZE] = "", other[ACCOUNTS_SECRET_SIZE];
	struct accounts *accounts = open_file(*state);
	uint8_t hash[ACCOUNTS_HASH_SIZE];
	struct accounts_list list;
	struct error err;

	assert_int_equal(accounts_add_token(accounts, "a b", ACCOUNTS_NODE, NOW, secret, &err),
			 ERROR_INVALID);
	assert_int_equal(accounts_add_token(accounts, "shed", ACCOUNTS_NODE, NOW, secret, &err), 0);
	assert_int_equal(strlen(secret), 43);
	assert_int_equal(accounts_add_token(accounts, "shed", ACCOUNTS_NODE, NOW, other, &err),
			 ERROR_EXISTS);
	accounts_hash_secret(secret, hash);
	assert_int_equal(accounts_touch(accounts, hash, NOW + 5, NULL), 0);
	list = read_list(accounts);
	assert_int_equal(list.tokens_count, 1);
	assert_string_equal(list.tokens[0].name, "shed");
	assert_int_equal(list.tokens[0].role, ACCOUNTS_NODE);
	assert_memory_equal(list.tokens[0].hash, hash, sizeof(hash));
	assert_int_equal(list.tokens[0].used_ms, NOW + 5);
	assert_int_equal(list.tokens[0].revoked_ms, 0);
	accounts_list_finish(&list);
	assert_int_equal(accounts_revoke_token(accounts, "shed", NOW + 6, NULL), 0);
	assert_int_equal(accounts_revoke_token(accounts, "shed", NOW + 7, &err), ERROR_NOT_FOUND);
	list = read_list(accounts);
	assert_int_equal(list.tokens[0].revoked_ms, NOW + 6);
	accounts_list_finish(&list);
	/* Its name is free again. */
	assert_int_equal(accounts_add_token(accounts, "shed", ACCOUNTS_VIEWER, NOW, other, NULL),
			 0);
	assert_string_not_equal(secret, other);
	accounts_close(accounts);
}

static void test_number_of_tokens(void **state)
{
	struct accounts *accounts = open_file(*state);
	char secret[ACCOUNTS_SECRET_SIZE];
	struct accounts_list list;
	struct error err;
	char text[256];

	snprintf(text, sizeof(text),
		 "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		 " INSERT INTO tokens SELECT 't' || i, randomblob(32), 2, 1, 0, 0 FROM n",
		 ACCOUNTS_TOKENS_MAX);
	execute(*state, text);
	assert_int_equal(accounts_add_token(accounts, "first", ACCOUNTS_VIEWER, NOW, secret, &err),
			 0);
	assert_int_equal(accounts_add_token(accounts, "last", ACCOUNTS_VIEWER, NOW, secret, &err),
			 ERROR_TOO_LARGE);
	list = read_list(accounts);
	assert_int_equal(list.tokens_count, ACCOUNTS_TOKENS_MAX);
	accounts_list_finish(&list);
	accounts_close(accounts);
}

/* What the file has is of no use to who reads it. */
static void test_nothing_secret_is_kept(void **state)
{
	struct accounts *accounts = open_file(*state);
	char session[ACCOUNTS_SECRET_SIZE], token[ACCOUNTS_SECRET_SIZE];
	static char content[1 << 16];
	struct stat found;
	ssize_t size;
	int fd;

	add_user(accounts, "ann", ACCOUNTS_VIEWER);
	assert_int_equal(accounts_log_in(accounts, "ann", PASSWORD, NOW, session, NULL), 0);
	assert_int_equal(accounts_add_token(accounts, "t", ACCOUNTS_NODE, NOW, token, NULL), 0);
	accounts_close(accounts);
	assert_int_equal(stat(at(*state, ACCOUNTS_FILE), &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	fd = open(at(*state, ACCOUNTS_FILE), O_RDONLY | O_CLOEXEC);
	size = read(fd, content, sizeof(content));
	close(fd);
	assert_true(size > 0);
	assert_non_null(memmem(content, (size_t)size, "$argon2id$v=19$m=32768,t=4,p=1$", 31));
	assert_null(memmem(content, (size_t)size, PASSWORD, strlen(PASSWORD)));
	assert_null(memmem(content, (size_t)size, session, 43));
	assert_null(memmem(content, (size_t)size, token, 43));
}

static void test_mode_is_put_right(void **state)
{
	struct stat found;

	accounts_close(open_file(*state));
	assert_int_equal(chmod(at(*state, ACCOUNTS_FILE), 0666), 0);
	accounts_close(open_file(*state));
	assert_int_equal(stat(at(*state, ACCOUNTS_FILE), &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
}

static void assert_does_not_open(const struct folder *folder, bool create, int code,
				 const char *text)
{
	struct accounts *accounts = NULL;
	struct error err = {0};

	assert_int_equal(accounts_open(at(folder, ACCOUNTS_FILE), create, &accounts, &err), code);
	assert_null(accounts);
	if (!strstr(err.text, text))
		fail_msg("%s", err.text);
}

/* Each is left as it is: with a new one in its place nobody would be asked for a password. */
static void test_files_that_do_not_open(void **state)
{
	struct accounts *accounts;

	assert_does_not_open(*state, false, ERROR_NOT_FOUND, "No such file");
	make_file(*state, ACCOUNTS_FILE, "");
	/* Not even for a person at the command line: it may have been one with accounts. */
	assert_does_not_open(*state, true, ERROR_MALFORMED, "this accounts file is empty");
	assert_does_not_open(*state, false, ERROR_MALFORMED, "this accounts file is empty");
	make_file(*state, ACCOUNTS_FILE, "This was a database until its card was pulled out.");
	for (int i = 0; i < 2; i++) {
		assert_does_not_open(*state, true, ERROR_MALFORMED, "file is not a database");
		assert_does_not_open(*state, false, ERROR_MALFORMED, "file is not a database");
	}
	assert_int_equal(unlink(at(*state, ACCOUNTS_FILE)), 0);
	make_link(*state, ACCOUNTS_FILE, "/tmp/elsewhere.db");
	assert_does_not_open(*state, true, ERROR_SYSTEM, "symbolic link");
	assert_int_equal(unlink(at(*state, ACCOUNTS_FILE)), 0);
	accounts = open_file(*state);
	accounts_close(accounts);
	execute(*state, "PRAGMA user_version = 2");
	assert_does_not_open(
		*state, true, ERROR_UNSUPPORTED,
		"a newer version of harvester made this accounts file; install that version");
}

/*
 * A disk that fails, once and for ever, at each call of a first account in turn, stands for a
 * process that was killed there and for a daemon that looks at this moment: it meets no file or a
 * whole one.
 */
static void begin_and_fail(const struct folder *folder, bool for_ever)
{
	int ret = -1;

	for (uint64_t nth = 1; ret; nth++) {
		struct accounts *accounts = NULL, *daemon = NULL;
		struct disk disk;

		disk_insert(&disk);
		disk.fail_at = nth;
		disk.for_ever = for_ever;
		ret = accounts_open(at(folder, ACCOUNTS_FILE), true, &accounts, NULL);
		disk_remove(&disk);
		accounts_close(accounts);
		assert_int_equal(accounts_open(at(folder, ACCOUNTS_FILE), false, &daemon, NULL),
				 exists(folder, ACCOUNTS_FILE) ? 0 : ERROR_NOT_FOUND);
		accounts_close(daemon);
		accounts_close(open_file(folder));
		assert_int_equal(unlink(at(folder, ACCOUNTS_FILE)), 0);
		assert_true(ret || nth > 3);
	}
	assert_int_equal(rmdir(folder->path), 0);
	assert_int_equal(mkdir(folder->path, 0700), 0);
}

static void test_a_first_file_is_whole_from_the_start(void **state)
{
	begin_and_fail(*state, false);
	begin_and_fail(*state, true);
}

/* Two commands at once: both accounts are in the one file. */
static void test_two_that_begin_at_once(void **state)
{
	pid_t children[4];
	struct accounts_list list;
	struct accounts *accounts;
	int status;

	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		if (children[i])
			continue;
		accounts = open_file(*state);
		add_user(accounts, (const char *[]){"a", "b", "c", "d"}[i], ACCOUNTS_VIEWER);
		accounts_close(accounts);
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	accounts = open_file(*state);
	list = read_list(accounts);
	assert_int_equal(list.users_count, 4);
	accounts_list_finish(&list);
	accounts_close(accounts);
}

static void test_damaged_page(void **state)
{
	struct accounts *accounts = open_file(*state);
	char nonsense[4096];
	int fd;

	add_user(accounts, "ann", ACCOUNTS_OPERATOR);
	accounts_close(accounts);
	memset(nonsense, 0xa5, sizeof(nonsense));
	fd = open(at(*state, ACCOUNTS_FILE), O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, nonsense, sizeof(nonsense), 4096), sizeof(nonsense));
	close(fd);
	assert_does_not_open(*state, true, ERROR_MALFORMED, "the accounts file: ");
	assert_true(exists(*state, ACCOUNTS_FILE));
}

static void assert_changed(struct accounts *accounts, bool expected)
{
	bool changed = !expected;

	assert_int_equal(accounts_has_changed(accounts, &changed, NULL), 0);
	assert_int_equal(changed, expected);
}

static void test_changes_of_others(void **state)
{
	struct accounts *accounts = open_file(*state), *other;
	bool changed;

	assert_changed(accounts, true);
	assert_changed(accounts, false);
	add_user(accounts, "mine", ACCOUNTS_VIEWER);
	assert_changed(accounts, false);
	other = open_file(*state);
	add_user(other, "ann", ACCOUNTS_VIEWER);
	assert_changed(accounts, true);
	assert_changed(accounts, false);
	accounts_close(other);
	assert_int_equal(rename(at(*state, ACCOUNTS_FILE), at(*state, "old")), 0);
	assert_int_equal(accounts_has_changed(accounts, &changed, NULL), ERROR_NOT_FOUND);
	other = open_file(*state);
	assert_changed(accounts, true);
	accounts_close(other);
	accounts_close(accounts);
	accounts_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

/* A file that is larger than what may be kept of it in memory is read once, when it is opened. */
static void test_memory_is_bounded(void **state)
{
	struct accounts *accounts = open_file(*state);

	accounts_close(accounts);
	execute(*state, "CREATE TABLE filler (data); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
			"SELECT i + 1 FROM n WHERE i < 4000) "
			"INSERT INTO filler SELECT zeroblob(1000) FROM n");
	accounts = open_file(*state);
	assert_in_range(sqlite3_memory_used() / 1024, 1, 3 * SQLITE_CACHE_KB / 2);
	accounts_close(accounts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_log_in),
		TEST(test_fit_passwords),
		TEST(test_roles),
		TEST(test_users),
		TEST(test_first_user),
		TEST(test_number_of_users),
		TEST(test_what_ends_sessions),
		TEST(test_number_of_sessions),
		TEST(test_life_of_a_session),
		TEST(test_old_sessions_are_removed),
		TEST(test_tokens),
		TEST(test_number_of_tokens),
		TEST(test_nothing_secret_is_kept),
		TEST(test_mode_is_put_right),
		TEST(test_files_that_do_not_open),
		TEST(test_a_first_file_is_whole_from_the_start),
		TEST(test_two_that_begin_at_once),
		TEST(test_damaged_page),
		TEST(test_changes_of_others),
		TEST(test_memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
