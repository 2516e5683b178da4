/*
 * The part of `harvester check` that is about the plugins folder, and about what the configuration
 * says of the plugins in it. Blocks on the disk.
 */
#ifndef HARVESTER_CLI_CHECK_PLUGINS_H
#define HARVESTER_CLI_CHECK_PLUGINS_H

#include "config/problem.h"

struct config;

/* Something that is written has no effect, or a plugin does not run: a problem. Else: a warning. */
struct check_findings {
	struct problem_list problems, warnings;
};

/* `config` NULL: it has problems of its own, so the files alone are checked. */
void check_plugins(const char *folder, const struct config *config,
		   struct check_findings *findings);

#endif
