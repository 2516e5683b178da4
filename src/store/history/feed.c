#include "store/history/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/history/db.h"
#include "store/history/history.h"

/* Of a mark by another node: a larger one would be a position of another source. */
#define MARK_SEQUENCE_MAX (INT64_C(1) << HISTORY_SEQUENCE_BITS)

struct feed_mark {
	uint64_t stream, sequence; /* stream 0: none */
};

struct feed_node {
	char name[READING_NAME_MAX + 1];
	char cursor[READING_NAME_MAX + 1];
	uint64_t sent; /* position up to which readings are on the way */
	bool has_news;
	bool is_new;	       /* without a cursor: begins after what the history has */
	struct feed_mark done; /* acknowledged up to here, to this node or to another one */
	bool is_behind;	       /* the cursor has not come to `done`: another node was faster */
	uint64_t stream, base; /* of the last batch: a position is `base` plus the sequence */
};

/* A reading on the way, in the order in which they were sent. */
struct on_way {
	size_t node;
	uint64_t position, token;
	struct feed_mark mark;
	bool is_acknowledged;
};

struct history_feed {
	struct history_feed_config config;
	char name[16];
	struct feed_node nodes[HISTORY_FEED_NODES_MAX];
	size_t nodes_count, next; /* `next`: whose turn it is */
	struct on_way on_way[HISTORY_FEED_WINDOW_MAX];
	size_t on_way_count;
	bool is_online, is_reading, is_closing;
	unsigned run; /* grows with each connection: what was read before is void */
	unsigned reading_run;
	size_t reading_node;
	uint64_t next_token;
	struct history_feed_counters counters;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

static void on_read(void *arg, int status, const struct history_batch *batch,
		    const struct error *err);

/* Cursors */

static uint64_t cursor_get(const struct history_feed *feed, const struct feed_node *node)
{
	uint64_t value = 0;

	if (history_cursor_get(feed->config.history, node->cursor, &value))
		return 0;
	return value;
}

static void cursor_advance(struct history_feed *feed, const struct feed_node *node,
			   uint64_t position)
{
	if (position > cursor_get(feed, node))
		history_cursor_set(feed->config.history, node->cursor, position);
}

/* The cursor moves over what is acknowledged without a gap. */
static void advance(struct history_feed *feed)
{
	size_t done = 0;

	while (done < feed->on_way_count && feed->on_way[done].is_acknowledged) {
		const struct on_way *first = &feed->on_way[done++];
		struct feed_node *node = &feed->nodes[first->node];

		cursor_advance(feed, node, first->position);
		if (!node->is_behind)
			node->done = first->mark;
		feed->counters.sent++;
	}
	feed->on_way_count -= done;
	memmove(feed->on_way, feed->on_way + done, feed->on_way_count * sizeof(*feed->on_way));
}

void history_feed_acknowledged(struct history_feed *feed, uint64_t token)
{
	for (size_t i = 0; i < feed->on_way_count; i++)
		if (feed->on_way[i].token == token)
			feed->on_way[i].is_acknowledged = true;
	advance(feed);
	history_feed_pump(feed);
}

void history_feed_acknowledged_until(struct history_feed *feed, uint64_t token)
{
	for (size_t i = 0; i < feed->on_way_count; i++)
		if (feed->on_way[i].token <= token)
			feed->on_way[i].is_acknowledged = true;
	advance(feed);
	history_feed_pump(feed);
}

/* Reading and sending */

/* Within a batch positions are as far apart as sequences. */
static uint64_t position_of(const struct history_batch *batch, size_t i)
{
	return batch->next - (batch->items[batch->count - 1].sequence - batch->items[i].sequence);
}

static bool send_one(struct history_feed *feed, size_t index, const struct history_batch *batch,
		     size_t i)
{
	struct feed_node *node = &feed->nodes[index];
	struct on_way *on_way = &feed->on_way[feed->on_way_count];

	*on_way = (struct on_way){.node = index,
				  .position = position_of(batch, i),
				  .token = feed->next_token,
				  .mark = {batch->stream, batch->items[i].sequence}};
	if (feed->config.publish(feed->config.arg, node->name, &batch->items[i], on_way->token))
		return false;
	feed->next_token++;
	feed->on_way_count++;
	node->sent = on_way->position;
	return true;
}

static void send_batch(struct history_feed *feed, const struct history_batch *batch)
{
	const size_t index = feed->reading_node;
	size_t i = 0;

	while (i < batch->count && feed->on_way_count < feed->config.window &&
	       send_one(feed, index, batch, i))
		i++;
	feed->counters.skipped += i ? batch->skipped : 0;
	feed->nodes[index].has_news = batch->count > 0;
	/* If publish() refused, the owner pumps when there is room. */
	if (i == batch->count)
		history_feed_pump(feed);
}

/* A new feed begins with what comes: it would be strange to fill a new broker with two weeks. */
static void begin_at_end(struct history_feed *feed, const struct history_batch *batch)
{
	struct feed_node *node = &feed->nodes[feed->reading_node];
	uint64_t value;

	/* The database was opened only now: there is a cursor. */
	if (!history_cursor_get(feed->config.history, node->cursor, &value)) {
		node->is_new = false;
		node->sent = value;
		node->has_news = true;
	} else if (batch->count) {
		node->sent = batch->next;
		node->has_news = true;
	} else {
		node->is_new = false;
		history_cursor_set(feed->config.history, node->cursor, node->sent);
	}
	history_feed_pump(feed);
}

/* Go to where another node has come, if that is in a stream whose positions are known. */
static void catch_up(struct history_feed *feed, struct feed_node *node)
{
	uint64_t position = node->base + node->done.sequence;

	if (!node->is_behind || node->stream != node->done.stream)
		return;
	node->is_behind = node->is_new = false;
	cursor_advance(feed, node, position);
	if (position > node->sent)
		node->sent = position;
}

/* Returns whether the batch is to be read again, from another place. */
static bool learn_base(struct history_feed *feed, const struct history_batch *batch)
{
	struct feed_node *node = &feed->nodes[feed->reading_node];
	bool was_behind = node->is_behind;

	if (!batch->count)
		return false;
	node->stream = batch->stream;
	node->base = batch->next - batch->items[batch->count - 1].sequence;
	catch_up(feed, node);
	return was_behind && (!node->is_behind || !feed->is_online) && !node->is_new;
}

static void on_read(void *arg, int status, const struct history_batch *batch,
		    const struct error *err)
{
	struct history_feed *feed = arg;

	(void)err;
	feed->is_reading = false;
	if (feed->is_closing) {
		feed->on_closed(feed->closed_arg);
		free(feed);
		return;
	}
	if (status || feed->reading_run != feed->run) {
		feed->nodes[feed->reading_node].has_news = true;
		if (!status)
			history_feed_pump(feed); /* after an error the next commit tries again */
		return;
	}
	if (learn_base(feed, batch)) {
		feed->nodes[feed->reading_node].has_news = feed->is_online;
		history_feed_pump(feed);
	} else if (feed->nodes[feed->reading_node].is_new)
		begin_at_end(feed, batch);
	else if (feed->is_online) /* else another node came further while this was read */
		send_batch(feed, batch);
}

static bool read_more(struct history_feed *feed, size_t index)
{
	struct feed_node *node = &feed->nodes[index];
	size_t limit = feed->config.window - feed->on_way_count;

	if (node->is_new)
		limit = HISTORY_READ_MAX;
	else if (node->is_behind && !feed->is_online)
		limit = 1;
	if (history_read_after(feed->config.history, node->name, node->sent, limit, on_read, feed))
		return false;
	feed->is_reading = true;
	feed->reading_run = feed->run;
	feed->reading_node = index;
	node->has_news = false;
	return true;
}

/* The nodes take turns, so that none waits for another one's backlog. */
void history_feed_pump(struct history_feed *feed)
{
	if (feed->is_reading || feed->is_closing || feed->on_way_count >= feed->config.window)
		return;
	for (size_t i = 0; i < feed->nodes_count; i++) {
		size_t index = (feed->next + i) % feed->nodes_count;

		/* Where the feed begins does not wait for the broker. */
		if (!feed->nodes[index].has_news ||
		    (!feed->is_online && !feed->nodes[index].is_new &&
		     !feed->nodes[index].is_behind))
			continue;
		feed->next = index + 1;
		read_more(feed, index);
		return;
	}
}

void history_feed_set_online(struct history_feed *feed, bool is_online)
{
	feed->is_online = is_online;
	feed->run++;
	feed->on_way_count = 0;
	for (size_t i = 0; i < feed->nodes_count; i++) {
		if (!feed->nodes[i].is_new)
			feed->nodes[i].sent = cursor_get(feed, &feed->nodes[i]);
		feed->nodes[i].has_news = true;
	}
	history_feed_pump(feed);
}

/* Life */

static void on_committed(void *arg)
{
	struct history_feed *feed = arg;

	for (size_t i = 0; i < feed->nodes_count; i++)
		feed->nodes[i].has_news = true;
	history_feed_pump(feed);
}

int history_feed_create(const struct history_feed_config *config, struct history_feed **ret_feed,
			struct error *err)
{
	struct history_feed *feed = calloc(1, sizeof(*feed));
	int ret;

	if (!feed)
		return error_set(err, ERROR_NO_MEMORY,
				 "cannot prepare the history for its readers: %s",
				 error_text(ERROR_NO_MEMORY));
	feed->config = *config;
	snprintf(feed->name, sizeof(feed->name), "%.8s", config->name);
	feed->next_token = 1;
	ret = history_subscribe(config->history, on_committed, feed);
	if (ret) {
		free(feed);
		return error_set(err, ret,
				 "the history has too many readers: raise HISTORY_SUBSCRIBERS_MAX "
				 "and build again");
	}
	*ret_feed = feed;
	return 0;
}

static struct feed_node *find_node(struct history_feed *feed, const char *name)
{
	for (size_t i = 0; i < feed->nodes_count; i++)
		if (!strcmp(feed->nodes[i].name, name))
			return &feed->nodes[i];
	return NULL;
}

/* A cursor's name has a limit; of a longer one, the end of the node's name tells nodes apart. */
static void name_cursor(const struct history_feed *feed, struct feed_node *node)
{
	size_t room = READING_NAME_MAX - strlen(feed->name) - 1, size = strlen(node->name);

	snprintf(node->cursor, sizeof(node->cursor), "%s.%s", feed->name,
		 node->name + (size > room ? size - room : 0));
}

void history_feed_add(struct history_feed *feed, const char *name)
{
	struct feed_node *node;
	uint64_t value;

	if (find_node(feed, name))
		return;
	if (feed->nodes_count == HISTORY_FEED_NODES_MAX || strlen(name) > READING_NAME_MAX) {
		feed->counters.nodes_refused++;
		return;
	}
	node = &feed->nodes[feed->nodes_count++];
	*node = (struct feed_node){.has_news = true};
	snprintf(node->name, sizeof(node->name), "%s", name);
	name_cursor(feed, node);
	node->is_new = history_cursor_get(feed->config.history, node->cursor, &value) != 0;
	node->sent = cursor_get(feed, node);
	history_feed_pump(feed);
}

/* Several nodes, one receiver */

json_t *history_feed_progress(const struct history_feed *feed)
{
	json_t *progress = json_object();

	for (size_t i = 0; i < feed->nodes_count; i++) {
		const struct feed_node *node = &feed->nodes[i];

		if (node->done.stream)
			json_object_set_new(progress, node->name,
					    json_pack("[I, I]", (json_int_t)node->done.stream,
						      (json_int_t)node->done.sequence));
	}
	return progress;
}

static void follow(struct history_feed *feed, const char *name, struct feed_mark mark)
{
	struct feed_node *node;

	history_feed_add(feed, name);
	node = find_node(feed, name);
	if (!node || (mark.stream == node->done.stream && mark.sequence <= node->done.sequence))
		return;
	node->done = mark;
	node->is_behind = node->has_news = true;
	catch_up(feed, node);
}

void history_feed_follow(struct history_feed *feed, const json_t *progress)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)progress, name, value)
	{
		json_int_t stream = json_integer_value(json_array_get(value, 0));
		json_int_t sequence = json_integer_value(json_array_get(value, 1));

		if (*name && stream > 0 && sequence > 0 && sequence < MARK_SEQUENCE_MAX)
			follow(feed, name,
			       (struct feed_mark){(uint64_t)stream, (uint64_t)sequence});
	}
	history_feed_pump(feed);
}

struct history_feed_counters history_feed_counters(const struct history_feed *feed)
{
	return feed->counters;
}

void history_feed_close(struct history_feed *feed, void (*on_closed)(void *arg), void *arg)
{
	if (!feed) {
		on_closed(arg);
		return;
	}
	history_unsubscribe(feed->config.history, feed);
	feed->is_closing = true;
	feed->on_closed = on_closed;
	feed->closed_arg = arg;
	if (feed->is_reading)
		return;
	free(feed);
	on_closed(arg);
}
