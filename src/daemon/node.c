#include "daemon/node.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "daemon/internal.h"
#include "http/web.h"
#include "plugin/supervisor/summary.h"

#define PARTS (sizeof(parts) / sizeof(*parts))

/* From the devices to the outputs; a part uses those before it. */
static const struct node_part *const parts[] = {
	&node_part_data,    &node_part_readings, &node_part_descriptions, &node_part_devices,
	&node_part_history, &node_part_access,	 &node_part_links,	  &node_part_member,
	&node_part_alerts,  &node_part_bundles,	 &node_part_rollouts,	  &node_part_mqtt,
	&node_part_influx,  &node_part_web,	 &node_part_plugins,	  &node_part_commands,
};

static int create_parts(struct node *node, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < PARTS; i++)
		if (parts[i]->create)
			ret = parts[i]->create(node, err);
	for (size_t i = 0; !ret && i < PARTS; i++)
		if (parts[i]->start)
			ret = parts[i]->start(node, err);
	return ret;
}

int node_create(uv_loop_t *loop, const struct node_options *options, struct node **ret_node,
		struct error *err)
{
	struct node *node = calloc(1, sizeof(*node));
	int ret;

	if (!node)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the node; this machine needs more "
				 "free memory");
	node->options = *options;
	node->loop = loop;
	node->clock = clock_system();
	node->data_lock = -1;
	ret = create_parts(node, err);
	if (ret) {
		node_close(node);
		uv_run(loop, UV_RUN_DEFAULT);
		node_destroy(node);
		return ret;
	}
	*ret_node = node;
	return 0;
}

void node_reload(struct node *node, bool has_new_page)
{
	if (has_new_page)
		web_set_page(node->web, NULL, 0);
	for (size_t i = 0; i < PARTS; i++)
		if (parts[i]->reload)
			parts[i]->reload(node);
}

const char *node_address(const struct node *node)
{
	return web_address(node->web);
}

const char *node_scheme(const struct node *node)
{
	return web_scheme(node->web);
}

void node_status(const struct node *node, char *ret_text, size_t size)
{
	json_t *plugins = node_actions_plugins((void *)&node->actions);
	char address[128];

	snprintf(address, sizeof(address), "%s://%s", node_scheme(node), node_address(node));
	plugin_summary_write(plugins, address, ret_text, size);
	json_decref(plugins);
}

void node_stop_next(void *arg)
{
	struct node *node = arg;

	while (node->unstopped) {
		const struct node_part *part = parts[--node->unstopped];

		if (!part->stop)
			continue;
		part->stop(node);
		return;
	}
}

void node_close(struct node *node)
{
	node->unstopped = PARTS;
	node_stop_next(node);
}

void node_destroy(struct node *node)
{
	for (size_t i = PARTS; i-- > 0;)
		if (parts[i]->destroy)
			parts[i]->destroy(node);
	free(node);
}
