/*
 * The table of all keys of the configuration, and the checks that concern several keys.
 */
#ifndef HARVESTER_CONFIG_CONFIG_KEYS_H
#define HARVESTER_CONFIG_CONFIG_KEYS_H

#include "config/schema.h"

/* All keys, by section. The target of each is a struct config. */
extern const struct schema_key config_keys[];

/* The keys of [plugins.NAME], [[hardware.faults]] and [permissions], which config_keys reads with
 * functions of its own. Targets: struct config_plugin, config_fault, config_permissions. */
extern const struct schema_key config_plugin_keys[];
extern const struct schema_key config_fault_keys[];
extern const struct schema_key config_permissions_keys[];

/* Check what several keys must fulfil together, such as thresholds and shared pins, after all keys
 * have been read. `target` is a struct config. */
void config_check(struct schema_reader *reader, struct toml_node *root, void *target);

#endif
