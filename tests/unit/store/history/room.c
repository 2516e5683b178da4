/* Whose readings give way when the file is full, or old: room.c and trim.c. */
#include "base/random.h"
#include "fixture.h"
#include "store/history/roll.h"

#define MINUTE UINT64_C(60000)

/* Above every age; max_mb is 1. */
static const struct history_limits by_size = {36500, 36500, 36500, 1};

static void add(struct history_write *write, uint64_t sequence, uint64_t time_ms,
		const char *plugin, const char *sensor, const char *data)
{
	struct history_item item = {sequence, time_ms, sensor, plugin, false, parse(data)};
	struct error err = {0};

	check(history_write_add(write, &item, &err), &err);
	json_decref(item.data);
}

static int64_t number(struct history_db *db, const char *text)
{
	sqlite3_stmt *statement;
	int64_t found;

	assert_int_equal(sqlite3_prepare_v2(db->db, text, -1, &statement, NULL), 0);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	found = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return found;
}

/* Rows of a sensor in reading, minute or hour. */
static int64_t count(struct history_db *db, const char *table, const char *sensor)
{
	char text[256];

	if (!strcmp(table, "reading"))
		snprintf(text, sizeof(text),
			 "SELECT count(*) FROM reading JOIN series ON series.id = reading.series"
			 " JOIN sensor ON sensor.id = series.sensor WHERE sensor.name = '%s'",
			 sensor);
	else
		snprintf(text, sizeof(text),
			 "SELECT count(*) FROM %s JOIN sensor ON sensor.id = %s.id >> 28"
			 " WHERE sensor.name = '%s'",
			 table, table, sensor);
	return number(db, text);
}

static void assert_size(struct history_db *db)
{
	struct error err = {0};
	uint64_t bytes;

	check(history_db_size(db, &bytes, &err), &err);
	assert_true(bytes <= 1 << 20);
}

/* What is counted of each sensor is what is there. */
static void assert_counted(struct history_db *db)
{
	static const char *const texts[] = {
		("SELECT count(*) FROM sensor WHERE readings != ("
		 "SELECT coalesce(sum(length(value) + 24), 0) FROM reading"
		 " JOIN series ON series.id = reading.series WHERE series.sensor = sensor.id)"),
		("SELECT count(*) FROM sensor WHERE minutes IS NOT ("
		 "SELECT coalesce(sum(length(value) + 24), 0) FROM minute"
		 " WHERE minute.id >> 28 = sensor.id)"),
		("SELECT count(*) FROM sensor WHERE hours IS NOT ("
		 "SELECT coalesce(sum(length(value) + 24), 0) FROM hour"
		 " WHERE hour.id >> 28 = sensor.id)"),
		("SELECT count(*) FROM sensor WHERE names != ("
		 "SELECT coalesce(sum(2 * length(CAST(key AS BLOB)) + 32), 0) FROM series"
		 " WHERE series.sensor = sensor.id)"),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(number(db, texts[i]), 0);
}

/* As a file that an older version has left: nothing is counted, and nobody owns anything. */
static struct history_db *make_older(const struct folder *folder, struct history_db *db)
{
	assert_int_equal(sqlite3_exec(db->db,
				      "ALTER TABLE source DROP COLUMN minute_trimmed;"
				      "ALTER TABLE source DROP COLUMN hour_trimmed;"
				      "ALTER TABLE source DROP COLUMN uncounted;"
				      "ALTER TABLE sensor DROP COLUMN owner;"
				      "ALTER TABLE sensor DROP COLUMN trimmed;"
				      "ALTER TABLE sensor DROP COLUMN names;"
				      "ALTER TABLE sensor DROP COLUMN readings;"
				      "ALTER TABLE sensor DROP COLUMN minutes;"
				      "ALTER TABLE sensor DROP COLUMN hours;"
				      "PRAGMA user_version = 1;",
				      NULL, NULL, NULL),
			 0);
	history_db_close(db);
	return open_db(folder);
}

/* 200 polls, a minute apart: one reading of the neighbour, 20 large ones of the flood. */
static void flood(struct history_db *db, uint64_t flood_time_ms, uint64_t flood_step_ms)
{
	char data[512];

	snprintf(data, sizeof(data), "{'text':'%0400d','n':1.5}", 0);
	for (uint64_t i = 0; i < 200; i++) {
		struct history_write *write = own_write();

		add(write, 0, T0 + i * MINUTE, "honest", "honest", "{'t':21.5,'h':40.25}");
		for (uint64_t j = 0; j < 20; j++)
			add(write, 0, flood_time_ms + (i * 20 + j) * flood_step_ms, "flood",
			    "flood", data);
		commit(db, write);
	}
	roll_all(db);
}

static void test_a_flood_takes_no_room_of_its_neighbour(void **state)
{
	struct history_db *db = open_db(*state);

	flood(db, T0, 100);
	assert_counted(db);
	assert_true(trim_all(db, &by_size, T0 + DAY, 2000) > 1000);
	assert_size(db);
	assert_counted(db);
	assert_int_equal(count(db, "reading", "honest"), 200);
	assert_int_equal(count(db, "minute", "honest"), 200);
	/* It gives the oldest of its own, and no more than it has to. */
	assert_in_range(count(db, "reading", "flood"), 500, 3900);
	assert_int_equal(number(db,
				"SELECT count(*) FROM reading WHERE id & 17592186044415 <= (SELECT"
				" trimmed FROM sensor WHERE name = 'flood') AND series = (SELECT id"
				" FROM series WHERE key LIKE '%flood%')"),
			 0);
	history_db_close(db);
}

/* Of a file that an older version has left: nobody had clamped the times of its readings then. */
static void test_times_of_no_year_are_trimmed_like_others(void **state)
{
	static const uint64_t times[] = {0, T0 + 4000 * DAY, HISTORY_TIME_MS_MAX - 5000 * MINUTE};

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		struct history_db *db = open_db(*state);

		/* Each of its readings makes a minute of its own. */
		flood(db, times[i], MINUTE);
		db = make_older(*state, db);
		trim_all(db, &by_size, T0 + DAY, 2000);
		assert_size(db);
		assert_counted(db);
		assert_int_equal(count(db, "reading", "honest"), 200);
		assert_int_equal(count(db, "minute", "honest"), 200);
		assert_int_equal(count(db, "hour", "honest"), 4);
		history_db_close(db);
		for (size_t j = 0; j < 3; j++) {
			static const char *const names[] = {"history.db", "history.db-wal",
							    "history.db-shm"};

			unlink(at(*state, names[j]));
		}
	}
}

/* A flood of minutes alone: its rollups go, the oldest of them first, whatever they say the time
 * was. */
static void test_rollups_of_the_largest_go(void **state)
{
	const struct history_limits limits = {0, 36500, 36500, 1};
	char data[1024] = "{", *end = data + 1;
	struct history_db *db = open_db(*state);

	for (int i = 0; i < 30; i++)
		end += snprintf(end, 30, "%s'field%d':%d.25", i ? "," : "", i, i);
	snprintf(end, 2, "}");
	for (uint64_t i = 0; i < 100; i++) {
		struct history_write *write = own_write();

		add(write, 0, T0 + i * MINUTE, "honest", "honest", "{'t':21.5}");
		for (uint64_t j = 0; j < 30; j++)
			add(write, 0,
			    i < 50 ? T0 + 9000 * DAY + (i * 30 + j) * MINUTE
				   : (i * 30 + j) * MINUTE,
			    "flood", "flood", data);
		commit(db, write);
		roll_all(db);
	}
	trim_all(db, &limits, T0 + 2 * DAY, 2000);
	assert_size(db);
	assert_counted(db);
	assert_int_equal(count(db, "minute", "honest"), 100);
	/* Those to come were taken before those of 1970. */
	assert_int_equal(number(db, "SELECT count(*) FROM minute WHERE id & 268435455 < 100000"),
			 1500);
	assert_in_range(count(db, "minute", "flood"), 1500, 2900);
	history_db_close(db);
}

/* By age too: a rollup of 1970, or of a time to come, goes with those that were taken when it was.
 */
static void test_odd_rollups_have_an_age(void **state)
{
	const struct history_limits limits = {2, 5, 8, 1000};
	struct history_db *db = open_db(*state);

	for (uint64_t day = 0; day < 10; day++) {
		struct history_write *write = own_write();

		add(write, 0, 1000 + day * MINUTE, "p", "past", "{'t':1}");
		add(write, 0, T0 + (5000 + day) * DAY, "p", "to-come", "{'t':1}");
		add(write, 0, T0 + day * DAY, "q", "honest", "{'t':1}");
		commit(db, write);
	}
	roll_all(db);
	/* The second time it is known how far others went by their time. */
	for (int i = 0; i < 2; i++)
		trim_all(db, &limits, T0 + 9 * DAY + 1, 100);
	assert_int_equal(count(db, "minute", "honest"), 6);
	assert_int_equal(count(db, "minute", "past"), 6);
	assert_int_equal(count(db, "minute", "to-come"), 6);
	assert_int_equal(count(db, "hour", "to-come"), 9);
	assert_counted(db);
	/* A plugin dates its reading back, so that all before it seem old; then the clock falls
	 * back. */
	add_own(db, T0 - 1000 * DAY, "{'t':1}");
	add_own(db, T0 + 9 * DAY, "{'t':1}");
	roll_all(db);
	trim_all(db, &limits, T0 + 9 * DAY + 1, 100);
	trim_all(db, &limits, T0 - 100 * DAY, 100);
	assert_int_equal(count(db, "minute", "honest"), 6);
	history_db_close(db);
}

/* Another node has one share, however many plugins it has, and these share it. */
static void test_a_node_has_one_share(void **state)
{
	struct history_db *db = open_db(*state);
	uint64_t sequence = 1;
	char data[512], plugin[16];

	snprintf(data, sizeof(data), "{'text':'%0400d'}", 0);
	for (uint64_t i = 0; i < 200; i++) {
		struct history_write *write = own_write();

		add(write, 0, T0 + i * MINUTE, "honest", "honest", data);
		commit(db, write);
		write = remote_write("far", STREAM);
		add(write, sequence++, T0 + i * MINUTE, "good", "good", data);
		for (int j = 0; j < 15; j++) {
			snprintf(plugin, sizeof(plugin), "bad%d", j);
			add(write, sequence++, T0 + i * MINUTE, plugin, plugin, data);
		}
		/* As much by itself as the last three of these. */
		for (int j = 0; j < 3; j++)
			add(write, sequence++, T0 + i * MINUTE, "worst", "worst", data);
		commit(db, write);
	}
	roll_all(db);
	trim_all(db, &by_size, T0 + DAY, 2000);
	assert_size(db);
	assert_counted(db);
	assert_int_equal(count(db, "reading", "honest"), 200);
	/* All of the node's plugins are equal then. */
	assert_in_range(count(db, "reading", "good"), 50, 150);
	assert_in_range(count(db, "reading", "worst"), 50, count(db, "reading", "good") + 10);
	history_db_close(db);
}

static void test_no_sequence_is_given_twice(void **state)
{
	const struct history_limits limits = {36500, 36500, 36500, 0};
	struct history_db *db = open_db(*state);
	struct history_write *write = own_write();

	for (int i = 0; i < 10; i++)
		add(write, 0, T0, "p", "s", "{'t':1}");
	commit(db, write);
	roll_all(db);
	trim_all(db, &limits, T0 + DAY, 2000);
	assert_int_equal(number(db, "SELECT count(*) FROM reading"), 0);
	add_own(db, T0, "{'t':1}");
	assert_int_equal(number(db, "SELECT id & 17592186044415 FROM reading"), 11);
	history_db_close(db);
}

/* A hub that is sent them again does not take what it has deleted, but what it never had. */
static void test_what_gave_way_is_known(void **state)
{
	struct history_db *db = open_db(*state);
	struct history_appended result;
	struct history_write *write;
	char data[512];

	snprintf(data, sizeof(data), "{'text':'%0400d'}", 0);
	for (int turn = 0; turn < 2; turn++) {
		write = remote_write("far", STREAM);
		for (uint64_t i = 1; i <= 4000; i++)
			if (i != 3900 || turn)
				add(write, i, T0, i == 7 ? "small" : "p", i == 7 ? "small" : "s",
				    data);
		result = commit(db, write);
		assert_int_equal(result.added, turn ? 1 : 3999);
		assert_int_equal(result.known, turn ? 3999 : 0);
		if (turn)
			break;
		roll_all(db);
		assert_true(trim_all(db, &by_size, T0 + DAY, 2000) > 1000);
		assert_int_equal(count(db, "reading", "small"), 1);
	}
	history_db_close(db);
}

#define NAMES 250 /* a minute, of 60 bytes each */

/* Names are bytes too: of a plugin that makes up fields and sensors they go at last. */
static void test_names_give_way(void **state)
{
	struct history_db *db = open_db(*state);
	char data[2048], sensor[32];

	for (int i = 0; i < 60; i++) {
		struct history_write *write = own_write();

		add(write, 0, T0 + (uint64_t)i * MINUTE, "honest", "honest", "{'t':21.5}");
		for (int j = 0; j < NAMES; j++) {
			snprintf(sensor, sizeof(sensor), "made-up%d", i);
			snprintf(data, sizeof(data), "{'%060d':1}", i * NAMES + j);
			add(write, 0, T0 + (uint64_t)i * MINUTE, "flood", sensor, data);
		}
		commit(db, write);
	}
	roll_all(db);
	trim_all(db, &by_size, T0 + DAY, 2000);
	assert_size(db);
	assert_counted(db);
	assert_int_equal(count(db, "reading", "honest"), 60);
	assert_int_equal(count(db, "minute", "honest"), 60);
	/* The last readings of all are gone, and their sequences are not given again. */
	add_own(db, T0, "{'t':1}");
	assert_int_equal(number(db, "SELECT max(id) & 17592186044415 FROM reading"),
			 60 * (NAMES + 1) + 1);
	roll_all(db);
	history_db_close(db);
}

/* A reading that is not rolled up yet keeps its names, even if the file is full of nothing else. */
static void test_readings_that_are_not_rolled_up_keep_their_names(void **state)
{
	struct history_db *db = open_db(*state);
	char data[2048], sensor[32];

	for (int i = 0; i < 151; i++) {
		struct history_write *write = own_write();

		for (int j = 0; j < NAMES; j++) {
			snprintf(sensor, sizeof(sensor), "made-up%d", i);
			/* The last has the longest names, which would go first. */
			snprintf(data, sizeof(data), "{'%0*d':1}", i < 150 ? 60 : 64,
				 i * NAMES + j);
			add(write, 0, T0 + (uint64_t)i * MINUTE, "flood", sensor, data);
		}
		commit(db, write);
		if (i == 149)
			roll_all(db);
	}
	trim_all(db, &by_size, T0 + DAY, 2000);
	assert_int_equal(count(db, "reading", "made-up150"), NAMES);
	assert_true(number(db, "SELECT sum(names) FROM sensor") > 1 << 20);
	roll_all(db);
	trim_all(db, &by_size, T0 + DAY, 2000);
	assert_size(db);
	assert_counted(db);
	history_db_close(db);
}

/* Rollups that are counted but not there are given up: the trim goes on with what is there. */
static void test_a_wrong_count_holds_no_trim_up(void **state)
{
	struct history_db *db = open_db(*state);
	struct history_write *write = own_write();

	add(write, 0, T0, "ghost", "ghost", "{'t':1}");
	commit(db, write);
	flood(db, T0, 1000);
	assert_int_equal(sqlite3_exec(db->db,
				      "DELETE FROM minute WHERE id >> 28 = (SELECT id FROM sensor"
				      " WHERE name = 'ghost');"
				      "UPDATE sensor SET minutes = 100000000 WHERE name = 'ghost';",
				      NULL, NULL, NULL),
			 0);
	trim_all(db, &by_size, T0 + DAY, 2000);
	assert_size(db);
	assert_counted(db);
	history_db_close(db);
}

/* Whatever is added, rolled up, taken late and deleted. */
static void test_counts_equal_what_is_there(void **state)
{
	static const char *const data[] = {"{'t':1}", "{'t':21.25,'u':3}", "{'text':'abcdefgh'}"};
	struct history_limits limits = {3, 5, 9, 1};
	struct history_db *db = open_db(*state);
	uint64_t seed = (uint64_t)time(NULL), now_ms = T0, sequence = 1;
	struct random random;
	struct error err = {0};
	bool more;

	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int i = 0; i < 150; i++) {
		bool is_own = random_u64(&random) % 2;
		struct history_write *write = is_own ? own_write() : remote_write("far", STREAM);

		for (uint64_t j = random_u64(&random) % 200; j > 0; j--) {
			char name[16];

			snprintf(name, sizeof(name), "s%d", (int)(random_u64(&random) % 7));
			now_ms += random_u64(&random) % 100000;
			add(write, is_own ? 0 : sequence, now_ms, name, name,
			    data[random_u64(&random) % 3]);
			/* Some come late, some again. */
			sequence += random_u64(&random) % 3;
			sequence -= sequence > 50 && random_u64(&random) % 40 == 0 ? 30 : 0;
		}
		commit(db, write);
		if (random_u64(&random) % 3)
			check(history_db_roll(db, 1 + (unsigned)(random_u64(&random) % 300), &more,
					      &err),
			      &err);
		if (random_u64(&random) % 5 == 0)
			trim_all(db, &limits, now_ms, 1 + (unsigned)(random_u64(&random) % 300));
	}
	roll_all(db);
	trim_all(db, &limits, now_ms, 100);
	assert_counted(db);
	db = make_older(*state, db);
	trim_all(db, &limits, now_ms, 100);
	assert_counted(db);
	history_db_close(db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_flood_takes_no_room_of_its_neighbour),
		CASE(test_times_of_no_year_are_trimmed_like_others),
		CASE(test_rollups_of_the_largest_go),
		CASE(test_odd_rollups_have_an_age),
		CASE(test_a_node_has_one_share),
		CASE(test_no_sequence_is_given_twice),
		CASE(test_what_gave_way_is_known),
		CASE(test_names_give_way),
		CASE(test_readings_that_are_not_rolled_up_keep_their_names),
		CASE(test_a_wrong_count_holds_no_trim_up),
		CASE(test_counts_equal_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
