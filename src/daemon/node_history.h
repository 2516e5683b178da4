/*
 * The node's history: where it lies, what goes into it, and what the log says of it. Loop thread.
 */
#ifndef HARVESTER_DAEMON_NODE_HISTORY_H
#define HARVESTER_DAEMON_NODE_HISTORY_H

#include <jansson.h>
#include <limits.h>
#include <uv.h>

struct clock;
struct config;
struct error;
struct history;
struct history_intake;
struct reading_table;

struct node_history {
	char path[PATH_MAX];
	struct history *history;       /* owned; NULL: none */
	struct history_intake *intake; /* owned; NULL: none */
	uv_timer_t releasing;	       /* of what the intake holds; there with the intake */
};

/*
 * Open it, and take every reading of this node from the table on, up to each plugin's share. Config
 * and clock are borrowed.
 */
int node_history_init(struct node_history *own, uv_loop_t *loop, const struct config *config,
		      struct clock *clock, const char *data_folder, struct reading_table *table,
		      struct error *err);

/*
 * Add to a plugin's JSON "thinned_readings", how many of its readings a newer one replaced before
 * they were written, and "is_thinned", whether that goes on now.
 */
void node_history_add_to_json(const struct node_history *own, const char *plugin, json_t *json);

/* [history] has changed. */
void node_history_configure(struct node_history *own, const struct config *config);

/* Write what waits; it ends in a later turn of the loop. */
void node_history_close(struct node_history *own);

#endif
