/*
 * Which plugins the owner has switched off: DATA/disabled/NAME.off, one empty file for each. Blocks
 * on the disk; any thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_DISABLED_PLUGINS_H
#define HARVESTER_PLUGIN_POLICY_DISABLED_PLUGINS_H

#include <stdbool.h>
#include <sys/stat.h>

struct error;
struct disabled_plugins;

/* Errors as of owner_folder_open(). The caller owns *ret_switches. */
int disabled_plugins_create(const char *data_folder, struct disabled_plugins **ret_switches,
			    struct error *err);
void disabled_plugins_destroy(struct disabled_plugins *disabled); /* NULL is allowed */

/* The folder, for a tree_watch. Borrowed. */
const char *disabled_plugins_folder(const struct disabled_plugins *disabled);

/* All 0 where the plugin is not switched off. */
void disabled_plugins_stat(const struct disabled_plugins *disabled, const char *name,
			   struct stat *ret_stat);
bool disabled_plugins_is_off(const struct disabled_plugins *disabled, const char *name);

/* On the disk when it returns. 0 where it was so before. ERROR_INVALID (the name), ERROR_SYSTEM. */
int disabled_plugins_set(const struct disabled_plugins *disabled, const char *name, bool is_off,
			 struct error *err);

#endif
