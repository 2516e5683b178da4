/*
 * The inside of struct fleet: fleet.c (nodes), fleet_batch.c, fleet_lines.c and fleet_push.c (what
 * they send), fleet_command.c, fleet_file.c (what is kept).
 */
#ifndef HARVESTER_OUTPUT_FLEET_INTERNAL_H
#define HARVESTER_OUTPUT_FLEET_INTERNAL_H

#include <sys/queue.h>

#include "base/buffer.h"
#include "base/error.h"
#include "output/fleet.h"
#include "output/uplink.h"

#define FLEET_RETIRED_MAX 16

struct fleet_task {
	TAILQ_ENTRY(fleet_task) link;
	struct fleet_node *node;
	json_t *command;	  /* owned */
	uint64_t id, deadline_ms; /* the deadline by the loop's time */
	bool is_sent;
	fleet_commanded *commanded;
	void *arg;
};

TAILQ_HEAD(fleet_tasks, fleet_task);

struct fleet_node {
	LIST_ENTRY(fleet_node) link; /* by name */
	struct fleet *fleet;
	char name[READING_NAME_MAX + 1];
	char version[READING_NAME_MAX + 1];
	json_t *devices;  /* owned; NULL before the first hello */
	uint64_t seen_ms; /* by the loop's time; 0: not in this run */
	uint64_t seen_unix_ms;
	double round_trip_ms; /* below 0: not known */
	uint64_t stream;      /* 0: none yet */
	uint64_t retired[FLEET_RETIRED_MAX];
	size_t retired_count;
	uint64_t refused_stream; /* of the batch that was refused last, being retired; 0: none */
	uint64_t shown;		 /* the last sequence of its stream that went to the table */
	uint64_t shown_log;	 /* likewise to the log */
	bool is_away;		 /* people were told that it is offline */
	uint64_t lines_left,
		lines_ms; /* log lines it may still show, since this time of the loop */
	uint64_t lines_dropped;
	uint64_t pushed; /* readings that came by /push in this run */
	uint64_t added, known, refused, skipped;
	char problem[ERROR_TEXT_SIZE]; /* why it was refused last; "" once it works */

	struct fleet_tasks tasks;
	fleet_ready *ready; /* NULL: it does not wait */
	void *ready_arg;
	uint64_t ready_until_ms;
};

LIST_HEAD(fleet_list, fleet_node);

struct fleet {
	struct fleet_config config;
	struct fleet_list nodes;
	size_t nodes_count;
	uint64_t next_task;
	uint64_t push_stream; /* of all that comes by /push in this run */
	uv_timer_t timer;
	unsigned open_handles; /* the timer, and a write of the file */
	bool is_closing, is_writing, is_changed;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* fleet.c: the node of that name, made where `may_add` and there is room. NULL otherwise. */
struct fleet_node *fleet_find(struct fleet *fleet, const char *name, bool may_add);

/* fleet.c: whether a request with this token may speak for this node; it was heard of, if so. */
int fleet_admit(struct fleet *fleet, const char *token_node, const char *name, bool may_add,
		struct fleet_node **ret_node, struct error *err);

/* fleet.c: it was refused: said once, kept as its problem. Returns err's code. */
int fleet_refuse(struct fleet_node *node, const struct error *err);

/*
 * fleet_batch.c: show what is new in a batch; have its readings stored, of which there is at least one. taken
 * may be NULL.
 */
void fleet_show(struct fleet_node *node, const struct uplink_batch *batch);
int fleet_append(struct fleet_node *node, const struct uplink_batch *batch, fleet_taken *taken,
		 void *arg, struct error *err);

/* fleet_lines.c: show what is new of a batch's log lines. */
void fleet_show_logs(struct fleet_node *node, const struct uplink_batch *batch);

/* fleet.c: notice who went away. */
void fleet_watch(struct fleet *fleet);

/* fleet_command.c: end waits and tasks whose time has come; all of them if the fleet closes. */
void fleet_tick(struct fleet *fleet);

/* fleet_file.c */
void fleet_file_read(struct fleet *fleet);
void fleet_file_write(struct fleet *fleet);

/* fleet.c */
void fleet_destroy_when_closed(struct fleet *fleet);

#endif
