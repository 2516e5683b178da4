#include "fixture.h"

static struct history_series_query make_query(uint64_t from_ms, uint64_t to_ms, unsigned points)
{
	return (struct history_series_query){
		.node = "own",
		.sensor = "s",
		.fields = {"t", "u"},
		.fields_count = 2,
		.from_ms = from_ms,
		.to_ms = to_ms,
		.points = points,
	};
}

static json_t *mean(const json_t *answer, const char *field)
{
	return json_object_get(json_object_get(json_object_get(answer, "fields"), field), "mean");
}

/* A reading every `step_ms`, "t" counting from 0. */
static void add_many(struct history_db *db, uint64_t from_ms, int count, uint64_t step_ms)
{
	struct history_write *write = own_write();
	char data[64];

	for (int i = 0; i < count; i++) {
		snprintf(data, sizeof(data), "{'t':%d,'name':'x'}", i);
		add_item(write, 0, from_ms + (uint64_t)i * step_ms, "s", data);
	}
	commit(db, write);
}

static void test_few_points(void **state)
{
	struct history_series_query query = make_query(T0, T0 + 100000, 100);
	struct history_db *db = open_db(*state);
	json_t *answer;

	add_own(db, T0, "{'t':1.5,'u':true}");
	add_own(db, T0 + 10000, "{'t':null,'u':false,'error':'x'}");
	add_own(db, T0 + 20000, "{'t':2}");
	/* The clock steps back for a while: times are in order all the same. */
	add_own(db, T0 + 5000, "{'t':9}");
	/* A gap. */
	add_own(db, T0 + 60000, "{'t':3}");
	for (int turn = 0; turn < 2; turn++) {
		answer = ask_series(*state, &query);
		assert_json(json_object_get(answer, "resolution"), "'raw'");
		assert_json(json_object_get(answer, "step_ms"), "10000");
		assert_json(json_object_get(answer, "times_ms"),
			    "[1767225600000,1767225605000,1767225610000,1767225620000,"
			    "1767225630000,1767225660000]");
		assert_json(mean(answer, "t"), "[1.5,9.0,null,2.0,null,3.0]");
		assert_json(mean(answer, "u"), "[1.0,null,0.0,null,null,null]");
		json_decref(answer);
		/* Rolled up or not, it is the same. */
		roll_all(db);
	}
	history_db_close(db);
}

/* More readings than points: steps of one length, none empty where the sensor measured. */
static void test_many_points(void **state)
{
	struct history_series_query query = make_query(T0, T0 + 3600000, 100);
	struct history_db *db = open_db(*state);
	json_t *answer, *max, *min;

	add_many(db, T0, 1000, 1000);
	answer = ask_series(*state, &query);
	assert_json(json_object_get(answer, "step_ms"), "10000");
	assert_int_equal(json_array_size(mean(answer, "t")), 100);
	max = json_object_get(json_object_get(json_object_get(answer, "fields"), "t"), "max");
	min = json_object_get(json_object_get(json_object_get(answer, "fields"), "t"), "min");
	for (size_t i = 0; i < 100; i++) {
		assert_true(json_real_value(json_array_get(min, i)) == (double)(i * 10));
		assert_true(json_real_value(json_array_get(max, i)) == (double)(i * 10 + 9));
		assert_true(json_real_value(json_array_get(mean(answer, "t"), i)) ==
			    (double)(i * 10) + 4.5);
	}
	json_decref(answer);
	history_db_close(db);
}

/* A day is shown by minutes, stored ones and those that are not rolled up yet. */
static void test_minutes(void **state)
{
	struct history_series_query query = make_query(T0, T0 + DAY, 2000);
	struct history_db *db = open_db(*state);
	struct error err = {0};
	json_t *answer;
	bool more;

	add_many(db, T0, 360, 10000);
	check(history_db_roll(db, 187, &more, &err), &err);
	answer = ask_series(*state, &query);
	assert_json(json_object_get(answer, "resolution"), "'minute'");
	assert_int_equal(json_array_size(mean(answer, "t")), 60);
	for (size_t i = 0; i < 60; i++)
		assert_true(json_real_value(json_array_get(mean(answer, "t"), i)) ==
			    (double)(i * 6) + 2.5);
	json_decref(answer);
	history_db_close(db);
}

/* Where the readings are deleted, their minutes stand in. */
static void test_deleted_readings(void **state)
{
	const struct history_limits limits = {1, 100, 1000, 1000};
	struct history_series_query query = make_query(T0, T0 + 600000, 100);
	struct history_db *db = open_db(*state);
	json_t *answer;

	add_many(db, T0, 60, 10000);
	add_own(db, T0 + 3 * DAY, "{'t':1}");
	roll_all(db);
	assert_int_equal(trim_all(db, &limits, T0 + 3 * DAY, 1000), 60);
	answer = ask_series(*state, &query);
	assert_json(json_object_get(answer, "resolution"), "'minute'");
	assert_json(mean(answer, "t"), "[2.5,8.5,14.5,20.5,26.5,32.5,38.5,44.5,50.5,56.5]");
	json_decref(answer);
	history_db_close(db);
}

static void test_nothing(void **state)
{
	struct history_series_query query = make_query(T0 - DAY, T0, 10);
	struct history_db *db = open_db(*state);
	struct history_reader *reader = NULL;
	struct error err = {0};
	json_t *answer = NULL;

	add_own(db, T0, "{'t':1}");
	answer = ask_series(*state, &query);
	assert_json(json_object_get(answer, "times_ms"), "[]");
	assert_json(mean(answer, "t"), "[]");
	json_decref(answer);
	check(history_reader_open(at(*state, "history.db"), clock_system(), &reader, &err), &err);
	snprintf(query.sensor, sizeof(query.sensor), "none");
	assert_int_equal(history_reader_series(reader, &query, &answer, &err), ERROR_NOT_FOUND);
	assert_string_equal(err.text, "the history has no sensor none of the node own: GET "
				      "/api/v1/readings lists the sensors");
	history_reader_close(reader);
	history_db_close(db);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_few_points),	     CASE(test_many_points), CASE(test_minutes),
		CASE(test_deleted_readings), CASE(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
