#include "fixture.h"

#include "base/log.h"
#include "http/events/events.h"
#include "http/server/handler.h"

#define GET_EVENTS "GET /api/v1/events HTTP/1.1\r\n" HOST "\r\n"
#define CLIENTS 20

static void wait_for(struct client *client, const char *text)
{
	while (!client->received.data || !strstr(client->received.data, text)) {
		if (client->ended)
			fail_msg("ended before \"%s\": %s", text,
				 client->received.data ? client->received.data : "");
		uv_run(&client->fixture->loop, UV_RUN_ONCE);
	}
}

static void open_stream(struct client *client, struct fixture *fixture)
{
	client_open(client, fixture);
	client_send(client, GET_EVENTS);
	wait_for(client, "event: plugins");
	assert_contains(client->received.data, "HTTP/1.1 200");
	assert_contains(client->received.data, "text/event-stream");
}

static void forget(struct client *client)
{
	buffer_clear(&client->received);
}

static void write_line(struct fixture *fixture, const char *text)
{
	const struct log_record record = {.level = LOG_INFO, .source = "a\"<script>", .text = text};

	log_ring_write(fixture->log, &record);
}

static unsigned clients_now(struct fixture *fixture)
{
	struct web_events_counters counters;

	web_events_counters(web_events(fixture->web), &counters);
	return counters.clients;
}

/* That a sleeping client is gone shows when it is written to, for the second time. */
static void wait_for_clients(struct fixture *fixture, unsigned count)
{
	for (int round = 0; clients_now(fixture) != count; round++) {
		fixture_put(fixture, "a", round, false);
		uv_run(&fixture->loop, UV_RUN_ONCE);
	}
}

static void test_snapshot_and_changes(void **state)
{
	struct fixture *fixture = *state;
	struct client client;

	fixture_put(fixture, "a", 21.5, false);
	fixture_put(fixture, "b", 1, false);
	open_stream(&client, fixture);
	assert_contains(client.received.data, "\"sensor_id\":\"node-1:a\"");
	assert_contains(client.received.data, "\"units\":{},\"description\":{}}");
	assert_contains(client.received.data, "event: nodes\ndata: {\"nodes\":[");
	forget(&client);
	fixture_put(fixture, "a", 22.5, true);
	wait_for(&client, "\"revision\":3}\n\n");
	assert_contains(client.received.data, "event: readings\ndata: {\"readings\":[");
	assert_contains(client.received.data, "\"temperature\":22.5");
	assert_null(strstr(client.received.data, "node-1:b"));
	forget(&client);
	write_line(fixture, "a <b>line</b>");
	wait_for(&client, "event: log\ndata: {\"logs\":[{\"sequence\":");
	assert_contains(client.received.data, "\"source\":\"a\\\"<script>\"");
	client_close(&client);
}

static void test_every_client_gets_every_update(void **state)
{
	struct client clients[CLIENTS];
	struct fixture *fixture = *state;
	char text[64];

	for (size_t i = 0; i < CLIENTS; i++)
		open_stream(&clients[i], fixture);
	for (int round = 1; round <= 3; round++) {
		fixture_put(fixture, "a", round, false);
		snprintf(text, sizeof(text), "\"revision\":%d}\n\n", round);
		for (size_t i = 0; i < CLIENTS; i++)
			wait_for(&clients[i], text);
	}
	for (size_t i = 0; i < CLIENTS; i++)
		client_close(&clients[i]);
	wait_for_clients(fixture, 0);
}

/* The lines that came while it was away, after the number that it says it has. */
static void test_missed_lines(void **state)
{
	struct fixture *fixture = *state;
	struct client client;
	char request[256];
	uint64_t first;

	write_line(fixture, "seen");
	first = log_ring_newest(fixture->log);
	write_line(fixture, "missed");
	client_open(&client, fixture);
	snprintf(request, sizeof(request),
		 "GET /api/v1/events HTTP/1.1\r\n" HOST "Last-Event-ID: %llu\r\n\r\n",
		 (unsigned long long)first);
	client_send(&client, request);
	wait_for(&client, "event: plugins");
	assert_contains(client.received.data, "\"missed\"");
	assert_null(strstr(client.received.data, "\"seen\""));
	client_close(&client);
	/* However many they are. */
	for (int i = 0; i < 250; i++)
		write_line(fixture, "another");
	write_line(fixture, "the last one");
	client_open(&client, fixture);
	client_send(&client, request);
	wait_for(&client, "\"the last one\"");
	assert_contains(client.received.data, "\"missed\"");
	client_close(&client);
	/* A number that is none is no number: there is nothing to go on from. */
	client_open(&client, fixture);
	client_send(&client, "GET /api/v1/events HTTP/1.1\r\n" HOST "Last-Event-ID: x\r\n\r\n");
	wait_for(&client, "event: plugins");
	assert_null(strstr(client.received.data, "event: log"));
	client_close(&client);
}

/* 250 plugins with long errors are more than an event holds: their states arrive all the same. */
static void test_a_long_list_arrives(void **state)
{
	struct fixture *fixture = *state;
	struct web_events_counters counters;
	struct client client;
	char error[3001] = "";

	for (size_t i = 0; i + 2 < sizeof(error); i += 2)
		memcpy(error + i, "ä", 3);
	open_stream(&client, fixture);
	forget(&client);
	fixture->fake.plugin_error = error;
	fixture->fake.failed_plugins = 250;
	fixture_put(fixture, "a", 1, false);
	wait_for(&client, "\"bad-249\",\"state\":\"failed\"");
	web_events_counters(web_events(fixture->web), &counters);
	assert_int_equal(counters.too_large, 0);
	client_close(&client);
}

/* One that reads nothing is cut off when the ring has passed it; another one misses nothing. */
static void test_slow_client_is_dropped(void **state)
{
	struct fixture *fixture = *state;
	struct client slow, fast;
	struct web_events_counters counters = {0};
	char padding[1000], text[64];
	const struct log_record record = {.source = "x", .text = padding};
	const int small = 4096;
	int round = 0;

	memset(padding, 'x', sizeof(padding) - 1);
	padding[sizeof(padding) - 1] = '\0';
	open_stream(&slow, fixture);
	open_stream(&fast, fixture);
	uv_poll_stop(slow.poll);
	assert_int_equal(setsockopt(slow.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	while (!counters.dropped) {
		for (int i = 0; i < 100; i++)
			log_ring_write(fixture->log, &record);
		fixture_put(fixture, "a", round, false);
		snprintf(text, sizeof(text), "\"revision\":%d}\n\n", ++round);
		wait_for(&fast, text);
		forget(&fast);
		web_events_counters(web_events(fixture->web), &counters);
	}
	assert_int_equal(counters.dropped, 1);
	wait_for_clients(fixture, 1);
	client_close(&slow);
	client_close(&fast);
}

static void check_refused(struct fixture *fixture)
{
	struct answer answer;

	exchange(fixture, GET_EVENTS, &answer);
	assert_int_equal(answer.status, 503);
	assert_string_equal(answer_header(&answer, "Retry-After"), "5");
	answer_finish(&answer);
}

static void check_limit(unsigned all, unsigned of_one)
{
	struct client first, second;
	struct web_events_counters counters;
	struct fixture fixture;

	fixture_init(&fixture);
	fixture.config.event_clients_max = all;
	fixture.config.event_clients_per_address_max = of_one;
	fixture_start(&fixture);
	open_stream(&first, &fixture);
	open_stream(&second, &fixture);
	check_refused(&fixture);
	web_events_counters(web_events(fixture.web), &counters);
	assert_int_equal(counters.refused, 1);
	assert_int_equal(counters.accepted, 2);
	client_close(&first);
	client_close(&second);
	fixture_finish(&fixture);
}

static void test_limits(void **state)
{
	(void)state;
	check_limit(2, 10);
	check_limit(10, 2);
}

/* They hear the end, asleep or not. */
static void test_close_ends_streams(void **state)
{
	struct client client, pushed;
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	fixture_start(&fixture);
	open_stream(&client, &fixture);
	open_stream(&pushed, &fixture);
	fixture_put(&fixture, "a", 1, false);
	wait_for(&pushed, "\"revision\":1}\n\n");
	web_close(fixture.web, fixture_closed, &fixture);
	client_wait_ended(&client);
	client_wait_ended(&pushed);
	client_close(&client);
	client_close(&pushed);
	fixture.web = NULL;
	uv_run(&fixture.loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture.closed--, 1);
	fixture_finish(&fixture);
}

static void test_head_opens_no_stream(void **state)
{
	struct fixture *fixture = *state;

	assert_exchange(fixture, "HEAD /api/v1/events HTTP/1.1\r\n" HOST "\r\n", 200, "");
	wait_for_clients(fixture, 0);
	assert_exchange(fixture, "GET /api/v1/events?since=1 HTTP/1.1\r\n" HOST "\r\n", 400,
			"since: unknown");
}

/* A stream has no end, so the time limit of a request is not for it. */
static void test_stream_outlives_the_time_of_a_request(void **state)
{
	struct client stream, drip;
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	fixture.config.request_seconds = 1;
	fixture_start(&fixture);
	open_stream(&stream, &fixture);
	client_open(&drip, &fixture);
	client_send(&drip, "GET /");
	client_wait_ended(&drip);
	fixture_put(&fixture, "a", 1, false);
	wait_for(&stream, "\"revision\":1}\n\n");
	client_close(&stream);
	client_close(&drip);
	fixture_finish(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_snapshot_and_changes),
		TEST(test_every_client_gets_every_update),
		TEST(test_missed_lines),
		TEST(test_a_long_list_arrives),
		TEST(test_slow_client_is_dropped),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_close_ends_streams),
		TEST(test_head_opens_no_stream),
		cmocka_unit_test(test_stream_outlives_the_time_of_a_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
