/*
 * Finds a plugin in the plugins folder by its name, for commands.
 */
#ifndef HARVESTER_CLI_PLUGIN_FIND_H
#define HARVESTER_CLI_PLUGIN_FIND_H

struct plugin_source;

/*
 * The caller calls plugin_source_finish(). ERROR_NOT_FOUND if there is no such plugin (prints the
 * most similar name on stderr), and the errors of plugin_scan() (prints them too).
 */
int plugin_find(const char *folder, const char *name, struct plugin_source *ret_source);

#endif
