/* The data folder: one node uses it at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "config/paths.h"
#include "daemon/internal.h"
#include "store/data_lock.h"

/* Make the paths absolute, since commands run in other working directories than the node. */
static void find_places(struct node *node)
{
	const struct node_options *options = &node->options;

	if (!realpath(options->data_folder, node->places.data) ||
	    !realpath(options->plugins_folder, node->places.plugins) ||
	    (options->config->path && !realpath(options->config->path, node->places.config)))
		log_warning(
			"broker",
			"cannot resolve the path of a folder: %s; commands may not find this node",
			strerror(errno));
}

static int create(struct node *node, struct error *err)
{
	int ret = paths_make_folder(node->options.data_folder, err);

	if (!ret)
		ret = data_lock(node->options.data_folder, &node->data_lock, err);
	if (ret)
		return ret;
	find_places(node);
	if (!node->options.has_usual_data)
		advice_add(&node->advice, "--data", node->places.data);
	return 0;
}

static void destroy(struct node *node)
{
	if (node->data_lock >= 0)
		close(node->data_lock);
}

const struct node_part node_part_data = {.create = create, .destroy = destroy};
