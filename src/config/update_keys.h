/*
 * The keys of [updates]: whose bundles this node installs. The target of each is a struct config.
 */
#ifndef HARVESTER_CONFIG_UPDATE_KEYS_H
#define HARVESTER_CONFIG_UPDATE_KEYS_H

#include "config/schema.h"

struct config;

extern const struct schema_key config_update_keys[];

/* Free what the keys of [updates] have stored. */
void config_update_finish(struct config *config);

#endif
