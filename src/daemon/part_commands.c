/* The socket through which commands such as `harvester plugin list` find this node. */
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "cluster/member.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "daemon/run_folder.h"
#include "daemon/run_socket.h"
#include "influx/writer.h"
#include "mqtt/publisher.h"
#include "reading/catalogue.h"
#include "store/descriptions.h"

static json_t *show_node(void *arg)
{
	const struct node *node = arg;
	const struct config *config = node->options.config;
	const json_t *declared =
		reading_catalogue_declared(descriptions_catalogue(node->descriptions));

	return json_pack(
		"{s:i, s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s, s:s?, s:o, s:O, s:o*, s:o*, s:o*}",
		"pid", (int)getpid(), "version", HARVESTER_VERSION, "node", config->cluster.node_id,
		"role", config_role_name(config->cluster.role), "scheme", web_scheme(node->web),
		"address", web_address(node->web), "pin", *node->pin ? node->pin : NULL, "data",
		node->places.data, "plugins_folder", node->places.plugins, "config",
		*node->places.config ? node->places.config : NULL, "plugins",
		node_actions_plugins((void *)&node->actions), "declared", declared, "cluster",
		node->member ? member_to_json(node->member) : NULL, "mqtt",
		node->mqtt ? mqtt_publisher_to_json(node->mqtt) : NULL, "influx",
		node->influx ? influx_writer_to_json(node->influx) : NULL);
}

/* Without the socket, commands find only the node's folders. */
static int start(struct node *node, struct error *err)
{
	char folder[PATH_MAX], path[PATH_MAX];
	struct error problem = {0};
	int ret = run_folder_make(folder, &problem);

	(void)err;
	if (!ret)
		ret = run_socket_path(folder, node->places.data, path, &problem);
	if (!ret)
		ret = run_socket_create(node->loop, path, RUN_SOCKET_ANSWER_MS, show_node, node,
					&node->run_socket, &problem);
	if (ret)
		log_warning("broker",
			    "%s; commands such as `harvester plugin list` will not find this node",
			    problem.text);
	return 0;
}

static void stop(struct node *node)
{
	run_socket_close(node->run_socket);
	node_stop_next(node);
}

const struct node_part node_part_commands = {.start = start, .stop = stop};
