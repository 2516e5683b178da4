/*
 * What the publisher says about this node and the others: its state, its device, who is online; and
 * which devices are gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alerts.h"
#include "base/clock.h"
#include "base/json_member.h"
#include "base/json_text.h"
#include "base/text.h"
#include "mqtt/internal.h"
#include "reading/table.h"

#define UNSEEN_AFTER 30 /* seconds after the start: plugins have had the time to be polled */
#define POLLS_ENOUGH 2
#define OLD_MS 30000
#define SUMMARY_SIZE 256 /* Home Assistant shows 255 characters */

/* What the version that waits requests beyond the approval; "" if none waits. */
static json_t *summarise(const json_t *waiting)
{
	char text[SUMMARY_SIZE] = "";
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(waiting, "new"), i, item)
	{
		size_t size = strlen(text);

		snprintf(text + size, sizeof(text) - size, "%s%s", i ? ", " : "requests ",
			 json_string_value(item));
	}
	text_make_utf8(text);
	return json_string(text);
}

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

/* {plugin: {"installed_version", "latest_version", "release_summary"}}, of those by a bundle. */
static json_t *list_updates(const json_t *plugins)
{
	json_t *updates = json_object();
	const json_t *plugin;
	size_t i;

	json_array_foreach(plugins, i, plugin)
	{
		const json_t *bundle = json_object_get(plugin, "bundle");
		const json_t *waiting = json_object_get(bundle, "waiting");
		const char *installed = json_member_text(bundle, "version");

		if (json_is_object(bundle))
			json_object_set_new(
				updates, json_member_text(plugin, "name"),
				json_pack("{s:s, s:s, s:o}", "installed_version", installed,
					  "latest_version",
					  json_member_text_or(waiting, "version", installed),
					  "release_summary", summarise(waiting)));
	}
	return updates;
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
	state = json_pack("{s:I, s:f, s:f, s:o, s:o, s:o}", "uptime_seconds", (json_int_t)uptime,
			  "memory_used_percent",
			  (double)(int)(100 * (1 - (double)uv_get_free_memory() / total)), "load",
			  (double)(int)(load[0] * 100) / 100, "plugins",
			  list_states(plugins, "state", failed), "alerts",
			  list_states(alerts, "state", firing), "updates", list_updates(plugins));
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
						    mqtt->allow_leds, mqtt->allow_reload,
						    mqtt->allow_approve};
	json_t *config = discovery_of_node(&publisher->discovery, plugins, alerts, &commands);
	char id[TOPIC_ID_SIZE];

	discovery_device_id(id, publisher->node, NULL);
	if (config)
		mqtt_devices_set(publisher->own, id, "", config);
	json_decref(config);
}

/* The others: on a hub its spokes, in a cluster the members */

static void publish_availability(struct mqtt_publisher *publisher, const char *name, bool is_online)
{
	json_t *before = json_object_get(publisher->offline, name);
	const char *text = is_online ? "online" : "offline";
	char topic[TOPIC_SIZE];

	if (before && json_is_true(before) == is_online)
		return;
	discovery_topic(topic, &publisher->discovery, name, NULL, "availability");
	if (!publisher_send_for_all(publisher, (struct mqtt_message){.topic = topic,
								     .payload = text,
								     .size = strlen(text),
								     .qos = 1,
								     .retain = true}))
		json_object_set_new(publisher->offline, name, json_boolean(is_online));
}

static bool is_old(const struct mqtt_publisher *publisher, const struct mqtt_sensor *sensor)
{
	const struct reading *reading =
		reading_table_find(publisher->config.table, sensor->node, sensor->sensor);

	return reading && reading->timestamp_ms + OLD_MS < clock_unix_ms(publisher->config.clock);
}

/* A cluster lists only the members that are there. Of others this node has said that they are
 * online, or it has old readings; new ones may come before their node is listed. */
static void publish_absent(struct mqtt_publisher *publisher, const json_t *listed)
{
	const struct mqtt_sensor *sensor;
	const char *name;
	json_t *value;
	void *next;

	STAILQ_FOREACH(sensor, &publisher->sensors, link)
	{
		if (strcmp(sensor->node, publisher->node) != 0 &&
		    !json_object_get(listed, sensor->node) && publisher_is_settled(publisher) &&
		    is_old(publisher, sensor))
			publish_availability(publisher, sensor->node, false);
	}
	json_object_foreach_safe(publisher->offline, next, name, value)
	{
		if (!json_object_get(listed, name))
			publish_availability(publisher, name, false);
	}
}

/* A spoke's device, by which the topology is told. */
static void announce_spoke(struct mqtt_publisher *publisher, const char *name)
{
	json_t *config = discovery_of_spoke(&publisher->discovery, name);
	char id[TOPIC_ID_SIZE], owner[READING_NAME_MAX + 2], topic[TOPIC_SIZE];

	discovery_device_id(id, name, NULL);
	publisher_name_owner(owner, publisher, name, NULL);
	if (config)
		mqtt_devices_set(publisher->devices, id, owner, config);
	json_decref(config);
	discovery_topic(topic, &publisher->discovery, name, NULL, "availability");
	mqtt_retained_note(publisher->retained, topic, owner);
}

/* Also those who do not publish now know from when on they would: from when they saw the node. */
static void feed_others(struct mqtt_publisher *publisher, const json_t *nodes)
{
	const json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		const char *name = json_string_value(json_object_get(node, "node"));

		if (publisher->feed && name)
			history_feed_add(publisher->feed, name);
	}
}

static void publish_others(struct mqtt_publisher *publisher, const json_t *nodes)
{
	json_t *listed = json_object();
	const json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		const char *name = json_string_value(json_object_get(node, "node"));
		bool is_online = json_is_true(json_object_get(node, "online"));

		if (!name || strlen(name) > READING_NAME_MAX || !strcmp(name, publisher->node))
			continue;
		json_object_set_new(listed, name, json_true());
		if (!strcmp(json_member_text(node, "role"), "spoke"))
			announce_spoke(publisher, name);
		if (!is_online || publisher_is_settled(publisher))
			publish_availability(publisher, name, is_online);
	}
	publish_absent(publisher, listed);
	json_decref(listed);
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

static void remove_unseen(struct mqtt_publisher *publisher, struct lists *lists)
{
	if (publisher->mqtt->discovery) {
		mqtt_devices_remove_unseen(publisher->devices, is_gone, lists);
		mqtt_devices_remove_unseen(publisher->own, is_gone, lists);
	}
	mqtt_retained_remove_unseen(publisher->retained, is_gone, lists);
}

void publisher_ask_all(struct mqtt_publisher *publisher)
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
		if (publisher->ticks > UNSEEN_AFTER)
			remove_unseen(publisher, &lists);
	}
	feed_others(publisher, nodes);
	if (publisher_may_publish(publisher))
		publish_others(publisher, nodes);
	if (publisher->is_online)
		publish_node(publisher, plugins, alerts);
	json_decref(plugins);
	json_decref(nodes);
	json_decref(all);
}
