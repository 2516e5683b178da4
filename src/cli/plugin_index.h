/*
 * The index of bundles that a node uses: of [updates] index, or of --index. Blocks on the network
 * and the disk.
 */
#ifndef HARVESTER_CLI_PLUGIN_INDEX_H
#define HARVESTER_CLI_PLUGIN_INDEX_H

#include "bundle/index.h"

struct bundle_node;
struct command_options;

struct plugin_index {
	struct bundle_index index; /* owned */
	char place[2048];	   /* a URL, or the path of a folder; without "/" at its end */
};

/* Whether there is an index to ask. */
bool plugin_index_is_named(const struct command_options *options, const struct bundle_node *node);

/*
 * Fetch the index and its signature, and check both. The node's store is not open meanwhile. The
 * caller ends *ret_index with bundle_index_finish(). ERROR_INVALID if no index is named; errors of
 * download(), bundle_index_check() and bundle_store_see_index().
 */
int plugin_index_load(const struct command_options *options, struct bundle_node *node,
		      struct plugin_index *ret_index, struct error *err);

#endif
