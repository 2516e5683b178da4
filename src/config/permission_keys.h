/*
 * Reads the TOML keys of permissions: those of permission.toml, and the owner's rules in the
 * configuration.
 */
#ifndef HARVESTER_CONFIG_PERMISSION_KEYS_H
#define HARVESTER_CONFIG_PERMISSION_KEYS_H

#include "config/permission.h"
#include "config/schema.h"

/*
 * Read [plugins.NAME.grant]: the keys of permission.toml, and deny_i2c, deny_gpio, deny_spi and
 * deny_uart. The caller calls permission_rules_init() first; each key that is present replaces the
 * default.
 */
void permission_read_rules(struct schema_reader *reader, struct toml_node *node, const char *path,
			   struct permission_rules *rules);

/* Readers for SCHEMA_CUSTOM. The first member of `target` is a struct permission_rules. */
void permission_read_deny_i2c(struct schema_reader *reader, struct toml_node *node,
			      const char *path, void *target);
void permission_read_deny_gpio(struct schema_reader *reader, struct toml_node *node,
			       const char *path, void *target);
void permission_read_deny_spi(struct schema_reader *reader, struct toml_node *node,
			      const char *path, void *target);
void permission_read_deny_uart(struct schema_reader *reader, struct toml_node *node,
			       const char *path, void *target);

#endif
