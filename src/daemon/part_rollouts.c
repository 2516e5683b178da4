/* Roll-outs of plugins: a hub or a cluster leads them, and a node with a hub or in a cluster takes
 * part. */
#include <stdio.h>

#include "base/log.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "link/node/node_links.h"
#include "rollout/cluster/cluster_rollouts.h"
#include "rollout/hub/desk.h"
#include "rollout/node/updater.h"

static void on_noted(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	log_write(level, "rollouts", "%s", text);
}

/* A hub */

/* A node that is offline asks when it connects again. */
static void on_told(void *arg, int status, const struct error *err, json_t *result)
{
	(void)arg, (void)status, (void)err;
	json_decref(result);
}

static void on_news(void *arg, const char *name)
{
	struct node *node = arg;

	if (node->links)
		node_links_send(node->links, name, json_pack("{s:s}", "device", "updates"), on_told,
				node, NULL);
}

static int create_desk(struct node *node, struct error *err)
{
	const struct rollout_desk_config config = {
		.loop = node->loop,
		.clock = node->clock,
		.config = node->options.config,
		.data_folder = node->options.data_folder,
		.on_noted = on_noted,
		.on_news = on_news,
		.arg = node,
	};

	int ret = rollout_desk_create(&config, &node->own_rollouts, err);

	node->rollouts = node->own_rollouts;
	return ret;
}

/* A node with a hub */

static int ask_hub(void *arg, const struct rollout_request *request, http_done *on_done,
		   void *done_arg, struct http_exchange **ret_exchange)
{
	return node_links_ask_hub(((struct node *)arg)->links, request->method, request->path,
				  request->body, request->body_size, on_done, done_arg,
				  ret_exchange);
}

void node_greet_updater(void *arg, bool is_first, const json_t *answer)
{
	rollout_updater_greet(((struct node *)arg)->own_updater, is_first,
			      json_is_true(json_object_get(answer, "updates")));
}

void node_note_version(void *arg, const char *plugin)
{
	rollout_updater_note_change(((struct node *)arg)->updater, plugin);
}

static int create_updater(struct node *node, struct error *err)
{
	const struct rollout_updater_config config = {
		.loop = node->loop,
		.clock = node->clock,
		.config = node->options.config,
		.data_folder = node->options.data_folder,
		.node = node->options.config->cluster.node_id,
		.sender = "hub",
		.hub = node_links_membership(node->links),
		.probation = node->probation,
		.request = ask_hub,
		.on_noted = on_noted,
		.arg = node,
	};
	int ret = rollout_updater_create(&config, &node->own_updater, err);

	node->updater = node->own_updater;
	return ret;
}

/* A member of a cluster: a hub shows the roll-outs to its spokes, and a spoke takes part in those
 * of its hub. */

static int create_cluster(struct node *node, struct error *err)
{
	const struct cluster_rollouts_config config = {
		.loop = node->loop,
		.clock = node->clock,
		.config = node->options.config,
		.data_folder = node->options.data_folder,
		.node = node->options.config->cluster.node_id,
		.member = node->member,
		.probation = node->updater ? NULL : node->probation,
		.on_noted = on_noted,
		.arg = node,
	};
	int ret = cluster_rollouts_create(&config, &node->cluster_rollouts, err);

	if (ret)
		return ret;
	if (!node->updater)
		node->updater = cluster_rollouts_updater(node->cluster_rollouts);
	if (!node->rollouts)
		node->rollouts = cluster_rollouts_desk(node->cluster_rollouts);
	return 0;
}

/* Life */

static int create(struct node *node, struct error *err)
{
	int ret = 0;

	if (node_links_hub(node->links))
		ret = create_desk(node, err);
	else if (node_links_membership(node->links))
		ret = create_updater(node, err);
	if (!ret && node->member)
		ret = create_cluster(node, err);
	node->actions.updater = node->updater;
	return ret;
}

static void stop(struct node *node)
{
	node->actions.updater = NULL;
	cluster_rollouts_close(node->cluster_rollouts);
	rollout_updater_close(node->own_updater);
	rollout_desk_close(node->own_rollouts);
	node_stop_next(node);
}

static void destroy(struct node *node)
{
	cluster_rollouts_destroy(node->cluster_rollouts);
	rollout_updater_destroy(node->own_updater);
	rollout_desk_destroy(node->own_rollouts);
	node->updater = node->own_updater = NULL;
	node->rollouts = node->own_rollouts = NULL;
}

const struct node_part node_part_rollouts = {.create = create, .stop = stop, .destroy = destroy};
