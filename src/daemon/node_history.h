/*
 * The node's history: opens DATA/history.db, writes every reading of this node's plugins into it,
 * and logs the history's problems. Loop thread.
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
	struct history *history;       /* owned; NULL before init and after close */
	struct history_intake *intake; /* owned; likewise */
	uv_timer_t releasing; /* releases what the intake holds back; initialised with the intake */
};

/*
 * Open the history and subscribe to `table`: from then on every reading of this node is written,
 * within each plugin's share. `config` and `clock` are borrowed until node_history_close(), which
 * the caller calls after a failure too.
 */
int node_history_init(struct node_history *own, uv_loop_t *loop, const struct config *config,
		      struct clock *clock, const char *data_folder, struct reading_table *table,
		      struct error *err);

/*
 * Add to a plugin's JSON object: "thinned_readings", the number of its readings that a newer one
 * replaced before they were written, and "is_thinned", whether that happens now.
 */
void node_history_add_to_json(const struct node_history *own, const char *plugin, json_t *json);

/* Apply the changed section [history] of `config`. */
void node_history_configure(struct node_history *own, const struct config *config);

/* Write the readings that wait, then close; both finish on a later turn of the loop. */
void node_history_close(struct node_history *own);

#endif
