/*
 * A publisher and a reader on one log in memory, with real histories: what two nodes measure ends
 * in both histories, whatever happens to the log.
 */
#include "../plugin/folder.h"
#include "base/clock.h"
#include "cluster/names.h"
#include "cluster/publisher.h"
#include "cluster/reader.h"
#include "cluster/spoke_relay.h"
#include "fake_engine.h"
#include "link/batch.h"
#include "reading/create.h"
#include "store/history/history.h"

#define NOW_MS UINT64_C(1800000000000)
#define MS UINT64_C(1000000)

struct node {
	struct fixture *fixture;
	const char *name;
	char database[128];
	struct history *history;
	struct publisher publisher;
	struct reader reader;
	struct spoke_relay relay; /* without spokes */
	unsigned shown, gaps;
	char refused[ERROR_TEXT_SIZE], problem[ERROR_TEXT_SIZE];
	unsigned open_parts;
};

struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	struct clock_manual clock;
	struct fake_engine engine;
	struct fake_stream *log;
	struct streams streams; /* only what reader_start() reads of it */
	struct node nodes[2];
};

static void on_batch(void *arg, const struct spoke_link_batch *batch)
{
	((struct node *)arg)->shown += (unsigned)batch->count;
}

static void on_own(void *arg, const struct message_id *id, uint64_t sequence)
{
	(void)arg, (void)id, (void)sequence;
}

static void on_gap(void *arg, uint64_t stream, uint64_t sequence)
{
	struct node *node = arg;

	node->gaps++;
	publisher_set_back(&node->publisher, stream, sequence);
}

static void on_refused(void *arg, const char *text)
{
	snprintf(((struct node *)arg)->refused, ERROR_TEXT_SIZE, "%s", text);
}

static void on_problem(void *arg, const char *text)
{
	snprintf(((struct node *)arg)->problem, ERROR_TEXT_SIZE, "%s", text);
}

static void open_node(struct fixture *fixture, int index)
{
	static const char *const names[] = {"attic", "cellar"};
	struct node *node = &fixture->nodes[index];
	const struct history_config history = {
		.path = node->database,
		.node = names[index],
		.clock = &fixture->clock.base,
		.commit_seconds = 3600, /* history_flush() commits */
		.limits = {.keep_raw_days = 365, .max_mb = 64},
	};
	const struct publisher_config publisher = {.engine = &fixture->engine.base,
						   .clock = &fixture->clock.base,
						   .node = names[index],
						   .on_problem = on_problem,
						   .arg = node};
	const struct reader_config reader = {.engine = &fixture->engine.base,
					     .clock = &fixture->clock.base,
					     .node = names[index],
					     .on_batch = on_batch,
					     .on_own = on_own,
					     .on_gap = on_gap,
					     .on_refused = on_refused,
					     .arg = node,
					     .relay = &node->relay};

	node->fixture = fixture;
	node->name = names[index];
	snprintf(node->database, sizeof(node->database), "%s/%s.db", fixture->folder->path,
		 node->name);
	assert_int_equal(history_create(&fixture->loop, &history, &node->history, NULL), 0);
	node->publisher.config = publisher;
	node->publisher.config.history = node->history;
	assert_int_equal(publisher_init(&node->publisher,
					&(const struct publisher_config){
						&fixture->engine.base, &fixture->clock.base,
						node->history, node->name, on_problem, node, NULL}),
			 0);
	reader_init(&node->reader, &reader);
	node->reader.config.history = node->history;
}

static void part_closed(void *arg)
{
	((struct node *)arg)->open_parts--;
}

static void close_node(struct node *node)
{
	publisher_stop(&node->publisher);
	reader_stop(&node->reader);
	node->open_parts = 3;
	publisher_close(&node->publisher, part_closed, node);
	reader_close(&node->reader, part_closed, node);
	history_close(node->history, part_closed, node);
	while (node->open_parts)
		uv_run(&node->fixture->loop, UV_RUN_ONCE);
}

static void refresh(struct fixture *fixture)
{
	snprintf(fixture->streams.identity, sizeof(fixture->streams.identity), "%x",
		 fixture->engine.made);
	fixture->streams.first = fixture->log->first;
	fixture->streams.last = fixture->log->last;
}

/* The streams are ready, again. */
static void start(struct fixture *fixture)
{
	refresh(fixture);
	for (int i = 0; i < 2; i++) {
		struct node *node = &fixture->nodes[i];

		/* The cursors are known when the database is open. */
		uint64_t value;

		while (history_cursor_get(node->history, "none", &value) == ERROR_BUSY)
			uv_run(&fixture->loop, UV_RUN_ONCE);
		publisher_start(&node->publisher, fixture->streams.identity,
				fixture->streams.first);
		reader_start(&node->reader, &fixture->streams);
	}
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	folder_setup((void **)&fixture->folder);
	uv_loop_init(&fixture->loop);
	clock_manual_init(&fixture->clock, NOW_MS);
	fake_engine_init(&fixture->engine);
	fixture->log = fake_engine_add(&fixture->engine, CLUSTER_LOG, CLUSTER_LOG_SUBJECT ">");
	for (int i = 0; i < 2; i++)
		open_node(fixture, i);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	fake_engine_break(&fixture->engine);
	for (int i = 0; i < 2; i++)
		close_node(&fixture->nodes[i]);
	fake_engine_finish(&fixture->engine);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

/* Readings of a node, committed. */
static void measure(struct fixture *fixture, int index, unsigned count)
{
	struct node *node = &fixture->nodes[index];
	const struct reading_source source = {
		.node = node->name, .plugin = "dht22", .now_ms = NOW_MS};
	uint64_t before = history_counters(node->history).committed;

	for (unsigned i = 0; i < count; i++) {
		struct reading *reading =
			reading_create(&source, "dht22", NOW_MS, json_pack("{s:i}", "t", (int)i));

		assert_true(history_append(node->history, reading));
		reading_unref(reading);
	}
	while (history_counters(node->history).committed < before + count) {
		history_flush(node->history);
		uv_run(&fixture->loop, UV_RUN_ONCE);
	}
}

static bool is_idle(const struct node *node)
{
	return !node->publisher.is_busy && !node->reader.is_busy;
}

/* Answer everything, and what follows from that; no time passes. */
static void answer(struct fixture *fixture)
{
	while (fixture->engine.waiting_count || !is_idle(&fixture->nodes[0]) ||
	       !is_idle(&fixture->nodes[1])) {
		if (fixture->engine.waiting_count) {
			fake_engine_run(&fixture->engine);
			continue;
		}
		for (int i = 0; i < 2; i++)
			history_flush(fixture->nodes[i].history);
		uv_run(&fixture->loop, UV_RUN_ONCE);
	}
}

/* Let time pass and everything be answered until nothing happens any more. */
static void settle(struct fixture *fixture)
{
	for (int quiet = 0; quiet < 12; quiet++) {
		clock_manual_advance_ns(&fixture->clock, READER_PERIOD_MS * MS);
		refresh(fixture);
		for (int i = 0; i < 2; i++) {
			struct node *node = &fixture->nodes[i];

			reader_update(&node->reader, &fixture->streams);
			publisher_tick(&node->publisher);
			reader_tick(&node->reader);
		}
		answer(fixture);
	}
}

static void assert_history(struct fixture *fixture, int index, uint64_t others)
{
	const struct reader_counters *counters = &fixture->nodes[index].reader.counters;

	assert_int_equal(counters->added, others);
	assert_int_equal(counters->refused, 0);
}

static void readings_of_each_end_in_the_history_of_the_other(void **state)
{
	struct fixture *fixture = *state;

	measure(fixture, 0, 700); /* two messages */
	measure(fixture, 1, 3);
	start(fixture);
	settle(fixture);
	assert_history(fixture, 0, 3);
	assert_history(fixture, 1, 700);
	assert_int_equal(fixture->nodes[1].shown, 700);
	assert_int_equal(fixture->nodes[0].publisher.counters.readings, 700);
	measure(fixture, 0, 1);
	settle(fixture);
	assert_history(fixture, 1, 701);
	assert_int_equal(fixture->nodes[0].gaps + fixture->nodes[1].gaps, 0);
}

/* A tick is a quarter of a second: with one request each, a log of a day would take hours. */
static void a_long_log_is_read_in_one_tick(void **state)
{
	struct fixture *fixture = *state;
	struct reader *reader = &fixture->nodes[1].reader;

	start(fixture);
	settle(fixture);
	for (int i = 0; i < 3 * READER_MESSAGES + 1; i++) {
		measure(fixture, 0, 1);
		answer(fixture);
	}
	assert_int_equal(fixture->log->last, 3 * READER_MESSAGES + 1);
	assert_int_equal(reader->position, 0);
	clock_manual_advance_ns(&fixture->clock, READER_PERIOD_MS * MS);
	refresh(fixture);
	reader_update(reader, &fixture->streams);
	reader_tick(reader);
	answer(fixture);
	assert_int_equal(reader_lag(reader), 0);
	assert_history(fixture, 1, 3 * READER_MESSAGES + 1);
}

static void names_of_messages_follow_each_other(void **state)
{
	struct fixture *fixture = *state;
	struct message_id id = {0};

	start(fixture);
	measure(fixture, 0, 3);
	settle(fixture);
	measure(fixture, 0, 2);
	settle(fixture);
	assert_true(message_id_read(
		engine_header(&fixture->log->stored[1].message->message, MESSAGE_ID_HEADER), &id));
	assert_int_equal(id.first, 1);
	assert_int_equal(id.last, 3);
	assert_true(message_id_read(
		engine_header(&fixture->log->stored[2].message->message, MESSAGE_ID_HEADER), &id));
	assert_int_equal(id.first, 4);
	assert_int_equal(id.last, 5);
}

static void an_answer_that_was_lost_makes_no_double(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	settle(fixture);
	fixture->engine.loses_answers = true;
	measure(fixture, 0, 5);
	while (!fixture->log->last) {
		uv_run(&fixture->loop, UV_RUN_NOWAIT);
		fake_engine_run(&fixture->engine);
	}
	fixture->engine.loses_answers = false;
	settle(fixture);
	assert_int_equal(fixture->log->last, 1);
	assert_history(fixture, 1, 5);
}

static void a_log_that_was_deleted_is_filled_again(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	measure(fixture, 0, 5);
	settle(fixture);
	fake_stream_delete(fixture->log);
	fixture->log = fake_engine_add(&fixture->engine, CLUSTER_LOG, CLUSTER_LOG_SUBJECT ">");
	start(fixture);
	measure(fixture, 0, 2);
	settle(fixture);
	assert_true(fixture->log->last > 0);
	assert_history(fixture, 1, 7);
	assert_true(fixture->nodes[0].publisher.counters.readings >= 12);
}

/* The end of the log is lost on all servers, as after a power cut of all without flushing. */
static void a_log_that_came_back_older_is_filled_again(void **state)
{
	struct fixture *fixture = *state;
	struct message_id id = {0};

	start(fixture);
	for (int i = 0; i < 3; i++) {
		measure(fixture, 0, 2);
		settle(fixture);
	}
	assert_int_equal(fixture->log->last, 3);
	fake_stream_roll_back(fixture->log, 1);
	start(fixture);
	settle(fixture);
	assert_int_equal(fixture->nodes[0].publisher.counters.set_back, 1);
	assert_true(message_id_read(
		engine_header(&fixture->log->stored[2].message->message, MESSAGE_ID_HEADER), &id));
	assert_int_equal(id.first, 3);
	assert_int_equal(id.last, 6);
	assert_history(fixture, 1, 6);
	assert_true(fixture->nodes[1].reader.counters.known >= 4);
}

/* A log that is shorter than before, but has as many messages again: another one at the cursor. */
static void another_message_at_the_cursor_makes_the_reader_begin_again(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	for (int i = 0; i < 3; i++) {
		measure(fixture, 0, 2);
		settle(fixture);
	}
	reader_stop(&fixture->nodes[1].reader);
	publisher_stop(&fixture->nodes[1].publisher);
	fake_stream_roll_back(fixture->log, 1);
	refresh(fixture);
	publisher_start(&fixture->nodes[0].publisher, fixture->streams.identity, 1);
	settle(fixture);
	measure(fixture, 0, 4);
	settle(fixture);
	measure(fixture, 0, 4);
	settle(fixture);
	assert_true(fixture->log->last >= 4);
	start(fixture);
	settle(fixture);
	assert_int_equal(fixture->nodes[1].reader.counters.restarts, 1);
	assert_history(fixture, 1, 14);
}

/* A message in the middle is lost on all servers: its node notices and sends it again. */
static void a_hole_in_the_log_is_filled_by_its_node(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	for (int i = 0; i < 4; i++) {
		measure(fixture, 0, 2);
		settle(fixture);
	}
	assert_int_equal(fixture->log->last, 4);
	fake_stream_lose(fixture->log, 2);
	/* Both read the log from its start, as after the loss of their cursors. */
	for (int i = 0; i < 2; i++) {
		fixture->nodes[i].reader.position = fixture->nodes[i].reader.committed = 0;
		memset(&fixture->nodes[i].reader.own, 0, sizeof(struct message_id));
	}
	for (int i = 0; i < 4; i++)
		settle(fixture);
	assert_int_equal(fixture->nodes[0].gaps, 1);
	assert_int_equal(fixture->nodes[0].reader.counters.lost, 1);
	assert_int_equal(fixture->nodes[1].reader.counters.lost, 1);
	assert_true(fixture->log->last > 4);
	assert_history(fixture, 1, 8);
}

/* Only the server that answers has lost it, or lags: the reader waits for another answer. */
static void a_gap_of_one_server_is_not_passed(void **state)
{
	struct fixture *fixture = *state;
	struct mail *hidden;

	start(fixture);
	measure(fixture, 0, 2);
	settle(fixture);
	reader_stop(&fixture->nodes[1].reader);
	measure(fixture, 0, 2);
	settle(fixture);
	measure(fixture, 0, 2);
	settle(fixture);
	hidden = fixture->log->stored[2].message;
	fixture->log->stored[2].message = NULL;
	start(fixture);
	settle(fixture);
	assert_int_equal(fixture->nodes[1].reader.position, 1);
	assert_int_equal(fixture->nodes[1].reader.counters.lost, 0);
	assert_true(fixture->nodes[1].reader.counters.gaps > 0);
	fixture->log->stored[2].message = hidden;
	settle(fixture);
	assert_int_equal(fixture->nodes[1].reader.position, 3);
	assert_history(fixture, 1, 6);
}

static void put(struct fixture *fixture, const char *subject, const char *id, const char *body)
{
	const struct engine_header header = {MESSAGE_ID_HEADER, id};
	const struct engine_message message = {.subject = subject,
					       .data = body,
					       .size = strlen(body),
					       .headers = &header,
					       .headers_count = id ? 1 : 0};

	fixture->log->stored[++fixture->log->last].message = mail_create(&message);
}

static void strange_messages_are_refused_and_passed(void **state)
{
	struct fixture *fixture = *state;
	struct node *node = &fixture->nodes[1];

	start(fixture);
	put(fixture, CLUSTER_LOG_SUBJECT "attic", NULL, "x");
	settle(fixture);
	assert_string_equal(
		node->refused,
		"message 1 of the log: its name (Nats-Msg-Id) is not node/stream/first-last; "
		"install the same version of harvester on all nodes");
	put(fixture, CLUSTER_LOG_SUBJECT "attic", "garden/1/1-1", "x");
	settle(fixture);
	assert_string_equal(node->refused, "message 2 of the log: it came under the subject "
					   "harvester.log.attic but names the node garden, so it "
					   "is left out; check which node sends it");
	put(fixture, CLUSTER_LOG_SUBJECT "attic", "attic/1/1-1", "x");
	settle(fixture);
	assert_non_null(strstr(node->refused, "message 3 of the log: "));
	assert_int_equal(node->reader.counters.refused, 3);
	node->reader.counters.refused = 0;
	measure(fixture, 0, 1);
	settle(fixture);
	assert_history(fixture, 1, 1);
}

static void cursors_survive_a_restart(void **state)
{
	struct fixture *fixture = *state;

	measure(fixture, 0, 4);
	start(fixture);
	settle(fixture);
	assert_history(fixture, 1, 4);
	for (int i = 0; i < 2; i++) {
		history_flush(fixture->nodes[i].history);
		close_node(&fixture->nodes[i]);
		memset(&fixture->nodes[i], 0, sizeof(struct node));
		open_node(fixture, i);
	}
	start(fixture);
	settle(fixture);
	assert_int_equal(fixture->log->last, 1);
	assert_int_equal(fixture->nodes[0].publisher.counters.messages, 0);
	assert_int_equal(fixture->nodes[1].reader.counters.messages, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(readings_of_each_end_in_the_history_of_the_other),
		TEST(a_long_log_is_read_in_one_tick),
		TEST(names_of_messages_follow_each_other),
		TEST(an_answer_that_was_lost_makes_no_double),
		TEST(a_log_that_was_deleted_is_filled_again),
		TEST(a_log_that_came_back_older_is_filled_again),
		TEST(another_message_at_the_cursor_makes_the_reader_begin_again),
		TEST(a_hole_in_the_log_is_filled_by_its_node),
		TEST(a_gap_of_one_server_is_not_passed),
		TEST(strange_messages_are_refused_and_passed),
		TEST(cursors_survive_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
