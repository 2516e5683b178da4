#include "cluster/publisher.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cluster/internal.h"
#include "cluster/jetstream.h"
#include "cluster/names.h"
#include "link/batch.h"
#include "store/history/history.h"

#define NS_PER_MS UINT64_C(1000000)

static void send_next(struct publisher *publisher);

/* Failures */

static void note(struct publisher *publisher, const char *text)
{
	if (!strcmp(publisher->problem, text))
		return;
	snprintf(publisher->problem, sizeof(publisher->problem), "%s", text);
	publisher->config.on_problem(publisher->config.arg, text);
}

/* Try again after a pause, from the comparison on: what was sent may be in the log, or not. */
static void fail(struct publisher *publisher, const char *text)
{
	publisher->counters.failures++;
	publisher->is_busy = false;
	if (publisher->state != PUBLISHER_WAITING)
		publisher->state = PUBLISHER_COMPARING;
	publisher->next_ns =
		clock_monotonic_ns(publisher->config.clock) + publisher->pause_ms * NS_PER_MS;
	publisher->pause_ms *= 2;
	if (publisher->pause_ms > PUBLISHER_PAUSE_MS_MAX)
		publisher->pause_ms = PUBLISHER_PAUSE_MS_MAX;
	note(publisher, text);
}

/* An operation has ended. Returns whether the publisher was stopped meanwhile. */
static bool is_outdated(struct publisher *publisher)
{
	publisher->is_busy = false;
	return publisher->busy_run != publisher->run;
}

static void begin_operation(struct publisher *publisher)
{
	publisher->is_busy = true;
	publisher->busy_run = publisher->run;
}

/* Comparing the cursor with the log */

static uint64_t cursor_get(const struct publisher *publisher)
{
	uint64_t after = 0;

	/* Without a cursor: from the beginning. */
	if (history_cursor_get(publisher->config.history, publisher->cursor, &after))
		return 0;
	return after;
}

static void cursor_set(struct publisher *publisher, uint64_t position)
{
	if (position < cursor_get(publisher))
		publisher->counters.set_back++;
	history_cursor_set(publisher->config.history, publisher->cursor, position);
}

static void begin_sending(struct publisher *publisher)
{
	publisher->state = PUBLISHER_SENDING;
	publisher->has_news = true;
	send_next(publisher);
}

/*
 * `batch` has the item at the cursor, or the first one after it. Within a stream, positions are as
 * far apart as sequences.
 */
static void compare(struct publisher *publisher, const struct history_batch *batch)
{
	const struct message_id *last = &publisher->last;

	if (!publisher->has_last) {
		if (publisher->is_log_complete)
			cursor_set(publisher, 0);
	} else if (batch->count && batch->stream == last->stream) {
		cursor_set(publisher, batch->next - batch->items[0].sequence + last->last);
	} else if (batch->count && cursor_get(publisher) >= batch->next) {
		/* The log ends with an older stream of this node than the cursor is in. */
		cursor_set(publisher, 0);
	}
	begin_sending(publisher);
}

/* A read of the history has ended. Returns whether its batch is still wanted. */
static bool take_read(struct publisher *publisher, int status, const struct error *err)
{
	publisher->is_reading = false;
	if (publisher->is_closing) {
		publisher->on_closed(publisher->closed_arg);
		return false;
	}
	if (is_outdated(publisher))
		return false;
	if (status)
		fail(publisher, err->text);
	return !status;
}

static void on_compared(void *arg, int status, const struct history_batch *batch,
			const struct error *err)
{
	struct publisher *publisher = arg;

	if (take_read(publisher, status, err))
		compare(publisher, batch);
}

static bool read_history(struct publisher *publisher, uint64_t after, size_t limit,
			 history_read_done *on_read)
{
	if (history_read_after(publisher->config.history, publisher->config.node, after, limit,
			       on_read, publisher))
		return false;
	begin_operation(publisher);
	publisher->is_reading = true;
	return true;
}

static void take_last(void *arg, int status, const json_t *answer, int code,
		      const struct error *err)
{
	struct publisher *publisher = arg;
	char name[MESSAGE_ID_SIZE];
	uint64_t after;

	(void)code;
	if (is_outdated(publisher))
		return;
	if (status && status != ERROR_NOT_FOUND) {
		fail(publisher, err->text);
		return;
	}
	if (!status && jetstream_stored_header(answer, MESSAGE_ID_HEADER, name, sizeof(name)))
		publisher->has_last = message_id_read(name, &publisher->last);
	after = cursor_get(publisher);
	if (!read_history(publisher, after ? after - 1 : 0, 1, on_compared))
		fail(publisher, "the history is busy");
}

/* Ask the log's leader: other servers may not have the newest message. */
static void find_last(struct publisher *publisher)
{
	json_t *body = json_pack("{s:s}", "last_by_subj", publisher->subject);

	publisher->has_last = false;
	begin_operation(publisher);
	if (!body || jetstream_call(publisher->config.engine, "STREAM.MSG.GET." CLUSTER_LOG, body,
				    take_last, publisher))
		fail(publisher, "the engine takes no request now");
	json_decref(body);
}

/* Sending */

static void sent(void *arg, int status, const json_t *answer, int code, const struct error *err)
{
	struct publisher *publisher = arg;

	(void)code;
	if (is_outdated(publisher))
		return;
	if (status) {
		fail(publisher, err->text);
		return;
	}
	publisher->counters.messages++;
	publisher->counters.readings += publisher->count;
	publisher->counters.skipped += publisher->skipped;
	publisher->counters.doubles += json_is_true(json_object_get(answer, "duplicate"));
	publisher->pause_ms = PUBLISHER_PAUSE_MS;
	publisher->limit = SPOKE_LINK_ITEMS_MAX;
	if (cursor_get(publisher) == publisher->from) /* else it was set back meanwhile */
		cursor_set(publisher, publisher->position);
	note(publisher, "");
	publisher->has_news = true; /* there may be more */
	send_next(publisher);
}

static void send_message(struct publisher *publisher)
{
	char id[MESSAGE_ID_SIZE];
	const struct engine_header headers[] = {{MESSAGE_ID_HEADER, id},
						{"Nats-Expected-Stream", CLUSTER_LOG}};
	const struct engine_message message = {
		.subject = publisher->subject,
		.data = publisher->body.data,
		.size = publisher->body.size,
		.headers = headers,
		.headers_count = 2,
	};

	message_id_write(&publisher->id, id);
	begin_operation(publisher);
	if (jetstream_publish(publisher->config.engine, &message, JETSTREAM_TIMEOUT_MS, sent,
			      publisher))
		fail(publisher, "the engine takes no message now");
}

/* Skip a reading that alone does not fit into a message. */
static void skip(struct publisher *publisher, const struct history_batch *batch)
{
	publisher->counters.skipped++;
	note(publisher, "a reading is too large for the cluster's log, skipping it; let its plugin "
			"return less data");
	cursor_set(publisher, batch->next);
	publisher->limit = SPOKE_LINK_ITEMS_MAX;
}

/* Name the message by what it covers: from the cursor on, or from the stream's beginning. */
static void name_message(struct publisher *publisher, const struct history_batch *batch)
{
	uint64_t last = batch->items[batch->count - 1].sequence;
	uint64_t distance;

	publisher->from = cursor_get(publisher);
	distance = batch->next - publisher->from;
	publisher->id.stream = batch->stream;
	publisher->id.last = last;
	publisher->id.first = distance > last ? 1 : last - distance + 1;
	publisher->position = batch->next;
	publisher->skipped = batch->skipped;
}

static void encode(struct publisher *publisher, const struct history_batch *batch)
{
	int ret = spoke_link_batch_encode(publisher->config.node,
					  clock_unix_ms(publisher->config.clock), batch,
					  &publisher->body, &publisher->count);

	publisher->has_news = true;
	if (ret == ERROR_TOO_LARGE && batch->count == 1) {
		skip(publisher, batch);
	} else if (ret == ERROR_TOO_LARGE || (!ret && publisher->count < batch->count)) {
		/* Not all of it fits into one message: read the history again, less of it. */
		publisher->limit = ret ? 1 : publisher->count;
	} else if (ret) {
		fail(publisher, error_text(ret));
		return;
	} else {
		name_message(publisher, batch);
		send_message(publisher);
		return;
	}
	send_next(publisher);
}

static void on_read(void *arg, int status, const struct history_batch *batch,
		    const struct error *err)
{
	struct publisher *publisher = arg;

	if (!take_read(publisher, status, err))
		return;
	if (batch->count)
		encode(publisher, batch);
	else if (publisher->has_news)
		send_next(publisher);
}

static void send_next(struct publisher *publisher)
{
	if (publisher->state != PUBLISHER_SENDING || publisher->is_busy || !publisher->has_news)
		return;
	if (read_history(publisher, cursor_get(publisher), publisher->limit, on_read))
		publisher->has_news = false;
}

/* Life */

static void on_committed(void *arg)
{
	struct publisher *publisher = arg;

	publisher->has_news = true;
	send_next(publisher);
}

int publisher_init(struct publisher *publisher, const struct publisher_config *config)
{
	*publisher = (struct publisher){
		.config = *config, .limit = SPOKE_LINK_ITEMS_MAX, .pause_ms = PUBLISHER_PAUSE_MS};
	snprintf(publisher->id.node, sizeof(publisher->id.node), "%s", config->node);
	cluster_log_subject(config->hub ? config->hub : "", config->node, publisher->subject);
	buffer_init(&publisher->body, SPOKE_LINK_TEXT_MAX);
	return config->hub ? 0 : history_subscribe(config->history, on_committed, publisher);
}

void publisher_close(struct publisher *publisher, void (*on_closed)(void *arg), void *arg)
{
	history_unsubscribe(publisher->config.history, publisher);
	publisher->state = PUBLISHER_WAITING;
	publisher->is_closing = true;
	publisher->on_closed = on_closed;
	publisher->closed_arg = arg;
	buffer_finish(&publisher->body);
	if (!publisher->is_reading)
		on_closed(arg);
}

/*
 * A hub has many spokes, and the history few cursors: theirs stay from log to log, and relay.c sets
 * them to the beginning for a new one.
 */
static void name_cursor(struct publisher *publisher, const char *identity)
{
	if (publisher->config.hub)
		snprintf(publisher->cursor, sizeof(publisher->cursor), "relay.%" PRIx64,
			 reader_hash(publisher->config.node));
	else
		snprintf(publisher->cursor, sizeof(publisher->cursor), "cluster.%s", identity);
}

void publisher_start(struct publisher *publisher, const char identity[STREAMS_IDENTITY_SIZE],
		     uint64_t first)
{
	name_cursor(publisher, identity);
	publisher->is_log_complete = first <= 1;
	publisher->state = PUBLISHER_COMPARING;
	publisher->run++;
	publisher->pause_ms = PUBLISHER_PAUSE_MS;
	publisher->next_ns = 0;
	if (!publisher->config.hub)
		publisher_tick(publisher);
}

void publisher_stop(struct publisher *publisher)
{
	publisher->state = PUBLISHER_WAITING;
	publisher->run++;
}

void publisher_tick(struct publisher *publisher)
{
	if (publisher->is_busy || clock_monotonic_ns(publisher->config.clock) < publisher->next_ns)
		return;
	if (publisher->state == PUBLISHER_COMPARING)
		find_last(publisher);
	else
		send_next(publisher);
}

void publisher_forget(struct publisher *publisher)
{
	history_cursor_set(publisher->config.history, publisher->cursor, 0);
}

void publisher_note_news(struct publisher *publisher)
{
	publisher->has_news = true;
}

void publisher_set_back(struct publisher *publisher, uint64_t stream, uint64_t sequence)
{
	uint64_t now = cursor_get(publisher), wanted;

	if (publisher->state != PUBLISHER_SENDING || publisher->id.stream != stream ||
	    !publisher->position)
		return;
	wanted = publisher->position - publisher->id.last + sequence - 1;
	if (wanted >= now)
		return;
	cursor_set(publisher, wanted);
	publisher->has_news = true;
	send_next(publisher);
}
