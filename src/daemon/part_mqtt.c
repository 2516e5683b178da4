/* What the node publishes over MQTT, and the commands that come in, if [mqtt] has a url. */
#include "mqtt/publisher.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "cluster/member.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "http/api/mqtt_command.h"

static void want(void *arg, bool is_wanted)
{
	const struct node *node = arg;

	if (node->member)
		member_want_mqtt(node->member, is_wanted);
}

static uint64_t publishes_until_ns(void *arg)
{
	const struct node *node = arg;

	return node->member ? member_mqtt_until_ns(node->member) : UINT64_MAX;
}

static void set_progress(void *arg, json_t *progress)
{
	const struct node *node = arg;

	if (node->member)
		member_set_mqtt_progress(node->member, progress);
	else
		json_decref(progress);
}

static const json_t *progress(void *arg)
{
	const struct node *node = arg;

	return node->member ? member_mqtt_progress(node->member) : NULL;
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
		.boot_clock = clock_boot(),
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
		.want = want,
		.publishes_until_ns = publishes_until_ns,
		.set_progress = set_progress,
		.progress = progress,
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
