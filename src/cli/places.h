/*
 * Finds the node that a command is about, and that node's folders. Blocks on sockets and the disk.
 *
 * The first of these that applies chooses the node:
 *   1. --data: the node of that data folder, whether it runs or not.
 *   2. --config, if that file has `[paths] data`: the node of that data folder.
 *   3. The only node that runs (with that --config and --plugins, if they are given).
 *   4. The node of the usual data folder.
 * A folder is the one from the command line, else what the running node says, else the
 * configuration's or the usual one.
 */
#ifndef HARVESTER_CLI_PLACES_H
#define HARVESTER_CLI_PLACES_H

#include <limits.h>
#include <stdbool.h>

#include "base/advice.h"
#include "cli/run_answer.h"

struct command_options;
struct error;

#define PLACES_NODES_MAX 64 /* running nodes that a command considers */

/* What to do if several nodes run or the configuration has problems: PLACES_EXACT: fail;
 * PLACES_ANY: use the usual folders. */
enum places_use { PLACES_EXACT, PLACES_ANY };

struct places {
	char config[PATH_MAX];	/* "" for the built-in demonstration */
	char plugins[PATH_MAX]; /* the folder of plugins */
	char data[PATH_MAX];
	struct run_answer node; /* owned; .root is NULL if no node runs on the data folder */
	struct advice advice;	/* the options that other commands about this node need */
};

/*
 * Find the node and its folders. The caller calls places_finish(), also after a failure.
 * ERROR_INVALID if several nodes run (lists them on stderr), the errors of load_config() if the
 * configuration has problems (prints them on stderr); *err says what to do.
 */
int places_find(const struct command_options *options, enum places_use use,
		struct places *ret_places, struct error *err);
void places_finish(struct places *places);

/* The path for load_config(): places->config, or NULL for the demonstration. */
const char *places_config(const struct places *places);

/*
 * After a command found nothing: if no node runs on its data folder, but others run elsewhere, list
 * those on stderr, since the person may have meant one of them.
 */
void places_say_others(const struct places *places);

#endif
