/*
 * A server and its clients on one loop, for the tests of the HTTP side: real sockets over loopback,
 * no thread. A client's wait runs the loop until what it waits for has happened; a watchdog ends a
 * test that would wait for ever.
 */
#ifndef TESTS_UNIT_OUTPUT_WEB_FIXTURE_H
#define TESTS_UNIT_OUTPUT_WEB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log_ring.h"
#include "http/web.h"
#include "reading/reading.h"
#include "reading/table.h"

#define WATCHDOG_MS 30000
#define HOST "Host: 127.0.0.1\r\n"

/* What the server's actions were asked, and what they are to answer. */
struct fake {
	int buzzer_calls;
	enum web_buzzer_pattern pattern;
	int fan_tests;
	bool fan_on;
	int lights;
	uint32_t color;
	unsigned seconds;
	unsigned failed_plugins;  /* beside the one that runs */
	const char *plugin_error; /* of each of them */
	char plugin[64];
	enum web_plugin_action plugin_action;
	char digest[128];
	int fail_with; /* 0, or the code that every action gives */
};

struct fixture {
	uv_loop_t loop;
	uv_timer_t watchdog;
	struct reading_table *table;
	struct log_ring *log;
	struct fake fake;
	struct web_config config;
	struct web *web;
	int closed; /* close callbacks seen */
};

struct client {
	struct fixture *fixture;
	int fd;
	uv_poll_t *poll; /* owned by the loop once it is closed */
	struct buffer received;
	bool ended; /* the server closed or reset the connection */
};

struct answer {
	int status;
	char head[4096];
	struct buffer body;
};

static inline int fake_fail(const struct fake *fake, struct error *err)
{
	return fake->fail_with ? error_set(err, fake->fail_with, "as the test wished") : 0;
}

static inline int fake_buzzer(void *arg, enum web_buzzer_pattern pattern, struct error *err)
{
	struct fake *fake = arg;

	fake->buzzer_calls++;
	fake->pattern = pattern;
	return fake_fail(fake, err);
}

static inline int fake_fan_status(void *arg, bool *ret_on, struct error *err)
{
	struct fake *fake = arg;
	int ret = fake_fail(fake, err);

	if (!ret)
		*ret_on = fake->fan_on;
	return ret;
}

static inline int fake_fan_test(void *arg, struct error *err)
{
	struct fake *fake = arg;

	fake->fan_tests++;
	return fake_fail(fake, err);
}

static inline json_t *fake_simulation(void *arg)
{
	(void)arg;
	return json_pack("{s:s}", "scenario", "calm");
}

static inline json_t *fake_plugins(void *arg)
{
	const struct fake *fake = arg;
	json_t *plugins = json_pack("[{s:s, s:{s:s}}]", "name", "dht22", "request", "digest", "ab");

	for (unsigned i = 0; i < fake->failed_plugins; i++)
		json_array_append_new(
			plugins, json_pack("{s:o, s:s, s:{s:s}}", "name", json_sprintf("bad-%u", i),
					   "state", "failed", "more", "error", fake->plugin_error));
	return plugins;
}

static inline json_t *fake_nodes(void *arg)
{
	(void)arg;
	return json_pack("[{s:s}]", "node", "node-1");
}

static inline int fake_plugin_act(void *arg, const char *plugin, enum web_plugin_action action,
				  struct error *err)
{
	struct fake *fake = arg;

	snprintf(fake->plugin, sizeof(fake->plugin), "%s", plugin);
	fake->plugin_action = action;
	return fake_fail(fake, err);
}

static inline int fake_plugin_approve(void *arg, const char *plugin, const char *digest,
				      struct error *err)
{
	struct fake *fake = arg;

	snprintf(fake->plugin, sizeof(fake->plugin), "%s", plugin);
	snprintf(fake->digest, sizeof(fake->digest), "%s", digest);
	return fake_fail(fake, err);
}

static inline int fake_leds(void *arg, json_t **ret_leds, struct error *err)
{
	(void)arg, (void)err;
	*ret_leds = json_pack("{s:[], s:i}", "leds", "brightness", 64);
	return 0;
}

static inline int fake_light(void *arg, uint32_t color, unsigned seconds, struct error *err)
{
	struct fake *fake = arg;

	fake->lights++;
	fake->color = color;
	fake->seconds = seconds;
	return fake_fail(fake, err);
}

static inline json_t *fake_queues(void *arg)
{
	(void)arg;
	return json_pack("[{s:s, s:i, s:i}]", "queue", "i2c", "length", 3, "refused", 0);
}

static inline uint64_t fake_state_writes_refused(void *arg)
{
	(void)arg;
	return 7;
}

static inline bool fake_bundles(void *arg, uint64_t *ret_installed, uint64_t *ret_refused,
				uint64_t *ret_rolled_back)
{
	(void)arg;
	*ret_installed = 1;
	*ret_refused = 2;
	*ret_rolled_back = 3;
	return true;
}

static inline void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	fprintf(stderr, "the test waited longer than %d ms\n", WATCHDOG_MS);
	abort();
}

/* Loop, table and log, and a configuration with every action, to be changed before start(). */
static inline void fixture_init(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	assert_int_equal(uv_loop_init(&fixture->loop), 0);
	uv_timer_init(&fixture->loop, &fixture->watchdog);
	uv_timer_start(&fixture->watchdog, on_watchdog, WATCHDOG_MS, 0);
	uv_unref((uv_handle_t *)&fixture->watchdog);
	fixture->table = reading_table_create();
	fixture->log = log_ring_create("node", clock_unix_ms(clock_system()));
	assert_non_null(fixture->table);
	assert_non_null(fixture->log);
	fixture->config = (struct web_config){
		.clock = clock_system(),
		.listen = "127.0.0.1:0",
		.table = fixture->table,
		.log = fixture->log,
		.node = "node-1",
		.actions = {.arg = &fixture->fake,
			    .buzzer = fake_buzzer,
			    .fan_status = fake_fan_status,
			    .fan_test = fake_fan_test,
			    .simulation = fake_simulation,
			    .plugins = fake_plugins,
			    .nodes = fake_nodes,
			    .plugin_approve = fake_plugin_approve,
			    .plugin_act = fake_plugin_act,
			    .leds = fake_leds,
			    .light = fake_light,
			    .queues = fake_queues,
			    .state_writes_refused = fake_state_writes_refused,
			    .bundles = fake_bundles},
	};
}

static inline void fixture_start(struct fixture *fixture)
{
	struct error err = {0};

	if (web_create(&fixture->loop, &fixture->config, &fixture->web, &err))
		fail_msg("%s", err.text);
}

static inline void fixture_closed(void *arg)
{
	((struct fixture *)arg)->closed++;
}

static inline void fixture_finish(struct fixture *fixture)
{
	if (fixture->web)
		web_close(fixture->web, fixture_closed, fixture);
	uv_close((uv_handle_t *)&fixture->watchdog, NULL);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture->closed, fixture->web != NULL);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	reading_table_destroy(fixture->table);
	log_ring_destroy(fixture->log);
}

static inline int fixture_setup(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	assert_non_null(fixture);
	fixture_init(fixture);
	fixture_start(fixture);
	*state = fixture;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	fixture_finish(*state);
	free(*state);
	return 0;
}

/* Put one reading {"temperature": value} of node-1:sensor into the table. */
static inline void fixture_put(struct fixture *fixture, const char *sensor, double value,
			       bool simulated)
{
	struct reading_source source = {.node = "node-1",
					.plugin = "test",
					.now_ms = 1700000000000,
					.simulated = simulated};
	json_t *record = json_pack("{s:s, s:f}", "sensor_id", sensor, "temperature", value);
	struct reading **readings;
	struct error err = {0};
	size_t count;

	if (readings_from_json(record, &source, &readings, &count, &err))
		fail_msg("%s", err.text);
	assert_int_equal(reading_table_put(fixture->table, readings[0]), 0);
	reading_unref(readings[0]);
	free(readings);
	json_decref(record);
}

static inline void client_on_readable(uv_poll_t *poll, int status, int events)
{
	struct client *client = poll->data;
	char *room = buffer_reserve(&client->received, 65536);
	ssize_t size;

	(void)events;
	assert_non_null(room);
	/* A reset shows as a status: libuv has stopped the watcher by then. */
	size = recv(client->fd, room, 65536, MSG_DONTWAIT);
	if (size > 0)
		buffer_commit(&client->received, (size_t)size);
	if (status || size == 0 || (size < 0 && errno != EAGAIN)) {
		client->ended = true;
		uv_poll_stop(poll);
	}
}

static inline void client_open(struct client *client, struct fixture *fixture)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)web_port(fixture->web)),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};

	*client = (struct client){.fixture = fixture, .poll = malloc(sizeof(*client->poll))};
	buffer_init(&client->received, 8u << 20);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(client->fd >= 0);
	assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(uv_poll_init(&fixture->loop, client->poll, client->fd), 0);
	client->poll->data = client;
	uv_poll_start(client->poll, UV_READABLE, client_on_readable);
}

static inline void client_free_poll(uv_handle_t *handle)
{
	free(handle);
}

static inline void client_close(struct client *client)
{
	uv_close((uv_handle_t *)client->poll, client_free_poll);
	close(client->fd);
	buffer_finish(&client->received);
}

/* Send all of it, or as much as the server takes before it hangs up. */
static inline void client_send_bytes(struct client *client, const char *data, size_t size)
{
	while (size) {
		ssize_t sent = send(client->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN)
			return;
		if (sent > 0) {
			data += sent;
			size -= (size_t)sent;
		}
		uv_run(&client->fixture->loop, UV_RUN_NOWAIT);
	}
}

static inline void client_send(struct client *client, const char *text)
{
	client_send_bytes(client, text, strlen(text));
}

static inline void client_wait_ended(struct client *client)
{
	while (!client->ended)
		uv_run(&client->fixture->loop, UV_RUN_ONCE);
}

/* The value of a header, up to the end of its line; NULL where there is none. Not thread-safe. */
static inline const char *answer_header(const struct answer *answer, const char *name)
{
	static char value[1024];
	size_t length = strlen(name);

	for (const char *line = strstr(answer->head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, length) || line[length] != ':')
			continue;
		line += length + 1 + strspn(line + length + 1, " ");
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
		return value;
	}
	return NULL;
}

/* Wait for one answer and take it off what was received. False: the connection ended before. */
static inline bool client_receive(struct client *client, const char *method, struct answer *answer)
{
	size_t head_size, body_size = 0;
	const char *end, *length;

	memset(answer, 0, sizeof(*answer));
	buffer_init(&answer->body, 8u << 20);
	while (!client->received.size || !(end = strstr(client->received.data, "\r\n\r\n"))) {
		if (client->ended)
			return false;
		uv_run(&client->fixture->loop, UV_RUN_ONCE);
	}
	head_size = (size_t)(end + 4 - client->received.data);
	snprintf(answer->head, sizeof(answer->head), "%.*s", (int)head_size, client->received.data);
	assert_int_equal(sscanf(answer->head, "HTTP/1.%*d %d", &answer->status), 1);
	length = answer_header(answer, "Content-Length");
	if (length && strcmp(method, "HEAD"))
		body_size = strtoul(length, NULL, 10);
	while (client->received.size < head_size + body_size && !client->ended)
		uv_run(&client->fixture->loop, UV_RUN_ONCE);
	assert_true(client->received.size >= head_size + body_size);
	buffer_append(&answer->body, client->received.data + head_size, body_size);
	buffer_consume(&client->received, head_size + body_size);
	if (client->received.data)
		client->received.data[client->received.size] = '\0';
	return true;
}

static inline void answer_finish(struct answer *answer)
{
	buffer_finish(&answer->body);
}

static inline const char *answer_text(const struct answer *answer)
{
	return answer->body.data ? answer->body.data : "";
}

/* One request over a connection of its own; its head ends with the blank line. */
static inline void exchange(struct fixture *fixture, const char *request, struct answer *answer)
{
	char method[16] = "";
	struct client client;

	snprintf(method, sizeof(method), "%.*s", (int)strcspn(request, " "), request);
	client_open(&client, fixture);
	client_send(&client, request);
	if (!client_receive(&client, method, answer))
		fail_msg("no answer to: %s", request);
	client_close(&client);
}

static inline void assert_contains(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text ? text : "(none)");
}

static inline void assert_exchange(struct fixture *fixture, const char *request, int status,
				   const char *part)
{
	struct answer answer;

	exchange(fixture, request, &answer);
	if (answer.status != status)
		fail_msg("%d instead of %d to: %s\n%s", answer.status, status, request,
			 answer_text(&answer));
	assert_contains(answer_text(&answer), part);
	answer_finish(&answer);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

#endif
