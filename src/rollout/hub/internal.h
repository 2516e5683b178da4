/*
 * The inside of the hub's roll-outs: desk.c (life, file, the operator's decisions), desk_start.c (a
 * new roll-out), desk_node.c (what nodes ask and report), desk_transfer.c (bundles on their way).
 */
#ifndef HARVESTER_ROLLOUT_HUB_INTERNAL_H
#define HARVESTER_ROLLOUT_HUB_INTERNAL_H

#include <sys/queue.h>

#include "base/error.h"
#include "rollout/hub/desk.h"
#include "rollout/rollout.h"
#include "store/document.h"

#define ROLLOUT_TRANSFERS_LIMIT 64 /* the most that transfers_max can be */

/* A request that is answered when the change is on the disk. */
struct rollout_wait {
	STAILQ_ENTRY(rollout_wait) link;
	rollout_done_cb *on_done;
	void *arg;
	json_t *body; /* owned */
};

struct rollout_item {
	struct rollout *rollout; /* owned */
	bool is_new;		 /* it was never on the disk */
	bool is_changed;	 /* what nodes are told has changed, and is not on the disk yet */
};

/* What a node has said of itself; not kept over a restart, since it says so again. */
struct rollout_peer {
	char name[READING_NAME_MAX + 1];
	json_t *plugins; /* owned */
};

struct rollout_transfer {
	char node[READING_NAME_MAX + 1]; /* "": free */
	uint64_t seen_ms;		 /* by the loop's time */
};

struct rollout_desk {
	struct rollout_desk_config config;
	struct document *document; /* owned; NULL once closed, or with config.save */
	bool is_open;
	struct rollout_item items[ROLLOUTS_MAX]; /* the oldest first */
	size_t count;
	bool is_saving;	 /* the file is being written … */
	bool is_changed; /* … and does not have the newest changes */
	uint64_t last;	 /* the number of the newest desired state, ever … */
	uint64_t stored; /* … and of the newest one that is on the disk */
	STAILQ_HEAD(, rollout_wait) waits;
	struct rollout_peer peers[ROLLOUT_NODES_MAX];
	size_t peers_count;
	struct rollout_transfer transfers[ROLLOUT_TRANSFERS_LIMIT];
	struct rollout_counts counts; /* without `active` and `transfers` */
};

/* desk.c: write the file; what was changed counts from then on. */
void rollout_desk_save(struct rollout_desk *desk);
/* desk.c: the same, and call on_done() with `body`, which it takes over, when that is done.
 * ERROR_NO_MEMORY: nothing is written or called. */
int rollout_desk_save_for(struct rollout_desk *desk, rollout_done_cb *on_done, void *arg,
			  json_t *body);
/* desk.c: a number for a new desired state. */
uint64_t rollout_desk_next_number(struct rollout_desk *desk);
/* desk.c: whether there is room for one more of so many nodes. */
bool rollout_desk_has_room(const struct rollout_desk *desk, size_t nodes);
/* desk.c: room for one more of so many nodes; the oldest finished ones go. `unused` receives the
 * digests of those of their bundles that no other roll-out uses, one after the other; it has room
 * for ROLLOUTS_MAX. ERROR_TOO_LARGE. */
int rollout_desk_make_room(struct rollout_desk *desk, size_t nodes,
			   char (*unused)[BUNDLE_DIGEST_SIZE], struct error *err);
/* desk.c: log a line about a roll-out. */
void rollout_desk_note(const struct rollout_desk *desk, enum log_level level,
		       const struct rollout *rollout, const char *text);

/* desk_node.c: what a node is to do, and the item that says so. Newer items of a plugin hide older
 * ones. ROLLOUT_NOTHING if the item is not on the disk yet. */
enum rollout_task rollout_desk_task(struct rollout_desk *desk, size_t item, const char *node);
/* desk_node.c: tell the nodes that have something new to do to ask. */
void rollout_desk_tell_nodes(struct rollout_desk *desk);

#endif
