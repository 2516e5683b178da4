/*
 * `harvester node accept`: of two machines that send under one name, the hub accepts the one that
 * it refused. Only the running hub knows which one that is, so the command asks its API.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/account_file.h"
#include "cli/command.h"
#include "cli/node_request.h"
#include "cli/places.h"
#include "reading/name.h"

static int find_hub(const struct command_options *options, struct places *ret_places,
		    struct error *err)
{
	int ret = places_find(options, PLACES_EXACT, ret_places, err);

	if (ret)
		return ret;
	if (!ret_places->node.root)
		return error_set(err, ERROR_NOT_FOUND,
				 "no node runs on the data folder %s: start the hub first, and "
				 "wait until it has refused the node again",
				 ret_places->data);
	if (strcmp(ret_places->node.role, "hub") != 0)
		return error_set(err, ERROR_INVALID,
				 "the node %s is not a hub: run this command on the hub",
				 ret_places->node.node);
	return 0;
}

int command_node_accept(const struct command_options *options)
{
	const char *node = options->words[0];
	struct places places = {0};
	struct error err = {0};
	char path[192];
	int ret = reading_name_check(node, &err);

	if (!ret)
		ret = find_hub(options, &places, &err);
	snprintf(path, sizeof(path), "/api/v1/nodes/%.128s/accept", node);
	if (!ret)
		ret = node_request(options, &places.node, "node-accept", "POST", path, NULL, NULL,
				   &err);
	places_finish(&places);
	if (!ret && !options->json)
		printf("accepted the machine that was refused as %s; the other one is refused from "
		       "now on\n",
		       node);
	return account_say(ret, &err, options->json, json_pack("{s:s}", "node", node));
}
