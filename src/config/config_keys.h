/*
 * The table of all keys of the configuration, and the checks that concern several keys.
 */
#ifndef HARVESTER_CONFIG_CONFIG_KEYS_H
#define HARVESTER_CONFIG_CONFIG_KEYS_H

#include "config/schema.h"

/* The target of each key is a struct config. */
extern const struct schema_key config_keys[];

/* Check what several keys must fulfil together, such as thresholds and shared pins, after all keys
 * have been read. `target` is a struct config. */
void config_check(struct schema_reader *reader, struct toml_node *root, void *target);

#endif
