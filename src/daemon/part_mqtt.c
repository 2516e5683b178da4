/* What the node publishes over MQTT, and the commands that come in, if [mqtt] has a url. */
#include <stdlib.h>
#include <string.h>

#include "alert/alerts.h"
#include "base/error.h"
#include "base/log.h"
#include "cluster/member.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "http/api/command.h"
#include "mqtt/publisher.h"

/* Lists */

static json_t *list_nodes(void *arg)
{
	const struct web_actions *actions = &((struct node *)arg)->web_actions;

	return actions->nodes(actions->arg);
}

static json_t *list_plugins(void *arg)
{
	return node_actions_plugins(&((struct node *)arg)->actions);
}

static json_t *list_alerts(void *arg)
{
	const struct node *node = arg;
	json_t *all = node->alerts ? alerts_to_json(node->alerts) : NULL;
	json_t *list = json_incref(json_object_get(all, "alerts"));

	json_decref(all);
	return list;
}

static bool may_publish(void *arg)
{
	const struct node *node = arg;
	uint64_t term;

	return !node->member || member_is_leader(node->member, &term);
}

/* Commands */

static const char *text_of(const json_t *body, const char *key)
{
	const char *text = json_string_value(json_object_get(body, key));

	return text ? text : "";
}

static int use_device(struct node *node, const char *name, const json_t *body, json_t **ret_result,
		      struct error *err)
{
	json_t *command = json_pack("{s:s, s:O}", "device", name, "body", body);
	int ret = web_command_run(&node->web_actions, command, ret_result, err);

	json_decref(command);
	return ret;
}

static int run_command(void *arg, const char *name, const json_t *body, json_t **ret_result,
		       struct error *err)
{
	struct node *node = arg;
	const struct web_actions *actions = &node->web_actions;
	const char *plugin = text_of(body, "plugin");

	if (!strcmp(name, "reload"))
		return actions->plugin_act(actions->arg, plugin, WEB_PLUGIN_RELOAD, err);
	if (!strcmp(name, "approve"))
		return actions->plugin_approve(actions->arg, plugin, text_of(body, "digest"), err);
	return use_device(node, name, body, ret_result, err);
}

static void on_noted(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	log_write(level, "mqtt", "%s", text);
}

/* Life */

static int create(struct node *node, struct error *err)
{
	const struct config *file = node->options.config;
	const struct mqtt_publisher_config config = {
		.loop = node->loop,
		.clock = node->clock,
		.mqtt = &file->mqtt,
		.node = file->cluster.node_id,
		.version = HARVESTER_VERSION,
		.data_folder = node->options.data_folder,
		.table = node->table,
		.history = node->recorder.history,
		.nodes = list_nodes,
		.plugins = list_plugins,
		.alerts = list_alerts,
		.may_publish = may_publish,
		.command = run_command,
		.on_noted = on_noted,
		.arg = node,
	};
	int ret;

	if (!file->mqtt.url)
		return 0;
	ret = mqtt_publisher_create(&config, &node->mqtt, err);
	node->actions.mqtt = node->mqtt;
	node->web_actions = node_actions_for_web(&node->actions);
	return ret;
}

static void on_closed(void *arg)
{
	struct node *node = arg;

	node->mqtt = NULL;
	node_stop_next(node);
}

static void stop(struct node *node)
{
	node->actions.mqtt = NULL;
	if (node->mqtt)
		mqtt_publisher_close(node->mqtt, on_closed, node);
	else
		node_stop_next(node);
}

const struct node_part node_part_mqtt = {.create = create, .stop = stop};
