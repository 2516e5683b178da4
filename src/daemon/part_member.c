/*
 * The node's membership in a cluster, if its configuration has an engine. As on a spoke, its log
 * lines become entries of its history, so the cluster's log has them too.
 */
#include "base/clock.h"
#include "base/log.h"
#include "cluster/member.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "link/hub/hub.h"
#include "link/node/node_links.h"
#include "link/spoke/log_outbox.h"

static void on_noted(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	log_write(level, "cluster", "%s", text);
}

static json_t *list_spokes(void *arg)
{
	const struct hub *hub = node_links_hub(((struct node *)arg)->links);

	return hub ? hub_names(hub) : NULL;
}

static int create_outbox(struct node *node)
{
	const struct config *config = node->options.config;
	int ret = log_outbox_create(
		node->loop, node->clock, node->recorder.history, config->cluster.node_id,
		(uint64_t)(config->history.commit_seconds * 1000), &node->outbox);

	if (!ret)
		log_add_sink(log_outbox_write, node->outbox);
	return ret;
}

static int create(struct node *node, struct error *err)
{
	static const char *const local[] = {"nats://127.0.0.1:4222"};
	const struct config *config = node->options.config;
	struct member_config member = {
		.loop = node->loop,
		.clock = node->clock,
		.lease_clock = clock_boot(),
		.history = node->recorder.history,
		.table = node->table,
		.name = config->cluster.name,
		.node = config->cluster.node_id,
		.version = HARVESTER_VERSION,
		.urls = (const char *const *)config->cluster.urls,
		.tls_ca = config->cluster.tls_ca,
		.tls_certificate = config->cluster.tls_certificate,
		.tls_key = config->cluster.tls_key,
		.credentials = config->cluster.credentials,
		.replicas = config->cluster.replicas,
		.voters_ms = config->cluster.voters_ms,
		.keep_days = config->cluster.log_days,
		.max_mb = config->cluster.log_mb,
		.devices = node_list_devices,
		.spokes = list_spokes,
		.command = node_run_command,
		.on_noted = on_noted,
		.arg = node,
	};
	int ret;

	if (config->cluster.engine == CLUSTER_ENGINE_NONE)
		return 0;
	if (!node->recorder.history) {
		log_warning("cluster", "this node keeps no history, so it cannot be a member of a "
				       "cluster: its log says why the data folder cannot be used");
		return 0;
	}
	while (member.urls_count < CONFIG_URLS_MAX && member.urls[member.urls_count])
		member.urls_count++;
	if (!member.urls_count) {
		member.urls = local;
		member.urls_count = 1;
	}
	ret = member_create(&member, &node->member, err);
	if (!ret)
		ret = create_outbox(node);
	node->actions.member = node->member;
	node->web_actions = node_actions_for_web(&node->actions);
	return ret;
}

static void outbox_closed(void *arg)
{
	struct node *node = arg;

	node->outbox = NULL;
	node_stop_next(node);
}

static void member_closed(void *arg)
{
	struct node *node = arg;

	node->member = node->actions.member = NULL;
	if (!node->outbox) {
		node_stop_next(node);
		return;
	}
	log_remove_sink(log_outbox_write, node->outbox);
	log_outbox_close(node->outbox, outbox_closed, node);
}

static void stop(struct node *node)
{
	member_close(node->member, member_closed, node);
}

const struct node_part node_part_member = {.create = create, .stop = stop};
