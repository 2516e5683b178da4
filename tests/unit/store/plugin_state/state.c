#include "store/plugin_state/state.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "../plugin/folder.h"
#include "base/clock.h"
#include "base/damaged_file.h"
#include "base/error.h"
#include "store/plugin_state/budget.h"

#define QUOTA (64u << 10)
#define NOBODY 65534

static struct state_store *open_store(const struct folder *folder)
{
	struct state_store *store = NULL;
	struct error note = {0}, err = {0};

	if (state_store_open(at(folder, "state.db"), &store, &note, &err))
		fail_msg("%s", err.text);
	assert_int_equal(note.code, 0);
	return store;
}

static int set(struct state_store *store, const char *plugin, const char *key, const char *value,
	       struct error *err)
{
	return state_store_set(store, plugin, key, (const uint8_t *)value, strlen(value), QUOTA,
			       err);
}

static void assert_set(struct state_store *store, const char *plugin, const char *key,
		       const char *value)
{
	struct error err = {0};

	if (set(store, plugin, key, value, &err))
		fail_msg("%s", err.text);
}

static void assert_value(struct state_store *store, const char *plugin, const char *key,
			 const char *expected)
{
	struct error err = {0};
	uint8_t *value;
	size_t size;

	if (state_store_get(store, plugin, key, &value, &size, &err))
		fail_msg("%s", err.text);
	assert_int_equal(size, strlen(expected));
	assert_memory_equal(value, expected, size);
	free(value);
}

static void assert_missing(struct state_store *store, const char *plugin, const char *key)
{
	uint8_t *value = (uint8_t *)1;
	size_t size = 7;

	assert_int_equal(state_store_get(store, plugin, key, &value, &size, NULL), ERROR_NOT_FOUND);
	assert_ptr_equal(value, (uint8_t *)1);
	assert_int_equal(size, 7);
}

static void assert_usage(struct state_store *store, const char *plugin, size_t bytes, size_t keys)
{
	size_t found_bytes, found_keys;

	assert_int_equal(state_store_usage(store, plugin, &found_bytes, &found_keys, NULL), 0);
	assert_int_equal(found_bytes, bytes);
	assert_int_equal(found_keys, keys);
}

static void assert_keys(struct state_store *store, const char *plugin, const char *expected)
{
	json_t *keys = NULL;
	char *text;

	assert_int_equal(state_store_keys(store, plugin, &keys, NULL), 0);
	text = json_dumps(keys, JSON_COMPACT);
	assert_string_equal(text, expected);
	free(text);
	json_decref(keys);
}

static void test_values(void **state)
{
	const struct folder *folder = *state;
	struct state_store *store = open_store(folder);

	assert_missing(store, "a", "count");
	assert_set(store, "a", "count", "1");
	assert_set(store, "a", "count", "22");
	assert_set(store, "a", "\xc3\xa4", "");
	assert_set(store, "a", "b", "x");
	assert_value(store, "a", "count", "22");
	assert_value(store, "a", "\xc3\xa4", "");
	assert_keys(store, "a", "[\"b\",\"count\",\"\xc3\xa4\"]");
	assert_usage(store, "a", 5 + 2 + 2 + 1 + 1, 3);
	assert_int_equal(state_store_delete(store, "a", "count", NULL), 0);
	assert_int_equal(state_store_delete(store, "a", "count", NULL), 0);
	assert_missing(store, "a", "count");
	assert_usage(store, "a", 4, 2);
	state_store_close(store);
	store = open_store(folder);
	assert_keys(store, "a", "[\"b\",\"\xc3\xa4\"]");
	state_store_close(store);
}

static void test_plugins_are_apart(void **state)
{
	struct state_store *store = open_store(*state);

	assert_set(store, "a", "key", "of a");
	assert_missing(store, "b", "key");
	assert_keys(store, "b", "[]");
	assert_usage(store, "b", 0, 0);
	assert_int_equal(state_store_delete(store, "b", "key", NULL), 0);
	assert_set(store, "b", "key", "of b");
	assert_value(store, "a", "key", "of a");
	state_store_close(store);
}

/* A value of every byte comes back as it was. */
static void test_bytes(void **state)
{
	struct state_store *store = open_store(*state);
	uint8_t all[256], *value;
	size_t size;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	assert_int_equal(state_store_set(store, "a", "all", all, sizeof(all), QUOTA, NULL), 0);
	assert_int_equal(state_store_get(store, "a", "all", &value, &size, NULL), 0);
	assert_int_equal(size, sizeof(all));
	assert_memory_equal(value, all, size);
	free(value);
	state_store_close(store);
}

static void test_key_limits(void **state)
{
	struct state_store *store = open_store(*state);
	char key[STATE_KEY_SIZE_MAX + 2];
	struct error err;

	memset(key, 'k', sizeof(key));
	key[STATE_KEY_SIZE_MAX] = '\0';
	assert_set(store, "a", key, "x");
	assert_value(store, "a", key, "x");
	key[STATE_KEY_SIZE_MAX] = 'k';
	key[STATE_KEY_SIZE_MAX + 1] = '\0';
	assert_int_equal(set(store, "a", key, "x", &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text, "a key of state may have at most 128 bytes, but this one "
				      "(kkkkkkkkkkkkkkkk…) has 129: choose a shorter one");
	assert_int_equal(state_store_delete(store, "a", key, &err), ERROR_TOO_LARGE);
	assert_int_equal(set(store, "a", "", "x", &err), ERROR_INVALID);
	assert_string_equal(err.text, "a key of state must have at least one byte");
	assert_int_equal(set(store, "a", "\xff", "x", &err), ERROR_INVALID);
	assert_string_equal(err.text, "a key of state must be UTF-8 text");
	assert_usage(store, "a", STATE_KEY_SIZE_MAX + 1, 1);
	state_store_close(store);
}

static void test_value_limit(void **state)
{
	struct state_store *store = open_store(*state);
	static uint8_t value[STATE_VALUE_SIZE_MAX + 1];
	struct error err;

	assert_int_equal(state_store_set(store, "a", "k", value, STATE_VALUE_SIZE_MAX, QUOTA, NULL),
			 0);
	assert_usage(store, "a", STATE_VALUE_SIZE_MAX + 1, 1);
	assert_int_equal(
		state_store_set(store, "a", "k", value, STATE_VALUE_SIZE_MAX + 1, QUOTA, &err),
		ERROR_TOO_LARGE);
	assert_string_equal(err.text, "a value of state may have at most 16384 bytes, but this one "
				      "has 16385: store less, or split it over several keys");
	assert_usage(store, "a", STATE_VALUE_SIZE_MAX + 1, 1);
	state_store_close(store);
}

static void test_quota(void **state)
{
	struct state_store *store = open_store(*state);
	struct error err;

	assert_set(store, "other", "big", "which is not counted here");
	/* 3 + 7, then 3 + 7 again: 20 bytes. */
	assert_int_equal(
		state_store_set(store, "a", "one", (const uint8_t *)"1234567", 7, 20, NULL), 0);
	assert_int_equal(
		state_store_set(store, "a", "two", (const uint8_t *)"12345678", 8, 20, &err),
		ERROR_TOO_LARGE);
	assert_string_equal(err.text,
			    "state would take 21 bytes with this value, its quota is 20: delete "
			    "keys, or raise state_kb in the plugin's permission file");
	assert_missing(store, "a", "two");
	assert_int_equal(
		state_store_set(store, "a", "two", (const uint8_t *)"1234567", 7, 20, NULL), 0);
	/* What a new value replaces does not count. */
	assert_int_equal(
		state_store_set(store, "a", "two", (const uint8_t *)"7654321", 7, 20, NULL), 0);
	assert_int_equal(state_store_set(store, "a", "x", NULL, 0, 20, NULL), ERROR_TOO_LARGE);
	assert_value(store, "a", "two", "7654321");
	assert_int_equal(state_store_set(store, "b", "x", NULL, 0, 0, &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text,
			    "state would take 1 bytes with this value, its quota is 0: delete "
			    "keys, or raise state_kb in the plugin's permission file");
	state_store_close(store);
}

static void test_number_of_keys(void **state)
{
	struct state_store *store = open_store(*state);
	struct error err;
	char key[16];

	for (int i = 0; i < STATE_KEYS_MAX; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_set(store, "a", key, "x");
	}
	assert_int_equal(set(store, "a", "more", "x", &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text, "state has 256 keys already, the limit: delete one first");
	assert_set(store, "a", "7", "y");
	assert_int_equal(state_store_delete(store, "a", "8", NULL), 0);
	assert_set(store, "a", "more", "x");
	state_store_close(store);
}

/* What a child process does, and how it ended. */
static int in_child(const struct folder *folder, void (*work)(const struct folder *))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		work(folder);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void set_and_die(const struct folder *folder)
{
	struct state_store *store = open_store(folder);

	for (int i = 0; i < 50; i++)
		set(store, "a", "count", i % 2 ? "odd" : "even", NULL);
	if (!set(store, "a", "last", "acknowledged", NULL))
		raise(SIGKILL);
}

static void test_killed_after_set(void **state)
{
	int status = in_child(*state, set_and_die);
	struct state_store *store;

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(exists(*state, "state.db-wal"));
	store = open_store(*state);
	assert_value(store, "a", "last", "acknowledged");
	assert_value(store, "a", "count", "odd");
	state_store_close(store);
}

/* The same value again does not reach the disk: a card has only so many writes. */
static void test_same_value_writes_nothing(void **state)
{
	const struct folder *folder = *state;
	struct state_store *store = open_store(folder);
	struct stat before, after;

	assert_set(store, "a", "k", "value");
	assert_int_equal(stat(at(folder, "state.db-wal"), &before), 0);
	for (int i = 0; i < 10; i++)
		assert_set(store, "a", "k", "value");
	assert_int_equal(stat(at(folder, "state.db-wal"), &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_set(store, "a", "k", "another");
	assert_int_equal(stat(at(folder, "state.db-wal"), &after), 0);
	assert_true(after.st_size > before.st_size);
	state_store_close(store);
}

static void open_damaged(const struct folder *folder, const char *expected_aside)
{
	struct state_store *store = NULL;
	struct error note = {0}, err = {0};
	char expected[ERROR_TEXT_SIZE];

	if (state_store_open(at(folder, "state.db"), &store, &note, &err))
		fail_msg("%s", err.text);
	snprintf(expected, sizeof(expected), "moved to %s: plugins start without state",
		 at(folder, expected_aside));
	assert_int_equal(note.code, ERROR_MALFORMED);
	assert_non_null(strstr(note.text, expected));
	assert_true(exists(folder, expected_aside));
	assert_keys(store, "a", "[]");
	assert_set(store, "a", "k", "new");
	state_store_close(store);
	store = open_store(folder);
	assert_value(store, "a", "k", "new");
	state_store_close(store);
}

static void test_not_a_database(void **state)
{
	char name[32];

	for (int i = 1; i <= DAMAGED_FILES_KEPT + 2; i++) {
		make_file(*state, "state.db",
			  "This was a database, before its card was pulled out while it was "
			  "written.");
		snprintf(name, sizeof(name), "state.db.damaged-%d", i);
		open_damaged(*state, name);
	}
	assert_false(exists(*state, "state.db.damaged-2"));
	assert_true(exists(*state, "state.db.damaged-3"));
}

/* A whole first page with nonsense behind it: only reading all of it finds that. */
static void test_damaged_page(void **state)
{
	const struct folder *folder = *state;
	struct state_store *store = open_store(folder);
	static char value[1000];
	char key[16];
	struct stat found;
	int fd;

	memset(value, 'v', sizeof(value) - 1);
	for (int i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_set(store, "a", key, value);
	}
	state_store_close(store);
	fd = open(at(folder, "state.db"), O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(fd, &found), 0);
	assert_true(found.st_size > 8 * 4096);
	memset(value, 0xA5, sizeof(value));
	for (off_t page = 2; page < found.st_size / 4096; page++)
		assert_int_equal(pwrite(fd, value, sizeof(value), page * 4096), sizeof(value));
	close(fd);
	open_damaged(folder, "state.db.damaged-1");
}

static void test_empty_file(void **state)
{
	struct state_store *store;

	make_file(*state, "state.db", "");
	store = open_store(*state);
	assert_set(store, "a", "k", "v");
	state_store_close(store);
}

static void test_newer_version(void **state)
{
	const struct folder *folder = *state;
	struct state_store *store = open_store(folder);
	struct error note, err;
	char expected[ERROR_TEXT_SIZE];
	sqlite3 *db;

	state_store_close(store);
	assert_int_equal(sqlite3_open(at(folder, "state.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(state_store_open(at(folder, "state.db"), &store, &note, &err),
			 ERROR_UNSUPPORTED);
	snprintf(expected, sizeof(expected),
		 "%s: a newer version of harvester made this file of the plugins' state: install "
		 "that version",
		 at(folder, "state.db"));
	assert_string_equal(err.text, expected);
	assert_false(exists(folder, "state.db.damaged-1"));
}

static void open_without_rights(const struct folder *folder)
{
	struct state_store *store;
	struct error note, err = {0};
	bool refused;

	if (!geteuid() && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
		_exit(2);
	refused = state_store_open(at(folder, "state.db"), &store, &note, &err) == ERROR_SYSTEM;
	_exit(refused && strstr(err.text, "/state.db: the state database: ") ? 0 : 1);
}

/* Without a database, and with one. */
static void test_read_only_folder(void **state)
{
	const struct folder *folder = *state;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(chmod(folder->path, 0555), 0);
		assert_int_equal(in_child(folder, open_without_rights), 0);
		assert_int_equal(chmod(folder->path, 0755), 0);
		state_store_close(open_store(folder));
	}
}

/* The disk as SQLite sees it: writes are refused while this is not 0. */
static int refuse_writes_errno;

static ssize_t write_or_not(int fd, const void *data, size_t size, off_t at_byte)
{
	if (refuse_writes_errno) {
		errno = refuse_writes_errno;
		return -1;
	}
	return pwrite(fd, data, size, at_byte);
}

static void replace_write(sqlite3_syscall_ptr function)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite", function), SQLITE_OK);
	assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite64", function), SQLITE_OK);
}

static void test_disk_errors(void **state)
{
	static const struct {
		int number;
		const char *text;
	} cases[] = {
		{ENOSPC, "the state database: database or disk is full"},
		{EIO, "the state database: disk I/O error"},
	};
	struct state_store *store;
	struct error err;

	assert_int_equal(sqlite3_initialize(), SQLITE_OK);
	replace_write((sqlite3_syscall_ptr)write_or_not);
	store = open_store(*state);
	assert_set(store, "a", "k", "before");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		refuse_writes_errno = cases[i].number;
		assert_int_equal(set(store, "a", "k", "during", &err), ERROR_SYSTEM);
		assert_string_equal(err.text, cases[i].text);
		assert_int_equal(state_store_delete(store, "a", "k", NULL), ERROR_SYSTEM);
		assert_value(store, "a", "k", "before");
		refuse_writes_errno = 0;
	}
	assert_set(store, "a", "k", "after");
	state_store_close(store);
	replace_write(NULL);
	store = open_store(*state);
	assert_value(store, "a", "k", "after");
	state_store_close(store);
}

static void test_held_by_another(void **state)
{
	const struct folder *folder = *state;
	struct state_store *store = open_store(folder);
	struct error err;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(at(folder, "state.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(set(store, "a", "k", "v", &err), ERROR_BUSY);
	assert_string_equal(err.text, "the state database: database is locked");
	sqlite3_close(db);
	assert_set(store, "a", "k", "v");
	state_store_close(store);
	state_store_close(NULL);
}

/* What a candidate sets is its own until it is kept; what the running version set is not lost. */
static void test_candidate(void **state)
{
	struct state_store *store = open_store(*state), *candidate = state_store_candidate(store);

	assert_set(store, "a", "same", "1");
	assert_set(store, "a", "changed", "1");
	assert_set(store, "a", "deleted", "1");
	assert_set(store, "b", "k", "of b");
	assert_int_equal(state_store_candidate_begin(store, "a", NULL), 0);
	assert_value(candidate, "a", "same", "1");
	assert_set(candidate, "a", "changed", "of the candidate");
	assert_set(candidate, "a", "added", "of the candidate");
	assert_int_equal(state_store_delete(candidate, "a", "deleted", NULL), 0);
	assert_missing(candidate, "a", "deleted");
	assert_missing(candidate, "b", "k");
	assert_value(store, "a", "changed", "1");
	assert_value(store, "a", "deleted", "1");
	assert_missing(store, "a", "added");
	assert_set(store, "a", "same", "of the old one meanwhile");
	assert_set(store, "a", "more", "of the old one meanwhile");
	assert_int_equal(state_store_candidate_keep(store, "a", NULL), 0);
	state_store_close(store);
	store = open_store(*state);
	assert_value(store, "a", "same", "of the old one meanwhile");
	assert_value(store, "a", "more", "of the old one meanwhile");
	assert_value(store, "a", "changed", "of the candidate");
	assert_value(store, "a", "added", "of the candidate");
	assert_missing(store, "a", "deleted");
	assert_value(store, "b", "k", "of b");
	state_store_close(store);
}

static void test_candidate_dropped(void **state)
{
	struct state_store *store = open_store(*state), *candidate = state_store_candidate(store);
	struct error err;

	assert_set(store, "a", "k", "1");
	assert_int_equal(state_store_candidate_begin(store, "a", NULL), 0);
	assert_int_equal(state_store_candidate_begin(store, "b", NULL), 0);
	assert_set(candidate, "a", "k", "2");
	assert_set(candidate, "b", "k", "of b");
	assert_int_equal(
		state_store_set(candidate, "a", "large", (const uint8_t *)"1234", 4, 10, &err),
		ERROR_TOO_LARGE);
	assert_string_equal(err.text,
			    "state would take 11 bytes with this value, its quota is 10: delete "
			    "keys, or raise state_kb in the plugin's permission file");
	assert_int_equal(state_store_candidate_drop(store, "a", NULL), 0);
	assert_missing(candidate, "a", "k");
	assert_value(candidate, "b", "k", "of b");
	assert_value(store, "a", "k", "1");
	assert_int_equal(state_store_candidate_keep(store, "a", NULL), 0); /* nothing */
	assert_value(store, "a", "k", "1");
	assert_int_equal(state_store_candidate_begin(store, "b", NULL),
			 0); /* again: dropped before */
	assert_missing(candidate, "b", "k");
	state_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

/* Seconds between the writes of one that is limited. */
#define SECOND_NS 1000000000u

static unsigned write_until_refused(struct state_store *store, const char *plugin,
				    struct error *err)
{
	char value[16];
	unsigned count = 0;

	for (; count < 1000; count++) {
		snprintf(value, sizeof(value), "%u", count);
		if (set(store, plugin, "count", value, err))
			break;
	}
	return count;
}

static void test_a_flood_of_writes_is_refused(void **state)
{
	const struct folder *folder = *state;
	struct state_store *store = open_store(folder);
	struct clock_manual clock;
	struct error err = {0};

	clock_manual_init(&clock, 0);
	assert_int_equal(state_store_limit_writes(store, &clock.base, &err), 0);
	assert_int_equal(write_until_refused(store, "flood", &err), STATE_WRITES_AT_ONCE);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_non_null(strstr(err.text, "possible in 1.0 s"));
	assert_value(store, "flood", "count", "119");
	assert_int_equal(state_store_writes_refused(store), 1);
	/* What writes nothing, reading and other plugins go on. */
	assert_set(store, "flood", "count", "119");
	assert_int_equal(state_store_delete(store, "flood", "none", &err), 0);
	assert_int_equal(state_store_delete(store, "flood", "count", &err), ERROR_BUSY);
	assert_set(store, "honest", "count", "1");
	clock_manual_advance_ns(&clock, SECOND_NS);
	assert_int_equal(state_store_delete(store, "flood", "count", &err), 0);
	assert_int_equal(set(store, "flood", "count", "1", &err), ERROR_BUSY);
	state_store_close(store);
}

static void test_a_candidate_is_not_limited(void **state)
{
	const struct folder *folder = *state;
	struct state_store *store = open_store(folder);
	struct clock_manual clock;
	struct error err = {0};

	clock_manual_init(&clock, 0);
	assert_int_equal(state_store_limit_writes(store, &clock.base, &err), 0);
	assert_int_equal(state_store_candidate_begin(store, "one", &err), 0);
	assert_int_equal(write_until_refused(state_store_candidate(store), "one", &err), 1000);
	assert_int_equal(state_store_candidate_keep(store, "one", &err), 0);
	assert_value(store, "one", "count", "999");
	state_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values),
		TEST(test_plugins_are_apart),
		TEST(test_bytes),
		TEST(test_key_limits),
		TEST(test_value_limit),
		TEST(test_quota),
		TEST(test_number_of_keys),
		TEST(test_killed_after_set),
		TEST(test_same_value_writes_nothing),
		TEST(test_not_a_database),
		TEST(test_damaged_page),
		TEST(test_empty_file),
		TEST(test_newer_version),
		TEST(test_read_only_folder),
		TEST(test_disk_errors),
		TEST(test_held_by_another),
		TEST(test_candidate),
		TEST(test_candidate_dropped),
		TEST(test_a_flood_of_writes_is_refused),
		TEST(test_a_candidate_is_not_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
