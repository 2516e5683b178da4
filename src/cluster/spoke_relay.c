#include "cluster/spoke_relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cluster/internal.h"
#include "cluster/names.h"
#include "store/history/history.h"

#define NS_PER_MS UINT64_C(1000000)
/* The log that the spokes' cursors are of. */
#define LOG_CURSOR "relay.log"

struct relay_spoke {
	struct spoke_relay *relay;
	char name[READING_NAME_MAX + 1];
	struct publisher publisher;
	struct message_id own; /* the last message in the log; last 0: none seen yet */
};

static struct relay_spoke *find(const struct spoke_relay *relay, const char *name)
{
	for (size_t i = 0; i < relay->count; i++)
		if (!strcmp(relay->spokes[i]->name, name))
			return relay->spokes[i];
	return NULL;
}

/* What cannot be published for one spoke cannot be for the others, mostly: log it once. */
static void on_problem(void *arg, const char *text)
{
	struct spoke_relay *relay = ((struct relay_spoke *)arg)->relay;
	char line[ERROR_TEXT_SIZE];

	if (!strcmp(relay->problem, text))
		return;
	snprintf(relay->problem, sizeof(relay->problem), "%s", text);
	if (*text)
		snprintf(line, sizeof(line),
			 "cannot publish the readings of the spoke %s: %.300s; they wait in this "
			 "hub's history",
			 ((struct relay_spoke *)arg)->name, text);
	else
		snprintf(line, sizeof(line), "the spokes' readings are published again");
	relay->config.on_problem(relay->config.arg, line);
}

/* Which spokes there are */

/* Log once why a spoke is not relayed. */
static void leave_out(struct spoke_relay *relay, const char *name, const char *why)
{
	char line[ERROR_TEXT_SIZE];

	if (json_object_get(relay->left_out, name))
		return;
	json_object_set_new(relay->left_out, name, json_string(why));
	snprintf(line, sizeof(line),
		 "the cluster's log does not get the readings of the spoke %.64s: %s", name, why);
	relay->config.on_problem(relay->config.arg, line);
}

static void add(struct spoke_relay *relay, const char *name)
{
	struct relay_spoke *spoke = calloc(1, sizeof(*spoke));
	const struct publisher_config config = {.engine = relay->config.engine,
						.clock = relay->config.clock,
						.history = relay->config.history,
						.node = spoke ? spoke->name : NULL,
						.on_problem = on_problem,
						.arg = spoke,
						.hub = relay->config.node};

	if (!spoke)
		return; /* it is tried again after SPOKE_RELAY_PERIOD_MS */
	spoke->relay = relay;
	snprintf(spoke->name, sizeof(spoke->name), "%s", name);
	publisher_init(&spoke->publisher, &config);
	publisher_start(&spoke->publisher, relay->identity, relay->first);
	relay->spokes[relay->count++] = spoke;
}

static const char *why_not(const struct spoke_relay *relay, const char *name)
{
	if (relay->config.is_member(relay->config.arg, name))
		return "a member of the cluster has this name; give the spoke another `node_id`";
	if (!cluster_spoke_fits(name))
		return "its name has a point; give it a `node_id` without one";
	if (!find(relay, name) && relay->count == SPOKE_RELAY_SPOKES_MAX)
		return "the hub relays as many others as it may; make it a spoke of another member";
	return NULL;
}

static void update(struct spoke_relay *relay, const char *name)
{
	const char *why = why_not(relay, name);
	struct relay_spoke *spoke = find(relay, name);

	if (why && spoke && spoke->publisher.state != PUBLISHER_WAITING)
		publisher_stop(&spoke->publisher);
	if (why)
		leave_out(relay, name, why);
	else
		json_object_del(relay->left_out, name);
	if (!why && !spoke)
		add(relay, name);
	else if (!why && spoke->publisher.state == PUBLISHER_WAITING)
		publisher_start(&spoke->publisher, relay->identity, relay->first);
}

static void read_list(struct spoke_relay *relay)
{
	json_t *names = relay->config.spokes(relay->config.arg), *name;
	size_t i;

	json_array_foreach(names, i, name) update(relay, json_string_value(name));
	json_decref(names);
}

/* Publishing */

static size_t count_busy(const struct spoke_relay *relay)
{
	size_t busy = 0;

	for (size_t i = 0; i < relay->count; i++)
		busy += relay->spokes[i]->publisher.is_busy;
	return busy;
}

/*
 * The cursors of another log mean nothing in this one: begin with what the history has. Returns
 * whether the cursors are known.
 */
static bool compare_log(struct spoke_relay *relay)
{
	struct history *history = relay->config.history;
	uint64_t log = reader_hash(relay->identity), known = 0;
	int ret = history_cursor_get(history, LOG_CURSOR, &known);

	if (ret == ERROR_BUSY)
		return false;
	if (ret || known != log) {
		for (size_t i = 0; i < relay->count; i++)
			publisher_forget(&relay->spokes[i]->publisher);
		history_cursor_set(history, LOG_CURSOR, log);
	}
	return true;
}

bool spoke_relay_is_busy(const struct spoke_relay *relay)
{
	return count_busy(relay) > 0;
}

void spoke_relay_tick(struct spoke_relay *relay)
{
	uint64_t now_ns = clock_monotonic_ns(relay->config.clock);
	size_t busy = count_busy(relay);

	if (!relay->is_ready)
		return;
	if (now_ns >= relay->next_ns) {
		relay->next_ns = now_ns + SPOKE_RELAY_PERIOD_MS * NS_PER_MS;
		read_list(relay);
	}
	if (relay->must_compare && !compare_log(relay))
		return;
	relay->must_compare = false;
	for (size_t i = 0; i < relay->count && busy < SPOKE_RELAY_BUSY_MAX; i++) {
		struct publisher *publisher =
			&relay->spokes[relay->turn++ % relay->count]->publisher;

		if (!publisher->is_busy) {
			publisher_tick(publisher);
			busy += publisher->is_busy;
		}
	}
}

static void on_committed(void *arg)
{
	struct spoke_relay *relay = arg;

	for (size_t i = 0; i < relay->count; i++)
		publisher_note_news(&relay->spokes[i]->publisher);
}

void spoke_relay_start(struct spoke_relay *relay, const char identity[STREAMS_IDENTITY_SIZE],
		       uint64_t first)
{
	snprintf(relay->identity, sizeof(relay->identity), "%s", identity);
	relay->first = first;
	relay->is_ready = relay->must_compare = true;
	relay->next_ns = 0;
	for (size_t i = 0; i < relay->count; i++)
		publisher_stop(&relay->spokes[i]->publisher);
}

void spoke_relay_stop(struct spoke_relay *relay)
{
	relay->is_ready = false;
	for (size_t i = 0; i < relay->count; i++)
		publisher_stop(&relay->spokes[i]->publisher);
}

/* Reading */

void spoke_relay_see_own(struct spoke_relay *relay, const struct message_id *id)
{
	struct relay_spoke *spoke = find(relay, id->node);

	uint64_t missing = spoke ? message_id_follow(&spoke->own, id) : 0;

	if (missing)
		publisher_set_back(&spoke->publisher, id->stream, missing);
}

void spoke_relay_forget_own(struct spoke_relay *relay)
{
	for (size_t i = 0; i < relay->count; i++)
		memset(&relay->spokes[i]->own, 0, sizeof(relay->spokes[i]->own));
}

/* Remember that this hub relays this spoke. False: there is no room for that. */
static bool hear(struct spoke_relay *relay, const char *hub, const char *spoke)
{
	json_t *spokes = json_object_get(relay->heard, hub);

	if (json_object_get(spokes, spoke))
		return true;
	if (!spokes && json_object_size(relay->heard) == SPOKE_RELAY_HUBS_MAX)
		return false;
	if (!spokes) {
		spokes = json_object();
		json_object_set_new(relay->heard, hub, spokes);
	}
	return json_object_size(spokes) < SPOKE_RELAY_SPOKES_MAX &&
	       !json_object_set_new(spokes, spoke, json_true());
}

int spoke_relay_check(struct spoke_relay *relay, const char *hub, const char *spoke,
		      struct error *err)
{
	const char *whose = relay->config.is_member(relay->config.arg, spoke) ? "a member"
			    : find(relay, spoke) ? "a spoke of this node"
						 : NULL;

	if (whose)
		return error_set(err, ERROR_NOT_GRANTED,
				 "the hub %.64s relays readings of %.64s, which is the name of %s: "
				 "give its spoke another name, or find out who uses its keys",
				 hub, spoke, whose);
	if (!cluster_spoke_fits(spoke))
		return error_set(err, ERROR_NOT_GRANTED,
				 "the hub %.64s relays readings of %.64s: the name of a spoke has "
				 "no point in a cluster; give it another one",
				 hub, spoke);
	if (!hear(relay, hub, spoke))
		return error_set(err, ERROR_TOO_LARGE,
				 "the hub %.64s relays more than %d spokes, which is the limit: "
				 "make %.64s a spoke of another member",
				 hub, SPOKE_RELAY_SPOKES_MAX, spoke);
	return 0;
}

/* Life */

int spoke_relay_init(struct spoke_relay *relay, const struct spoke_relay_config *config)
{
	*relay = (struct spoke_relay){
		.config = *config, .left_out = json_object(), .heard = json_object()};
	return history_subscribe(config->history, on_committed, relay);
}

static void spoke_closed(void *arg)
{
	struct spoke_relay *relay = arg;

	if (--relay->open)
		return;
	for (size_t i = 0; i < relay->count; i++)
		free(relay->spokes[i]);
	relay->count = 0;
	json_decref(relay->left_out);
	json_decref(relay->heard);
	relay->left_out = relay->heard = NULL;
	relay->on_closed(relay->closed_arg);
}

void spoke_relay_close(struct spoke_relay *relay, void (*on_closed)(void *arg), void *arg)
{
	history_unsubscribe(relay->config.history, relay);
	spoke_relay_stop(relay);
	relay->on_closed = on_closed;
	relay->closed_arg = arg;
	relay->open = relay->count + 1;
	for (size_t i = 0; i < relay->count; i++)
		publisher_close(&relay->spokes[i]->publisher, spoke_closed, relay);
	spoke_closed(relay);
}

json_t *spoke_relay_to_json(const struct spoke_relay *relay)
{
	uint64_t messages = 0, readings = 0;

	for (size_t i = 0; i < relay->count; i++) {
		messages += relay->spokes[i]->publisher.counters.messages;
		readings += relay->spokes[i]->publisher.counters.readings;
	}
	return json_pack("{s:I, s:O, s:I, s:I}", "spokes", (json_int_t)relay->count, "left_out",
			 relay->left_out, "messages", (json_int_t)messages, "readings",
			 (json_int_t)readings);
}
