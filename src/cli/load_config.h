/*
 * Loads the configuration that a command uses.
 */
#ifndef HARVESTER_CLI_LOAD_CONFIG_H
#define HARVESTER_CLI_LOAD_CONFIG_H

struct config;
struct problem_list;

#define DEFAULT_CONFIG "/etc/harvester/config.toml"

/*
 * Load `path`; if it is NULL, DEFAULT_CONFIG if that exists, else the built-in demonstration.
 * Prints the problems on stderr, one a line. The caller calls config_destroy(). The errors are
 * those of config_load().
 */
int load_config(const char *path, struct config **ret_config);

/* The same, but adds the problems to `problems` instead of printing them. */
int load_config_quietly(const char *path, struct config **ret_config,
			struct problem_list *problems);

#endif
