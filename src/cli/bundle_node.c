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
	struct bundle_store_config store = {
		.data_folder = ret_node->places.data,
		.plugins_folder = ret_node->places.plugins,
	};
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
		ret = bundle_store_open(&store, &ret_node->store, err);
	return ret;
}

void bundle_node_close(struct bundle_node *node)
{
	bundle_store_close(node->store);
	approvals_destroy(node->approvals);
	config_destroy(node->config);
	places_finish(&node->places);
}
