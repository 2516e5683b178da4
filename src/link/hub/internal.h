/*
 * The inside of struct hub: hub.c (nodes), batch.c, lines.c and push.c (what
 * they send), command.c, file.c (what is kept).
 */
#ifndef HARVESTER_LINK_HUB_INTERNAL_H
#define HARVESTER_LINK_HUB_INTERNAL_H

#include <sys/queue.h>

#include "base/buffer.h"
#include "base/error.h"
#include "link/hub/hub.h"
#include "link/spoke/spoke_link.h"

#define HUB_RETIRED_MAX 16

struct hub_task {
	TAILQ_ENTRY(hub_task) link;
	struct hub_node *node;
	json_t *command;	  /* owned */
	uint64_t id, deadline_ms; /* the deadline by the loop's time */
	bool is_sent;
	hub_commanded *commanded;
	void *arg;
};

TAILQ_HEAD(hub_tasks, hub_task);

struct hub_node {
	LIST_ENTRY(hub_node) link; /* by name */
	struct hub *hub;
	char name[READING_NAME_MAX + 1];
	char version[READING_NAME_MAX + 1];
	json_t *devices;  /* owned; NULL before the first hello */
	uint64_t seen_ms; /* by the loop's time; 0: not in this run */
	uint64_t seen_unix_ms;
	double round_trip_ms; /* below 0: not known */
	uint64_t stream;      /* 0: none yet */
	uint64_t retired[HUB_RETIRED_MAX];
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

	struct hub_tasks tasks;
	hub_ready *ready; /* NULL: it does not wait */
	void *ready_arg;
	uint64_t ready_until_ms;
};

LIST_HEAD(hub_list, hub_node);

struct hub {
	struct hub_config config;
	struct hub_list nodes;
	size_t nodes_count;
	uint64_t next_task;
	uint64_t push_stream; /* of all that comes by /push in this run */
	uv_timer_t timer;
	unsigned open_handles; /* the timer, and a write of the file */
	bool is_closing, is_writing, is_changed;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* hub.c: the node of that name, made where `may_add` and there is room. NULL otherwise. */
struct hub_node *hub_find(struct hub *hub, const char *name, bool may_add);

/* hub.c: whether a request with this token may speak for this node; it was heard of, if so. */
int hub_admit(struct hub *hub, const char *token_node, const char *name, bool may_add,
	      struct hub_node **ret_node, struct error *err);

/* hub.c: it was refused: said once, kept as its problem. Returns err's code. */
int hub_refuse(struct hub_node *node, const struct error *err);

/*
 * batch.c: show what is new in a batch; have its readings stored, of which there is at least
 * one. taken may be NULL.
 */
void hub_show(struct hub_node *node, const struct spoke_link_batch *batch);
int hub_append(struct hub_node *node, const struct spoke_link_batch *batch, hub_taken *taken,
	       void *arg, struct error *err);

/* lines.c: show what is new of a batch's log lines. */
void hub_show_logs(struct hub_node *node, const struct spoke_link_batch *batch);

/* hub.c: notice who went away. */
void hub_watch(struct hub *hub);

/* command.c: end waits and tasks whose time has come; all of them if the fleet closes. */
void hub_tick(struct hub *hub);

/* file.c */
void hub_file_read(struct hub *hub);
void hub_file_write(struct hub *hub);

/* hub.c */
void hub_destroy_when_closed(struct hub *hub);

#endif
