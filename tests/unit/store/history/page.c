#include "fixture.h"

static uint64_t next_of(const json_t *answer)
{
	const char *next = json_string_value(json_object_get(answer, "next"));

	return next ? strtoull(next, NULL, 10) : 0;
}

static void fill(struct history_db *db, int count)
{
	struct history_write *write = own_write();
	char data[64];

	for (int i = 0; i < count; i++) {
		snprintf(data, sizeof(data), "{'%s':%d}", i % 5 ? "t" : "u", i);
		add_item(write, 0, T0 + (uint64_t)i * 60000, i % 2 ? "odd" : "even", data);
	}
	commit(db, write);
}

static size_t count_pages(const struct folder *folder, struct history_query *query,
			  size_t *ret_readings)
{
	size_t pages = 0;

	*ret_readings = 0;
	do {
		json_t *answer = ask_page(folder, query);

		query->after = next_of(answer);
		*ret_readings += json_array_size(json_object_get(answer, "readings"));
		pages++;
		json_decref(answer);
	} while (query->after);
	return pages;
}

static void test_paging(void **state)
{
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	size_t readings;

	fill(db, 100);
	for (int turn = 0; turn < 2; turn++) {
		query.limit = 7;
		assert_int_equal(count_pages(*state, &query, &readings), 15);
		assert_int_equal(readings, 100);
		query.limit = 100;
		assert_int_equal(count_pages(*state, &query, &readings), 2);
		assert_int_equal(readings, 100);
		roll_all(db);
	}
	query.resolution = HISTORY_MINUTE;
	query.limit = 7;
	assert_int_equal(count_pages(*state, &query, &readings), 15);
	assert_int_equal(readings, 100);
	history_db_close(db);
}

static void test_filters(void **state)
{
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	size_t readings;

	fill(db, 100);
	for (int turn = 0; turn < 2; turn++) {
		query = query_all();
		snprintf(query.sensor, sizeof(query.sensor), "odd");
		count_pages(*state, &query, &readings);
		assert_int_equal(readings, 50);
		snprintf(query.field, sizeof(query.field), "u");
		count_pages(*state, &query, &readings);
		assert_int_equal(readings, 10);
		query.from_ms = T0 + 5 * 60000;
		query.to_ms = T0 + 25 * 60000;
		count_pages(*state, &query, &readings);
		assert_int_equal(readings, 2);
		roll_all(db);
	}
	snprintf(query.node, sizeof(query.node), "nobody");
	count_pages(*state, &query, &readings);
	assert_int_equal(readings, 0);
	history_db_close(db);
}

/* A page has so many bytes at most too, and so has a batch for another node. */
static void test_large_values(void **state)
{
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	struct history_reader *reader = NULL;
	struct history_batch batch;
	struct error err = {0};
	size_t readings, batches = 0;
	uint64_t after = 0;
	char data[3500];

	snprintf(data, sizeof(data), "{'text':'%03000d'}", 7);
	for (int i = 0; i < 10; i++) {
		struct history_write *write = own_write();

		for (int j = 0; j < 200; j++)
			add_item(write, 0, T0, "s", data);
		commit(db, write);
	}
	assert_true(count_pages(*state, &query, &readings) == 3);
	assert_int_equal(readings, 2000);
	check(history_reader_open(at(*state, "history.db"), clock_system(), &reader, &err), &err);
	for (readings = 0;; after = batch.next, batches++) {
		check(history_reader_after(reader, "own", after, HISTORY_READ_MAX, &batch, &err),
		      &err);
		if (!batch.count)
			break;
		assert_int_equal(batch.items[0].sequence, readings + 1);
		readings += batch.count;
		history_batch_finish(&batch);
	}
	history_batch_finish(&batch);
	assert_int_equal(readings, 2000);
	assert_int_equal(batches, 3);
	history_reader_close(reader);
	history_db_close(db);
}

/* By range, resolution is chosen. */
static void test_auto(void **state)
{
	static const struct {
		uint64_t span_ms;
		const char *resolution;
	} cases[] = {
		{7200000, "'raw'"},
		{7200001, "'minute'"},
		{7 * DAY, "'minute'"},
		{7 * DAY + 1, "'hour'"},
	};
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);

	query.resolution = HISTORY_AUTO;
	query.from_ms = T0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *answer;

		query.to_ms = T0 + cases[i].span_ms;
		answer = ask_page(*state, &query);
		assert_json(json_object_get(answer, "resolution"), cases[i].resolution);
		json_decref(answer);
	}
	history_db_close(db);
}

static void test_limits(void **state)
{
	struct history_query query = query_all();
	struct history_db *db = open_db(*state);
	struct history_reader *reader = NULL;
	struct error err = {0};
	json_t *answer = NULL;

	check(history_reader_open(at(*state, "history.db"), clock_system(), &reader, &err), &err);
	query.limit = HISTORY_LIMIT_MAX + 1;
	assert_int_equal(history_reader_page(reader, &query, &answer, &err), ERROR_INVALID);
	assert_string_equal(err.text, "`limit` must be from 1 to 10000");
	query.limit = 0;
	assert_int_equal(history_reader_page(reader, &query, &answer, &err), ERROR_INVALID);
	query.limit = 1;
	query.from_ms = query.to_ms = 5;
	assert_int_equal(history_reader_page(reader, &query, &answer, &err), ERROR_INVALID);
	assert_string_equal(err.text, "`from` must be before `to`");
	assert_null(answer);
	history_reader_close(reader);
	history_db_close(db);
}

static void test_no_history(void **state)
{
	struct history_reader *reader = NULL;
	struct error err = {0};

	assert_int_equal(
		history_reader_open(at(*state, "history.db"), clock_system(), &reader, &err),
		ERROR_NOT_FOUND);
	assert_string_equal(err.text, "there is no history yet: wait until the node has written "
				      "the first readings (`commit_seconds` under [history])");
	assert_null(reader);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

static void the_hosts_own_entries_are_no_readings(void **state)
{
	struct history_query query = query_all();
	struct history_write *write = own_write();
	struct history_db *db = open_db(*state);
	size_t readings;

	add_item(write, 0, T0, "_log", "{'dropped':1}");
	add_item(write, 0, T0 + 1, "even", "{'t':1}");
	commit(db, write);
	for (int turn = 0; turn < 2; turn++) {
		query.resolution = turn ? HISTORY_MINUTE : HISTORY_RAW;
		count_pages(*state, &query, &readings);
		assert_int_equal(readings, 1);
		roll_all(db);
	}
	history_db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_paging),
		CASE(test_filters),
		CASE(test_auto),
		CASE(test_large_values),
		CASE(test_limits),
		CASE(test_no_history),
		CASE(the_hosts_own_entries_are_no_readings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
