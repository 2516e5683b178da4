/* What the node publishes over MQTT, and the commands that come in, if [mqtt] has a url. */
#include "mqtt/publisher.h"

#include "base/error.h"
#include "base/log.h"
#include "cluster/member.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "http/api/mqtt_command.h"

static bool may_publish(void *arg)
{
	const struct node *node = arg;
	uint64_t term;

	return !node->member || member_is_leader(node->member, &term);
}

static void on_noted(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	log_write(level, "mqtt", "%s", text);
}

static int create(struct node *node, struct error *err)
{
	const struct mqtt_publisher_config config = {
		.loop = node->loop,
		.clock = node->clock,
		.config = node->options.config,
		.data_folder = node->options.data_folder,
		.table = node->table,
		.history = node->recorder.history,
		.alerts = node->alerts,
		.nodes = node->web_actions.nodes,
		.plugins = node->web_actions.plugins,
		.lists_arg = node->web_actions.arg,
		.command = web_mqtt_command,
		.command_arg = &node->web_actions,
		.may_publish = may_publish,
		.on_noted = on_noted,
		.arg = node,
	};

	return config.config->mqtt.url ? mqtt_publisher_create(&config, &node->mqtt, err) : 0;
}

static void stop(struct node *node)
{
	struct mqtt_publisher *mqtt = node->mqtt;

	node->mqtt = NULL;
	if (mqtt)
		mqtt_publisher_close(mqtt, node_stop_next, node);
	else
		node_stop_next(node);
}

const struct node_part node_part_mqtt = {.create = create, .stop = stop};
