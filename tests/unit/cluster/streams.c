#include "cluster/streams.h"

#include "base/clock.h"
#include "cluster/names.h"
#include "fake_engine.h"

#define MS UINT64_C(1000000)

struct fixture {
	struct fake_engine engine;
	struct clock_manual clock;
	struct streams streams;
	unsigned ready;
	char problem[ERROR_TEXT_SIZE];
};

static void on_ready(void *arg)
{
	((struct fixture *)arg)->ready++;
}

static void on_problem(void *arg, const char *text)
{
	snprintf(((struct fixture *)arg)->problem, ERROR_TEXT_SIZE, "%s", text);
}

static void begin(struct fixture *fixture, const char *cluster)
{
	const struct streams_config config = {
		.engine = &fixture->engine.base,
		.clock = &fixture->clock.base,
		.cluster = cluster,
		.replicas = 3,
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
		cmocka_unit_test_setup_teardown(the_servers_are_described, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
