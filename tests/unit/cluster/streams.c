#include "cluster/streams.h"

#include "base/clock.h"
#include "cluster/names.h"
#include "fake_engine.h"

#define MS UINT64_C(1000000)

struct fixture {
	struct fake_engine engine;
	struct clock_manual clock;
	struct streams streams;
	unsigned ready, problems;
	uint64_t voters_ms;
	unsigned replicas; /* 0: 3 */
	char problem[ERROR_TEXT_SIZE];
};

static void on_ready(void *arg)
{
	((struct fixture *)arg)->ready++;
}

static void on_problem(void *arg, const char *text)
{
	struct fixture *fixture = arg;

	fixture->problems++;
	snprintf(fixture->problem, ERROR_TEXT_SIZE, "%s", text);
}

static void begin(struct fixture *fixture, const char *cluster)
{
	const struct streams_config config = {
		.engine = &fixture->engine.base,
		.clock = &fixture->clock.base,
		.cluster = cluster,
		.replicas = fixture->replicas ? fixture->replicas : 3,
		.voters_ms = fixture->voters_ms,
		.keep_days = 7,
		.max_mb = 256,
		.on_ready = on_ready,
		.on_problem = on_problem,
		.arg = fixture,
	};

	streams_finish(&fixture->streams);
	streams_init(&fixture->streams, &config);
	streams_set_connected(&fixture->streams, true);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fake_engine_init(&fixture->engine);
	clock_manual_init(&fixture->clock, 0);
	begin(fixture, "home");
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	fake_engine_finish(&fixture->engine);
	streams_finish(&fixture->streams);
	free(fixture);
	return 0;
}

static void check(struct fixture *fixture)
{
	clock_manual_advance_ns(&fixture->clock, STREAMS_PERIOD_MS * MS);
	streams_tick(&fixture->streams);
	fake_engine_run(&fixture->engine);
}

static void streams_that_are_missing_are_made(void **state)
{
	struct fixture *fixture = *state;
	const json_t *config;

	check(fixture);
	assert_int_equal(fixture->ready, 1);
	assert_true(fixture->streams.is_ready);
	assert_int_equal(fixture->streams.made, 3);
	config = fake_stream(&fixture->engine, CLUSTER_LOG)->config;
	assert_int_equal(json_integer_value(json_object_get(config, "num_replicas")), 3);
	assert_true(json_integer_value(json_object_get(config, "max_age")) ==
		    INT64_C(604800000000000));
	assert_string_equal(json_string_value(json_object_get(config, "storage")), "file");
	config = fake_stream(&fixture->engine, CLUSTER_PRESENCE)->config;
	assert_string_equal(json_string_value(json_object_get(config, "storage")), "memory");
	check(fixture);
	assert_int_equal(fixture->ready, 1);
	assert_int_equal(fixture->streams.made, 3);
}

static void a_log_that_was_deleted_is_made_again_and_is_another(void **state)
{
	struct fixture *fixture = *state;
	char before[STREAMS_IDENTITY_SIZE];

	check(fixture);
	memcpy(before, fixture->streams.identity, sizeof(before));
	fake_stream_delete(fake_stream(&fixture->engine, CLUSTER_LOG));
	check(fixture);
	assert_int_equal(fixture->ready, 2);
	assert_string_not_equal(fixture->streams.identity, before);
}

static void another_leader_of_the_log_is_a_reason_to_compare(void **state)
{
	struct fixture *fixture = *state;

	check(fixture);
	snprintf(fixture->engine.leader, sizeof(fixture->engine.leader), "b");
	check(fixture);
	assert_int_equal(fixture->ready, 2);
}

static void streams_of_another_cluster_are_left_alone(void **state)
{
	struct fixture *fixture = *state;

	check(fixture);
	begin(fixture, "office");
	check(fixture);
	assert_int_equal(fixture->ready, 1);
	assert_false(fixture->streams.is_ready);
	assert_string_equal(fixture->problem,
			    "the servers belong to the cluster home, and this node to office: "
			    "correct `urls` or `name` under [cluster]");
}

static void an_old_server_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fixture->engine.level = 0;
	check(fixture);
	assert_int_equal(fixture->ready, 0);
	assert_string_equal(fixture->problem,
			    "the nats-server is older than 2.11, which a cluster needs: install "
			    "the version that tools/setup-cluster builds");
	fixture->engine.level = 1;
	check(fixture);
	assert_int_equal(fixture->ready, 1);
}

static void without_a_quorum_it_waits_and_says_so_once(void **state)
{
	struct fixture *fixture = *state;

	fixture->engine.is_unreachable = true;
	check(fixture);
	assert_string_equal(
		fixture->problem,
		"the cluster's servers do not answer: fewer than half of them can reach "
		"each other, or JetStream is off; check them; readings wait in the "
		"history meanwhile");
	*fixture->problem = '\0';
	check(fixture);
	assert_string_equal(fixture->problem, "");
	fixture->engine.is_unreachable = false;
	check(fixture);
	assert_int_equal(fixture->ready, 1);
}

/* Tick for so many seconds; returns how many requests that made. */
static unsigned wait_seconds(struct fixture *fixture, unsigned seconds)
{
	unsigned requests = 0;

	for (unsigned i = 0; i < seconds; i++) {
		clock_manual_advance_ns(&fixture->clock, 1000 * MS);
		streams_tick(&fixture->streams);
		assert_true(fixture->engine.waiting_count <= 1);
		requests += (unsigned)fixture->engine.waiting_count;
		fake_engine_run(&fixture->engine);
	}
	return requests;
}

#define WEEK_S (7 * 86400)

static void a_week_without_a_quorum_costs_little(void **state)
{
	struct fixture *fixture = *state;
	unsigned requests;

	fixture->engine.is_unreachable = true;
	/* After 1, 2, 4, 8 and 10 s. */
	assert_int_equal(wait_seconds(fixture, 1 + 1 + 2 + 4 + 8 + 10), 6);
	requests = wait_seconds(fixture, WEEK_S);
	assert_in_range(requests, WEEK_S / STREAMS_PAUSE_S - 1, WEEK_S / STREAMS_PAUSE_S + 1);
	assert_int_equal(fixture->problems, 1);
	assert_int_equal(fixture->streams.made, 0);
	fixture->engine.is_unreachable = false;
	wait_seconds(fixture, STREAMS_PAUSE_S);
	assert_int_equal(fixture->ready, 1);
	/* The next failure is told, and tried again at once. */
	fixture->engine.is_unreachable = true;
	wait_seconds(fixture, 1 + STREAMS_PERIOD_MS / 1000);
	assert_int_equal(fixture->problems, 2);
	fixture->engine.is_unreachable = false;
	wait_seconds(fixture, 2);
	assert_int_equal(fixture->ready, 2);
}

static void reasons_that_alternate_are_not_all_told(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned i = 0; i < 3600; i++) {
		fixture->engine.is_unreachable = i % 20 < 10;
		fixture->engine.level = 0;
		wait_seconds(fixture, 1);
	}
	assert_in_range(fixture->problems, 2, 61);
	assert_int_equal(fixture->ready, 0);
}

static json_int_t replicas_of(struct fixture *fixture, const char *stream)
{
	return json_integer_value(
		json_object_get(fake_stream(&fixture->engine, stream)->config, "num_replicas"));
}

/* A board on which `harvester cluster voters` was run then. */
static void check_with_voters(struct fixture *fixture, unsigned voters, uint64_t since_ms)
{
	fixture->replicas = voters;
	fixture->voters_ms = since_ms;
	begin(fixture, "home");
	check(fixture);
	assert_true(fixture->streams.is_ready);
}

static void another_number_of_voters_changes_the_streams(void **state)
{
	static const char *const streams[] = {CLUSTER_LOG, CLUSTER_KEYS, CLUSTER_PRESENCE};
	struct fixture *fixture = *state;

	check(fixture);
	fixture->engine.servers = 4;
	check_with_voters(fixture, 5, 1000);
	assert_int_equal(replicas_of(fixture, CLUSTER_LOG), 3);
	assert_int_equal(fixture->streams.changed, 0);
	fixture->engine.servers = 5;
	check(fixture);
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
		assert_int_equal(replicas_of(fixture, streams[i]), 5);
	check(fixture);
	assert_int_equal(fixture->streams.changed, 3);
	assert_int_equal(fixture->streams.made, 0);
}

/* They are there if there was a roll-out, and else stay away. */
static void another_number_of_voters_changes_the_bundles(void **state)
{
	struct fixture *fixture = *state;
	struct fake_stream *bundles;

	check(fixture);
	bundles = fake_engine_add(&fixture->engine, CLUSTER_BUNDLES, CLUSTER_BUNDLES_SUBJECT ">");
	json_object_set_new(bundles->config, "metadata",
			    json_pack("{s:s}", "harvester.cluster", "home"));
	check_with_voters(fixture, 5, 1000);
	assert_int_equal(replicas_of(fixture, CLUSTER_BUNDLES), 5);
	assert_null(fake_stream(&fixture->engine, CLUSTER_ROLLOUTS));
	assert_int_equal(fixture->streams.changed, 4);
	assert_int_equal(fixture->streams.made, 0);
}

static void the_last_command_decides(void **state)
{
	struct fixture *fixture = *state;

	check_with_voters(fixture, 5, 2000);
	check_with_voters(fixture, 3, 0);
	check_with_voters(fixture, 3, 1000);
	assert_int_equal(replicas_of(fixture, CLUSTER_LOG), 5);
	check_with_voters(fixture, 3, 3000);
	assert_int_equal(replicas_of(fixture, CLUSTER_LOG), 3);
	check_with_voters(fixture, 5, 2000);
	assert_int_equal(replicas_of(fixture, CLUSTER_LOG), 3);
}

static void the_servers_are_described(void **state)
{
	struct fixture *fixture = *state;
	json_t *servers;
	char *text;

	check(fixture);
	servers = streams_servers(&fixture->streams);
	text = json_dumps(servers, JSON_COMPACT);
	assert_string_equal(
		text,
		"{\"leader\":\"a\",\"servers\":[{\"name\":\"a\",\"leader\":true,\"current\":true,"
		"\"lag\":0},{\"name\":\"b\",\"leader\":false,\"current\":true,\"lag\":2}]}");
	free(text);
	json_decref(servers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(streams_that_are_missing_are_made, setup, teardown),
		cmocka_unit_test_setup_teardown(a_log_that_was_deleted_is_made_again_and_is_another,
						setup, teardown),
		cmocka_unit_test_setup_teardown(another_leader_of_the_log_is_a_reason_to_compare,
						setup, teardown),
		cmocka_unit_test_setup_teardown(streams_of_another_cluster_are_left_alone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_old_server_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_quorum_it_waits_and_says_so_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_week_without_a_quorum_costs_little, setup,
						teardown),
		cmocka_unit_test_setup_teardown(reasons_that_alternate_are_not_all_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(another_number_of_voters_changes_the_bundles, setup,
						teardown),
		cmocka_unit_test_setup_teardown(another_number_of_voters_changes_the_streams, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_last_command_decides, setup, teardown),
		cmocka_unit_test_setup_teardown(the_servers_are_described, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
