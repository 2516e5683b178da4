#include "store/history/db.h"

#include <math.h>

#include "base/random.h"
#include "fixture.h"
#include "store/sqlite.h"

static void test_own_readings(void **state)
{
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	json_t *answer;

	add_own(db, T0, "{'t':21.3,'error':null}");
	/* The clock steps back; nothing is lost or moved. */
	add_own(db, T0 - 1000 * DAY, "{'t':21.4,'error':null}");
	add_own(db, 0, "{'t':null,'error':'broken'}");
	history_db_close(db);
	db = open_db(*state);
	add_own(db, T0 + 5, "{'other':[1]}");
	answer = ask_page(*state, &query);
	assert_string_equal(sequences(answer), "1,2,3,4");
	assert_json(part(answer, 0, "sensor_id"), "'own:s'");
	assert_json(part(answer, 0, "data"), "{'t':21.3,'error':null}");
	assert_json(part(answer, 2, "data"), "{'t':null,'error':'broken'}");
	assert_json(part(answer, 2, "timestamp_ms"), "0");
	assert_json(part(answer, 3, "data"), "{'other':[1]}");
	assert_json(json_object_get(answer, "next"), "null");
	json_decref(answer);
	history_db_close(db);
}

static void test_remote_is_kept_once(void **state)
{
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	struct history_appended result;
	struct history_write *write;
	json_t *answer;

	for (int turn = 0; turn < 2; turn++) {
		write = remote_write("far", STREAM);
		for (uint64_t i = 1; i <= 3; i++)
			add_item(write, i + (uint64_t)turn, T0 + i, "s", "{'t':1}");
		result = commit(db, write);
		assert_int_equal(result.added, turn ? 1 : 3);
		assert_int_equal(result.known, turn ? 2 : 0);
		assert_int_equal(result.refused, 0);
	}
	/* Another stream of that node, and another node, are others. */
	write = remote_write("far", STREAM + 1);
	add_item(write, 1, T0, "s", "{'t':1}");
	assert_int_equal(commit(db, write).added, 1);
	write = remote_write("near", STREAM);
	add_item(write, 1, T0, "s", "{'t':1}");
	assert_int_equal(commit(db, write).added, 1);
	snprintf(query.node, sizeof(query.node), "far");
	answer = ask_page(*state, &query);
	assert_string_equal(sequences(answer), "1,2,3,4,1");
	json_decref(answer);
	history_db_close(db);
}

static void test_reordered_batches_are_put_in_order(void **state)
{
	static const uint64_t order[] = {5, 2, 4, 1, 3};
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	json_t *answer;

	for (size_t i = 0; i < 5; i++) {
		struct history_write *write = remote_write("far", STREAM);

		add_item(write, order[i], T0 + order[i], "s", "{'t':1}");
		commit(db, write);
		if (i == 2)
			roll_all(db);
	}
	answer = ask_page(*state, &query);
	assert_string_equal(sequences(answer), "1,2,3,4,5");
	json_decref(answer);
	/* Those that came behind the rollup are in it all the same. */
	roll_all(db);
	query.resolution = HISTORY_HOUR;
	answer = ask_page(*state, &query);
	assert_json(part(answer, 0, "data"), "{'t':{'mean':1.0,'min':1.0,'max':1.0,'count':5}}");
	json_decref(answer);
	history_db_close(db);
}

static void test_rolled_back_together(void **state)
{
	struct history_write *first = own_write(), *second = own_write();
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	struct error err = {0};
	json_t *answer;

	add_own(db, T0, "{'t':1}");
	add_item(first, 0, T0, "s", "{'t':2}");
	add_item(second, 0, T0, "s", "{'t':3}");
	first->next = second;
	sqlite3_exec(db->db,
		     "CREATE TEMP TRIGGER no BEFORE INSERT ON main.reading WHEN new.value = x'0606'"
		     " BEGIN SELECT raise(ABORT, 'no'); END",
		     NULL, NULL, NULL);
	assert_int_equal(history_db_commit(db, first, NULL, 0, &err), ERROR_SYSTEM);
	sqlite3_exec(db->db, "DROP TRIGGER no", NULL, NULL, NULL);
	answer = ask_page(*state, &query);
	assert_string_equal(sequences(answer), "1");
	json_decref(answer);
	/* Again, and the sequences go on without a hole. */
	check(history_db_commit(db, first, NULL, 0, &err), &err);
	answer = ask_page(*state, &query);
	assert_string_equal(sequences(answer), "1,2,3");
	json_decref(answer);
	history_write_destroy(first);
	history_write_destroy(second);
	history_db_close(db);
}

static void test_cursors(void **state)
{
	struct history_cursor cursors[2] = {{"hub", 5, true}, {"other", 7, false}}, found[64];
	struct history_db *db = open_db(*state);
	struct error err = {0};
	size_t count;

	check(history_db_commit(db, NULL, cursors, 2, &err), &err);
	cursors[0].value = 6;
	check(history_db_commit(db, NULL, cursors, 2, &err), &err);
	history_db_close(db);
	db = open_db(*state);
	check(history_db_load_cursors(db, found, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_string_equal(found[0].name, "hub");
	assert_int_equal(found[0].value, 6);
	history_db_close(db);
}

/* A plugin that makes up field names cannot fill the table of series, and loses nothing. */
static void test_many_field_sets(void **state)
{
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	char data[64];
	int64_t count;
	json_t *answer;

	for (int i = 0; i < HISTORY_SENSOR_SERIES_MAX + 20; i++) {
		snprintf(data, sizeof(data), "{'field%d':%d}", i, i);
		add_own(db, T0, data);
	}
	sqlite3_stmt *statement;
	sqlite3_prepare_v2(db->db, "SELECT count(*) FROM series", -1, &statement, NULL);
	sqlite3_step(statement);
	count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	assert_int_equal(count, HISTORY_SENSOR_SERIES_MAX + 1);
	answer = ask_page(*state, &query);
	assert_json(part(answer, 3, "data"), "{'field3':3}");
	assert_json(part(answer, 83, "data"), "{'field83':83}");
	json_decref(answer);
	roll_all(db);
	history_db_close(db);
}

static void test_too_many_sensors(void **state)
{
	struct history_write *write = remote_write("far", STREAM);
	struct history_db *db = open_db(*state);
	struct history_appended result;
	char sensor[32];

	for (uint64_t i = 1; i <= HISTORY_SOURCE_SENSORS_MAX + 3; i++) {
		snprintf(sensor, sizeof(sensor), "s%d", (int)i);
		add_item(write, i, T0, sensor, "{'t':1}");
	}
	result = commit(db, write);
	assert_int_equal(result.added, HISTORY_SOURCE_SENSORS_MAX);
	assert_int_equal(result.refused, 3);
	assert_string_equal(result.reason, "its node has too many sensors already");
	history_db_close(db);
}

/* Rollups equal what a plain reference says, in whatever steps and order of time they were made. */
#define MINUTES 200

struct reference {
	uint64_t count;
	double min, max, sum;
};

static void refer(struct reference *reference, double number)
{
	if (!reference->count || number < reference->min)
		reference->min = number;
	if (!reference->count || number > reference->max)
		reference->max = number;
	reference->count++;
	reference->sum += number;
}

static void assert_rollups(const struct folder *folder, enum history_resolution resolution,
			   const struct reference *reference, size_t count, uint64_t bucket_ms)
{
	struct history_query query = query_all();
	json_t *answer, *stats;
	size_t found = 0;

	query.resolution = resolution;
	answer = ask_page(folder, &query);
	for (size_t i = 0; i < count; i++) {
		if (!reference[i].count)
			continue;
		assert_int_equal(json_integer_value(part(answer, found, "timestamp_ms")),
				 T0 + i * bucket_ms);
		stats = json_object_get(part(answer, found++, "data"), "t");
		assert_int_equal(json_integer_value(json_object_get(stats, "count")),
				 reference[i].count);
		assert_true(json_real_value(json_object_get(stats, "min")) == reference[i].min);
		assert_true(json_real_value(json_object_get(stats, "max")) == reference[i].max);
		assert_true(fabs(json_real_value(json_object_get(stats, "mean")) -
				 reference[i].sum / (double)reference[i].count) < 1e-9);
	}
	assert_int_equal(json_array_size(json_object_get(answer, "readings")), found);
	json_decref(answer);
}

static void test_rollups_equal_a_reference(void **state)
{
	struct reference minutes[MINUTES] = {0}, hours[MINUTES / 60 + 1] = {0};
	struct history_db *db = open_db(*state);
	uint64_t seed = (uint64_t)time(NULL);
	struct error err = {0};
	struct random random;
	bool more;

	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int i = 0; i < 60; i++) {
		struct history_write *write = own_write();
		/* The clock jumps to and fro between these batches. */
		uint64_t begin = random_u64(&random) % (MINUTES - 3) * 60000;

		for (uint64_t j = 0; j < 50; j++) {
			uint64_t time = begin + j * 3000;
			double number = ((double)(random_u64(&random) % 4000) - 2000) / 10;
			char data[64];

			if (random_u64(&random) % 10 == 0) {
				add_item(write, 0, T0 + time, "s", "{'t':null,'error':'x'}");
				continue;
			}
			snprintf(data, sizeof(data), "{'t':%.1f,'error':null}", number);
			add_item(write, 0, T0 + time, "s", data);
			refer(&minutes[time / 60000], number);
			refer(&hours[time / 3600000], number);
		}
		commit(db, write);
		check(history_db_roll(db, 1 + (unsigned)(random_u64(&random) % 100), &more, &err),
		      &err);
	}
	roll_all(db);
	/* Minutes in which nothing but failures came have a row too, but no number. */
	assert_true(sqlite3_exec(db->db, "DELETE FROM minute WHERE length(value) = 0", NULL, NULL,
				 NULL) == 0);
	assert_rollups(*state, HISTORY_MINUTE, minutes, MINUTES, 60000);
	assert_rollups(*state, HISTORY_HOUR, hours, MINUTES / 60 + 1, 3600000);
	history_db_close(db);
}

static void test_retention_by_age(void **state)
{
	const struct history_limits limits = {2, 5, 8, 1000};
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	json_t *answer;

	for (uint64_t day = 0; day < 10; day++)
		add_own(db, T0 + day * DAY, "{'t':1}");
	/* What is not rolled up stays. */
	assert_int_equal(trim_all(db, &limits, T0 + 9 * DAY + 1, 3), 0);
	roll_all(db);
	assert_int_equal(trim_all(db, &limits, T0 + 9 * DAY + 1, 3), 8);
	answer = ask_page(*state, &query);
	assert_string_equal(sequences(answer), "9,10");
	json_decref(answer);
	query.resolution = HISTORY_MINUTE;
	answer = ask_page(*state, &query);
	assert_int_equal(json_array_size(json_object_get(answer, "readings")), 6);
	json_decref(answer);
	query.resolution = HISTORY_HOUR;
	answer = ask_page(*state, &query);
	assert_int_equal(json_array_size(json_object_get(answer, "readings")), 9);
	json_decref(answer);
	/* No sequence is given twice, even when all are deleted. */
	assert_int_equal(trim_all(db, &limits, T0 + 100 * DAY, 3), 2);
	add_own(db, T0 + 100 * DAY, "{'t':1}");
	query.resolution = HISTORY_RAW;
	answer = ask_page(*state, &query);
	assert_string_equal(sequences(answer), "11");
	json_decref(answer);
	history_db_close(db);
}

/* Before the clock was set, and while it was set wrong, times say nothing about age. */
static void test_retention_without_a_clock(void **state)
{
	const struct history_limits limits = {2, 5, 8, 1000};
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	json_t *answer;

	for (uint64_t i = 0; i < 10; i++)
		add_own(db, 1000 * i, "{'t':1}"); /* 1970 */
	for (uint64_t i = 0; i < 10; i++)
		add_own(db, T0 + 30000 * DAY, "{'t':1}"); /* the far future */
	roll_all(db);
	assert_int_equal(trim_all(db, &limits, T0, 3), 0);
	add_own(db, T0, "{'t':1}");
	roll_all(db);
	assert_int_equal(trim_all(db, &limits, T0 + DAY, 3), 0);
	add_own(db, T0 + 5 * DAY, "{'t':1}");
	roll_all(db);
	/* They are as old as the next one whose time can be right. */
	assert_int_equal(trim_all(db, &limits, T0 + 3 * DAY, 3), 21);
	answer = ask_page(*state, &query);
	assert_string_equal(sequences(answer), "22");
	json_decref(answer);
	/* A node whose own clock is not set deletes nothing. */
	assert_int_equal(trim_all(db, &limits, 1000, 3), 0);
	history_db_close(db);
}

static void test_deleted_is_known(void **state)
{
	const struct history_limits limits = {2, 5, 8, 1000};
	struct history_db *db = open_db(*state);
	struct history_write *write;

	for (int turn = 0; turn < 2; turn++) {
		write = remote_write("far", STREAM);
		for (uint64_t i = 1; i <= 10; i++)
			add_item(write, i, T0, "s", "{'t':1}");
		assert_int_equal(commit(db, write).known, turn ? 10 : 0);
		roll_all(db);
		trim_all(db, &limits, T0 + 3 * DAY, 100);
	}
	history_db_close(db);
}

/* The file stops growing at its limit: raw goes first, then minutes, and pages are used again. */
static void test_retention_by_size(void **state)
{
	const struct history_limits limits = {100, 1000, 10000, 1};
	struct history_db *db = open_db(*state);
	struct error err = {0};
	uint64_t bytes, deleted = 0, time = T0;
	struct stat found;

	for (int i = 0; i < 60; i++) {
		struct history_write *write = own_write();

		for (int j = 0; j < 1000; j++, time += 10000)
			add_item(write, 0, time, "s", "{'t':0.123456789012,'u':0.98765432101}");
		commit(db, write);
		roll_all(db);
		deleted += trim_all(db, &limits, time, 500);
		check(history_db_size(db, &bytes, &err), &err);
		assert_true(bytes <= 1 << 20);
	}
	assert_true(deleted > 10000);
	assert_int_equal(stat(at(*state, "history.db"), &found), 0);
	assert_true(found.st_size < 3 << 19);
	history_db_close(db);
}

/* Over years the database is much larger than what is kept of it in memory. */
static void test_memory_is_bounded(void **state)
{
	char text[512];
	struct history_db *db = open_db(*state);

	snprintf(text, sizeof(text), "{'t':'%0400d'}", 0);
	for (uint64_t batch = 0; batch < 20; batch++) {
		struct history_write *write = remote_write("far", STREAM);

		for (uint64_t i = 1; i <= 500; i++)
			add_item(write, batch * 500 + i, T0 + batch * 500 + i, "s", text);
		commit(db, write);
	}
	assert_in_range(sqlite3_memory_used() / 1024, 1, 2 * SQLITE_CACHE_KB);
	history_db_close(db);
}

static void test_newer_version(void **state)
{
	struct history_db *db = open_db(*state);
	struct error err;

	sqlite3_exec(db->db, "PRAGMA user_version = 3", NULL, NULL, NULL);
	history_db_close(db);
	db = NULL;
	assert_int_equal(history_db_open(at(*state, "history.db"), &db, &err), ERROR_UNSUPPORTED);
	assert_null(db);
	assert_string_equal(
		err.text,
		"a newer version of harvester has written the history: install the newest version");
}

static void test_no_database(void **state)
{
	struct history_db *db = NULL;
	struct error err;

	make_file(*state, "history.db", "this is no database, but it is longer than a header is");
	assert_int_equal(history_db_open(at(*state, "history.db"), &db, &err), ERROR_MALFORMED);
	assert_null(db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_own_readings),
		CASE(test_remote_is_kept_once),
		CASE(test_reordered_batches_are_put_in_order),
		CASE(test_rolled_back_together),
		CASE(test_cursors),
		CASE(test_many_field_sets),
		CASE(test_too_many_sensors),
		CASE(test_rollups_equal_a_reference),
		CASE(test_retention_by_age),
		CASE(test_retention_without_a_clock),
		CASE(test_deleted_is_known),
		CASE(test_retention_by_size),
		CASE(test_memory_is_bounded),
		CASE(test_newer_version),
		CASE(test_no_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
