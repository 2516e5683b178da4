#include "cli/bundle_node.h"

#include "base/error.h"
#include "cli/command.h"
#include "cli/load_config.h"
#include "config/config.h"
#include "config/paths.h"
#include "plugin/policy/approvals.h"

int bundle_node_open(const struct command_options *options, struct bundle_node *ret_node,
		     struct error *err)
{
	int ret;

	*ret_node = (struct bundle_node){0};
	ret = places_find(options, PLACES_EXACT, &ret_node->places, err);
	if (!ret && load_config(places_config(&ret_node->places), &ret_node->config))
		ret = error_set(err, ERROR_MALFORMED,
				"the configuration has the problems listed above: correct them, "
				"then run the command again");
	if (!ret)
		ret = paths_make_folder(ret_node->places.data, err);
	if (!ret)
		ret = approvals_create(ret_node->places.data, &ret_node->approvals, err);
	if (!ret)
		ret = bundle_node_lock(ret_node, err);
	return ret;
}

int bundle_node_lock(struct bundle_node *node, struct error *err)
{
	const struct bundle_store_config config = {
		.data_folder = node->places.data,
		.plugins_folder = node->places.plugins,
	};

	return bundle_store_open(&config, &node->store, err);
}

void bundle_node_unlock(struct bundle_node *node)
{
	bundle_store_close(node->store);
	node->store = NULL;
}

void bundle_node_close(struct bundle_node *node)
{
	bundle_store_close(node->store);
	approvals_destroy(node->approvals);
	config_destroy(node->config);
	places_finish(&node->places);
}
