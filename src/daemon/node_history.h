/*
 * The node's history: where it lies, what goes into it, and what the log says of it. Loop thread.
 */
#ifndef HARVESTER_DAEMON_NODE_HISTORY_H
#define HARVESTER_DAEMON_NODE_HISTORY_H

#include <limits.h>
#include <uv.h>

struct config;
struct error;
struct history;
struct reading_table;

struct node_history {
	char path[PATH_MAX];
	struct history *history; /* owned; NULL: none */
};

/* Open it, and take every reading of this node from the table on. The config is borrowed. */
int node_history_init(struct node_history *own, uv_loop_t *loop, const struct config *config,
		      const char *data_folder, struct reading_table *table, struct error *err);

/* [history] has changed. */
void node_history_configure(struct node_history *own, const struct config *config);

/* Write what waits; it ends in a later turn of the loop. */
void node_history_close(struct node_history *own);

#endif
