#include "influx/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "influx/batch.h"
#include "influx/line.h"
#include "influx/token.h"
#include "influx/trouble.h"
#include "link/http_client.h"
#include "reading/limits.h"
#include "store/history/feed.h"

#define TICK_MS 1000
#define COLLECT_MS 200 /* how long the first reading of a batch waits for others */
#define URL_SIZE_MAX 4096
/* Tags, names and escapes can make a line larger than the reading. */
#define LINE_SIZE_MAX (8u * READING_SIZE_MAX)

struct influx_writer {
	struct influx_writer_config config;
	struct http_client *client; /* owned */
	struct history_feed *feed;  /* owned; NULL: there is no history */
	uv_timer_t timer;	    /* until the next request */
	uv_timer_t tick;
	struct buffer url, line;
	struct influx_batch batch;
	size_t sending;			/* the first readings, which are on the way */
	struct http_exchange *exchange; /* borrowed; NULL: none is on the way */
	char *authorization;		/* owned; NULL: none */
	bool is_active, is_closing;
	struct influx_trouble trouble;
	struct {
		uint64_t written, refused, empty, requests, halved, failed, bytes;
	} counters;
	unsigned open_parts;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

static void note(struct influx_writer *writer, enum log_level level, const char *text)
{
	writer->config.on_noted(writer->config.arg, level, text);
}

static void schedule(struct influx_writer *writer, uint64_t delay_ms);

/* The batch */

/* Called by the feed for each reading. While a request is on the way, its text must not move. */
static int add_reading(void *arg, const char *node, const struct history_item *item, uint64_t token)
{
	struct influx_writer *writer = arg;
	int ret;

	if (writer->sending || !writer->is_active)
		return ERROR_BUSY;
	buffer_clear(&writer->line);
	ret = influx_line_append(&writer->line, node, item);
	if (!ret)
		ret = influx_batch_add(&writer->batch, &writer->line, token);
	if (!ret && !uv_is_active((uv_handle_t *)&writer->timer))
		schedule(writer, COLLECT_MS);
	return ret;
}

/* The first readings of the batch are done with: written, or skipped. */
static void finish_first(struct influx_writer *writer, size_t count)
{
	history_feed_acknowledged_until(writer->feed, influx_batch_remove(&writer->batch, count));
}

static void drop_batch(struct influx_writer *writer)
{
	http_exchange_cancel(writer->exchange);
	writer->exchange = NULL;
	writer->sending = 0;
	influx_batch_clear(&writer->batch);
	uv_timer_stop(&writer->timer);
}

/* What is wrong */

static void set_reason(struct influx_writer *writer, const char *reason)
{
	char text[INFLUX_REASON_SIZE + 64];

	if (!influx_trouble_set(&writer->trouble, reason))
		return;
	snprintf(text, sizeof(text), "cannot write readings, trying again: %s",
		 writer->trouble.reason);
	note(writer, LOG_WARNING, text);
}

static void fail(struct influx_writer *writer, const char *why, uint64_t asked_ms)
{
	writer->counters.failed++;
	set_reason(writer, why);
	schedule(writer, influx_trouble_pause(&writer->trouble, asked_ms));
}

/* Answers */

static void on_written(struct influx_writer *writer, size_t count)
{
	const size_t empty = influx_batch_count_empty(&writer->batch, count);

	writer->counters.empty += empty;
	writer->counters.written += count - empty;
	writer->counters.bytes += influx_batch_size(&writer->batch, count);
	influx_batch_grow(&writer->batch);
	finish_first(writer, count);
	if (writer->batch.count)
		schedule(writer, 0);
}

static void skip_first(struct influx_writer *writer, const struct http_answer *answer)
{
	char said[INFLUX_QUOTE_SIZE], text[INFLUX_REASON_SIZE];
	uint64_t pause = 0;

	influx_quote(said, answer);
	writer->counters.refused++;
	if (++writer->trouble.refused_in_a_row == 1) {
		snprintf(text, sizeof(text), "the server refused a reading, which is skipped: %s",
			 said);
		note(writer, LOG_WARNING, text);
	}
	if (writer->trouble.refused_in_a_row >= INFLUX_REFUSED_IN_A_ROW_MAX) {
		snprintf(text, sizeof(text),
			 "the server refuses one reading after the other; check org and bucket: %s",
			 said);
		set_reason(writer, text);
		pause = influx_trouble_pause(&writer->trouble, answer->retry_after_ms);
	}
	schedule(writer, pause);
	finish_first(writer, 1);
}

static void on_refused(struct influx_writer *writer, size_t count, const struct http_answer *answer)
{
	if (count == 1) {
		skip_first(writer, answer);
		return;
	}
	writer->counters.halved++;
	influx_batch_halve(&writer->batch, count);
	schedule(writer, 0);
}

static void on_accepted(struct influx_writer *writer, size_t count)
{
	if (influx_trouble_clear(&writer->trouble))
		note(writer, LOG_INFO, "the server accepts readings again");
	on_written(writer, count);
}

static void fail_by_answer(struct influx_writer *writer, const struct http_answer *answer)
{
	char why[INFLUX_REASON_SIZE];

	influx_trouble_describe(why, answer);
	fail(writer, why, answer->retry_after_ms);
}

static void on_answered(void *arg, int status, const struct http_answer *answer,
			const struct error *err)
{
	struct influx_writer *writer = arg;
	const size_t count = writer->sending;

	writer->exchange = NULL;
	writer->sending = 0;
	influx_token_forget(&writer->authorization);
	if (status == ERROR_CLOSED)
		return;
	if (status) {
		fail(writer, err->text, 0);
	} else if (answer->status == 204) {
		on_accepted(writer, count);
	} else if (answer->status == 400 || answer->status == 413 || answer->status == 422) {
		on_refused(writer, count, answer);
	} else {
		fail_by_answer(writer, answer);
	}
	if (!writer->is_closing)
		history_feed_pump(writer->feed);
}

/* Requests */

static int start_request(struct influx_writer *writer, size_t size, struct error *err)
{
	const char *headers[] = {NULL, NULL};
	struct http_request request = {
		.method = "POST",
		.url = writer->url.data,
		.ca_file = writer->config.influx->tls_ca,
		.content_type = "text/plain; charset=utf-8",
		.body = writer->batch.text.data,
		.body_size = size,
		.timeout_ms = INFLUX_SEND_MS,
		.headers = headers,
	};
	int ret = influx_token_read(writer->config.influx->token_file, &writer->authorization, err);

	headers[0] = writer->authorization;
	return ret ? ret
		   : http_client_start(writer->client, &request, on_answered, writer,
				       &writer->exchange, err);
}

static void send_first(struct influx_writer *writer)
{
	const size_t count = influx_batch_next(&writer->batch);
	const size_t size = influx_batch_size(&writer->batch, count);
	struct error err = {0};

	if (writer->sending || !count)
		return;
	if (!size) {
		on_written(writer, count);
		return;
	}
	writer->counters.requests++;
	if (start_request(writer, size, &err))
		fail(writer, err.text, 0);
	else
		writer->sending = count;
}

static void on_time(uv_timer_t *timer)
{
	send_first(timer->data);
}

static void schedule(struct influx_writer *writer, uint64_t delay_ms)
{
	if (!writer->is_closing)
		uv_timer_start(&writer->timer, on_time, delay_ms, 0);
}

/* Which nodes, and whether at all */

static void add_nodes(struct influx_writer *writer)
{
	json_t *nodes = writer->config.nodes(writer->config.nodes_arg);
	const json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		const char *name = json_string_value(json_object_get(node, "node"));

		if (name && *name && strlen(name) <= READING_NAME_MAX)
			history_feed_add(writer->feed, name);
	}
	json_decref(nodes);
}

static void set_active(struct influx_writer *writer, bool is_active)
{
	if (writer->is_active == is_active)
		return;
	writer->is_active = is_active;
	drop_batch(writer);
	history_feed_set_online(writer->feed, is_active);
}

static void on_tick(uv_timer_t *timer)
{
	struct influx_writer *writer = timer->data;

	add_nodes(writer);
	set_active(writer, writer->config.may_write(writer->config.arg));
	history_feed_pump(writer->feed);
}

/* Life */

static int make_url(struct influx_writer *writer)
{
	const struct config_influx *influx = writer->config.influx;
	struct buffer *url = &writer->url;
	size_t size = strlen(influx->url);

	while (size && influx->url[size - 1] == '/')
		size--;
	buffer_append(url, influx->url, size);
	buffer_append_text(url, "/api/v2/write?precision=ms&bucket=");
	influx_query_append(url, influx->bucket);
	if (influx->org) {
		buffer_append_text(url, "&org=");
		influx_query_append(url, influx->org);
	}
	return url->failed;
}

static int create_parts(struct influx_writer *writer, struct error *err)
{
	const struct history_feed_config feed = {
		.history = writer->config.history,
		.name = "influx",
		.window = HISTORY_FEED_WINDOW_MAX,
		.publish = add_reading,
		.arg = writer,
	};
	int ret = make_url(writer);

	if (!ret)
		ret = http_client_create(writer->config.loop, &writer->client);
	if (ret)
		return error_set(err, ret, "cannot start the writer of [influx]: %s",
				 error_text(ret));
	ret = history_feed_create(&feed, &writer->feed, err);
	if (!ret)
		history_feed_add(writer->feed, writer->config.node);
	return ret;
}

static void init_parts(struct influx_writer *writer)
{
	buffer_init(&writer->url, URL_SIZE_MAX);
	influx_batch_init(&writer->batch);
	buffer_init(&writer->line, LINE_SIZE_MAX);
	uv_timer_init(writer->config.loop, &writer->timer);
	uv_timer_init(writer->config.loop, &writer->tick);
	writer->timer.data = writer->tick.data = writer;
}

static void on_nothing(void *arg)
{
	(void)arg;
}

int influx_writer_create(const struct influx_writer_config *config,
			 struct influx_writer **ret_writer, struct error *err)
{
	struct influx_writer *writer = calloc(1, sizeof(*writer));
	int ret;

	if (!writer)
		return error_set(err, ERROR_NO_MEMORY, "cannot start the writer of [influx]: %s",
				 error_text(ERROR_NO_MEMORY));
	writer->config = *config;
	init_parts(writer);
	if (config->history) {
		ret = create_parts(writer, err);
		if (ret) {
			influx_writer_close(writer, on_nothing, NULL);
			return ret;
		}
		uv_timer_start(&writer->tick, on_tick, 0, TICK_MS);
	} else {
		set_reason(writer, "this node keeps no history, from which readings are written");
	}
	*ret_writer = writer;
	return 0;
}

static void part_closed(void *arg)
{
	struct influx_writer *writer = arg;

	if (--writer->open_parts)
		return;
	buffer_finish(&writer->url);
	influx_batch_finish(&writer->batch);
	buffer_finish(&writer->line);
	influx_token_forget(&writer->authorization);
	writer->on_closed(writer->closed_arg);
	free(writer);
}

static void on_timer_closed(uv_handle_t *handle)
{
	part_closed(handle->data);
}

void influx_writer_close(struct influx_writer *writer, void (*on_closed)(void *arg), void *arg)
{
	writer->is_closing = true;
	writer->on_closed = on_closed;
	writer->closed_arg = arg;
	writer->open_parts = 3u + (writer->client != NULL);
	uv_close((uv_handle_t *)&writer->timer, on_timer_closed);
	uv_close((uv_handle_t *)&writer->tick, on_timer_closed);
	http_client_close(writer->client, part_closed, writer);
	history_feed_close(writer->feed, part_closed, writer);
	writer->feed = NULL;
}

/* JSON */

static json_t *show_counters(const struct influx_writer *writer)
{
	struct history_feed_counters feed = {0};

	if (writer->feed)
		feed = history_feed_counters(writer->feed);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "written",
			 (json_int_t)writer->counters.written, "refused",
			 (json_int_t)writer->counters.refused, "empty",
			 (json_int_t)writer->counters.empty, "skipped", (json_int_t)feed.skipped,
			 "requests", (json_int_t)writer->counters.requests, "halved",
			 (json_int_t)writer->counters.halved, "failed",
			 (json_int_t)writer->counters.failed, "bytes",
			 (json_int_t)writer->counters.bytes, "nodes_refused",
			 (json_int_t)feed.nodes_refused);
}

json_t *influx_writer_to_json(const struct influx_writer *writer)
{
	const struct config_influx *influx = writer->config.influx;
	const char *state = *writer->trouble.reason ? "failing"
			    : writer->is_active	    ? "ok"
						    : "standby";

	return json_pack("{s:s, s:s?, s:s, s:s?, s:s, s:o}", "state", state, "reason",
			 *writer->trouble.reason ? writer->trouble.reason : NULL, "url",
			 influx->url, "org", influx->org, "bucket", influx->bucket, "counters",
			 show_counters(writer));
}
