#include "store/history/worker.h"

#include <glob.h>

#include "base/damaged_file.h"
#include "fault_vfs.h"
#include "fixture.h"

#define COMMITS 6
#define EACH 40

static const struct history_limits limits = {36500, 36500, 36500, 1000};

static struct history_write *make_write(int number)
{
	struct history_write *write = own_write();
	char data[64];

	for (int i = 0; i < EACH; i++) {
		snprintf(data, sizeof(data), "{'n':%d}", number * EACH + i);
		add_item(write, 0, T0 + (uint64_t)(number * EACH + i) * 1000, "s", data);
	}
	return write;
}

/* What is there, and in order: the first `count` readings. */
static void assert_readings(const struct folder *folder, size_t count)
{
	struct history_query query = query_all();
	json_t *answer = ask_page(folder, &query);

	assert_int_equal(json_array_size(json_object_get(answer, "readings")), count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(json_integer_value(part(answer, i, "sequence")), i + 1);
		assert_int_equal(json_integer_value(json_object_get(part(answer, i, "data"), "n")),
				 i);
	}
	json_decref(answer);
}

/* Commits as the loop would have them done; a failed one is tried again. */
static int run_worker(struct history_worker *worker, struct disk *disk, bool heals)
{
	struct history_outcome *outcome = calloc(1, sizeof(*outcome));
	int failures = 0;

	for (int i = 0; i < COMMITS; i++) {
		struct history_write *write = make_write(i);
		int tries = 0;

		do {
			memset(outcome, 0, sizeof(*outcome));
			history_worker_commit(worker, write, NULL, 0, outcome);
			if (outcome->ret)
				assert_string_not_equal(outcome->err.text, "");
			failures += outcome->ret != 0;
			if (++tries == 3 && heals)
				disk->fail_at = 0;
		} while (outcome->ret && tries < 5);
		assert_int_equal(outcome->ret, 0);
		assert_int_equal(outcome->note.code, 0);
		history_write_destroy(write);
		memset(outcome, 0, sizeof(*outcome));
		history_worker_maintain(worker, outcome);
		failures += outcome->ret != 0;
	}
	free(outcome);
	return failures;
}

/* Returns whether there was a call to fail. */
static bool fail_call(uint64_t call, bool for_ever, int *failures)
{
	struct history_worker worker = {.clock = clock_system(), .limits = limits};
	struct folder *folder;
	struct disk disk;
	char path[128];
	bool happened;

	assert_int_equal(folder_setup((void **)&folder), 0);
	snprintf(path, sizeof(path), "%s/history.db", folder->path);
	worker.path = path;
	disk_insert(&disk);
	disk.fail_at = call;
	disk.for_ever = for_ever;
	*failures += run_worker(&worker, &disk, for_ever);
	happened = disk.calls >= call;
	disk.fail_at = 0;
	history_worker_close(&worker);
	assert_readings(folder, COMMITS * EACH);
	disk_remove(&disk);
	folder_teardown((void **)&folder);
	return happened;
}

/* For every call that changes the disk: it fails, once, or with all that follow until it heals. */
static void test_every_call_fails(void **state)
{
	int failures = 0, calls = 0;

	(void)state;
	for (int for_ever = 0; for_ever < 2; for_ever++)
		for (uint64_t call = 1; fail_call(call, for_ever, &failures); call++)
			calls++;
	print_message("%d calls failed, %d commits with them; nothing was lost\n", calls, failures);
	assert_true(calls > 100 && failures > 50);
}

static size_t count_files(const struct folder *folder, const char *pattern)
{
	glob_t found = {0};
	size_t count;

	glob(at(folder, pattern), 0, NULL, &found);
	count = found.gl_pathc;
	globfree(&found);
	return count;
}

static void commit_one(struct history_worker *worker, struct history_outcome *outcome)
{
	struct history_write *write = make_write(0);

	memset(outcome, 0, sizeof(*outcome));
	history_worker_commit(worker, write, NULL, 0, outcome);
	assert_int_equal(outcome->ret, 0);
	history_write_destroy(write);
}

/* Damaged while the daemon was down: moved aside, and a new one begins. */
static void test_damaged_file(void **state)
{
	struct history_outcome *outcome = calloc(1, sizeof(*outcome));
	char path[128], rubbish[8192];

	memset(rubbish, 'x', sizeof(rubbish));
	snprintf(path, sizeof(path), "%s", at(*state, "history.db"));
	for (int i = 0; i < DAMAGED_FILES_KEPT + 2; i++) {
		struct history_worker worker = {
			.path = path, .clock = clock_system(), .limits = limits};

		make_data(*state, "history.db", rubbish, sizeof(rubbish));
		commit_one(&worker, outcome);
		assert_int_equal(outcome->note.code, ERROR_MALFORMED);
		assert_non_null(strstr(outcome->note.text, "THE HISTORY IS DAMAGED"));
		assert_true(outcome->is_opened);
		history_worker_close(&worker);
		assert_readings(*state, EACH);
	}
	assert_int_equal(count_files(*state, "history.db.damaged-?"), DAMAGED_FILES_KEPT);
	free(outcome);
}

/* Damaged while it is open. */
static void test_damaged_meanwhile(void **state)
{
	struct history_outcome *outcome = calloc(1, sizeof(*outcome));
	struct history_worker worker = {.clock = clock_system(), .limits = limits};
	struct stat found;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s", at(*state, "history.db"));
	worker.path = path;
	commit_one(&worker, outcome);
	assert_int_equal(outcome->note.code, 0);
	history_worker_close(&worker);
	history_worker_open(&worker, outcome);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	fstat(fd, &found);
	for (off_t page = 4096; page < found.st_size; page += 4096)
		assert_int_equal(pwrite(fd, "\xff\xff\xff\xff", 4, page), 4);
	close(fd);
	commit_one(&worker, outcome);
	assert_int_equal(outcome->note.code, ERROR_MALFORMED);
	history_worker_close(&worker);
	assert_readings(*state, EACH);
	free(outcome);
}

/* Another program holds it: the commit fails, and goes well once it is let go. */
static void test_locked(void **state)
{
	struct history_outcome *outcome = calloc(1, sizeof(*outcome));
	struct history_worker worker = {.clock = clock_system(), .limits = limits};
	struct history_db *other;
	struct history_write *write = make_write(0);
	char path[128];

	snprintf(path, sizeof(path), "%s", at(*state, "history.db"));
	worker.path = path;
	history_worker_open(&worker, outcome);
	sqlite3_busy_timeout(worker.db->db, 10);
	other = open_db(*state);
	assert_int_equal(history_db_begin(other, NULL), 0);
	history_worker_commit(&worker, write, NULL, 0, outcome);
	assert_int_equal(outcome->ret, ERROR_BUSY);
	assert_string_equal(outcome->err.text, "the history's database: database is locked");
	history_db_end(other, ERROR_CLOSED, NULL);
	history_db_close(other);
	history_worker_commit(&worker, write, NULL, 0, outcome);
	assert_int_equal(outcome->ret, 0);
	history_write_destroy(write);
	history_worker_close(&worker);
	assert_readings(*state, EACH);
	free(outcome);
}

/* The creator's clock decides how old a reading is, not the time of this machine. */
static void test_trims_by_its_clock(void **state)
{
	struct history_outcome *outcome = calloc(1, sizeof(*outcome));
	struct clock_manual clock;
	struct history_worker worker = {.clock = &clock.base,
					.limits = {.keep_raw_days = 1, .max_mb = 1000}};
	char path[128];

	clock_manual_init(&clock, T0 + EACH * 1000);
	snprintf(path, sizeof(path), "%s", at(*state, "history.db"));
	worker.path = path;
	commit_one(&worker, outcome);
	history_worker_maintain(&worker, outcome);
	history_worker_maintain(&worker, outcome);
	assert_int_equal(outcome->ret, 0);
	assert_int_equal(outcome->trimmed, 0);
	clock_manual_advance_ns(&clock, 3 * DAY * 1000000);
	history_worker_maintain(&worker, outcome);
	assert_int_equal(outcome->ret, 0);
	assert_int_equal(outcome->trimmed, EACH);
	history_worker_close(&worker);
	free(outcome);
}

/* That looks at each sensor, so it is not done after each commit; new limits count at once. */
static void test_age_is_looked_at_now_and_then(void **state)
{
	struct history_outcome *outcome = calloc(1, sizeof(*outcome));
	struct clock_manual clock;
	struct history_worker worker = {.clock = &clock.base,
					.limits = {.keep_raw_days = 4, .max_mb = 1000}};
	char path[128];

	clock_manual_init(&clock, T0 + 3 * DAY);
	snprintf(path, sizeof(path), "%s", at(*state, "history.db"));
	worker.path = path;
	commit_one(&worker, outcome);
	history_worker_maintain(&worker, outcome);
	history_worker_maintain(&worker, outcome);
	assert_int_equal(outcome->trimmed, 0);
	worker.limits.keep_raw_days = 2;
	history_worker_maintain(&worker, outcome);
	assert_int_equal(outcome->trimmed, EACH);
	commit_one(&worker, outcome);
	history_worker_maintain(&worker, outcome);
	history_worker_maintain(&worker, outcome);
	clock_manual_advance_ns(&clock, HISTORY_AGE_MS * 1000000 - 1);
	history_worker_maintain(&worker, outcome);
	assert_int_equal(outcome->trimmed, 0);
	clock_manual_advance_ns(&clock, 1);
	history_worker_maintain(&worker, outcome);
	assert_int_equal(outcome->ret, 0);
	assert_int_equal(outcome->trimmed, EACH);
	history_worker_close(&worker);
	free(outcome);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

static void maintain_fully(struct history_worker *worker, struct history_outcome *outcome)
{
	uint64_t trimmed = 0;

	do {
		outcome->more = false;
		outcome->trimmed = 0;
		history_worker_maintain(worker, outcome);
		assert_int_equal(outcome->ret, 0);
		trimmed += outcome->trimmed;
	} while (outcome->more);
	outcome->trimmed = trimmed;
}

/* What its steps deleted in that many hours. */
static uint64_t delete_for(struct history_worker *worker, struct clock_manual *clock,
			   unsigned hours)
{
	struct history_outcome *outcome = calloc(1, sizeof(*outcome));
	uint64_t trimmed = 0;

	for (unsigned quarter = 0; quarter < 4 * hours; quarter++) {
		clock_manual_advance_ns(clock, HISTORY_AGE_MS * 1000000);
		maintain_fully(worker, outcome);
		trimmed += outcome->trimmed;
	}
	free(outcome);
	return trimmed;
}

/* Ten years ahead for hours, with a restart: the readings of the last days stay. */
static void test_a_clock_that_leaps(void **state)
{
	struct history_outcome *outcome = calloc(1, sizeof(*outcome));
	struct clock_manual clock;
	struct history_worker worker = {.clock = &clock.base,
					.limits = {.keep_raw_days = 14,
						   .keep_minute_days = 14,
						   .keep_hour_days = 14,
						   .max_mb = 1000}};
	char path[128];

	clock_manual_init(&clock, T0 + EACH * 1000);
	snprintf(path, sizeof(path), "%s", at(*state, "history.db"));
	worker.path = path;
	commit_one(&worker, outcome);
	maintain_fully(&worker, outcome);
	maintain_fully(&worker, outcome);
	assert_int_equal(outcome->note.code, 0);
	clock.unix_offset_ms += 3650 * DAY;
	clock_manual_advance_ns(&clock, HISTORY_AGE_MS * 1000000);
	maintain_fully(&worker, outcome);
	assert_int_equal(outcome->trimmed, 0);
	assert_non_null(strstr(outcome->note.text, "the clock is 3649 days ahead of the last"));
	outcome->note = (struct error){0};
	assert_int_equal(delete_for(&worker, &clock, 6), 0);
	history_worker_close(&worker);
	worker = (struct history_worker){
		.path = path, .clock = &clock.base, .limits = worker.limits};
	assert_int_equal(delete_for(&worker, &clock, 6), 0);
	assert_readings(*state, EACH);
	assert_int_equal(outcome->note.code, 0);
	assert_int_equal(delete_for(&worker, &clock, 3), EACH); /* it was no mistake */
	history_worker_close(&worker);
	free(outcome);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_call_fails),
		CASE(test_damaged_file),
		CASE(test_damaged_meanwhile),
		CASE(test_a_clock_that_leaps),
		CASE(test_locked),
		CASE(test_trims_by_its_clock),
		CASE(test_age_is_looked_at_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
