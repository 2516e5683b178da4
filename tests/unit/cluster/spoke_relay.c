/*
 * What a hub relays of its spokes, on a log in memory with real histories: the hub "attic" has a
 * spoke "cellar", and the member "garden" reads the log.
 */
#include "cluster/spoke_relay.h"

#include "../plugin/folder.h"
#include "base/clock.h"
#include "base/gzip.h"
#include "cluster/names.h"
#include "cluster/reader.h"
#include "fake_engine.h"
#include "link/batch.h"
#include "store/history/history.h"

#define NOW_MS UINT64_C(1800000000000)
#define MS UINT64_C(1000000)
#define STREAM 0x1f

struct node {
	struct fixture *fixture;
	const char *name;
	char database[128];
	struct history *history;
	struct spoke_relay relay;
	struct reader reader;
	unsigned open_parts, appended;
	char refused[ERROR_TEXT_SIZE], problem[ERROR_TEXT_SIZE];
};

struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	struct clock_manual clock;
	struct fake_engine engine;
	struct fake_stream *log;
	struct streams streams; /* only what reader_start() reads of it */
	json_t *spokes;		/* owned: of the hub */
	const char *member;	/* one more member */
	struct node nodes[2];
};

static void on_batch(void *arg, const struct spoke_link_batch *batch)
{
	(void)arg, (void)batch;
}

static void on_own(void *arg, const struct message_id *id, uint64_t sequence)
{
	(void)arg, (void)id, (void)sequence;
}

static void on_gap(void *arg, uint64_t stream, uint64_t sequence)
{
	(void)arg, (void)stream, (void)sequence;
}

static void on_refused(void *arg, const char *text)
{
	snprintf(((struct node *)arg)->refused, ERROR_TEXT_SIZE, "%s", text);
}

static void on_problem(void *arg, const char *text)
{
	snprintf(((struct node *)arg)->problem, ERROR_TEXT_SIZE, "%s", text);
}

static json_t *list_spokes(void *arg)
{
	const struct node *node = arg;

	return strcmp(node->name, "attic") != 0 ? NULL : json_incref(node->fixture->spokes);
}

static bool is_member(void *arg, const char *name)
{
	const struct fixture *fixture = ((struct node *)arg)->fixture;

	return !strcmp(name, "attic") || !strcmp(name, "garden") || !strcmp(name, fixture->member);
}

static void open_node(struct fixture *fixture, int index)
{
	static const char *const names[] = {"attic", "garden"};
	struct node *node = &fixture->nodes[index];
	const struct history_config history = {
		.path = node->database,
		.node = names[index],
		.clock = &fixture->clock.base,
		.commit_seconds = 3600, /* history_flush() commits */
		.limits = {.keep_raw_days = 365, .max_mb = 64},
	};
	struct spoke_relay_config relay = {.engine = &fixture->engine.base,
					   .clock = &fixture->clock.base,
					   .node = names[index],
					   .spokes = list_spokes,
					   .is_member = is_member,
					   .on_problem = on_problem,
					   .arg = node};
	struct reader_config reader = {.engine = &fixture->engine.base,
				       .clock = &fixture->clock.base,
				       .node = names[index],
				       .on_batch = on_batch,
				       .on_own = on_own,
				       .on_gap = on_gap,
				       .on_refused = on_refused,
				       .arg = node,
				       .relay = &node->relay};
	uint64_t value;

	*node = (struct node){.fixture = fixture, .name = names[index]};
	snprintf(node->database, sizeof(node->database), "%s/%s.db", fixture->folder->path,
		 node->name);
	assert_int_equal(history_create(&fixture->loop, &history, &node->history, NULL), 0);
	relay.history = reader.history = node->history;
	assert_int_equal(spoke_relay_init(&node->relay, &relay), 0);
	reader_init(&node->reader, &reader);
	/* The cursors are known when the database is open. */
	while (history_cursor_get(node->history, "none", &value) == ERROR_BUSY)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void part_closed(void *arg)
{
	((struct node *)arg)->open_parts--;
}

static void close_node(struct node *node)
{
	reader_stop(&node->reader);
	node->open_parts = 3;
	spoke_relay_close(&node->relay, part_closed, node);
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
		spoke_relay_start(&fixture->nodes[i].relay, fixture->streams.identity,
				  fixture->streams.first);
		reader_start(&fixture->nodes[i].reader, &fixture->streams);
	}
}

static void add_log(struct fixture *fixture)
{
	fixture->log = fake_engine_add(&fixture->engine, CLUSTER_LOG, CLUSTER_LOG_SUBJECT ">");
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	folder_setup((void **)&fixture->folder);
	uv_loop_init(&fixture->loop);
	clock_manual_init(&fixture->clock, NOW_MS);
	fake_engine_init(&fixture->engine);
	add_log(fixture);
	fixture->spokes = json_pack("[s]", "cellar");
	fixture->member = "";
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
	json_decref(fixture->spokes);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

static void on_appended(void *arg, int status, const struct history_appended *result)
{
	assert_int_equal(status, 0);
	((struct node *)arg)->appended += (unsigned)result->added;
}

/* The hub has taken readings of a spoke: `count` from this sequence on. */
static void take(struct fixture *fixture, const char *spoke, uint64_t first, unsigned count)
{
	struct node *hub = &fixture->nodes[0];
	unsigned wanted = hub->appended + count;
	json_t *data = json_pack("{s:i}", "t", 7);

	for (unsigned i = 0; i < count; i++) {
		const struct history_item item = {.sequence = first + i,
						  .time_ms = NOW_MS + i,
						  .sensor = "dht22",
						  .plugin = "dht22",
						  .data = data};

		assert_int_equal(history_append_remote(hub->history, spoke, STREAM, &item, 1,
						       on_appended, hub, NULL),
				 0);
	}
	while (hub->appended < wanted) {
		history_flush(hub->history);
		uv_run(&fixture->loop, UV_RUN_ONCE);
	}
	json_decref(data);
}

static bool is_busy(const struct node *node)
{
	return node->reader.is_busy || spoke_relay_is_busy(&node->relay);
}

static void answer(struct fixture *fixture)
{
	while (fixture->engine.waiting_count || is_busy(&fixture->nodes[0]) ||
	       is_busy(&fixture->nodes[1])) {
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
			spoke_relay_tick(&node->relay);
			reader_tick(&node->reader);
		}
		answer(fixture);
	}
}

static uint64_t added(const struct fixture *fixture)
{
	return fixture->nodes[1].reader.counters.added;
}

static void readings_of_a_spoke_end_in_the_history_of_another_member(void **state)
{
	struct fixture *fixture = *state;
	const struct engine_message *message;
	json_t *json;

	take(fixture, "cellar", 1, 3);
	start(fixture);
	settle(fixture);
	assert_int_equal(added(fixture), 3);
	message = &fixture->log->stored[1].message->message;
	assert_string_equal(message->subject, "harvester.log.relayed/attic.cellar");
	assert_string_equal(engine_header(message, MESSAGE_ID_HEADER), "cellar/1f/1-3");
	take(fixture, "cellar", 4, 2);
	settle(fixture);
	assert_int_equal(added(fixture), 5);
	assert_int_equal(fixture->log->last, 2);
	assert_int_equal(fixture->nodes[1].reader.counters.refused, 0);
	json = spoke_relay_to_json(&fixture->nodes[0].relay);
	assert_int_equal(json_integer_value(json_object_get(json, "readings")), 5);
	json_decref(json);
}

static void a_spoke_that_comes_later_is_relayed(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	settle(fixture);
	assert_int_equal(fixture->log->last, 0);
	json_array_append_new(fixture->spokes, json_string("barn"));
	take(fixture, "barn", 1, 2);
	settle(fixture);
	assert_int_equal(added(fixture), 2);
}

static void the_cursor_survives_a_restart(void **state)
{
	struct fixture *fixture = *state;

	take(fixture, "cellar", 1, 3);
	start(fixture);
	settle(fixture);
	for (int i = 0; i < 2; i++) {
		history_flush(fixture->nodes[i].history);
		close_node(&fixture->nodes[i]);
		open_node(fixture, i);
	}
	/* The log has forgotten what it had: only the cursor says that it had it. */
	fixture->log->first = 2;
	fake_stream_lose(fixture->log, 1);
	start(fixture);
	settle(fixture);
	assert_int_equal(fixture->log->last, 1);
	take(fixture, "cellar", 4, 1);
	settle(fixture);
	assert_int_equal(fixture->log->last, 2);
}

static void another_log_is_filled_from_the_hubs_history(void **state)
{
	struct fixture *fixture = *state;

	take(fixture, "cellar", 1, 3);
	start(fixture);
	settle(fixture);
	fake_stream_delete(fixture->log);
	add_log(fixture);
	/* It is there for longer than the hub is back: its beginning was trimmed already. */
	fixture->log->first = 2;
	fixture->log->last = 1;
	start(fixture);
	settle(fixture);
	assert_int_equal(fixture->log->last, 2);
	assert_string_equal(
		engine_header(&fixture->log->stored[2].message->message, MESSAGE_ID_HEADER),
		"cellar/1f/1-3");
	assert_int_equal(fixture->nodes[1].reader.counters.known, 3);
}

static void a_hole_in_the_log_is_filled(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	for (int i = 0; i < 3; i++) {
		take(fixture, "cellar", (uint64_t)i * 2 + 1, 2);
		settle(fixture);
	}
	assert_int_equal(fixture->log->last, 3);
	fake_stream_lose(fixture->log, 2);
	for (int i = 0; i < 2; i++)
		fixture->nodes[i].reader.position = fixture->nodes[i].reader.committed = 0;
	spoke_relay_forget_own(&fixture->nodes[0].relay);
	for (int i = 0; i < 4; i++)
		settle(fixture);
	assert_string_equal(
		engine_header(&fixture->log->stored[4].message->message, MESSAGE_ID_HEADER),
		"cellar/1f/3-6");
}

static void a_spoke_that_became_a_member_is_left_out(void **state)
{
	struct fixture *fixture = *state;

	fixture->member = "cellar";
	json_array_append_new(fixture->spokes, json_string("far.barn"));
	take(fixture, "cellar", 1, 1);
	take(fixture, "far.barn", 1, 1);
	start(fixture);
	settle(fixture);
	assert_int_equal(fixture->log->last, 0);
	assert_string_equal(
		fixture->nodes[0].problem,
		"the cluster's log does not get the readings of the spoke far.barn: its "
		"name has a point; give it a `node_id` without one");
	fixture->member = "";
	settle(fixture);
	assert_int_equal(added(fixture), 1);
	fixture->member = "cellar";
	settle(fixture);
	take(fixture, "cellar", 2, 1);
	settle(fixture);
	assert_int_equal(fixture->log->last, 1);
}

/* A message as a broken hub would write it. */
static void put(struct fixture *fixture, const char *hub, const char *spoke)
{
	char subject[ENGINE_SUBJECT_SIZE], id[MESSAGE_ID_SIZE], text[512];
	const struct engine_header header = {MESSAGE_ID_HEADER, id};
	struct engine_message message = {
		.subject = subject, .headers = &header, .headers_count = 1};
	struct buffer body;

	cluster_log_subject(hub, spoke, subject);
	snprintf(id, sizeof(id), "%s/2/1-1", spoke);
	snprintf(text, sizeof(text),
		 "{\"protocol\":2,\"node\":\"%s\",\"stream\":\"2\",\"sent_ms\":1,\"skipped\":0,"
		 "\"logs\":[],\"readings\":[{\"sequence\":1,\"timestamp_ms\":%ju,\"sensor\":\"s\","
		 "\"plugin\":\"p\",\"simulated\":false,\"data\":{\"t\":1}}]}",
		 spoke, (uintmax_t)NOW_MS);
	buffer_init(&body, 65536);
	assert_int_equal(gzip_pack(text, strlen(text), 1, &body), 0);
	message.data = body.data;
	message.size = body.size;
	fixture->log->stored[++fixture->log->last].message = mail_create(&message);
	buffer_finish(&body);
}

static void a_hub_that_claims_another_ones_name_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct node *hub = &fixture->nodes[0], *garden = &fixture->nodes[1];

	start(fixture);
	settle(fixture); /* the hub knows its spokes */
	put(fixture, "evil", "attic");
	settle(fixture);
	assert_string_equal(
		garden->refused,
		"message 1 of the log: the hub evil relays readings of attic, which is "
		"the name of a member: give its spoke another name, or find out who uses "
		"its keys");
	put(fixture, "evil", "garden");
	settle(fixture);
	assert_int_equal(garden->reader.counters.refused, 2);
	assert_int_equal(garden->reader.counters.added, 0);
	put(fixture, "evil", "cellar");
	settle(fixture);
	assert_non_null(strstr(hub->refused, "which is the name of a spoke of this node"));
	assert_int_equal(hub->reader.counters.refused, 3);
	assert_int_equal(hub->reader.counters.added, 0);
	put(fixture, "evil", "far.barn");
	settle(fixture);
	assert_non_null(strstr(garden->refused, "the name of a spoke has no point"));
	assert_int_equal(garden->reader.counters.refused, 3);
}

static void one_hub_relays_a_limited_number_of_spokes(void **state)
{
	struct fixture *fixture = *state;
	struct node *garden = &fixture->nodes[1];
	char name[16];

	start(fixture);
	for (int i = 0; i < SPOKE_RELAY_SPOKES_MAX; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		put(fixture, "barn", name);
	}
	for (int i = 0; i < 3; i++)
		settle(fixture);
	assert_int_equal(garden->reader.counters.added, SPOKE_RELAY_SPOKES_MAX);
	put(fixture, "barn", "one-more");
	put(fixture, "other", "one-more");
	settle(fixture);
	assert_int_equal(garden->reader.counters.added, SPOKE_RELAY_SPOKES_MAX + 1);
	assert_int_equal(garden->reader.counters.refused, 1);
	assert_non_null(strstr(garden->refused, "the hub barn relays more than 64 spokes"));
}

static void subjects_are_clear(void **state)
{
	char subject[ENGINE_SUBJECT_SIZE], hub[READING_NAME_MAX + 1], node[READING_NAME_MAX + 1];
	char longest[READING_NAME_MAX + 1];

	(void)state;
	cluster_log_subject("at.tic", "cellar", subject);
	assert_string_equal(subject, "harvester.log.relayed/at/tic.cellar");
	assert_true(cluster_read_log_subject(subject, hub, node));
	assert_string_equal(hub, "at.tic");
	assert_string_equal(node, "cellar");
	assert_true(cluster_read_log_subject("harvester.log.at.tic", hub, node));
	assert_string_equal(hub, "");
	assert_string_equal(node, "at.tic");
	assert_false(cluster_read_log_subject("harvester.log.relayed/attic", hub, node));
	assert_false(cluster_read_log_subject("harvester.log.relayed/.cellar", hub, node));
	assert_false(cluster_read_log_subject("harvester.command.attic", hub, node));
	memset(longest, 'x', READING_NAME_MAX);
	longest[READING_NAME_MAX] = '\0';
	cluster_log_subject(longest, longest, subject);
	assert_true(cluster_read_log_subject(subject, hub, node));
	assert_string_equal(hub, longest);
	assert_string_equal(node, longest);
	assert_int_equal(strlen(subject), 22 + 2 * READING_NAME_MAX + 1);
	subject[strlen(subject) + 1] = '\0';
	subject[strlen(subject)] = 'x';
	assert_false(cluster_read_log_subject(subject, hub, node));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(readings_of_a_spoke_end_in_the_history_of_another_member),
		TEST(a_spoke_that_comes_later_is_relayed),
		TEST(the_cursor_survives_a_restart),
		TEST(another_log_is_filled_from_the_hubs_history),
		TEST(a_hole_in_the_log_is_filled),
		TEST(a_spoke_that_became_a_member_is_left_out),
		TEST(a_hub_that_claims_another_ones_name_is_refused),
		TEST(one_hub_relays_a_limited_number_of_spokes),
		cmocka_unit_test(subjects_are_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
