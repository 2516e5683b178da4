/*
 * The keys of [updates]: whose bundles this node installs. The target of each is a struct config.
 */
#ifndef HARVESTER_CONFIG_UPDATE_KEYS_H
#define HARVESTER_CONFIG_UPDATE_KEYS_H

#include "config/schema.h"

struct config;

extern const struct schema_key config_update_keys[];

/*
 * Copy [updates], and what else decides on an installation, to an empty configuration, so that
 * another thread can use it while the node loads a new one. Free with config_update_finish().
 * ERROR_NO_MEMORY.
 */
int config_update_copy(const struct config *config, struct config *ret_copy);

/* Free what the keys of [updates] have stored. */
void config_update_finish(struct config *config);

#endif
