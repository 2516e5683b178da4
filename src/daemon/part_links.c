/* The links to other nodes: a hub's to its spokes, or a spoke's to its hub. */
#include "base/log.h"
#include "daemon/internal.h"
#include "http/api/command.h"
#include "link/node/node_links.h"
#include "store/descriptions.h"

int node_run_command(void *arg, const json_t *command, json_t **ret_result, struct error *err)
{
	return web_command_run(&((struct node *)arg)->web_actions, command, ret_result, err);
}

json_t *node_list_devices(void *arg)
{
	return node_actions_devices(&((struct node *)arg)->actions);
}

static void on_noted(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	log_write(level, "hub", "%s", text);
}

static int create(struct node *node, struct error *err)
{
	const struct node_links_config config = {
		.loop = node->loop,
		.clock = node->clock,
		.config = node->options.config,
		.data_folder = node->options.data_folder,
		.version = HARVESTER_VERSION,
		.history = node->recorder.history,
		.table = node->table,
		.owners = node->owners,
		.authenticator = node->authenticator,
		.log = node->log,
		.catalogue = descriptions_catalogue(node->descriptions),
		.devices = node_list_devices,
		.command = node_run_command,
		.on_greeted = node_greet_updater,
		.on_noted = on_noted,
		.arg = node,
	};
	int ret;

	node->web_actions = node_actions_for_web(&node->actions);
	ret = node_links_create(&config, &node->links, err);
	node->actions.links = node->links;
	return ret;
}

static void on_closed(void *arg)
{
	struct node *node = arg;

	node->links = node->actions.links = NULL;
	node_stop_next(node);
}

/* The links and the history close together: closing the history ends the queries that the links
 * wait for. */
static void stop(struct node *node)
{
	node_links_close(node->links, on_closed, node);
	history_recorder_close(&node->recorder);
}

const struct node_part node_part_links = {.create = create, .stop = stop};
