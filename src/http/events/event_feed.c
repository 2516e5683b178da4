#include "http/events/event_feed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alerts.h"
#include "base/aligned_timer.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json_cut.h"
#include "base/json_text.h"
#include "base/log_ring.h"
#include "http/events/events.h"
#include "http/server/connection.h"
#include "http/server/handler.h"
#include "reading/table.h"

#define QUIET_MS 20  /* after a change: wait so long for more before a round */
#define PAUSE_MS 200 /* the shortest time between two rounds of events */
/* between two rounds with plugins and nodes, whose counters change all the time */
#define SLOW_MS 5000
/* keeps proxies and clients from closing a silent connection */
#define HEARTBEAT_MS 15000
#define SPLIT_SIZE 65536      /* bytes; a longer list of readings or lines is split into events */
#define ROUND_SIZE 65536      /* bytes of readings in one round; the others wait for the next */
#define FIRST_SIZE (1u << 20) /* bytes of readings in a new client's first text */
#define LINES_MAX 100	      /* log lines in one round */
#define EVENT_HEAD_MAX 128    /* bytes of an event besides its data */
#define RETRY "retry: 2000\n\n"

/* A list that is sent as a whole when it has changed. */
struct list {
	const char *name;
	json_t *(*get)(void *arg); /* NULL: this node has no such list */
	void *arg;
	char *last; /* owned: the text that was sent last */
};

enum { LIST_NODES, LIST_PLUGINS, LIST_ALERTS, LISTS };

struct event_feed {
	struct web *web;
	uv_timer_t soon, heartbeat;
	uv_async_t line_came; /* sent from any thread when there is a new log line */
	unsigned open_handles;
	uint64_t sent_ms,
		lists_ms;  /* when the last round, and the last lists, were sent; loop clock */
	uint64_t removals; /* the reading table's count of removals, as last sent */
	uint64_t sequence; /* of the last log line sent */
	struct list lists[LISTS];
	uint64_t states;	   /* hash of the plugins' states as last sent: plugin_states() */
	struct web_text *snapshot; /* owned; first text for new clients; NULL: outdated */
	event_feed_closed *on_closed;
	void *closed_arg;
};

/* Events as text */

static uint64_t unix_ms(const struct event_feed *feed)
{
	return clock_unix_ms(web_config(feed->web)->clock);
}

static void begin_event(struct buffer *text, const struct event_feed *feed, const char *name)
{
	buffer_printf(text, "id: %" PRIu64 "\nevent: %s\ndata: ", feed->sequence, name);
}

/*
 * Write the items as one or more events {"KEY": [item, …]}, with `more` (",…" or "") before the
 * last brace. Takes ownership of `items`.
 */
static void add_list(struct buffer *text, const struct event_feed *feed, const char *event,
		     const char *key, json_t *items, const char *more)
{
	size_t begin = 0;

	for (size_t i = 0; i < json_array_size(items); i++) {
		char *item = json_text(json_array_get(items, i));

		if (begin && text->size - begin > SPLIT_SIZE) {
			buffer_printf(text, "]%s}\n\n", more);
			begin = 0;
		}
		if (!begin) {
			begin_event(text, feed, event);
			buffer_printf(text, "{\"%s\":[", key);
			begin = text->size;
		} else {
			buffer_append_text(text, ",");
		}
		buffer_append_text(text, item ? item : "null");
		free(item);
	}
	if (begin)
		buffer_printf(text, "]%s}\n\n", more);
	json_decref(items);
}

/* The state of writing readings into events. */
struct telling {
	struct event_feed *feed;
	struct buffer *text;
	size_t begin; /* offset of the first item of the current event; 0: no event is open */
	/* Called with each finished event; NULL: all events stay in `text`. */
	void (*whole)(struct event_feed *feed, struct buffer *text);
};

static void end_readings(struct telling *telling)
{
	const struct reading_table *table = web_config(telling->feed->web)->table;

	if (!telling->begin)
		return;
	telling->begin = 0;
	buffer_printf(telling->text, "],\"last_update\":%" PRIu64 ",\"revision\":%" PRIu64 "}\n\n",
		      reading_table_last_update(table), reading_table_revision(table));
	if (!telling->whole)
		return;
	telling->whole(telling->feed, telling->text);
	buffer_clear(telling->text);
}

static void add_reading(void *arg, const char *text, size_t size)
{
	struct telling *telling = arg;

	if (telling->begin && telling->text->size - telling->begin > SPLIT_SIZE)
		end_readings(telling);
	if (telling->begin) {
		buffer_append_text(telling->text, ",");
	} else {
		begin_event(telling->text, telling->feed, "readings");
		buffer_append_text(telling->text, "{\"readings\":[");
		telling->begin = telling->text->size;
	}
	buffer_append(telling->text, text, size);
}

static void add_lines(struct buffer *text, struct event_feed *feed, uint64_t after)
{
	const struct log_filter filter = {.after = after, .limit = LINES_MAX};
	json_t *found = log_ring_find(web_config(feed->web)->log, &filter);

	if (!found)
		return;
	feed->sequence = (uint64_t)json_integer_value(json_object_get(found, "next"));
	add_list(text, feed, "log", "logs", json_incref(json_object_get(found, "logs")), "");
	json_decref(found);
}

static void add_text(struct buffer *text, const struct event_feed *feed, const char *name,
		     const char *json)
{
	begin_event(text, feed, name);
	buffer_append_text(text, json);
	buffer_append_text(text, "\n\n");
}

/*
 * The list as {"NAME": […]}; the caller frees it with free(). NULL if this node has no such list or
 * memory runs out. If it is larger than size_max, for example because of many plugins' long error
 * texts, all texts in it are cut, so that the states still arrive.
 */
static char *list_text(const struct list *list, size_t size_max)
{
	static const size_t text_sizes[] = {512, 128, 32};
	json_t *items = list->get ? list->get(list->arg) : NULL;
	json_t *object = items ? json_pack("{s:o}", list->name, items) : NULL;
	char *text = object ? json_text(object) : NULL;

	for (size_t i = 0; text && strlen(text) > size_max && i < 3; i++) {
		json_cut_texts(object, text_sizes[i]);
		free(text);
		text = json_text(object);
	}
	json_decref(object);
	return text;
}

static uint64_t mix(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211); /* FNV-1a */
	return hash;
}

/*
 * A hash that changes when a plugin is added or removed or its state changes. "calling" counts as
 * "idle", since the two alternate with each poll.
 */
static uint64_t plugin_states(const struct event_feed *feed)
{
	const struct web_actions *actions = &web_config(feed->web)->actions;
	json_t *plugins = actions->plugins ? actions->plugins(actions->arg) : NULL;
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < json_array_size(plugins); i++) {
		const json_t *plugin = json_array_get(plugins, i);
		const char *state = json_string_value(json_object_get(plugin, "state"));

		hash = mix(hash, json_string_value(json_object_get(plugin, "name")));
		hash = mix(hash, state && !strcmp(state, "calling") ? "idle" : state);
	}
	json_decref(plugins);
	return hash;
}

/* Rounds */

static void publish(struct event_feed *feed, struct buffer *text)
{
	web_text_unref(feed->snapshot);
	feed->snapshot = NULL;
	if (!text->failed && text->size)
		web_events_publish(web_events(feed->web), text->data, text->size);
	web_run_soon(feed->web);
}

static void send_lists(struct event_feed *feed)
{
	const size_t size_max = web_events_size_max(web_events(feed->web));

	for (size_t i = 0; i < LISTS; i++) {
		struct list *list = &feed->lists[i];
		char *now = list_text(list, size_max - EVENT_HEAD_MAX);
		struct buffer text;

		if (!now || (list->last && !strcmp(now, list->last))) {
			free(now);
			continue;
		}
		buffer_init(&text, 2 * size_max);
		add_text(&text, feed, list->name, now);
		publish(feed, &text);
		buffer_finish(&text);
		free(list->last);
		list->last = now;
	}
}

/* After a sensor was removed, send the ids of all sensors, so that clients can drop the others. */
static void add_sensors(struct buffer *text, struct event_feed *feed)
{
	const struct reading_table *table = web_config(feed->web)->table;
	json_t *object;
	char *ids;

	if (feed->removals == reading_table_removals(table))
		return;
	object = json_pack("{s:o}", "sensors", reading_table_ids(table));
	ids = object ? json_text(object) : NULL;
	json_decref(object);
	if (!ids)
		return; /* the next round tries again */
	feed->removals = reading_table_removals(table);
	add_text(text, feed, "sensors", ids);
	free(ids);
}

static void go_round_soon(struct event_feed *feed);

static void send_lines(struct event_feed *feed)
{
	struct buffer text;

	if (!web_config(feed->web)->log)
		return;
	buffer_init(&text, 64u << 20);
	add_lines(&text, feed, feed->sequence);
	if (feed->sequence < log_ring_newest(web_config(feed->web)->log))
		go_round_soon(feed);
	publish(feed, &text);
	buffer_finish(&text);
}

static void send_readings(struct event_feed *feed)
{
	const struct web_config *config = web_config(feed->web);
	struct telling telling = {.feed = feed, .whole = publish};
	struct buffer text;

	buffer_init(&text, web_events_size_max(web_events(feed->web)));
	telling.text = &text;
	if (reading_table_tell(config->table, config->clock, ROUND_SIZE, add_reading, &telling))
		go_round_soon(feed);
	end_readings(&telling);
	add_sensors(&text, feed);
	publish(feed, &text);
	buffer_finish(&text);
}

static void send_changes(struct event_feed *feed)
{
	send_lines(feed);
	send_readings(feed);
}

static bool has_clients(const struct event_feed *feed)
{
	struct web_events_counters counters;

	web_events_counters(web_events(feed->web), &counters);
	return counters.clients > 0;
}

static void go_round(uv_timer_t *timer)
{
	struct event_feed *feed = timer->data;
	uint64_t states;

	feed->sent_ms = uv_now(timer->loop);
	if (!has_clients(feed))
		return;
	send_changes(feed);
	states = plugin_states(feed);
	if (states == feed->states && feed->sent_ms - feed->lists_ms < SLOW_MS)
		return;
	feed->states = states;
	feed->lists_ms = feed->sent_ms;
	send_lists(feed);
}

static void go_round_soon(struct event_feed *feed)
{
	uint64_t now = uv_now(feed->soon.loop), wait_ms = QUIET_MS;

	if (uv_is_active((uv_handle_t *)&feed->soon))
		return;
	if (now - feed->sent_ms < PAUSE_MS - QUIET_MS)
		wait_ms = PAUSE_MS - (now - feed->sent_ms);
	uv_timer_start(&feed->soon, go_round, wait_ms, 0);
}

static void on_reading(void *arg, const struct reading *reading)
{
	(void)reading;
	go_round_soon(arg);
}

static void on_line(uv_async_t *async)
{
	go_round_soon(async->data);
}

static void on_line_anywhere(void *arg)
{
	uv_async_send(&((struct event_feed *)arg)->line_came);
}

static void on_heartbeat(uv_timer_t *timer)
{
	struct event_feed *feed = timer->data;
	struct buffer text;

	aligned_timer_start(timer, on_heartbeat, HEARTBEAT_MS);
	/* Sessions also expire without any event that would tell. */
	web_events_check(web_events(feed->web), feed->web);
	web_run_soon(feed->web);
	if (!has_clients(feed))
		return;
	buffer_init(&text, 64);
	buffer_append_text(&text, ": still here\n\n");
	publish(feed, &text);
	buffer_finish(&text);
}

void event_feed_plugins_changed(struct event_feed *feed)
{
	feed->lists_ms = 0;
	go_round_soon(feed);
}

/* A new client's first text: the current state, and the log lines that it missed */

static void add_snapshot(struct buffer *text, struct event_feed *feed)
{
	struct telling telling = {.feed = feed, .text = text};

	buffer_append_text(text, RETRY);
	reading_table_tell_all(web_config(feed->web)->table, unix_ms(feed), FIRST_SIZE, add_reading,
			       &telling);
	end_readings(&telling);
	go_round_soon(feed);
	for (size_t i = 0; i < LISTS; i++) {
		char *list = list_text(&feed->lists[i], SIZE_MAX);

		if (list)
			add_text(text, feed, feed->lists[i].name, list);
		free(list);
	}
}

/*
 * Make the first text of a client whose last event was `last_id` (NULL: a new client). The caller
 * owns the reference; NULL if memory runs out.
 */
static struct web_text *make_first(struct event_feed *feed, const char *last_id)
{
	uint64_t sequence = feed->sequence, before;
	struct web_text *first = NULL;
	struct buffer text;

	buffer_init(&text, 64u << 20);
	if (last_id) {
		/* Lines that no client has got yet may be sent again, with the next round. */
		feed->sequence = strtoull(last_id, NULL, 10);
		do
			before = feed->sequence, add_lines(&text, feed, before);
		while (feed->sequence > before && feed->sequence < sequence);
		feed->sequence = sequence;
	}
	add_snapshot(&text, feed);
	if (!text.failed)
		first = web_text_create(&text);
	buffer_finish(&text);
	return first;
}

/* Like make_first(), but new clients share one text until something is published. */
static struct web_text *first_text(struct event_feed *feed, const char *last_id)
{
	/* Without clients nothing was sent: the first text brings this client up to date. */
	if (!has_clients(feed)) {
		web_text_unref(feed->snapshot);
		feed->snapshot = NULL;
		reading_table_tell_none(web_config(feed->web)->table);
		feed->removals = reading_table_removals(web_config(feed->web)->table);
		if (web_config(feed->web)->log)
			feed->sequence = log_ring_newest(web_config(feed->web)->log);
	}
	if (last_id && *last_id && strspn(last_id, "0123456789") == strlen(last_id) &&
	    web_config(feed->web)->log)
		return make_first(feed, last_id);
	if (!feed->snapshot)
		feed->snapshot = make_first(feed, NULL);
	return feed->snapshot ? web_text_ref(feed->snapshot) : NULL;
}

struct web_answer web_get_events(struct web *web, struct web_request *request)
{
	const char *last_id = web_request_header(request, "Last-Event-ID");
	struct web_text *first;

	if (!web_events_have_room(web_events(web), request))
		return web_answer_busy("too many clients listen to events already: close another "
				       "page of this node, or try again later");
	first = first_text(web_event_feed(web), last_id);
	if (!first)
		return web_answer_problem(MHD_HTTP_INTERNAL_SERVER_ERROR,
					  "out of memory while opening the stream of events; this "
					  "machine needs more free memory");
	/* The answer is endless, so it must not have a time limit. */
	web_connection_rest(web_connection_find(request->connection));
	return web_events_open(web_events(web), request, first);
}

/* Life */

static json_t *get_alerts(void *arg)
{
	json_t *all = alerts_to_json(arg);
	json_t *list = json_incref(json_object_get(all, "alerts"));

	json_decref(all);
	return list;
}

static void choose_lists(struct event_feed *feed)
{
	const struct web_config *config = web_config(feed->web);
	const struct web_actions *actions = &config->actions;

	feed->lists[LIST_NODES] = (struct list){"nodes", actions->nodes, actions->arg, NULL};
	feed->lists[LIST_PLUGINS] = (struct list){"plugins", actions->plugins, actions->arg, NULL};
	feed->lists[LIST_ALERTS] =
		(struct list){"alerts", config->alerts ? get_alerts : NULL, config->alerts, NULL};
}

int event_feed_create(uv_loop_t *loop, struct web *web, struct event_feed **ret_feed)
{
	struct event_feed *feed = calloc(1, sizeof(*feed));
	int ret;

	if (!feed)
		return ERROR_NO_MEMORY;
	feed->web = web;
	choose_lists(feed);
	ret = reading_table_subscribe(web_config(web)->table, on_reading, feed);
	if (ret) {
		free(feed);
		return ret;
	}
	uv_timer_init(loop, &feed->soon);
	uv_timer_init(loop, &feed->heartbeat);
	uv_async_init(loop, &feed->line_came, on_line);
	feed->soon.data = feed->heartbeat.data = feed->line_came.data = feed;
	feed->open_handles = 3;
	aligned_timer_start(&feed->heartbeat, on_heartbeat, HEARTBEAT_MS);
	if (web_config(web)->log)
		log_ring_watch(web_config(web)->log, on_line_anywhere, feed);
	*ret_feed = feed;
	return 0;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct event_feed *feed = handle->data;

	if (--feed->open_handles)
		return;
	feed->on_closed(feed->closed_arg);
	for (size_t i = 0; i < LISTS; i++)
		free(feed->lists[i].last);
	web_text_unref(feed->snapshot);
	free(feed);
}

void event_feed_close(struct event_feed *feed, event_feed_closed *on_closed, void *arg)
{
	feed->on_closed = on_closed;
	feed->closed_arg = arg;
	if (web_config(feed->web)->log)
		log_ring_watch(web_config(feed->web)->log, NULL, NULL);
	reading_table_unsubscribe(web_config(feed->web)->table, on_reading, feed);
	uv_close((uv_handle_t *)&feed->soon, on_handle_closed);
	uv_close((uv_handle_t *)&feed->heartbeat, on_handle_closed);
	uv_close((uv_handle_t *)&feed->line_came, on_handle_closed);
}
