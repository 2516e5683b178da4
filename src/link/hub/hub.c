#include "link/hub/hub.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "link/hub/internal.h"
#include "reading/catalogue.h"
#include "reading/name.h"
#include "store/history/history.h"

#define TICK_MS 250
#define IDENTITY "fleet.id"
#define DEVICES_MAX 16

void hub_destroy_when_closed(struct hub *hub)
{
	if (--hub->open_handles)
		return;
	while (!LIST_EMPTY(&hub->nodes)) {
		struct hub_node *node = LIST_FIRST(&hub->nodes);

		LIST_REMOVE(node, link);
		name_index_remove(&hub->nodes_index, node);
		json_decref(node->devices);
		free(node);
	}
	hub_forget_senders(hub);
	hub->on_closed(hub->closed_arg);
	free(hub);
}

/* The last node whose name comes before this one; NULL: none. */
static struct hub_node *find_before(const struct hub *hub, const char *name)
{
	struct hub_node *node, *before = NULL;

	LIST_FOREACH(node, &hub->nodes, link)
	{
		if (strcmp(node->name, name) > 0)
			break;
		before = node;
	}
	return before;
}

static struct hub_node *add(struct hub *hub, const char *name)
{
	struct hub_node *node, *before = find_before(hub, name);

	if (hub->nodes_count == HUB_NODES_MAX || strlen(name) > READING_NAME_MAX)
		return NULL;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->hub = hub;
	node->round_trip_ms = -1;
	snprintf(node->text, sizeof(node->text), "%s", name);
	node->name = node->text;
	TAILQ_INIT(&node->tasks);
	if (name_index_add(&hub->nodes_index, node)) {
		free(node);
		return NULL;
	}
	if (before)
		LIST_INSERT_AFTER(before, node, link);
	else
		LIST_INSERT_HEAD(&hub->nodes, node, link);
	hub->nodes_count++;
	return node;
}

struct hub_node *hub_find(struct hub *hub, const char *name, bool may_add)
{
	struct hub_node *node = name_index_find(&hub->nodes_index, name);

	return node || !may_add ? node : add(hub, name);
}

int hub_admit(struct hub *hub, const char *token_node, const char *name, bool may_add,
	      struct hub_node **ret_node, struct error *err)
{
	struct hub_node *node;

	if (!strcmp(name, hub->config.node))
		return error_set(err, ERROR_NOT_GRANTED,
				 "%s is the name of this hub itself; give the node another "
				 "(`node_id` under [cluster])",
				 name);
	if (token_node && strcmp(token_node, name) != 0)
		return error_set(
			err, ERROR_NOT_GRANTED,
			"this token is for the node %s, not for %s: send each node's own token",
			token_node, name);
	node = hub_find(hub, name, may_add);
	if (!node && !may_add)
		return error_set(err, ERROR_NOT_FOUND,
				 "the node %s has not connected to this hub: GET /api/v1/nodes "
				 "lists the nodes",
				 name);
	if (!node) {
		hub->nodes_refused++;
		return error_set(
			err, ERROR_TOO_LARGE,
			"this hub has %d nodes already, the limit: use another hub for this node",
			HUB_NODES_MAX);
	}
	if (node->is_away)
		hub->config.on_noted(hub->config.arg, LOG_INFO, node->name, "is online again");
	node->is_away = false;
	node->seen_ms = uv_now(hub->config.loop);
	node->seen_unix_ms = clock_unix_ms(hub->config.clock);
	*ret_node = node;
	return 0;
}

uint64_t hub_nodes_refused(const struct hub *hub)
{
	return hub->nodes_refused;
}

int hub_hear(struct hub *hub, const char *token_node, const char *name, struct error *err)
{
	struct hub_node *node;

	return hub_admit(hub, token_node, name, false, &node, err);
}

int hub_refuse(struct hub_node *node, const struct error *err)
{
	if (strcmp(node->problem, err->text) != 0)
		node->hub->config.on_noted(node->hub->config.arg, LOG_WARNING, node->name,
					   err->text);
	snprintf(node->problem, sizeof(node->problem), "%s", err->text);
	return err->code;
}

/* Hello */

static int check_protocol(const json_t *hello, struct error *err)
{
	json_int_t protocol = json_integer_value(json_object_get(hello, "protocol"));

	if (!json_is_integer(json_object_get(hello, "protocol")) || protocol < 0)
		return error_set(err, ERROR_MALFORMED,
				 "protocol: expected the version of the protocol, a number");
	return spoke_link_check_protocol((uint64_t)protocol, err);
}

/*
 * The hub's identity: a random number stored in the history. If the history is lost, so is the
 * identity; a spoke then uses a new cursor and sends everything again.
 */
static int identify(struct hub *hub, uint64_t *ret_identity, struct error *err)
{
	int ret = history_cursor_get(hub->config.history, IDENTITY, ret_identity);

	if (ret == ERROR_NOT_FOUND) {
		randombytes_buf(ret_identity, sizeof(*ret_identity));
		*ret_identity >>= 2;
		ret = history_cursor_set(hub->config.history, IDENTITY, *ret_identity);
		history_flush(hub->config.history);
	}
	return ret ? error_set(err, ERROR_BUSY,
			       "this hub cannot write its history now; try again later")
		   : 0;
}

static bool are_devices(const json_t *devices)
{
	const char *key;
	json_t *value;

	if (!json_is_object(devices) || json_object_size(devices) > DEVICES_MAX)
		return false;
	json_object_foreach((json_t *)devices, key, value)
	{
		if (!reading_name_is_valid(key) ||
		    (!json_is_boolean(value) && !json_is_integer(value)))
			return false;
	}
	return true;
}

static void take_hello(struct hub_node *node, const json_t *hello)
{
	const json_t *trip = json_object_get(hello, "round_trip_ms");
	const json_t *version = json_object_get(hello, "version");
	bool is_new = !node->devices;

	text_clean(node->version, sizeof(node->version),
		   json_is_string(version) ? json_string_value(version) : "",
		   json_string_length(version));
	node->round_trip_ms = json_is_number(trip) ? json_number_value(trip) : -1;
	json_decref(node->devices);
	node->devices = json_deep_copy(json_object_get(hello, "devices"));
	if (is_new)
		node->hub->config.on_noted(node->hub->config.arg, LOG_INFO, node->name,
					   "has connected");
}

/* Take the descriptions of the node's sensors, if they come with this hello. What is wrong in them
 * is left out; the node's readings count in any case. */
static void take_descriptions(struct hub_node *node, const json_t *hello)
{
	const json_t *descriptions = json_object_get(hello, "descriptions");
	const char *id = json_string_value(json_object_get(hello, "descriptions_id"));
	const struct hub_config *config = &node->hub->config;
	struct error err;
	char text[128];
	size_t refused;

	if (!descriptions || !id || !config->catalogue ||
	    strlen(id) >= sizeof(node->descriptions_id) || id[strspn(id, "0123456789abcdef")])
		return;
	snprintf(node->descriptions_id, sizeof(node->descriptions_id), "%s", id);
	if (reading_catalogue_learn(config->catalogue, node->name, descriptions, &refused, &err)) {
		config->on_noted(config->arg, LOG_WARNING, node->name, err.text);
		return;
	}
	node->descriptions_refused += refused;
	if (!refused)
		return;
	snprintf(text, sizeof(text), "%zu of the descriptions of its sensors are wrong, ignoring",
		 refused);
	config->on_noted(config->arg, LOG_WARNING, node->name, text);
}

int hub_hello(struct hub *hub, const char *token_node, const json_t *hello, json_t **ret_answer,
	      struct error *err)
{
	const char *name = json_string_value(json_object_get(hello, "node"));
	struct hub_node *node;
	uint64_t identity = 0;
	char identity_text[24];
	int ret = check_protocol(hello, err);

	if (ret)
		return ret;
	if (!reading_name_is_valid(name))
		return error_set(err, ERROR_MALFORMED,
				 "node: expected a name of 1 to %d letters, digits and \"-_.:\"",
				 READING_NAME_MAX);
	if (!are_devices(json_object_get(hello, "devices")))
		return error_set(err, ERROR_MALFORMED,
				 "devices: expected at most %d of true, false or a number",
				 DEVICES_MAX);
	ret = identify(hub, &identity, err);
	if (!ret)
		ret = hub_admit(hub, token_node, name, true, &node, err);
	if (ret)
		return ret;
	take_hello(node, hello);
	take_descriptions(node, hello);
	snprintf(identity_text, sizeof(identity_text), "%" PRIx64, identity);
	*ret_answer =
		json_pack("{s:i, s:s, s:I, s:s}", "protocol", SPOKE_LINK_PROTOCOL, "hub",
			  identity_text, "time_ms", (json_int_t)clock_unix_ms(hub->config.clock),
			  "descriptions_id", node->descriptions_id);
	return *ret_answer ? 0
			   : error_set(err, ERROR_NO_MEMORY,
				       "out of memory while answering the node's hello; this "
				       "machine needs more free memory");
}

/* Online and offline */

static bool is_online(const struct hub_node *node)
{
	return node->seen_ms &&
	       uv_now(node->hub->config.loop) - node->seen_ms < node->hub->config.online_ms;
}

void hub_watch(struct hub *hub)
{
	struct hub_node *node;
	char text[96];

	if (hub->is_closing)
		return;
	LIST_FOREACH(node, &hub->nodes, link)
	{
		/*
		 * Nodes that only use /push have never sent a hello and may push as rarely as they
		 * like.
		 */
		if (!node->seen_ms || !node->devices || node->is_away || is_online(node))
			continue;
		node->is_away = true;
		snprintf(text, sizeof(text), "is offline: nothing received for %" PRIu64 " s",
			 hub->config.online_ms / 1000);
		hub->config.on_noted(hub->config.arg, LOG_WARNING, node->name, text);
	}
}

const char *hub_find_device(const struct hub *hub, const char *device)
{
	const struct hub_node *node;

	LIST_FOREACH(node, &hub->nodes, link)
	{
		const json_t *value = json_object_get(node->devices, device);

		if (is_online(node) && (json_is_true(value) || json_integer_value(value) > 0))
			return node->name;
	}
	return NULL;
}

static json_t *node_to_json(const struct hub_node *node)
{
	json_t *trip = node->round_trip_ms < 0 ? json_null() : json_real(node->round_trip_ms);
	json_t *seen =
		node->seen_unix_ms ? json_integer((json_int_t)node->seen_unix_ms) : json_null();

	return json_pack(
		"{s:s, s:s, s:b, s:b, s:o, s:o, s:s, s:O*, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
		"s:s?}",
		"node", node->name, "role", "spoke", "is_self", 0, "online", (int)is_online(node),
		"last_seen_ms", seen, "round_trip_ms", trip, "version", node->version, "devices",
		node->devices, "added", (json_int_t)node->added, "known", (json_int_t)node->known,
		"refused", (json_int_t)node->refused, "skipped", (json_int_t)node->skipped,
		"slowed", (json_int_t)node->slowed, "log_lines_dropped",
		(json_int_t)node->lines_dropped, "descriptions_refused",
		(json_int_t)node->descriptions_refused, "problem",
		*node->problem ? node->problem : NULL);
}

json_t *hub_to_json(const struct hub *hub)
{
	json_t *list = json_array();
	const struct hub_node *node;

	LIST_FOREACH(node, &hub->nodes, link)
	json_array_append_new(list, node_to_json(node));
	return list;
}

json_t *hub_names(const struct hub *hub)
{
	json_t *list = json_array();
	const struct hub_node *node;

	LIST_FOREACH(node, &hub->nodes, link)
	json_array_append_new(list, json_string(node->name));
	return list;
}

/* Lifecycle */

static void tick(uv_timer_t *timer)
{
	hub_tick(timer->data);
}

int hub_create(const struct hub_config *config, struct hub **ret_hub, struct error *err)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (!hub)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the hub; this machine needs more "
				 "free memory");
	hub->config = *config;
	if (!hub->config.online_ms)
		hub->config.online_ms = HUB_ONLINE_MS;
	LIST_INIT(&hub->nodes);
	LIST_INIT(&hub->senders);
	randombytes_buf(&hub->push_stream, sizeof(hub->push_stream));
	uv_timer_init(config->loop, &hub->timer);
	hub->timer.data = hub;
	hub->open_handles = 1;
	uv_timer_start(&hub->timer, tick, TICK_MS, TICK_MS);
	hub_file_read(hub);
	*ret_hub = hub;
	return 0;
}

static void timer_closed(uv_handle_t *handle)
{
	hub_destroy_when_closed(handle->data);
}

void hub_close(struct hub *hub, void (*on_closed)(void *arg), void *arg)
{
	if (!hub)
		return;
	hub->is_closing = true;
	hub->on_closed = on_closed;
	hub->closed_arg = arg;
	hub_tick(hub);
	uv_close((uv_handle_t *)&hub->timer, timer_closed);
}
