/*
 * The inside of struct hub. Only for the files of this folder: hub.c (the nodes), batch.c, lines.c
 * and push.c (what they send), sender.c (how much), command.c (commands), file.c (the file of
 * streams).
 */
#ifndef HARVESTER_LINK_HUB_INTERNAL_H
#define HARVESTER_LINK_HUB_INTERNAL_H

#include <sys/queue.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/name_index.h"
#include "base/token_bucket.h"
#include "link/hub/hub.h"
#include "link/spoke/spoke_link.h"

#define HUB_RETIRED_MAX 16

struct hub_task {
	TAILQ_ENTRY(hub_task) link;
	struct hub_node *node;
	json_t *command;	  /* owned */
	uint64_t id, deadline_ms; /* deadline_ms is by the loop's time */
	bool is_sent;
	hub_commanded *on_commanded;
	void *arg;
};

TAILQ_HEAD(hub_tasks, hub_task);

struct hub_node {
	const char *name; /* must be first, for the index: `text` */
	char text[READING_NAME_MAX + 1];
	LIST_ENTRY(hub_node) link; /* sorted by name */
	struct hub *hub;
	char version[READING_NAME_MAX + 1];
	json_t *devices; /* owned; NULL before the first hello */
	/* Of the descriptions that it sent last, as the node calls them; "" if there are none. */
	char descriptions_id[SPOKE_LINK_DESCRIPTIONS_ID_SIZE];
	uint64_t seen_ms; /* by the loop's time; 0: not since the hub started */
	uint64_t seen_unix_ms;
	double round_trip_ms; /* negative: not known */
	uint64_t stream;      /* 0: none yet */
	uint64_t retired[HUB_RETIRED_MAX];
	size_t retired_count;
	uint64_t refused_stream; /* the retired stream of the last refused batch; 0: none */
	uint64_t shown;		 /* sequence of its last reading that was put into the table */
	uint64_t shown_log;	 /* last sequence whose lines were logged */
	bool is_away;		 /* the log says that it is offline */
	/* Limit of log lines: how many are left, and the loop's time when that was computed. */
	uint64_t lines_left, lines_ms;
	uint64_t lines_dropped;
	uint64_t pushed; /* readings received by /push since the hub started */
	uint64_t added, known, refused, skipped, slowed;
	uint64_t descriptions_refused; /* parts of descriptions */
	/* Why it was last refused; "" if the last batch was accepted. */
	char problem[ERROR_TEXT_SIZE];

	struct hub_tasks tasks;
	hub_commands_came *on_ready; /* NULL: the node is not waiting for commands */
	void *ready_arg;
	uint64_t ready_until_ms;
};

LIST_HEAD(hub_list, hub_node);

#define HUB_SENDERS_MAX (HUB_NODES_MAX + 1) /* those without a token are one */

/* Who sends readings, by token. */
struct hub_sender {
	const char *name; /* must be first, for the index: `text`; "": all that have no token */
	char text[READING_NAME_MAX + 1];
	LIST_ENTRY(hub_sender) link;
	struct token_bucket bytes;
	uint64_t told_ms; /* when the log said that it has to wait; valid if has_told */
	bool has_told;
};

LIST_HEAD(hub_senders, hub_sender);

struct hub {
	struct hub_config config;
	struct hub_list nodes; /* owned */
	struct name_index nodes_index;
	size_t nodes_count;
	uint64_t nodes_refused;
	struct hub_senders senders; /* owned */
	struct name_index senders_index;
	size_t senders_count;
	uint64_t slowed; /* how often a sender had to wait */
	uint64_t next_task;
	/* The stream of all readings received by /push since the hub started. */
	uint64_t push_stream;
	uv_timer_t timer;
	unsigned open_handles; /* the timer, a write of the file, readings being stored */
	bool is_closing, is_writing, is_changed;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

/*
 * hub.c: the node of that name; if there is none and `may_add`, add it if there is room. NULL
 * otherwise.
 */
struct hub_node *hub_find(struct hub *hub, const char *name, bool may_add);

/*
 * hub.c: check that the holder of this token may act as node `name`, and record that the node was
 * heard from. ERROR_NOT_GRANTED, ERROR_NOT_FOUND, ERROR_TOO_LARGE.
 */
int hub_admit(struct hub *hub, const char *token_node, const char *name, bool may_add,
	      struct hub_node **ret_node, struct error *err);

/*
 * hub.c: remember `err` as the node's problem and log it, unless the problem is the same as
 * before. Returns err->code.
 */
int hub_refuse(struct hub_node *node, const struct error *err);

/*
 * batch.c: put the new readings of a batch into the table; store the readings of a batch, at least
 * one. `on_taken` may be NULL.
 */
void hub_show(struct hub_node *node, const struct spoke_link_batch *batch);
int hub_append(struct hub_node *node, const struct spoke_link_batch *batch, hub_taken *on_taken,
	       void *arg, struct error *err);

/* lines.c: log the new log lines of a batch. */
void hub_show_logs(struct hub_node *node, const struct spoke_link_batch *batch);

/* sender.c: free all senders. */
void hub_forget_senders(struct hub *hub);

/* hub.c: log which nodes have gone offline. */
void hub_watch(struct hub *hub);

/*
 * command.c: end the waits and tasks that have timed out, or all of them if the hub is being
 * closed.
 */
void hub_tick(struct hub *hub);

/*
 * file.c: read the file at the start; write it after a change. The write runs on the thread pool.
 */
void hub_file_read(struct hub *hub);
void hub_file_write(struct hub *hub);

/* hub.c: call when one of open_handles has closed; frees the hub after the last. */
void hub_destroy_when_closed(struct hub *hub);

#endif
