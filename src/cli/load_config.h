/*
 * The configuration that a command works on.
 */
#ifndef HARVESTER_CLI_LOAD_CONFIG_H
#define HARVESTER_CLI_LOAD_CONFIG_H

struct config;
struct problem_list;

#define DEFAULT_CONFIG "/etc/harvester/config.toml"

/*
 * `path`, or DEFAULT_CONFIG where that is there, or the built-in demonstration. Problems are
 * printed on stderr, one a line. The caller owns *ret_config.
 */
int load_config(const char *path, struct config **ret_config);

/* The same without printing: into `problems`. */
int load_config_quietly(const char *path, struct config **ret_config,
			struct problem_list *problems);

#endif
