/*
 * The link of a spoke, on a real history, with a clock of ours and a hub that is played: this
 * program has its own http_client_create(), _start() and _close(), which the linker takes instead
 * of the library's. No test waits: the pause before the next hello is read from the timer.
 */
#include "link/spoke/spoke_link.h"

#include "../plugin/folder.h"
#include "base/clock.h"
#include "link/spoke/internal.h"
#include "reading/create.h"
#include "store/history/history.h"

#define NOW_MS UINT64_C(1800000000000)
#define WAITING_MAX 8
#define HELLO "/api/v1/uplink/hello"
#define READINGS "/api/v1/uplink/readings"

/* The played transport: requests that wait for their answer. */
struct http_client {
	struct waiting {
		char path[128];
		http_done *on_done;
		void *arg;
	} waiting[WAITING_MAX];
	size_t count;
	uv_timer_t closing;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

int http_client_create(uv_loop_t *loop, struct http_client **ret_client)
{
	*ret_client = calloc(1, sizeof(**ret_client));
	uv_timer_init(loop, &(*ret_client)->closing);
	(*ret_client)->closing.data = *ret_client;
	return 0;
}

int http_client_start(struct http_client *client, const struct http_request *request,
		      http_done *on_done, void *arg, struct http_exchange **ret_exchange,
		      struct error *err)
{
	struct waiting *waiting = &client->waiting[client->count++];

	(void)ret_exchange;
	(void)err;
	assert_true(client->count <= WAITING_MAX);
	assert_string_equal(request->token, "secret");
	*waiting = (struct waiting){.on_done = on_done, .arg = arg};
	snprintf(waiting->path, sizeof(waiting->path), "%s", strstr(request->url, "/api"));
	return 0;
}

static void on_client_closed(uv_handle_t *handle)
{
	struct http_client *client = handle->data;

	client->on_closed(client->closed_arg);
	free(client);
}

void http_client_close(struct http_client *client, void (*on_closed)(void *arg), void *arg)
{
	client->on_closed = on_closed;
	client->closed_arg = arg;
	uv_close((uv_handle_t *)&client->closing, on_client_closed);
}

struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	struct clock_manual clock;
	char database[128];
	struct history *history;
	struct spoke_link *link;
	char noted[ERROR_TEXT_SIZE];
	bool is_online, is_closed;
	int sensors; /* how many have a description */
};

static json_t *devices(void *arg)
{
	(void)arg;
	return json_object();
}

static json_t *descriptions(void *arg)
{
	json_t *all = json_object();
	char sensor[32];

	for (int i = 0; i < ((struct fixture *)arg)->sensors; i++) {
		snprintf(sensor, sizeof(sensor), "s%d", i);
		json_object_set_new(all, sensor, json_pack("{s:s}", "name", "a name"));
	}
	return all;
}

static int on_command(void *arg, const json_t *command, json_t **ret_result, struct error *err)
{
	(void)arg, (void)command, (void)ret_result, (void)err;
	return 0;
}

static void on_noted(void *arg, bool is_online, const char *text)
{
	struct fixture *fixture = arg;

	fixture->is_online = is_online;
	snprintf(fixture->noted, sizeof(fixture->noted), "%s", text);
}

static void on_measured(void *arg, bool reached, double round_trip_ms)
{
	(void)arg, (void)reached, (void)round_trip_ms;
}

static void open_link(struct fixture *fixture)
{
	const struct spoke_link_config config = {
		.loop = &fixture->loop,
		.clock = &fixture->clock.base,
		.history = fixture->history,
		.url = "http://hub",
		.token = "secret",
		.node = "cellar",
		.version = "1",
		.devices = devices,
		.descriptions = descriptions,
		.command = on_command,
		.on_noted = on_noted,
		.on_measured = on_measured,
		.arg = fixture,
	};

	assert_int_equal(spoke_link_create(&config, &fixture->link, NULL), 0);
}

static void on_link_closed(void *arg)
{
	((struct fixture *)arg)->is_closed = true;
}

static void close_link(struct fixture *fixture)
{
	fixture->is_closed = false;
	spoke_link_close(fixture->link, on_link_closed, fixture);
	while (!fixture->is_closed)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct history_config config = {
		.path = fixture->database,
		.node = "cellar",
		.clock = &fixture->clock.base,
		.commit_seconds = 3600, /* history_flush() commits */
		.limits = {.keep_raw_days = 365, .max_mb = 64},
	};

	folder_setup((void **)&fixture->folder);
	snprintf(fixture->database, sizeof(fixture->database), "%s/history.db",
		 fixture->folder->path);
	uv_loop_init(&fixture->loop);
	clock_manual_init(&fixture->clock, NOW_MS);
	assert_int_equal(history_create(&fixture->loop, &config, &fixture->history, NULL), 0);
	open_link(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	close_link(fixture);
	history_close(fixture->history, NULL, NULL);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

/* The request for this path, once it is there. */
static struct waiting *wait_for(struct fixture *fixture, const char *path)
{
	struct http_client *client = fixture->link->client;

	while (true) {
		for (size_t i = 0; i < client->count; i++)
			if (!strncmp(client->waiting[i].path, path, strlen(path)))
				return &client->waiting[i];
		uv_run(&fixture->loop, UV_RUN_ONCE);
	}
}

static bool is_waiting(const struct fixture *fixture, const char *path)
{
	const struct http_client *client = fixture->link->client;

	for (size_t i = 0; i < client->count; i++)
		if (!strncmp(client->waiting[i].path, path, strlen(path)))
			return true;
	return false;
}

static struct waiting take_out(struct fixture *fixture, const char *path)
{
	struct waiting *place = wait_for(fixture, path), taken = *place;
	struct http_client *client = fixture->link->client;

	*place = client->waiting[--client->count];
	return taken;
}

static void answer(struct fixture *fixture, const char *path, unsigned status, const char *body,
		   uint64_t retry_after_ms)
{
	const struct waiting request = take_out(fixture, path);
	const struct http_answer made = {
		.status = status,
		.body = body,
		.size = strlen(body),
		.retry_after_ms = retry_after_ms,
	};

	request.on_done(request.arg, 0, &made, NULL);
}

static void break_off(struct fixture *fixture, const char *path)
{
	const struct waiting request = take_out(fixture, path);
	struct error err;

	request.on_done(request.arg, error_set(&err, ERROR_SYSTEM, "connection refused"), NULL,
			&err);
}

/* Let the next hello come now instead of after its pause. */
static void hurry(struct fixture *fixture)
{
	uv_timer_start(&fixture->link->timer, fixture->link->timer.timer_cb, 0, 0);
}

static void welcome(struct fixture *fixture, const char *hub)
{
	char body[64];

	snprintf(body, sizeof(body), "{\"protocol\": 2, \"hub\": \"%s\", \"time_ms\": %ju}", hub,
		 (uintmax_t)NOW_MS);
	answer(fixture, HELLO, 200, body, 0);
	assert_true(fixture->is_online);
}

/* Readings of this node, committed. */
static void measure(struct fixture *fixture, unsigned count)
{
	const struct reading_source source = {
		.node = "cellar", .plugin = "dht22", .now_ms = NOW_MS};

	for (unsigned i = 0; i < count; i++) {
		struct reading *reading =
			reading_create(&source, "dht22", NOW_MS, json_pack("{s:i}", "t", (int)i));

		while (!history_append(fixture->history, reading))
			uv_run(&fixture->loop, UV_RUN_ONCE);
		reading_unref(reading);
	}
	history_flush(fixture->history);
}

static uint64_t pause_ms(const struct fixture *fixture)
{
	return uv_timer_get_due_in(&fixture->link->timer);
}

static json_int_t shown(const struct fixture *fixture, const char *key)
{
	json_t *json = spoke_link_to_json(fixture->link);
	json_int_t number = json_integer_value(json_object_get(json, key));

	json_decref(json);
	return number;
}

/* The batch that is sent now has so many readings. */
static void assert_batch(struct fixture *fixture, size_t count)
{
	wait_for(fixture, READINGS);
	assert_int_equal(fixture->link->count, count);
}

/* How many descriptions the hello that waits has; -1: it says nothing of them. Answer it with this
 * identity (NULL: as an older hub). */
static int greet(struct fixture *fixture, const char *id, char ret_id[32])
{
	json_t *hello, *all;
	char body[128];
	int count;

	wait_for(fixture, HELLO);
	hello = json_loads(fixture->link->hello, 0, NULL);
	all = json_object_get(hello, "descriptions");
	count = all ? (int)json_object_size(all) : -1;
	if (all)
		snprintf(ret_id, 32, "%s",
			 json_string_value(json_object_get(hello, "descriptions_id")));
	json_decref(hello);
	assert_true(strlen(fixture->link->hello) < 65536);
	snprintf(body, sizeof(body), "{\"protocol\": 2, \"hub\": \"a1\", \"time_ms\": %ju%s%s%s}",
		 (uintmax_t)NOW_MS, id ? ", \"descriptions_id\": \"" : "", id ? id : "",
		 id ? "\"" : "");
	answer(fixture, HELLO, 200, body, 0);
	hurry(fixture);
	return count;
}

/* Only to a hub that takes them, and only while it has others; as many as fit. */
static void descriptions_are_sent_once(void **state)
{
	struct fixture *fixture = *state;
	char id[32] = "", other[32] = "";

	fixture->sensors = 2;
	assert_int_equal(greet(fixture, NULL, id), -1);
	assert_int_equal(greet(fixture, "", id), -1); /* the answer tells that it takes them */
	assert_int_equal(greet(fixture, "", id), 2);
	assert_int_equal(strlen(id), 16);
	assert_int_equal(greet(fixture, id, id), 2); /* it had not got them */
	assert_int_equal(greet(fixture, id, id), -1);
	fixture->sensors = 10000;
	assert_in_range(greet(fixture, id, other), 1000, 9999);
	assert_string_not_equal(id, other);
}

static void the_pause_doubles_up_to_its_limit(void **state)
{
	struct fixture *fixture = *state;
	uint64_t most = SPOKE_LINK_BACKOFF_MS;

	for (int i = 0; i < 9; i++) {
		break_off(fixture, HELLO);
		assert_false(fixture->is_online);
		assert_string_equal(fixture->noted, "connection refused");
		assert_in_range(pause_ms(fixture), most / 2, most);
		most = most * 2 < SPOKE_LINK_BACKOFF_MS_MAX ? most * 2 : SPOKE_LINK_BACKOFF_MS_MAX;
		hurry(fixture);
	}
	assert_int_equal(shown(fixture, "failures"), 9);
	welcome(fixture, "a1");
	break_off(fixture, "/api/v1/uplink/commands");
	assert_in_range(pause_ms(fixture), SPOKE_LINK_BACKOFF_MS / 2, SPOKE_LINK_BACKOFF_MS);
}

/* The server's own wish goes before the back-off, up to a limit. */
static void a_busy_hub_says_when_to_return(void **state)
{
	struct fixture *fixture = *state;

	answer(fixture, HELLO, 503, "{\"detail\": \"the disk is slow\"}", 20000);
	assert_string_equal(fixture->noted, "the hub refused the request: the disk is slow");
	assert_int_equal(pause_ms(fixture), 20000);
	hurry(fixture);
	answer(fixture, HELLO, 429, "", SPOKE_LINK_RETRY_MS_MAX + 1);
	assert_string_equal(fixture->noted,
			    "the hub answered with HTTP status 429: see the log of the hub");
	assert_int_equal(pause_ms(fixture), SPOKE_LINK_RETRY_MS_MAX);
	hurry(fixture);
	answer(fixture, HELLO, 429, "", 1);
	assert_in_range(pause_ms(fixture), 2000, 4000);
}

/* Too many requests is no refusal of the readings: the same ones come again. */
static void a_batch_that_came_too_soon_is_sent_again(void **state)
{
	struct fixture *fixture = *state;

	measure(fixture, 3);
	welcome(fixture, "a1");
	assert_batch(fixture, 3);
	answer(fixture, READINGS, 429, "", 5000);
	assert_true(fixture->is_online);
	assert_in_range(uv_timer_get_due_in(&fixture->link->pause), 4000, 5000);
	uv_timer_start(&fixture->link->pause, fixture->link->pause.timer_cb, 0, 0);
	assert_batch(fixture, 3);
	answer(fixture, READINGS, 200, "{\"added\": 3}", 0);
	assert_int_equal(shown(fixture, "sent"), 3);
	assert_int_equal(shown(fixture, "skipped"), 0);
	assert_int_equal(shown(fixture, "slowed"), 1);
}

/* Halved until the refused reading is alone; the others arrive. */
static void one_refused_reading_does_not_hold_up_the_others(void **state)
{
	struct fixture *fixture = *state;

	measure(fixture, 4);
	welcome(fixture, "a1");
	assert_batch(fixture, 4);
	answer(fixture, READINGS, 422, "{\"detail\": \"no\"}", 0);
	assert_batch(fixture, 2);
	answer(fixture, READINGS, 413, "", 0);
	assert_batch(fixture, 1);
	answer(fixture, READINGS, 400, "{\"detail\": \"a strange reading\"}", 0);
	assert_true(fixture->is_online);
	assert_int_equal(shown(fixture, "skipped"), 1);
	assert_batch(fixture, 1);
	answer(fixture, READINGS, 200, "{\"added\": 1}", 0);
	assert_batch(fixture, 2); /* and grows again */
	answer(fixture, READINGS, 200, "{\"added\": 2}", 0);
	assert_int_equal(shown(fixture, "sent"), 3);
	assert_int_equal(shown(fixture, "failures"), 0);
}

/* After a restart only what the hub has not acknowledged is sent; to another hub, everything. */
static void a_new_link_goes_on_where_the_hub_is(void **state)
{
	struct fixture *fixture = *state;

	measure(fixture, 2);
	welcome(fixture, "a1");
	assert_batch(fixture, 2);
	answer(fixture, READINGS, 200, "{\"added\": 2}", 0);
	measure(fixture, 1);
	assert_batch(fixture, 1); /* not answered before the link closes */
	close_link(fixture);
	open_link(fixture);
	welcome(fixture, "a1");
	assert_batch(fixture, 1);
	close_link(fixture);
	open_link(fixture);
	welcome(fixture, "b2");
	assert_batch(fixture, 3);
}

static void a_server_that_is_no_hub_gets_nothing(void **state)
{
	struct fixture *fixture = *state;

	measure(fixture, 1);
	answer(fixture, HELLO, 200, "<html>", 0);
	assert_false(fixture->is_online);
	assert_false(is_waiting(fixture, READINGS));
	assert_string_equal(
		fixture->noted,
		"the server at this address is no hub, or one of another version: check the "
		"address, and install the same version on both");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(descriptions_are_sent_once, setup, teardown),
		cmocka_unit_test_setup_teardown(the_pause_doubles_up_to_its_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(a_busy_hub_says_when_to_return, setup, teardown),
		cmocka_unit_test_setup_teardown(a_batch_that_came_too_soon_is_sent_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_refused_reading_does_not_hold_up_the_others,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_link_goes_on_where_the_hub_is, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_server_that_is_no_hub_gets_nothing, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
