/*
 * The known keys of the configuration, and what must hold between them.
 */
#ifndef HARVESTER_CONFIG_CONFIG_KEYS_H
#define HARVESTER_CONFIG_CONFIG_KEYS_H

#include "config/schema.h"

/* Offsets are of struct config. */
extern const struct schema_key config_keys[];

/* After all keys were read: thresholds, shared pins, what a role needs. `target`: a struct config.
 */
void config_check(struct schema_reader *reader, struct toml_node *root, void *target);

#endif
