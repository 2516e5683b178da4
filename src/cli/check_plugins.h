/*
 * The part of `harvester check` that compares the plugins folder with the configuration: sections
 * for plugins that do not exist, bad permission files, two plugins that request the same line.
 * Blocks on the disk.
 */
#ifndef HARVESTER_CLI_CHECK_PLUGINS_H
#define HARVESTER_CLI_CHECK_PLUGINS_H

#include "config/problem.h"

struct config;

/* A problem: a setting has no effect, or a plugin cannot run. Anything else is a warning. */
struct check_findings {
	struct problem_list problems, warnings;
};

/* Add what is found to `findings`. If `config` is NULL (it has problems itself), only the files in
 * the folder are checked. */
void check_plugins(const char *folder, const struct config *config,
		   struct check_findings *findings);

#endif
