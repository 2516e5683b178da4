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

/* Make a path absolute, since commands run in other working directories than the node. */
static void find_place(const char *path, char ret_path[PATH_MAX])
{
	if (!realpath(path, ret_path))
		log_warning("broker",
			    "cannot find the absolute path of %s (%s), so commands may not find "
			    "this node: check that it exists, and its mode",
			    path, strerror(errno));
}

static void find_places(struct node *node)
{
	const struct node_options *options = &node->options;

	find_place(options->data_folder, node->places.data);
	find_place(options->plugins_folder, node->places.plugins);
	if (options->config->path)
		find_place(options->config->path, node->places.config);
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
