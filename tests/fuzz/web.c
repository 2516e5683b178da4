/*
 * What a client sends over one connection: requests, one after the other or on top of each other,
 * to a real server on loopback. The first byte is the size of the pieces (0: all at once).
 */
#include "http/web.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log_ring.h"
#include "fuzz.h"
#include "reading/reading.h"
#include "reading/table.h"

#define ANSWER_MAX (8u << 20)
#define QUIET_TURNS 6

struct bench {
	uv_loop_t loop;
	uv_poll_t poll;
	struct reading_table *table;
	struct log_ring *log;
	struct web *web;
	int fd;
	char head[16]; /* of the first answer */
	size_t received;
	bool has_ended, is_closed;
	unsigned actions; /* that something was asked to do */
};

static int on_buzzer(void *arg, enum web_buzzer_pattern pattern, struct error *err)
{
	struct bench *bench = arg;

	(void)err;
	CHECK(pattern <= WEB_BUZZER_TEST);
	bench->actions++;
	return 0;
}

static int on_fan_status(void *arg, bool *ret_on, struct error *err)
{
	(void)arg, (void)err;
	*ret_on = true;
	return 0;
}

static int on_fan_test(void *arg, struct error *err)
{
	struct bench *bench = arg;

	bench->actions++;
	return error_set(err, ERROR_BUSY, "busy");
}

static json_t *on_list(void *arg)
{
	(void)arg;
	return json_pack("[{s:s}]", "name", "dht22");
}

static int on_plugin(void *arg, const char *plugin, enum web_plugin_action action,
		     struct error *err)
{
	struct bench *bench = arg;

	(void)err;
	CHECK(*plugin && !strchr(plugin, '/') && action <= WEB_PLUGIN_DISABLE);
	bench->actions++;
	return 0;
}

static int on_approval(void *arg, const char *plugin, const char *digest, struct error *err)
{
	struct bench *bench = arg;

	(void)err;
	CHECK(*plugin && !strchr(plugin, '/') && strlen(digest) == 64);
	bench->actions++;
	return 0;
}

static int on_leds(void *arg, json_t **ret_leds, struct error *err)
{
	(void)arg, (void)err;
	*ret_leds = json_pack("{s:[s]}", "leds", "#000000");
	return 0;
}

static int on_light(void *arg, uint32_t color, unsigned seconds, struct error *err)
{
	struct bench *bench = arg;

	(void)err;
	CHECK(color <= 0xffffff && seconds >= 1 && seconds <= WEB_LIGHT_SECONDS_MAX);
	bench->actions++;
	return 0;
}

/* Some nodes answer at once, some are out of reach. */
static int on_send(void *arg, const char *node, const char *device, const json_t *body,
		   web_sent_cb *on_sent, void *sent_arg, struct error *err)
{
	struct bench *bench = arg;

	CHECK(*device && !strchr(node, '/'));
	if (body)
		bench->actions++;
	if (strlen(node) % 2)
		return error_set(err, ERROR_NOT_FOUND,
				 "no node is called %s: GET /api/v1/nodes lists the nodes", node);
	on_sent(sent_arg, 0, NULL, NULL);
	return 0;
}

static void fill_table(struct reading_table *table)
{
	const struct reading_source source = {
		.node = "node", .plugin = "dht22", .now_ms = 1750000000000, .simulated = true};
	json_t *record = json_pack("{s:f}", "temperature", 21.5);
	struct reading **readings;
	size_t count;

	CHECK(record && !readings_from_json(record, &source, &readings, &count, NULL));
	CHECK(!reading_table_put(table, readings[0]));
	reading_unref(readings[0]);
	free(readings);
	json_decref(record);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct bench *bench = poll->data;
	static char data[65536];
	ssize_t size = recv(bench->fd, data, sizeof(data), MSG_DONTWAIT);

	(void)events;
	for (ssize_t i = 0; i < size && bench->received + (size_t)i < sizeof(bench->head); i++)
		bench->head[bench->received + (size_t)i] = data[i];
	if (size > 0)
		bench->received += (size_t)size;
	CHECK(bench->received <= ANSWER_MAX);
	if (status || size == 0 || (size < 0 && errno != EAGAIN)) {
		bench->has_ended = true;
		uv_poll_stop(poll);
	}
}

static void bench_connect(struct bench *bench)
{
	/* A reset at the end: in TIME_WAIT they would soon take all ports. */
	const struct linger reset = {.l_onoff = 1};
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)web_port(bench->web)),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};

	bench->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bench->fd >= 0);
	CHECK(!setsockopt(bench->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)));
	CHECK(!connect(bench->fd, (struct sockaddr *)&address, sizeof(address)));
	CHECK(!uv_poll_init(&bench->loop, &bench->poll, bench->fd));
	bench->poll.data = bench;
	uv_poll_start(&bench->poll, UV_READABLE, on_readable);
}

static void bench_open(struct bench *bench)
{
	struct web_config config = {
		.clock = clock_system(),
		.listen = "127.0.0.1:0",
		.node = "node",
		.actions = {.arg = bench,
			    .buzzer = on_buzzer,
			    .fan_status = on_fan_status,
			    .fan_test = on_fan_test,
			    .simulation = on_list,
			    .plugins = on_list,
			    .nodes = on_list,
			    .plugin_approve = on_approval,
			    .plugin_act = on_plugin,
			    .leds = on_leds,
			    .light = on_light,
			    .queues = on_list,
			    .send_to_node = on_send},
	};
	struct error err = {0};

	memset(bench, 0, sizeof(*bench));
	CHECK(!uv_loop_init(&bench->loop));
	bench->table = reading_table_create();
	bench->log = log_ring_create("node", clock_unix_ms(clock_system()));
	CHECK(bench->table && bench->log);
	fill_table(bench->table);
	config.table = bench->table;
	config.log = bench->log;
	if (web_create(&bench->loop, &config, &bench->web, &err)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	bench_connect(bench);
}

/*
 * What was sent on loopback is there at once, so a server that does nothing for some turns of the
 * loop has nothing left to do.
 */
static void settle(struct bench *bench)
{
	struct web_counters counters;
	uint64_t before = 0;

	for (int quiet = 0; quiet < QUIET_TURNS && !bench->has_ended; quiet++) {
		uv_run(&bench->loop, UV_RUN_NOWAIT);
		web_counters(bench->web, &counters);
		if (bench->received + counters.requests != before)
			quiet = 0;
		before = bench->received + counters.requests;
	}
}

static void on_closed(void *arg)
{
	((struct bench *)arg)->is_closed = true;
}

static void bench_close(struct bench *bench)
{
	uv_close((uv_handle_t *)&bench->poll, NULL);
	close(bench->fd);
	/* The server sees it before it is closed itself. */
	bench->has_ended = false;
	settle(bench);
	web_close(bench->web, on_closed, bench);
	CHECK(!uv_run(&bench->loop, UV_RUN_DEFAULT));
	CHECK(bench->is_closed);
	CHECK(!uv_loop_close(&bench->loop));
	reading_table_destroy(bench->table);
	log_ring_destroy(bench->log);
}

static void send_piece(struct bench *bench, const uint8_t *data, size_t size)
{
	while (size && !bench->has_ended) {
		ssize_t sent = send(bench->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN)
			return;
		if (sent > 0) {
			data += sent;
			size -= (size_t)sent;
		}
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	}
}

static bool contains(const uint8_t *data, size_t size, const char *text)
{
	return size && memmem(data, size, text, strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed feed = {data, size};
	size_t piece = feed_u8(&feed);
	static struct bench bench;
	struct web_counters counters;

	bench_open(&bench);
	while (feed.size && !bench.has_ended) {
		size_t got;
		const uint8_t *part = feed_bytes(&feed, piece ? piece : SIZE_MAX, &got);

		send_piece(&bench, part, got);
	}
	settle(&bench);
	web_counters(bench.web, &counters);
	/* This node keeps no history, and says 503 to who asks for it. */
	CHECK(counters.errors == 0 || bench.actions || contains(data, size, "/history"));
	CHECK(counters.requests == 0 || bench.received > 0);
	CHECK(bench.received == 0 || !memcmp(bench.head, "HTTP/1.", 7));
	/* Nothing is done but by a POST that says whose page it comes from, if it says so at all.
	 */
	CHECK(bench.actions == 0 || contains(data, size, "POST"));
	bench_close(&bench);
	return 0;
}
