#include "store/history/history.h"

#include "fixture.h"
#include "reading/create.h"

/* A history on a loop, and what it called. */
struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	struct history *history;
	char path[128];
	unsigned commits, notes, failing_notes, appended, answers, closed;
	bool must_close; /* the next acknowledged batch closes the history */
	struct history_appended result;
	int status;
	char text[1 << 22];
	struct history_batch batch;
	uint64_t sequences[64];
	char sensor[READING_NAME_MAX + 1];
	json_t *sensors; /* owned: of the last answer */
};

static void noted(void *arg, bool is_failing, const char *text)
{
	struct fixture *fixture = arg;

	fixture->notes++;
	fixture->failing_notes += is_failing;
	snprintf(fixture->text, sizeof(fixture->text), "%s", text);
}

static void committed(void *arg)
{
	((struct fixture *)arg)->commits++;
}

static void create(struct fixture *fixture, double commit_seconds)
{
	const struct history_config config = {
		.path = fixture->path,
		.node = "own",
		.clock = clock_system(),
		.commit_seconds = commit_seconds,
		.limits = {36500, 36500, 36500, 1000},
		.on_noted = noted,
		.noted_arg = fixture,
	};
	struct error err = {0};

	check(history_create(&fixture->loop, &config, &fixture->history, &err), &err);
	assert_int_equal(history_subscribe(fixture->history, committed, fixture), 0);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	uv_loop_init(&fixture->loop);
	if (folder_setup((void **)&fixture->folder))
		return -1;
	snprintf(fixture->path, sizeof(fixture->path), "%s/history.db", fixture->folder->path);
	return 0;
}

static void finish(struct fixture *fixture)
{
	history_close(fixture->history, NULL, NULL);
	fixture->history = NULL;
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	finish(fixture);
	json_decref(fixture->sensors);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

/* Turn the loop until it is so; the test's own time limit ends what never comes. */
#define WAIT(fixture, condition)                                                                   \
	while (!(condition))                                                                       \
	uv_run(&(fixture)->loop, UV_RUN_ONCE)

static void append_of(struct fixture *fixture, const char *plugin, const char *sensor,
		      const char *data)
{
	const struct reading_source source = {.node = "own", .plugin = plugin};
	struct reading *reading = reading_create(&source, sensor, T0, parse(data));

	history_append(fixture->history, reading);
	reading_unref(reading);
}

static void append(struct fixture *fixture, const char *sensor, const char *data)
{
	append_of(fixture, "p", sensor, data);
}

static void on_closed(void *arg)
{
	((struct fixture *)arg)->closed++;
}

static void on_appended(void *arg, int status, const struct history_appended *result)
{
	struct fixture *fixture = arg;

	fixture->appended++;
	fixture->status = status;
	if (result)
		fixture->result = *result;
	if (!fixture->must_close)
		return;
	fixture->must_close = false;
	/* As a caller does that stops when it has what it waited for. */
	history_flush(fixture->history);
	history_close(fixture->history, on_closed, fixture);
	fixture->history = NULL;
}

static int append_remote(struct fixture *fixture, uint64_t first, size_t count, struct error *err)
{
	struct history_item *items = calloc(count, sizeof(*items));
	int ret;

	for (size_t i = 0; i < count; i++)
		items[i] = (struct history_item){first + i, T0, "s", "p", true, parse("{'t':1}")};
	ret = history_append_remote(fixture->history, "far", STREAM, items, count, on_appended,
				    fixture, err);
	for (size_t i = 0; i < count; i++)
		json_decref(items[i].data);
	free(items);
	return ret;
}

static void on_answer(void *arg, int status, const struct history_answer *answer,
		      const struct error *err)
{
	struct fixture *fixture = arg;

	fixture->answers++;
	fixture->status = status;
	snprintf(fixture->text, sizeof(fixture->text), "%s", status ? err->text : answer->text);
	json_decref(fixture->sensors);
	fixture->sensors = answer ? json_deep_copy(answer->sensors) : NULL;
}

static json_t *ask(struct fixture *fixture)
{
	const struct history_query query = query_all();
	unsigned answers = fixture->answers;

	assert_int_equal(history_query(fixture->history, &query, on_answer, fixture), 0);
	WAIT(fixture, fixture->answers > answers);
	assert_int_equal(fixture->status, 0);
	return json_loads(fixture->text, 0, NULL);
}

static void test_commits_by_time(void **state)
{
	struct fixture *fixture = *state;
	json_t *answer;

	create(fixture, 0.05);
	append(fixture, "a", "{'t':1}");
	append(fixture, "b", "{'t':2}");
	/* Nobody sees what is not committed. */
	answer = ask(fixture);
	if (!fixture->commits)
		assert_string_equal(sequences(answer), "");
	json_decref(answer);
	WAIT(fixture, fixture->commits);
	answer = ask(fixture);
	assert_string_equal(sequences(answer), "1,2");
	assert_json(part(answer, 1, "sensor_id"), "'own:b'");
	assert_json(fixture->sensors, "{'own:a':true,'own:b':true}");
	json_decref(answer);
	assert_int_equal(history_counters(fixture->history).committed, 2);
}

static void test_close_commits(void **state)
{
	struct fixture *fixture = *state;
	json_t *answer;

	create(fixture, 3600);
	append(fixture, "a", "{'t':1}");
	assert_int_equal(append_remote(fixture, 1, 2, NULL), 0);
	finish(fixture);
	assert_int_equal(fixture->appended, 1);
	assert_int_equal(fixture->status, 0);
	create(fixture, 3600);
	answer = ask(fixture);
	assert_string_equal(sequences(answer), "1,1,2");
	assert_json(part(answer, 1, "simulated"), "true");
	json_decref(answer);
}

static void test_remote_is_acknowledged(void **state)
{
	struct fixture *fixture = *state;

	create(fixture, 3600);
	assert_int_equal(append_remote(fixture, 1, 3, NULL), 0);
	assert_int_equal(append_remote(fixture, 3, 2, NULL), 0);
	assert_int_equal(fixture->appended, 0);
	history_flush(fixture->history);
	WAIT(fixture, fixture->appended == 2);
	assert_int_equal(fixture->result.added, 1);
	assert_int_equal(fixture->result.known, 1);
	assert_int_equal(history_counters(fixture->history).committed, 4);
}

static void test_closed_by_the_acknowledgement(void **state)
{
	struct fixture *fixture = *state;

	create(fixture, 3600);
	fixture->must_close = true;
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(append_remote(fixture, 1 + 3 * i, 3, NULL), 0);
	history_flush(fixture->history);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture->closed, 1);
	assert_int_equal(fixture->appended, 8);
	create(fixture, 3600);
}

static void test_wrong_batches(void **state)
{
	struct fixture *fixture = *state;
	struct history_item item = {1, T0, "s", "p", false, parse("{'t':1}")};
	struct error err;

	create(fixture, 3600);
	assert_int_equal(append_remote(fixture, 1, HISTORY_BATCH_MAX + 1, &err), ERROR_TOO_LARGE);
	assert_string_equal(err.text, "a batch has no reading or too many: send 1 to 8192");
	assert_int_equal(append_remote(fixture, 0, 1, &err), ERROR_INVALID);
	assert_string_equal(err.text, "reading 1: sequence: expected a number from 1 to 2^44-1");
	assert_int_equal(append_remote(fixture, HISTORY_SEQUENCE_MAX, 2, &err), ERROR_INVALID);
	assert_string_equal(err.text, "reading 2: sequence: expected a number from 1 to 2^44-1");
	item.time_ms = HISTORY_TIME_MS_MAX + 1;
	assert_int_equal(history_append_remote(fixture->history, "far", 1, &item, 1, on_appended,
					       fixture, &err),
			 ERROR_MALFORMED);
	assert_string_equal(err.text,
			    "reading 1: timestamp_ms: is after the year 2248; set the clock");
	item.time_ms = 0;
	item.sensor = "a b";
	assert_int_equal(history_append_remote(fixture->history, "far", 1, &item, 1, on_appended,
					       fixture, &err),
			 ERROR_MALFORMED);
	assert_int_equal(history_append_remote(fixture->history, "", 1, &item, 1, on_appended,
					       fixture, &err),
			 ERROR_INVALID);
	assert_int_equal(fixture->appended, 0);
	json_decref(item.data);
}

static void on_read(void *arg, int status, const struct history_batch *batch,
		    const struct error *err)
{
	struct fixture *fixture = arg;

	(void)err;
	fixture->answers++;
	fixture->status = status;
	if (status)
		return;
	fixture->batch = *batch;
	for (size_t i = 0; i < batch->count && i < 64; i++)
		fixture->sequences[i] = batch->items[i].sequence;
	snprintf(fixture->sensor, sizeof(fixture->sensor), "%s",
		 batch->count ? batch->items[0].sensor : "");
}

static void read_after(struct fixture *fixture, uint64_t after, size_t limit)
{
	unsigned answers = fixture->answers;

	assert_int_equal(
		history_read_after(fixture->history, "own", after, limit, on_read, fixture), 0);
	WAIT(fixture, fixture->answers > answers);
	assert_int_equal(fixture->status, 0);
}

/* The outbox of a spoke: a cursor over what is committed. */
static void test_outbox(void **state)
{
	struct fixture *fixture = *state;
	uint64_t cursor;

	create(fixture, 3600);
	read_after(fixture, 0, 10);
	assert_int_equal(fixture->batch.count, 0);
	assert_int_equal(fixture->batch.next, 0);
	assert_int_equal(history_cursor_get(fixture->history, "hub", &cursor), ERROR_NOT_FOUND);
	for (int i = 0; i < 5; i++)
		append(fixture, "s", "{'t':1}");
	history_flush(fixture->history);
	WAIT(fixture, fixture->commits);
	read_after(fixture, 0, 3);
	assert_int_equal(fixture->batch.count, 3);
	assert_int_equal(fixture->sequences[2], 3);
	assert_string_equal(fixture->sensor, "s");
	assert_int_equal(history_cursor_set(fixture->history, "hub", fixture->batch.next), 0);
	finish(fixture);
	create(fixture, 3600);
	assert_int_equal(history_cursor_get(fixture->history, "hub", &cursor), 0);
	read_after(fixture, cursor, 10);
	assert_int_equal(fixture->batch.count, 2);
	assert_int_equal(fixture->sequences[0], 4);
	assert_int_equal(fixture->batch.skipped, 0);
	read_after(fixture, fixture->batch.next, 10);
	assert_int_equal(fixture->batch.count, 0);
}

/* What retention has deleted before it was sent is counted. */
static void test_outbox_skips(void **state)
{
	const struct history_limits limits = {1, 1, 1, 1000};
	struct fixture *fixture = *state;
	struct history_db *db = open_db(fixture->folder);

	for (int i = 0; i < 4; i++)
		add_own(db, T0 + (uint64_t)i * DAY, "{'t':1}");
	roll_all(db);
	assert_int_equal(trim_all(db, &limits, T0 + 3 * DAY + 1, 10), 3);
	history_db_close(db);
	create(fixture, 3600);
	read_after(fixture, 0, 10);
	assert_int_equal(fixture->batch.skipped, 3);
	assert_int_equal(fixture->batch.count, 1);
	assert_int_equal(fixture->sequences[0], 4);
}

static void test_cursor_limits(void **state)
{
	struct fixture *fixture = *state;
	char name[READING_NAME_MAX + 2];

	create(fixture, 3600);
	memset(name, 'n', sizeof(name));
	name[READING_NAME_MAX + 1] = '\0';
	assert_int_equal(history_cursor_set(fixture->history, name, 1), ERROR_INVALID);
	assert_int_equal(history_cursor_set(fixture->history, "", 1), ERROR_INVALID);
	for (int i = 0; i < HISTORY_CURSORS_MAX; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		assert_int_equal(history_cursor_set(fixture->history, name, 1), 0);
	}
	assert_int_equal(history_cursor_set(fixture->history, "more", 1), ERROR_TOO_LARGE);
	assert_int_equal(history_cursor_set(fixture->history, "c3", 2), 0);
}

/* The folder is missing, so nothing can be written: memory is bounded, the newest is kept. */
static void test_no_disk(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t all = 40000;
	uint64_t cursor, kept;
	char data[256];
	json_t *answer, *status;

	snprintf(fixture->path, sizeof(fixture->path), "%s/later/history.db",
		 fixture->folder->path);
	create(fixture, 3600);
	assert_int_equal(fixture->failing_notes, 1);
	assert_true(history_is_failing(fixture->history));
	assert_int_equal(history_cursor_get(fixture->history, "hub", &cursor), ERROR_BUSY);
	for (uint64_t i = 1; i <= all; i++) {
		snprintf(data, sizeof(data), "{'n':%d,'text':'%0100d'}", (int)i, 7);
		append(fixture, "s", data);
	}
	status = history_to_json(fixture->history);
	kept = (uint64_t)json_integer_value(json_object_get(status, "pending"));
	assert_json(json_object_get(status, "state"), "'failing'");
	assert_true(json_is_string(json_object_get(status, "reason")));
	assert_int_equal(json_integer_value(json_object_get(status, "dropped")), all - kept);
	assert_true(kept > 1000 && kept < all);
	json_decref(status);
	/* A node that sends is told to wait. */
	assert_int_equal(append_remote(fixture, 1, 2000, NULL), ERROR_BUSY);
	assert_int_equal(history_counters(fixture->history).batches_refused, 1);
	make_folder(fixture->folder, "later");
	WAIT(fixture, history_counters(fixture->history).committed == kept);
	assert_false(history_is_failing(fixture->history));
	assert_int_equal(fixture->failing_notes, 1);
	assert_int_equal(fixture->notes, 2);
	answer = ask(fixture);
	/* Those that were kept are the newest. */
	assert_int_equal(json_integer_value(json_object_get(part(answer, 0, "data"), "n")),
			 all - kept + 1);
	json_decref(answer);
}

/* Readings of a sensor on the disk. The history is closed. */
static int64_t count_of(const struct fixture *fixture, const char *sensor)
{
	struct history_db *db = NULL;
	struct error err = {0};
	sqlite3_stmt *statement;
	int64_t count;

	check(history_db_open(fixture->path, &db, &err), &err);
	sqlite3_prepare_v2(db->db,
			   "SELECT count(*) FROM reading JOIN series ON series.id = reading.series"
			   " JOIN sensor ON sensor.id = series.sensor WHERE sensor.name = ?1",
			   -1, &statement, NULL);
	sqlite3_bind_text(statement, 1, sensor, -1, SQLITE_STATIC);
	sqlite3_step(statement);
	count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	history_db_close(db);
	return count;
}

/* While the disk fails, one plugin gives a thousand times as much as its neighbour. */
static void test_a_flood_drops_none_of_its_neighbours(void **state)
{
	struct fixture *fixture = *state;
	char data[4000];

	snprintf(fixture->path, sizeof(fixture->path), "%s/later/history.db",
		 fixture->folder->path);
	create(fixture, 3600);
	snprintf(data, sizeof(data), "{'text':'%03900d'}", 7);
	for (int i = 0; i < 40; i++) {
		append_of(fixture, "honest", "honest", "{'t':21.5}");
		for (int j = 0; j < 100; j++)
			append_of(fixture, "flood", "flood", data);
	}
	assert_true(history_counters(fixture->history).dropped > 1000);
	make_folder(fixture->folder, "later");
	WAIT(fixture, fixture->commits);
	finish(fixture);
	assert_int_equal(count_of(fixture, "honest"), 40);
}

/* What a hub was sent takes no room of its own readings. */
static void test_batches_drop_none_of_the_nodes_own(void **state)
{
	struct fixture *fixture = *state;

	snprintf(fixture->path, sizeof(fixture->path), "%s/no/history.db", fixture->folder->path);
	create(fixture, 3600);
	for (uint64_t first = 1; !append_remote(fixture, first, HISTORY_BATCH_MAX, NULL);)
		first += HISTORY_BATCH_MAX;
	for (int i = 0; i < 100; i++)
		append(fixture, "s", "{'t':1}");
	assert_int_equal(history_counters(fixture->history).dropped, 0);
}

static void test_a_transaction_has_a_largest_size(void **state)
{
	struct fixture *fixture = *state;
	char data[4000];
	size_t count = 3 * HISTORY_COMMIT_SIZE_MAX / 3900;

	create(fixture, 3600);
	snprintf(data, sizeof(data), "{'text':'%03900d'}", 7);
	for (size_t i = 0; i < count; i++)
		append(fixture, "s", data);
	/* Closing writes all of it, in as many transactions as it takes. */
	history_flush(fixture->history);
	WAIT(fixture, history_counters(fixture->history).committed == count);
	assert_in_range(history_counters(fixture->history).commits, 3, 8);
	for (size_t i = 0; i < count; i++)
		append(fixture, "s", data);
	finish(fixture);
	assert_int_equal(count_of(fixture, "s"), 2 * count);
}

static void test_too_many_questions(void **state)
{
	const struct history_query query = query_all();
	struct fixture *fixture = *state;

	create(fixture, 3600);
	for (int i = 0; i < HISTORY_QUERIES_MAX; i++)
		assert_int_equal(history_query(fixture->history, &query, on_answer, fixture), 0);
	assert_int_equal(history_query(fixture->history, &query, on_answer, fixture), ERROR_BUSY);
	assert_int_equal(history_counters(fixture->history).queries_refused, 1);
	/* Those that wait are told when it closes. */
	finish(fixture);
	assert_int_equal(fixture->answers, HISTORY_QUERIES_MAX);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_commits_by_time),
		CASE(test_close_commits),
		CASE(test_remote_is_acknowledged),
		CASE(test_closed_by_the_acknowledgement),
		CASE(test_wrong_batches),
		CASE(test_outbox),
		CASE(test_outbox_skips),
		CASE(test_cursor_limits),
		CASE(test_no_disk),
		CASE(test_a_flood_drops_none_of_its_neighbours),
		CASE(test_batches_drop_none_of_the_nodes_own),
		CASE(test_a_transaction_has_a_largest_size),
		CASE(test_too_many_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
