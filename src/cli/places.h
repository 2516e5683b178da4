/*
 * The node that a command is about, and that node's folders. Blocks on sockets and the disk.
 *
 * --data names a node by its data folder, whether it runs or not. Without it, it is the data folder
 * that the configuration of --config names (`[paths] data`); else the one node that runs, with the
 * configuration and the plugins that were given, where they were; else the usual folders. Whatever
 * a running node says of its folders goes before the defaults, and the command line before all.
 */
#ifndef HARVESTER_CLI_PLACES_H
#define HARVESTER_CLI_PLACES_H

#include <limits.h>
#include <stdbool.h>

#include "base/advice.h"
#include "daemon/run_answer.h"

struct command_options;
struct error;

#define PLACES_NODES_MAX 64 /* that are looked at */

/* PLACES_ANY: where several nodes run, or the configuration is bad, the usual folders will do. */
enum places_use { PLACES_EXACT, PLACES_ANY };

struct places {
	char config[PATH_MAX];	/* "" for the built-in demonstration */
	char plugins[PATH_MAX]; /* the folder of plugins */
	char data[PATH_MAX];
	struct run_answer node; /* .root NULL: no node runs on the data folder */
	struct advice advice;	/* for other commands about the same node */
};

/*
 * ERROR_INVALID where several nodes run: they are listed on stderr, as are problems of the
 * configuration (ERROR_MALFORMED and others); *err says what to do. The caller finishes
 * *ret_places.
 */
int places_find(const struct command_options *options, enum places_use use,
		struct places *ret_places, struct error *err);
void places_finish(struct places *places);

/* For load_config(): places->config, or NULL. */
const char *places_config(const struct places *places);

/*
 * "no plugin NAME in FOLDER" helps nobody who looked at the wrong place: a text on stderr about the
 * nodes that run elsewhere; nothing where none does.
 */
void places_say_others(const struct places *places);

#endif
