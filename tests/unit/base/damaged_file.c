#include "base/damaged_file.h"

#include <errno.h>
#include <limits.h>

#include "../plugin/folder.h"
#include "base/error.h"
#include "file_calls.h"

static void assert_holds(const struct folder *folder, const char *name, const char *text)
{
	char found[64] = "";
	int fd = open(at(folder, name), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail_msg("%s is not there", name);
	assert_true(read(fd, found, sizeof(found) - 1) >= 0);
	close(fd);
	assert_string_equal(found, text);
}

static int move(const struct folder *folder, char *ret_aside, struct error *err)
{
	return damaged_file_move_aside(at(folder, "x.db"), ret_aside, PATH_MAX, err);
}

static void test_all_of_a_database_goes_together(void **state)
{
	char aside[PATH_MAX];

	make_file(*state, "x.db", "pages");
	make_file(*state, "x.db-wal", "log");
	make_file(*state, "x.db-journal", "journal");
	make_file(*state, "x.db-shm", "index");
	assert_int_equal(move(*state, aside, NULL), 0);
	assert_string_equal(aside, at(*state, "x.db.damaged-1"));
	assert_holds(*state, "x.db.damaged-1", "pages");
	assert_holds(*state, "x.db.damaged-1-wal", "log");
	assert_holds(*state, "x.db.damaged-1-journal", "journal");
	assert_false(exists(*state, "x.db"));
	assert_false(exists(*state, "x.db-wal"));
	assert_false(exists(*state, "x.db-journal"));
	assert_false(exists(*state, "x.db-shm"));
}

/* A number is given once, also where a later one was deleted by a person, or only its log is left.
 */
static void test_nothing_that_was_kept_is_overwritten(void **state)
{
	char aside[PATH_MAX], name[32], text[16];

	make_file(*state, "x.db.damaged-7", "by an earlier run");
	make_file(*state, "x.db.damaged-07", "no number of ours");
	make_file(*state, "x.db.damaged-9-wal", "whose database a person deleted");
	make_file(*state, "x.db.damaged-99999999999999999999", "no number of ours");
	make_file(*state, "xx.db.damaged-70", "another's");
	for (int i = 10; i < 20; i++) {
		snprintf(text, sizeof(text), "number %d", i);
		make_file(*state, "x.db", text);
		make_file(*state, "x.db-wal", text);
		assert_int_equal(move(*state, aside, NULL), 0);
		snprintf(name, sizeof(name), "x.db.damaged-%d", i);
		assert_string_equal(aside, at(*state, name));
		assert_holds(*state, name, text);
	}
	assert_false(exists(*state, "x.db.damaged-7"));
	assert_false(exists(*state, "x.db.damaged-9-wal"));
	assert_false(exists(*state, "x.db.damaged-16"));
	assert_false(exists(*state, "x.db.damaged-16-wal"));
	assert_holds(*state, "x.db.damaged-17", "number 17");
	assert_holds(*state, "x.db.damaged-17-wal", "number 17");
	assert_holds(*state, "x.db.damaged-07", "no number of ours");
	assert_holds(*state, "x.db.damaged-99999999999999999999", "no number of ours");
	assert_holds(*state, "xx.db.damaged-70", "another's");
}

/* Once and for ever, at each call in turn: what was kept is kept, and a new database does not find
 * the old log without the old pages. */
static void fail_each(const struct folder *folder, bool for_ever)
{
	for (unsigned nth = 1;; nth++) {
		struct file_calls calls = {.fail_at = nth, .for_ever = for_ever, .error = EROFS};
		char aside[PATH_MAX];
		struct error err = {0};
		int ret;

		make_file(folder, "x.db", "pages");
		make_file(folder, "x.db-wal", "log");
		for (int i = 1; i <= DAMAGED_FILES_KEPT; i++) {
			char name[32];

			snprintf(name, sizeof(name), "x.db.damaged-%d", i);
			make_file(folder, name, "kept");
		}
		file_calls_use(&calls);
		ret = move(folder, aside, &err);
		file_calls_use(NULL);
		if (ret) {
			assert_int_equal(ret, ERROR_SYSTEM);
			assert_non_null(strstr(err.text, "x.db"));
			assert_non_null(strstr(err.text, "Read-only file system"));
			assert_holds(folder, "x.db.damaged-1", "kept");
		}
		assert_false(exists(folder, "x.db-wal") && !exists(folder, "x.db"));
		unlink(at(folder, "x.db.damaged-4"));
		unlink(at(folder, "x.db.damaged-4-wal"));
		if (calls.calls < nth) {
			assert_int_equal(ret, 0);
			assert_true(nth > 4); /* three renames, a flush, what is deleted */
			return;
		}
	}
}

static void test_each_call_fails_once(void **state)
{
	fail_each(*state, false);
}

static void test_each_call_fails_for_ever(void **state)
{
	fail_each(*state, true);
}

static void test_nothing_to_move_and_no_room(void **state)
{
	char aside[PATH_MAX] = "untouched";
	struct error err;

	assert_int_equal(move(*state, aside, &err), ERROR_SYSTEM);
	assert_non_null(strstr(err.text,
			       "cannot move the damaged file x.db to x.db.damaged-1 (check who "
			       "may write to its folder): No such file or directory"));
	assert_int_equal(damaged_file_move_aside("x.db", aside, 40, &err), ERROR_TOO_LARGE);
	make_file(*state, "x.db.damaged-999999999", "the last number");
	make_file(*state, "x.db", "pages");
	assert_int_equal(move(*state, aside, &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text, "x.db.damaged-999999999 has the highest possible number: "
				      "delete it or move it elsewhere");
	assert_holds(*state, "x.db", "pages");
	assert_string_equal(aside, "untouched");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_of_a_database_goes_together),
		TEST(test_nothing_that_was_kept_is_overwritten),
		TEST(test_each_call_fails_once),
		TEST(test_each_call_fails_for_ever),
		TEST(test_nothing_to_move_and_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
