#include "link/spoke/spoke_link.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "link/spoke/internal.h"
#include "store/history/history.h"

#define HELLO_TIMEOUT_MS 10000
#define REQUEST_TIMEOUT_MS 60000 /* of another part of the node */

static void say_hello(uv_timer_t *timer);

void spoke_link_destroy_when_closed(struct spoke_link *link)
{
	if (--link->open_handles)
		return;
	buffer_finish(&link->body);
	free(link->hello);
	free(link->results);
	link->on_closed(link->closed_arg);
	free(link);
}

bool spoke_link_is_success(int status, const struct http_answer *answer)
{
	return !status && answer->status / 100 == 2;
}

/* To a path of the hub; `request` has neither its address nor this node's token. */
static int start_request(struct spoke_link *link, struct http_request *request, const char *path,
			 http_done *on_done, void *arg, struct http_exchange **ret_exchange,
			 struct error *err)
{
	char url[2048];

	snprintf(url, sizeof(url), "%.1600s%.400s", link->config.url, path);
	request->url = url;
	request->token = link->config.token;
	request->pin = link->config.pin;
	request->content_type = request->body ? "application/json" : NULL;
	return http_client_start(link->client, request, on_done, arg, ret_exchange, err);
}

int spoke_link_send_request(struct spoke_link *link, const char *method, const char *path,
			    const void *body, size_t size, http_done *on_done, void *arg,
			    struct http_exchange **ret_exchange)
{
	struct http_request request = {
		.method = method,
		.body = body,
		.body_size = size,
		.timeout_ms = REQUEST_TIMEOUT_MS,
	};

	if (!link->is_online || link->is_closing)
		return ERROR_CLOSED;
	return start_request(link, &request, path, on_done, arg, ret_exchange, NULL);
}

int spoke_link_request(struct spoke_link *link, const char *method, const char *path,
		       const void *body, size_t size, bool is_gzip, uint64_t timeout_ms,
		       http_done *on_done)
{
	struct error err = {0};
	struct http_request request = {
		.method = method,
		.content_encoding = is_gzip ? "gzip" : NULL,
		.body = body,
		.body_size = size,
		.timeout_ms = timeout_ms,
	};
	int ret = start_request(link, &request, path, on_done, link, NULL, &err);

	if (ret)
		spoke_link_failed(link, ret, NULL, &err);
	return ret;
}

/* Online and offline */

static void note(struct spoke_link *link, bool is_online, const char *text)
{
	if (link->was_told && is_online == link->is_online && !strcmp(text, link->reason))
		return;
	link->was_told = true;
	snprintf(link->reason, sizeof(link->reason), "%s", text);
	link->config.on_noted(link->config.arg, is_online, text);
}

/*
 * Describe a failed exchange, with the detail of the hub's problem response (RFC 9457) if there is
 * one.
 */
static void describe(int status, const struct http_answer *answer, const struct error *err,
		     char *ret_text, size_t size)
{
	json_t *problem = status ? NULL : json_loadb(answer->body, answer->size, 0, NULL);
	const char *detail = json_string_value(json_object_get(problem, "detail"));

	if (status)
		snprintf(ret_text, size, "%s", err->text);
	else if (detail)
		snprintf(ret_text, size, "the hub refused the request: %s", detail);
	else
		snprintf(ret_text, size,
			 "the hub answered with HTTP status %u: see the log of the hub",
			 answer->status);
	/* The API shows the text, which may have been cut within a character. */
	text_make_utf8(ret_text);
	json_decref(problem);
}

/*
 * Half of the time is random, so that spokes which lost their hub together do not return together.
 */
static uint64_t next_backoff(struct spoke_link *link)
{
	uint64_t most = link->backoff_ms;

	link->backoff_ms =
		most * 2 < SPOKE_LINK_BACKOFF_MS_MAX ? most * 2 : SPOKE_LINK_BACKOFF_MS_MAX;
	return most / 2 + randombytes_uniform((uint32_t)(most / 2) + 1);
}

/* How long to wait: the back-off, or longer if the answer asks for it (Retry-After). */
static uint64_t next_pause(struct spoke_link *link, const struct http_answer *answer)
{
	uint64_t backoff_ms = next_backoff(link), asked_ms = answer ? answer->retry_after_ms : 0;

	if (asked_ms > SPOKE_LINK_RETRY_MS_MAX)
		asked_ms = SPOKE_LINK_RETRY_MS_MAX;
	return asked_ms > backoff_ms ? asked_ms : backoff_ms;
}

void spoke_link_failed(struct spoke_link *link, int status, const struct http_answer *answer,
		       const struct error *err)
{
	char text[ERROR_TEXT_SIZE];

	if (link->is_closing)
		return;
	link->failures++;
	describe(status, answer, err, text, sizeof(text));
	note(link, false, text);
	link->is_online = false;
	uv_timer_start(&link->timer, say_hello, next_pause(link, answer), 0);
}

/*
 * Whether the hub would refuse a batch because of this node's clock. An older hub does not send
 * its time.
 */
static bool is_clock_off(const struct spoke_link *link, const json_t *hello)
{
	json_int_t here_ms = (json_int_t)clock_unix_ms(link->config.clock);
	const json_t *there_ms = json_object_get(hello, "time_ms");

	return json_is_integer(there_ms) &&
	       llabs(here_ms - json_integer_value(there_ms)) > SPOKE_LINK_CLOCK_MS_MAX;
}

static void note_descriptions(struct spoke_link *link, const json_t *answer)
{
	const char *id = json_string_value(json_object_get(answer, "descriptions_id"));

	link->takes_descriptions = id != NULL;
	snprintf(link->known_descriptions, sizeof(link->known_descriptions), "%s", id ? id : "");
}

/* Choose the cursor by the identity of the hub's history: {"hub": "8f02…"}. */
static int take_identity(struct spoke_link *link, const json_t *root)
{
	const char *hub = json_string_value(json_object_get(root, "hub"));
	int ret = ERROR_MALFORMED;

	if (hub && *hub && strlen(hub) < sizeof(link->cursor) - 4 &&
	    !hub[strspn(hub, "0123456789abcdef")]) {
		snprintf(link->cursor, sizeof(link->cursor), "hub.%s", hub);
		link->is_clock_off = is_clock_off(link, root);
		note_descriptions(link, root);
		ret = 0;
	}
	return ret;
}

static void go_online(struct spoke_link *link, const json_t *answer)
{
	bool was_online = link->is_online;

	note(link, true, "");
	link->is_online = true;
	link->backoff_ms = SPOKE_LINK_BACKOFF_MS;
	link->has_news = true; /* there may be readings from before this hello */
	spoke_link_send(link);
	spoke_link_ask(link);
	if (link->config.on_greeted)
		link->config.on_greeted(link->config.arg, !was_online, answer);
}

/* The hub has answered a hello with this JSON; NULL: with something else. */
static void take_hello_answer(struct spoke_link *link, const struct http_answer *answer,
			      const json_t *root)
{
	bool is_first = link->round_trip_ms < 0;
	struct error strange;

	if (take_identity(link, root)) {
		link->config.on_measured(link->config.arg, false, link->round_trip_ms);
		error_set(&strange, ERROR_MALFORMED,
			  "the server at this address is no hub, or one of another version: check "
			  "the address, and install the same version on both");
		spoke_link_failed(link, ERROR_MALFORMED, answer, &strange);
		return;
	}
	link->round_trip_ms = (double)answer->first_byte_us / 1000;
	link->config.on_measured(link->config.arg, true, link->round_trip_ms);
	/* The second hello tells the hub the round-trip time of the first. */
	uv_timer_start(&link->timer, say_hello,
		       is_first ? SPOKE_LINK_SECOND_MS : SPOKE_LINK_HELLO_MS, 0);
	go_online(link, root);
}

static void hello_done(void *arg, int status, const struct http_answer *answer,
		       const struct error *err)
{
	struct spoke_link *link = arg;
	bool reached = spoke_link_is_success(status, answer);

	if (link->is_closing)
		return;
	if (reached) {
		json_t *root = json_loadb(answer->body, answer->size, 0, NULL);

		take_hello_answer(link, answer, root);
		json_decref(root);
		return;
	}
	link->config.on_measured(link->config.arg, false, link->round_trip_ms);
	spoke_link_failed(link, status, answer, err);
}

/* As many of the node's descriptions as fit into a hello. */
static json_t *fitting_descriptions(const struct spoke_link *link)
{
	json_t *all = link->config.descriptions(link->config.arg), *fitting = json_object(), *one;
	const char *sensor;
	size_t left = SPOKE_LINK_DESCRIPTIONS_MAX;

	json_object_foreach(all, sensor, one)
	{
		size_t size = strlen(sensor) + json_dumpb(one, NULL, 0, JSON_COMPACT) + 4;

		if (size > left)
			break;
		left -= size;
		json_object_set(fitting, sensor, one);
	}
	json_decref(all);
	return fitting;
}

/* Two descriptions have the same id only if they are the same. */
static void identify(const json_t *descriptions, char ret_id[SPOKE_LINK_DESCRIPTIONS_ID_SIZE])
{
	char *text = json_dumps(descriptions, JSON_COMPACT | JSON_SORT_KEYS);
	unsigned char hash[crypto_generichash_BYTES_MIN];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)(text ? text : ""),
			   text ? strlen(text) : 0, NULL, 0);
	sodium_bin2hex(ret_id, SPOKE_LINK_DESCRIPTIONS_ID_SIZE, hash,
		       (SPOKE_LINK_DESCRIPTIONS_ID_SIZE - 1) / 2);
	free(text);
}

/* Only if the hub takes descriptions, and has not these yet. */
static void add_descriptions(const struct spoke_link *link, json_t *hello)
{
	char id[SPOKE_LINK_DESCRIPTIONS_ID_SIZE];
	json_t *descriptions;

	if (!link->takes_descriptions || !link->config.descriptions)
		return;
	descriptions = fitting_descriptions(link);
	identify(descriptions, id);
	if (strcmp(id, link->known_descriptions) != 0) {
		json_object_set_new(hello, "descriptions_id", json_string(id));
		json_object_set(hello, "descriptions", descriptions);
	}
	json_decref(descriptions);
}

static json_t *make_basic_hello(const struct spoke_link *link)
{
	json_t *trip = link->round_trip_ms < 0 ? json_null() : json_real(link->round_trip_ms);

	return json_pack("{s:i, s:s, s:s, s:I, s:o, s:o}", "protocol", SPOKE_LINK_PROTOCOL, "node",
			 link->config.node, "version", link->config.version, "sent_ms",
			 (json_int_t)clock_unix_ms(link->config.clock), "round_trip_ms", trip,
			 "devices", link->config.devices(link->config.arg));
}

static json_t *make_hello(const struct spoke_link *link)
{
	json_t *hello = make_basic_hello(link);

	if (hello)
		add_descriptions(link, hello);
	return hello;
}

static void say_hello(uv_timer_t *timer)
{
	struct spoke_link *link = timer->data;
	json_t *hello = make_hello(link);
	char *text = hello ? json_dumps(hello, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	struct error err;

	json_decref(hello);
	if (!text) {
		error_set(&err, ERROR_NO_MEMORY,
			  "out of memory while connecting to the hub; this machine needs more free "
			  "memory");
		spoke_link_failed(link, ERROR_NO_MEMORY, NULL, &err);
		return;
	}
	free(link->hello);
	link->hello = text;
	spoke_link_request(link, "POST", "/api/v1/uplink/hello", text, strlen(text), false,
			   HELLO_TIMEOUT_MS, hello_done);
}

/* Lifecycle */

static void history_has_news(void *arg)
{
	struct spoke_link *link = arg;

	link->has_news = true;
	spoke_link_send(link);
}

int spoke_link_create(const struct spoke_link_config *config, struct spoke_link **ret_link,
		      struct error *err)
{
	struct spoke_link *link = calloc(1, sizeof(*link));
	int ret = link ? http_client_create(config->loop, &link->client) : ERROR_NO_MEMORY;

	if (ret) {
		free(link);
		return error_set(err, ret,
				 "out of memory while starting the link to the hub; this machine "
				 "needs more free memory");
	}
	link->config = *config;
	link->round_trip_ms = -1;
	link->backoff_ms = SPOKE_LINK_BACKOFF_MS;
	link->limit = SPOKE_LINK_ITEMS_MAX;
	snprintf(link->commands_path, sizeof(link->commands_path),
		 "/api/v1/uplink/commands?node=%s", config->node);
	snprintf(link->results_path, sizeof(link->results_path), "/api/v1/uplink/results?node=%s",
		 config->node);
	buffer_init(&link->body, SPOKE_LINK_TEXT_MAX);
	uv_timer_init(config->loop, &link->timer);
	uv_timer_init(config->loop, &link->pause);
	link->timer.data = link->pause.data = link;
	link->open_handles = 3;
	history_subscribe(config->history, history_has_news, link);
	uv_timer_start(&link->timer, say_hello, 0, 0);
	*ret_link = link;
	return 0;
}

static void timer_closed(uv_handle_t *handle)
{
	spoke_link_destroy_when_closed(handle->data);
}

static void client_closed(void *arg)
{
	spoke_link_destroy_when_closed(arg);
}

void spoke_link_close(struct spoke_link *link, void (*on_closed)(void *arg), void *arg)
{
	if (!link)
		return;
	link->is_closing = true;
	link->on_closed = on_closed;
	link->closed_arg = arg;
	history_unsubscribe(link->config.history, link);
	http_client_close(link->client, client_closed, link);
	uv_close((uv_handle_t *)&link->timer, timer_closed);
	uv_close((uv_handle_t *)&link->pause, timer_closed);
}

json_t *spoke_link_to_json(const struct spoke_link *link)
{
	json_t *trip = link->round_trip_ms < 0 ? json_null() : json_real(link->round_trip_ms);

	return json_pack("{s:s, s:s?, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "state",
			 link->is_online ? "online" : "offline", "reason",
			 *link->reason ? link->reason : NULL, "hub", link->config.url,
			 "round_trip_ms", trip, "sent", (json_int_t)link->sent, "known",
			 (json_int_t)link->known, "refused", (json_int_t)link->refused, "skipped",
			 (json_int_t)link->skipped, "slowed", (json_int_t)link->slowed, "failures",
			 (json_int_t)link->failures);
}
