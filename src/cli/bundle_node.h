/*
 * What the commands share that change a node's bundles: the node's folders, configuration,
 * approvals and store.
 */
#ifndef HARVESTER_CLI_BUNDLE_NODE_H
#define HARVESTER_CLI_BUNDLE_NODE_H

#include "bundle/store.h"
#include "cli/places.h"

struct command_options;

struct bundle_node {
	struct places places;
	struct config *config; /* owned, as the next two */
	struct approvals *approvals;
	struct bundle_store *store;
};

/* Open all of it; waits while another program has the store. The caller calls bundle_node_close(),
 * also after a failure. Errors of places_find(), approvals_create() and bundle_store_open(). */
int bundle_node_open(const struct command_options *options, struct bundle_node *ret_node,
		     struct error *err);

/* Close the store, so that the node can use it meanwhile, and open it again. */
void bundle_node_unlock(struct bundle_node *node);
int bundle_node_lock(struct bundle_node *node, struct error *err);

void bundle_node_close(struct bundle_node *node);

#endif
