/*
 * The plugins that the owner has disabled: one empty file for each, DATA/disabled/NAME.off. Any
 * thread; blocks on the disk.
 */
#ifndef HARVESTER_PLUGIN_POLICY_DISABLED_PLUGINS_H
#define HARVESTER_PLUGIN_POLICY_DISABLED_PLUGINS_H

#include <stdbool.h>
#include <sys/stat.h>

struct error;
struct disabled_plugins;

/* Open DATA/disabled. The caller owns *ret_disabled. Errors of trusted_folder_open(). */
int disabled_plugins_create(const char *data_folder, struct disabled_plugins **ret_disabled,
			    struct error *err);
void disabled_plugins_destroy(struct disabled_plugins *disabled); /* NULL is allowed */

/* Path of the folder, to watch it for changes. Borrowed. */
const char *disabled_plugins_folder(const struct disabled_plugins *disabled);

/* The file's stat, to notice changes; all 0 if the plugin is not disabled. */
void disabled_plugins_stat(const struct disabled_plugins *disabled, const char *name,
			   struct stat *ret_stat);
bool disabled_plugins_is_off(const struct disabled_plugins *disabled, const char *name);

/*
 * Disable (is_off true) or enable the plugin. On return this is on the disk. Also 0 if it was so
 * before. ERROR_INVALID if no plugin can have this name, ERROR_SYSTEM.
 */
int disabled_plugins_set(const struct disabled_plugins *disabled, const char *name, bool is_off,
			 struct error *err);

#endif
