#include "mqtt/publisher.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alerts.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/durable_file.h"
#include "base/json_text.h"
#include "mqtt/internal.h"
#include "reading/table.h"
#include "store/history/history.h"

#define TICK_MS 1000
#define LOOK_EVERY 2  /* seconds */
#define NODES_EVERY 5 /* also what is asked about plugins and alerts */
#define NODE_STATE_EVERY 30
#define UNSEEN_AFTER 30 /* after the start: plugins have had the time to be polled */
#define POLLS_ENOUGH 2
#define HISTORY_WINDOW 32 /* readings on the way at a time */
#define FILE_NAME "mqtt.json"

/* Sending */

int publisher_send(struct mqtt_publisher *publisher, const struct mqtt_message *message)
{
	return publisher->connection ? mqtt_connection_publish(publisher->connection, message)
				     : ERROR_CLOSED;
}

bool publisher_may_publish(const struct mqtt_publisher *publisher)
{
	return publisher->config.may_publish(publisher->config.arg);
}

static int send_retained(struct mqtt_publisher *publisher, const char *topic, const char *text)
{
	return publisher_send(publisher, &(struct mqtt_message){.topic = topic,
								.payload = text,
								.size = strlen(text),
								.qos = 1,
								.retain = true});
}

/* Tokens of devices are odd, those of the feed even. */
static int publish_device(void *arg, const char *topic, const char *text, size_t size,
			  uint64_t token)
{
	struct mqtt_publisher *publisher = arg;

	if (!publisher->is_online || !publisher_may_publish(publisher))
		return ERROR_CLOSED;
	return publisher_send(publisher,
			      &(struct mqtt_message){.topic = topic,
						     .payload = text,
						     .size = size,
						     .qos = 1,
						     .retain = true,
						     .token = token ? 2 * token + 1 : 0});
}

static int publish_history(void *arg, const char *node, const struct history_item *item,
			   uint64_t token)
{
	struct mqtt_publisher *publisher = arg;
	char *text = publisher_state_text(item->data, item->time_ms, item->sequence);
	char topic[TOPIC_SIZE];
	int ret;

	if (!text)
		return ERROR_NO_MEMORY;
	discovery_topic(topic, &publisher->discovery, node, item->sensor, "history");
	ret = publisher_send(publisher, &(struct mqtt_message){.topic = topic,
							       .payload = text,
							       .size = strlen(text),
							       .qos = 1,
							       .token = 2 * token});
	free(text);
	return ret;
}

/* The list of devices on the disk */

struct saving {
	uv_work_t work;
	struct mqtt_publisher *publisher;
	char path[PATH_MAX];
	char *text; /* owned */
	struct error err;
};

static void part_closed(void *arg);

static void save_text(uv_work_t *work)
{
	struct saving *saving = work->data;

	durable_file_replace_path(saving->path, saving->text, strlen(saving->text), &saving->err);
}

static void on_saved(uv_work_t *work, int status)
{
	struct saving *saving = work->data;
	struct mqtt_publisher *publisher = saving->publisher;

	(void)status;
	if (saving->err.code)
		publisher->config.on_noted(publisher->config.arg, LOG_WARNING, saving->err.text);
	publisher->is_saving = false;
	free(saving->text);
	free(saving);
	part_closed(publisher);
}

static void save(struct mqtt_publisher *publisher)
{
	struct saving *saving;
	json_t *list;

	if (!publisher->is_changed || publisher->is_saving)
		return;
	saving = calloc(1, sizeof(*saving));
	if (!saving)
		return; /* the next tick */
	list = mqtt_devices_save(publisher->devices);
	saving->text = json_text(list);
	json_decref(list);
	saving->publisher = publisher;
	saving->work.data = saving;
	snprintf(saving->path, sizeof(saving->path), "%s/" FILE_NAME,
		 publisher->config.data_folder);
	if (!saving->text ||
	    uv_queue_work(publisher->config.loop, &saving->work, save_text, on_saved)) {
		free(saving->text);
		free(saving);
		return;
	}
	publisher->is_changed = false;
	publisher->is_saving = true;
	publisher->open_parts++;
}

static void on_devices_changed(void *arg)
{
	((struct mqtt_publisher *)arg)->is_changed = true;
}

/* A list that cannot be read is made again; entities that vanished meanwhile then stay. */
static void load(struct mqtt_publisher *publisher)
{
	char path[PATH_MAX];
	struct error err = {0};
	struct buffer text;
	json_t *saved;
	int ret;

	snprintf(path, sizeof(path), "%s/" FILE_NAME, publisher->config.data_folder);
	ret = buffer_read_file(&text, path, MQTT_DEVICES_FILE_MAX, &err);
	if (ret == ERROR_NOT_FOUND)
		return;
	saved = ret ? NULL : json_loadb(text.data ? text.data : "", text.size, 0, NULL);
	if (!saved)
		publisher->config.on_noted(publisher->config.arg, LOG_WARNING,
					   "cannot read " FILE_NAME
					   " in the data folder, starting with an empty list: "
					   "entities that vanished meanwhile stay in Home "
					   "Assistant until somebody deletes them there");
	else
		mqtt_devices_load(publisher->devices, saved);
	json_decref(saved);
	if (!ret)
		buffer_finish(&text);
}

/* This node and the others */

static json_t *list_states(const json_t *items, const char *key, const char *const *bad)
{
	json_t *states = json_object();
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		const char *name = json_string_value(json_object_get(item, "name"));
		const char *state = json_string_value(json_object_get(item, key));
		bool is_bad = false;

		for (size_t j = 0; state && bad[j]; j++)
			is_bad |= !strcmp(state, bad[j]);
		if (name)
			json_object_set_new(states, name, json_string(is_bad ? "ON" : "OFF"));
	}
	return states;
}

static void publish_node(struct mqtt_publisher *publisher, const json_t *plugins,
			 const json_t *alerts)
{
	static const char *const failed[] = {"failed", "failing", "refused", NULL};
	static const char *const firing[] = {"firing", NULL};
	double load[3] = {0}, uptime = 0, total = (double)uv_get_total_memory();
	json_t *state;
	char *text;

	uv_loadavg(load);
	uv_uptime(&uptime);
	state = json_pack("{s:I, s:f, s:f, s:o, s:o}", "uptime_seconds", (json_int_t)uptime,
			  "memory_used_percent",
			  (double)(int)(100 * (1 - (double)uv_get_free_memory() / total)), "load",
			  (double)(int)(load[0] * 100) / 100, "plugins",
			  list_states(plugins, "state", failed), "alerts",
			  list_states(alerts, "state", firing));
	text = json_text(state);
	if (text)
		publisher_send(publisher, &(struct mqtt_message){.topic = publisher->state_topic,
								 .payload = text,
								 .size = strlen(text),
								 .retain = true});
	free(text);
	json_decref(state);
}

static void announce_node(struct mqtt_publisher *publisher, const json_t *plugins,
			  const json_t *alerts)
{
	const struct config_mqtt *mqtt = publisher->mqtt;
	const struct discovery_commands commands = {mqtt->allow_buzzer, mqtt->allow_fan,
						    mqtt->allow_leds, mqtt->allow_reload};
	json_t *config = discovery_of_node(&publisher->discovery, plugins, alerts, &commands);
	char id[TOPIC_ID_SIZE];

	discovery_device_id(id, publisher->node, NULL);
	if (config)
		mqtt_devices_set(publisher->devices, id, "", config);
	json_decref(config);
}

/* On a hub, and in a cluster, this node says which others are there. */
static void publish_others(struct mqtt_publisher *publisher, const json_t *nodes)
{
	const json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		const char *name = json_string_value(json_object_get(node, "node"));
		json_t *is_online = json_object_get(node, "online");
		char topic[TOPIC_SIZE];

		if (!name || strlen(name) > READING_NAME_MAX || !strcmp(name, publisher->node))
			continue;
		if (publisher->feed)
			history_feed_add(publisher->feed, name);
		if (json_equal(json_object_get(publisher->offline, name), is_online))
			continue;
		discovery_topic(topic, &publisher->discovery, name, NULL, "availability");
		if (!send_retained(publisher, topic,
				   json_is_true(is_online) ? "online" : "offline"))
			json_object_set(publisher->offline, name, is_online);
	}
}

/* Which devices of the list are gone */

struct lists {
	const json_t *plugins, *nodes;
};

static const json_t *find_named(const json_t *items, const char *key, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		const char *found = json_string_value(json_object_get(item, key));

		if (found && !strcmp(found, name))
			return item;
	}
	return NULL;
}

/* A plugin that is polled well would have given the reading. */
static bool is_gone(void *arg, const char *owner)
{
	const struct lists *lists = arg;
	const json_t *plugin;
	const char *state;

	if (*owner == '@')
		return !find_named(lists->nodes, "node", owner + 1);
	plugin = find_named(lists->plugins, "name", owner);
	state = json_string_value(json_object_get(plugin, "state"));
	return !plugin || !*owner ||
	       (state && (!strcmp(state, "idle") || !strcmp(state, "calling")) &&
		json_integer_value(json_object_get(plugin, "polls")) >= POLLS_ENOUGH);
}

static void ask_all(struct mqtt_publisher *publisher)
{
	const struct mqtt_publisher_config *config = &publisher->config;
	json_t *plugins = config->plugins(config->lists_arg),
	       *nodes = config->nodes(config->lists_arg);
	json_t *all = config->alerts ? alerts_to_json(config->alerts) : NULL;
	const json_t *alerts = json_object_get(all, "alerts");
	struct lists lists = {plugins, nodes};

	/* While the node starts, it has no plugins yet; later on, it may have none at all. */
	if (json_array_size(plugins) || publisher->ticks > UNSEEN_AFTER) {
		announce_node(publisher, plugins, alerts);
		if (publisher->ticks > UNSEEN_AFTER && publisher->mqtt->discovery)
			mqtt_devices_remove_unseen(publisher->devices, is_gone, &lists);
	}
	if (publisher->is_online && publisher_may_publish(publisher)) {
		publish_others(publisher, nodes);
		publish_node(publisher, plugins, alerts);
	}
	json_decref(plugins);
	json_decref(nodes);
	json_decref(all);
}

/* The connection */

static void pump(struct mqtt_publisher *publisher)
{
	if (!publisher->is_online || !publisher_may_publish(publisher))
		return;
	if (publisher->mqtt->discovery)
		mqtt_devices_pump(publisher->devices);
	publisher_pump_states(publisher);
	if (publisher->feed)
		history_feed_pump(publisher->feed);
}

static void on_online(void *arg, int version)
{
	struct mqtt_publisher *publisher = arg;
	char text[CONFIG_MQTT_HOST_SIZE + 128];

	publisher->is_online = true;
	publisher->version = version;
	publisher->reason[0] = '\0';
	snprintf(text, sizeof(text), "connected to %s as %s, MQTT %s", publisher->mqtt->url,
		 publisher->client_id, version == 5 ? "5" : "3.1.1");
	publisher->config.on_noted(publisher->config.arg, LOG_INFO, text);
	send_retained(publisher, publisher->availability_topic, "online");
	json_object_clear(publisher->offline);
	mqtt_devices_online(publisher->devices);
	publisher_dirty_all(publisher);
	ask_all(publisher);
	if (publisher->feed)
		history_feed_set_online(publisher->feed, true);
	pump(publisher);
}

/* The same reason is logged once. */
static void on_offline(void *arg, const char *reason)
{
	struct mqtt_publisher *publisher = arg;
	char text[ERROR_TEXT_SIZE + CONFIG_MQTT_HOST_SIZE + 64];

	if (publisher->feed && publisher->is_online)
		history_feed_set_online(publisher->feed, false);
	publisher->is_online = false;
	if (!strcmp(publisher->reason, reason))
		return;
	snprintf(publisher->reason, sizeof(publisher->reason), "%s", reason);
	snprintf(text, sizeof(text), "offline, trying again: %s: %s", publisher->mqtt->url, reason);
	publisher->config.on_noted(publisher->config.arg, LOG_WARNING, text);
}

static void on_acknowledged(void *arg, uint64_t token)
{
	struct mqtt_publisher *publisher = arg;

	if (token & 1)
		mqtt_devices_acknowledged(publisher->devices, token / 2);
	else if (publisher->feed)
		history_feed_acknowledged(publisher->feed, token / 2);
}

static void on_room(void *arg)
{
	pump(arg);
}

static void on_tick(uv_timer_t *timer)
{
	struct mqtt_publisher *publisher = timer->data;

	publisher->ticks++;
	publisher->commands_left = PUBLISHER_COMMANDS_A_SECOND;
	if (publisher->ticks % LOOK_EVERY == 0)
		publisher_look(publisher);
	if (publisher->ticks % NODES_EVERY == 0)
		ask_all(publisher);
	pump(publisher);
	save(publisher);
}

/* Life */

static void make_names(struct mqtt_publisher *publisher)
{
	const struct config_mqtt *mqtt = publisher->mqtt;
	const char *node = publisher->node;
	const struct discovery *discovery = &publisher->discovery;

	publisher->discovery = (struct discovery){mqtt->topic_prefix, node, HARVESTER_VERSION};
	if (mqtt->client_id)
		snprintf(publisher->client_id, sizeof(publisher->client_id), "%s", mqtt->client_id);
	else
		snprintf(publisher->client_id, sizeof(publisher->client_id), "harvester-%s", node);
	discovery_topic(publisher->availability_topic, discovery, node, NULL, "availability");
	discovery_topic(publisher->state_topic, discovery, node, NULL, "state");
	discovery_topic(publisher->answer_topic, discovery, node, NULL, "answer");
	snprintf(publisher->birth_topic, sizeof(publisher->birth_topic), "%s/status",
		 mqtt->discovery_prefix);
}

static int create_connection(struct mqtt_publisher *publisher, struct error *err)
{
	const struct config_mqtt *mqtt = publisher->mqtt;
	const char *topics[PUBLISHER_TOPICS_MAX + 2];
	const struct mqtt_connection_config config = {
		.loop = publisher->config.loop,
		.host = publisher->address.host,
		.port = publisher->address.port,
		.is_tls = publisher->address.is_tls,
		.tls_ca = mqtt->tls_ca,
		.tls_certificate = mqtt->tls_certificate,
		.tls_key = mqtt->tls_key,
		.client_id = publisher->client_id,
		.username = mqtt->username,
		.password_file = mqtt->password_file,
		.availability_topic = publisher->availability_topic,
		.subscriptions = topics,
		.on_online = on_online,
		.on_offline = on_offline,
		.on_acknowledged = on_acknowledged,
		.on_message = publisher_on_message,
		.on_room = on_room,
		.arg = publisher,
	};

	publisher_list_topics(publisher, topics);
	return mqtt_connection_create(&config, &publisher->connection, err);
}

static int create_feed(struct mqtt_publisher *publisher, struct error *err)
{
	const struct history_feed_config config = {.history = publisher->config.history,
						   .name = "mqtt",
						   .window = HISTORY_WINDOW,
						   .publish = publish_history,
						   .arg = publisher};
	int ret;

	if (!publisher->mqtt->history || !publisher->config.history)
		return 0;
	ret = history_feed_create(&config, &publisher->feed, err);
	if (!ret)
		history_feed_add(publisher->feed, publisher->node);
	return ret;
}

static int create_parts(struct mqtt_publisher *publisher, struct error *err)
{
	const struct mqtt_devices_config devices = {
		.discovery = publisher->discovery,
		.discovery_prefix = publisher->mqtt->discovery_prefix,
		.publish = publish_device,
		.on_changed = on_devices_changed,
		.arg = publisher,
	};
	int ret;

	publisher->index = json_object();
	publisher->offline = json_object();
	publisher->devices = mqtt_devices_create(&devices);
	if (!publisher->index || !publisher->offline || !publisher->devices)
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	load(publisher);
	ret = reading_table_subscribe(publisher->config.table, publisher_on_reading, publisher);
	if (ret)
		return error_set(err, ret, "the table of readings has too many consumers");
	ret = create_feed(publisher, err);
	return ret ? ret : create_connection(publisher, err);
}

static void on_nothing(void *arg)
{
	(void)arg;
}

int mqtt_publisher_create(const struct mqtt_publisher_config *config,
			  struct mqtt_publisher **ret_publisher, struct error *err)
{
	struct mqtt_publisher *publisher = calloc(1, sizeof(*publisher));
	int ret;

	if (!publisher)
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	publisher->config = *config;
	publisher->commands_left = PUBLISHER_COMMANDS_A_SECOND;
	publisher->mqtt = &config->config->mqtt;
	publisher->node = config->config->cluster.node_id;
	STAILQ_INIT(&publisher->sensors);
	uv_timer_init(config->loop, &publisher->timer);
	uv_timer_init(config->loop, &publisher->birth);
	publisher->timer.data = publisher->birth.data = publisher;
	ret = config_mqtt_address(publisher->mqtt->url, &publisher->address);
	make_names(publisher);
	if (!ret)
		ret = create_parts(publisher, err);
	if (ret) {
		mqtt_publisher_close(publisher, on_nothing, NULL);
		return ret;
	}
	uv_timer_start(&publisher->timer, on_tick, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *)&publisher->timer);
	*ret_publisher = publisher;
	return 0;
}

static void part_closed(void *arg)
{
	struct mqtt_publisher *publisher = arg;

	if (--publisher->open_parts || !publisher->is_closing)
		return;
	publisher_free_sensors(publisher);
	mqtt_devices_destroy(publisher->devices);
	json_decref(publisher->index);
	json_decref(publisher->offline);
	publisher->on_closed(publisher->closed_arg);
	free(publisher);
}

static void on_timer_closed(uv_handle_t *handle)
{
	part_closed(handle->data);
}

void mqtt_publisher_close(struct mqtt_publisher *publisher, void (*on_closed)(void *arg), void *arg)
{
	publisher->on_closed = on_closed;
	publisher->closed_arg = arg;
	reading_table_unsubscribe(publisher->config.table, publisher_on_reading, publisher);
	if (publisher->devices && !publisher->is_saving)
		save(publisher);
	publisher->is_closing = true;
	publisher->open_parts += 3u + (publisher->connection != NULL);
	uv_close((uv_handle_t *)&publisher->timer, on_timer_closed);
	uv_close((uv_handle_t *)&publisher->birth, on_timer_closed);
	mqtt_connection_close(publisher->connection, part_closed, publisher);
	history_feed_close(publisher->feed, part_closed, publisher);
	publisher->feed = NULL;
}

/* JSON */

static json_t *show_counters(const struct mqtt_publisher *publisher)
{
	const struct mqtt_connection_counters connection =
		mqtt_connection_counters(publisher->connection);
	const struct mqtt_devices_counters devices = mqtt_devices_counters(publisher->devices);
	struct history_feed_counters feed = {0};

	if (publisher->feed)
		feed = history_feed_counters(publisher->feed);
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"connected", (json_int_t)connection.connected, "failed",
		(json_int_t)connection.failed, "published", (json_int_t)connection.published,
		"bytes", (json_int_t)connection.bytes, "acknowledged",
		(json_int_t)connection.acknowledged, "received", (json_int_t)connection.received,
		"dropped", (json_int_t)connection.dropped, "devices", (json_int_t)devices.devices,
		"entities", (json_int_t)devices.entities, "discovery_messages",
		(json_int_t)devices.messages, "refused",
		(json_int_t)(devices.refused + publisher->sensors_refused + feed.nodes_refused),
		"commands", (json_int_t)publisher->commands, "commands_refused",
		(json_int_t)publisher->commands_refused, "births", (json_int_t)publisher->births,
		"history_sent", (json_int_t)feed.sent, "history_skipped", (json_int_t)feed.skipped);
}

json_t *mqtt_publisher_to_json(const struct mqtt_publisher *publisher)
{
	const struct config_mqtt *mqtt = publisher->mqtt;
	const char *version = publisher->version == 5 ? "5" : "3.1.1";

	return json_pack("{s:s, s:s?, s:s, s:s, s:s?, s:s, s:b, s:b, s:o}", "state",
			 publisher->is_online ? "online" : "offline", "reason",
			 *publisher->reason ? publisher->reason : NULL, "broker", mqtt->url,
			 "client_id", publisher->client_id, "protocol",
			 publisher->is_online ? version : NULL, "topic_prefix", mqtt->topic_prefix,
			 "discovery", (int)mqtt->discovery, "history", (int)mqtt->history,
			 "counters", show_counters(publisher));
}
