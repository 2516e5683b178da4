/* The database that the node writes its readings to, if [influx] has a url. */
#include "base/error.h"
#include "base/log.h"
#include "cluster/member.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "influx/writer.h"

static bool may_write(void *arg)
{
	const struct node *node = arg;
	uint64_t term;

	return !node->member || member_is_leader(node->member, &term);
}

static void on_noted(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	log_write(level, "influx", "%s", text);
}

static int create(struct node *node, struct error *err)
{
	const struct config *file = node->options.config;
	const struct influx_writer_config config = {
		.loop = node->loop,
		.influx = &file->influx,
		.node = file->cluster.node_id,
		.history = node->recorder.history,
		.nodes = node->web_actions.nodes,
		.nodes_arg = node->web_actions.arg,
		.may_write = may_write,
		.on_noted = on_noted,
		.arg = node,
	};

	return file->influx.url ? influx_writer_create(&config, &node->influx, err) : 0;
}

static void stop(struct node *node)
{
	struct influx_writer *influx = node->influx;

	node->influx = NULL;
	if (influx)
		influx_writer_close(influx, node_stop_next, node);
	else
		node_stop_next(node);
}

const struct node_part node_part_influx = {.create = create, .stop = stop};
