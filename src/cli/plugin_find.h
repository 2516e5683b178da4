/*
 * A plugin of the folder by its name, for commands.
 */
#ifndef HARVESTER_CLI_PLUGIN_FIND_H
#define HARVESTER_CLI_PLUGIN_FIND_H

struct plugin_source;

/* Problems are said on stderr, with the nearest name. The caller owns *ret_source. */
int plugin_find(const char *folder, const char *name, struct plugin_source *ret_source);

#endif
