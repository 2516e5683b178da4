/*
 * Which plugins the owner has switched off: DATA/disabled/NAME.off, one empty file for each. Blocks on
 * the disk; any thread.
 */
#ifndef HARVESTER_PLUGIN_SWITCHES_H
#define HARVESTER_PLUGIN_SWITCHES_H

#include <stdbool.h>
#include <sys/stat.h>

struct error;
struct switches;

/* Errors as of owner_folder_open(). The caller owns *ret_switches. */
int switches_create(const char *data_folder, struct switches **ret_switches, struct error *err);
void switches_destroy(struct switches *switches); /* NULL is allowed */

/* The folder, for a tree_watch. Borrowed. */
const char *switches_folder(const struct switches *switches);

/* All 0 where the plugin is not switched off. */
void switches_stat(const struct switches *switches, const char *name, struct stat *ret_stat);
bool switches_is_off(const struct switches *switches, const char *name);

/* On the disk when it returns. 0 where it was so before. ERROR_INVALID (the name), ERROR_SYSTEM. */
int switches_set(const struct switches *switches, const char *name, bool is_off, struct error *err);

#endif
