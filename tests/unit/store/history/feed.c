#include "store/history/feed.h"

#include "fixture.h"
#include "reading/create.h"
#include "store/history/history.h"

/* A history with readings, and a feed that notes what it sent. */
struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	struct history *history;
	struct history_feed *feed;
	char path[128];
	uint64_t sequences[64], tokens[64];
	size_t sent;
	bool is_refusing;
};

static int publish(void *arg, const char *node, const struct history_item *item, uint64_t token)
{
	struct fixture *fixture = arg;

	if (fixture->is_refusing)
		return ERROR_BUSY;
	assert_string_equal(node, "own");
	assert_true(fixture->sent < 64);
	fixture->sequences[fixture->sent] = item->sequence;
	fixture->tokens[fixture->sent++] = token;
	return 0;
}

static void create(struct fixture *fixture, size_t window)
{
	const struct history_feed_config config = {.history = fixture->history,
						   .name = "test",
						   .window = window,
						   .publish = publish,
						   .arg = fixture};
	struct error err = {0};

	check(history_feed_create(&config, &fixture->feed, &err), &err);
	history_feed_add(fixture->feed, "own");
}

static void on_closed(void *arg)
{
	((struct fixture *)arg)->feed = NULL;
}

static void close_feed(struct fixture *fixture)
{
	history_feed_close(fixture->feed, on_closed, fixture);
	while (fixture->feed)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct error err = {0};

	*state = fixture;
	uv_loop_init(&fixture->loop);
	if (folder_setup((void **)&fixture->folder))
		return -1;
	snprintf(fixture->path, sizeof(fixture->path), "%s/history.db", fixture->folder->path);
	const struct history_config config = {
		.path = fixture->path,
		.node = "own",
		.clock = clock_system(),
		.commit_seconds = 0.01,
		.limits = {36500, 36500, 36500, 1000},
	};

	check(history_create(&fixture->loop, &config, &fixture->history, &err), &err);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	close_feed(fixture);
	history_close(fixture->history, NULL, NULL);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

static void append(struct fixture *fixture, unsigned count)
{
	const struct reading_source source = {.node = "own", .plugin = "p"};

	while (count--) {
		struct reading *reading = reading_create(&source, "s", T0, parse("{\"t\": 1}"));

		history_append(fixture->history, reading);
		reading_unref(reading);
	}
}

static void wait_for(struct fixture *fixture, size_t sent)
{
	while (fixture->sent < sent)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

/* Without a cursor, a feed begins with what comes. */
static void begin(struct fixture *fixture)
{
	history_cursor_set(fixture->history, "test.own", 0);
}

static uint64_t cursor(struct fixture *fixture)
{
	uint64_t value = 0;

	assert_int_equal(history_cursor_get(fixture->history, "test.own", &value), 0);
	return value;
}

static void wait_for_commit(struct fixture *fixture, uint64_t count)
{
	while (history_counters(fixture->history).committed < count)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void test_at_most_a_window_is_on_the_way(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, 10);
	wait_for_commit(fixture, 10);
	begin(fixture);
	create(fixture, 4);
	history_feed_set_online(fixture->feed, true);
	wait_for(fixture, 4);
	uv_run(&fixture->loop, UV_RUN_NOWAIT);
	assert_int_equal(fixture->sent, 4);
	history_feed_acknowledged_until(fixture->feed, fixture->tokens[2]);
	wait_for(fixture, 7);
	assert_int_equal(history_feed_counters(fixture->feed).sent, 3);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(fixture->sequences[i], i + 1);
}

/* An acknowledgement out of order waits for those before it. */
static void test_the_cursor_leaves_no_gap(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before;

	append(fixture, 3);
	wait_for_commit(fixture, 3);
	begin(fixture);
	create(fixture, 3);
	history_feed_set_online(fixture->feed, true);
	wait_for(fixture, 3);
	before = cursor(fixture);
	history_feed_acknowledged(fixture->feed, fixture->tokens[1]);
	assert_int_equal(cursor(fixture), before);
	history_feed_acknowledged(fixture->feed, fixture->tokens[0]);
	assert_true(cursor(fixture) > before);
	assert_int_equal(history_feed_counters(fixture->feed).sent, 2);
}

static void test_what_was_on_the_way_is_sent_again(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, 5);
	wait_for_commit(fixture, 5);
	begin(fixture);
	create(fixture, 5);
	history_feed_set_online(fixture->feed, true);
	wait_for(fixture, 5);
	history_feed_acknowledged_until(fixture->feed, fixture->tokens[1]);
	history_feed_set_online(fixture->feed, false);
	history_feed_set_online(fixture->feed, true);
	wait_for(fixture, 8);
	assert_int_equal(fixture->sequences[5], 3);
	assert_int_equal(fixture->sequences[7], 5);
}

static void test_a_refusal_is_tried_again(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, 2);
	wait_for_commit(fixture, 2);
	begin(fixture);
	create(fixture, 4);
	fixture->is_refusing = true;
	history_feed_set_online(fixture->feed, true);
	append(fixture, 1);
	wait_for_commit(fixture, 3);
	assert_int_equal(fixture->sent, 0);
	fixture->is_refusing = false;
	while (fixture->sent < 3) {
		history_feed_pump(fixture->feed);
		uv_run(&fixture->loop, UV_RUN_ONCE);
	}
	assert_int_equal(fixture->sequences[2], 3);
}

/* Of the one before: {"own": [stream, sequence]}. */
static json_t *progress_until(struct fixture *fixture, json_int_t sequence)
{
	json_t *progress = history_feed_progress(fixture->feed);
	json_t *own = json_object_get(progress, "own");

	assert_int_equal(json_array_size(own), 2);
	json_array_set_new(own, 1, json_integer(sequence));
	return progress;
}

/* This node has fed `count` readings, of which 2 were acknowledged; another one came up to 7 since.
 * The caller releases that one's progress. */
static json_t *feed_two_of(struct fixture *fixture, unsigned count)
{
	append(fixture, count);
	wait_for_commit(fixture, count);
	begin(fixture);
	create(fixture, 2);
	history_feed_set_online(fixture->feed, true);
	wait_for(fixture, 2);
	history_feed_acknowledged_until(fixture->feed, fixture->tokens[1]);
	fixture->sent = 0;
	return progress_until(fixture, 7);
}

/* So this one goes on with 8. */
static void test_it_goes_on_where_another_one_ended(void **state)
{
	struct fixture *fixture = *state;
	json_t *progress = feed_two_of(fixture, 10);

	history_feed_set_online(fixture->feed, false);
	history_feed_follow(fixture->feed, progress);
	json_decref(progress);
	progress = progress_until(fixture, 5); /* what is older changes nothing */
	history_feed_follow(fixture->feed, progress);
	json_decref(progress);
	history_feed_set_online(fixture->feed, true);
	wait_for(fixture, 2);
	assert_int_equal(fixture->sequences[0], 8);
	assert_int_equal(fixture->sequences[1], 9);
}

/* After a start, before anything was read of the node, and before the readings are there. */
static void test_a_new_one_goes_on_where_another_one_ended(void **state)
{
	struct fixture *fixture = *state;
	json_t *progress = feed_two_of(fixture, 5);

	close_feed(fixture);
	create(fixture, 4);
	history_feed_follow(fixture->feed, progress);
	append(fixture, 4);
	wait_for_commit(fixture, 9);
	history_feed_set_online(fixture->feed, true);
	wait_for(fixture, 2);
	assert_int_equal(fixture->sequences[0], 8);
	json_decref(progress);
	progress = progress_until(fixture, 7);
	assert_int_equal(json_array_size(json_object_get(progress, "own")), 2);
	json_decref(progress);
}

/* Another node says so, and may be wrong about everything. */
static void test_progress_of_a_wrong_form_is_left_out(void **state)
{
	static const char *const wrong[] = {"[]",
					    "{\"own\": 7}",
					    "{\"own\": [1]}",
					    "{\"own\": [0, 7]}",
					    "{\"own\": [-1, -7]}",
					    "{\"own\": [1, 17592186044416]}",
					    "{\"\": [1, 7]}",
					    "{\"own\": {\"a\": 1}}"};
	struct fixture *fixture = *state;

	append(fixture, 1);
	wait_for_commit(fixture, 1);
	begin(fixture);
	create(fixture, 2);
	history_feed_follow(fixture->feed, NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		json_t *progress = parse(wrong[i]);

		history_feed_follow(fixture->feed, progress);
		json_decref(progress);
		progress = history_feed_progress(fixture->feed);
		assert_int_equal(json_object_size(progress), 0);
		json_decref(progress);
	}
	history_feed_set_online(fixture->feed, true);
	wait_for(fixture, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_at_most_a_window_is_on_the_way, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_the_cursor_leaves_no_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_was_on_the_way_is_sent_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_refusal_is_tried_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_it_goes_on_where_another_one_ended, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_new_one_goes_on_where_another_one_ended,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_progress_of_a_wrong_form_is_left_out, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
