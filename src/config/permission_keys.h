/*
 * The keys of a permission in TOML: those of permission.toml, and the owner's in the configuration.
 */
#ifndef HARVESTER_CONFIG_PERMISSION_KEYS_H
#define HARVESTER_CONFIG_PERMISSION_KEYS_H

#include "config/permission.h"
#include "config/schema.h"

/*
 * [plugins.NAME.grant]: the keys of permission.toml, and deny_i2c, deny_gpio, deny_spi, deny_uart.
 * `rules` come from permission_rules_init(); a key that is there replaces what they allow.
 */
void permission_read_rules(struct schema_reader *reader, struct toml_node *node, const char *path,
			   struct permission_rules *rules);

/* For SCHEMA_CUSTOM; the target begins with a struct permission_rules. */
void permission_read_deny_i2c(struct schema_reader *reader, struct toml_node *node,
			      const char *path, void *target);
void permission_read_deny_gpio(struct schema_reader *reader, struct toml_node *node,
			       const char *path, void *target);
void permission_read_deny_spi(struct schema_reader *reader, struct toml_node *node,
			      const char *path, void *target);
void permission_read_deny_uart(struct schema_reader *reader, struct toml_node *node,
			       const char *path, void *target);

#endif
