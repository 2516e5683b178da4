#include "store/alerts/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../plugin/folder.h"
#include "../fault_vfs.h"
#include "base/error.h"

static struct alert_store *open_at(const char *path)
{
	struct alert_store *store = NULL;
	struct error note = {0}, err = {0};

	if (alert_store_open(path, &store, &note, &err))
		fail_msg("%s", err.text);
	assert_int_equal(note.code, 0);
	return store;
}

static void append(void *arg, enum alert_record kind, const char *key, const char *value)
{
	size_t used = strlen(arg);

	snprintf((char *)arg + used, 256 - used, "%d %s=%s;", (int)kind, key, value);
}

static void assert_content(struct alert_store *store, const char *expected)
{
	char text[256] = "";

	assert_int_equal(alert_store_read(store, append, text, NULL), 0);
	assert_string_equal(text, expected);
}

static void test_changes_stay(void **state)
{
	static const struct alert_change first[] = {{ALERT_RECORD_STATE, "b", "{}"},
						    {ALERT_RECORD_STATE, "a", "1"},
						    {ALERT_RECORD_RULE, "a", "2"}};
	static const struct alert_change then[] = {{ALERT_RECORD_STATE, "a", "3"},
						   {ALERT_RECORD_STATE, "b", NULL},
						   {ALERT_RECORD_NOTICE, "none", NULL}};
	struct folder *folder = *state;
	struct alert_store *store = open_at(at(folder, "alerts.db"));

	assert_int_equal(alert_store_write(store, first, 3, NULL), 0);
	assert_content(store, "1 a=1;1 b={};4 a=2;");
	alert_store_close(store);
	store = open_at(at(folder, "alerts.db"));
	assert_int_equal(alert_store_write(store, then, 3, NULL), 0);
	assert_content(store, "1 a=3;4 a=2;");
	alert_store_close(store);
}

static void test_a_damaged_file_is_moved_aside(void **state)
{
	struct folder *folder = *state;
	struct alert_store *store;
	struct error note = {0}, err = {0};
	FILE *file = fopen(at(folder, "alerts.db"), "w");

	for (int i = 0; i < 1000; i++)
		fputs("this is no database ", file);
	fclose(file);
	assert_int_equal(alert_store_open(at(folder, "alerts.db"), &store, &note, &err), 0);
	assert_int_equal(note.code, ERROR_MALFORMED);
	assert_non_null(strstr(note.text, "alerts.db.damaged-1: what fires is judged again"));
	assert_content(store, "");
	alert_store_close(store);
	assert_int_equal(access(at(folder, "alerts.db.damaged-1"), F_OK), 0);
}

/* Each call of the disk fails once: nothing is half done, and the next attempt works. */
static void test_all_or_nothing(void **state)
{
	static const struct alert_change old[] = {{ALERT_RECORD_STATE, "a", "old"},
						  {ALERT_RECORD_STATE, "b", "old"}};
	static const struct alert_change fresh[] = {{ALERT_RECORD_STATE, "a", "new"},
						    {ALERT_RECORD_STATE, "b", "new"}};
	struct folder *folder = *state;
	struct disk disk;
	bool has_failed = true;

	for (uint64_t fail = 1; has_failed; fail++) {
		struct alert_store *store;
		char text[256] = "";

		disk_insert(&disk);
		store = open_at(at(folder, "alerts.db"));
		assert_int_equal(alert_store_write(store, old, 2, NULL), 0);
		disk.fail_at = disk.calls + fail;
		has_failed = alert_store_write(store, fresh, 2, NULL) != 0;
		disk.fail_at = 0;
		assert_int_equal(alert_store_read(store, append, text, NULL), 0);
		assert_string_equal(text, has_failed ? "1 a=old;1 b=old;" : "1 a=new;1 b=new;");
		assert_int_equal(alert_store_write(store, fresh, 2, NULL), 0);
		assert_content(store, "1 a=new;1 b=new;");
		alert_store_close(store);
		disk_remove(&disk);
		assert_true(fail < 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
		TEST(test_changes_stay),
		TEST(test_a_damaged_file_is_moved_aside),
		TEST(test_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
