/*
 * The roll-outs of a hub: keeps them in DATA/rollouts/rollouts.json, tells each node which versions
 * it is to run, sends it the bundles, and takes its reports. The web server passes the requests of
 * nodes and operators to the functions below; rollout/node/updater.h is the node's side.
 *
 * What the hub wants all nodes to run is its desired state. Each decision of an operator that
 * changes it gets a number that is greater than all before, so that a node recognizes an old
 * desired state that somebody plays again. A number is the Unix time in milliseconds, or one more
 * than the last if that is greater: a hub that has lost its data continues with greater numbers.
 *
 * A node is told nothing before the roll-out is on the disk. Loop thread.
 */
#ifndef HARVESTER_ROLLOUT_HUB_DESK_H
#define HARVESTER_ROLLOUT_HUB_DESK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/log.h"
#include "rollout/rollout.h"

struct clock;
struct config;
struct error;
struct rollout_desk;

#define ROLLOUTS_MAX 64 /* kept; finished ones make room for new ones */
/* Nodes of all that are kept, likewise: each change writes all of them, some 4 MB. */
#define ROLLOUT_PLACES_MAX (8 * ROLLOUT_NODES_MAX)
#define ROLLOUT_TRANSFER_IDLE_MS 30000 /* a node that asks for nothing for so long made room */

typedef void rollout_shared_cb(void *arg, int code, const struct error *err);

struct rollout_desk_config {
	uv_loop_t *loop; /* all borrowed until rollout_desk_destroy() */
	struct clock *clock;
	const struct config *config; /* trusted keys, transfers_max */
	const char *data_folder;
	void (*on_noted)(void *arg, enum log_level level, const char *text);
	/* The node `node` should ask now, if it is online. */
	void (*on_news)(void *arg, const char *node);
	/*
	 * NULL: the state is in the file. Otherwise store it elsewhere (the object is given away):
	 * answered by rollout_desk_saved() or rollout_desk_failed(). Of several, the last counts.
	 */
	void (*save)(void *arg, json_t *state);
	/*
	 * Make a bundle of DATA/rollouts available to the nodes, then call on_shared(shared_arg)
	 * once, before or after this returns. NULL: they fetch it by rollout_desk_read().
	 */
	void (*share)(void *arg, const char *digest, uint64_t size, rollout_shared_cb *on_shared,
		      void *shared_arg);
	void *arg;
};

/* Reads the file; blocks on the disk. A damaged file is reported and moved aside. The caller ends
 * *ret_desk with rollout_desk_close() and then rollout_desk_destroy(). ERROR_NO_MEMORY. */
int rollout_desk_create(const struct rollout_desk_config *config, struct rollout_desk **ret_desk,
			struct error *err);

/* With `save`: everything that was given to it is stored, or it is not, for the reason in `text`.
 */
void rollout_desk_saved(struct rollout_desk *desk);
void rollout_desk_failed(struct rollout_desk *desk, const char *text);
/* With `save`: take a stored state (borrowed) in place of what the desk has. */
void rollout_desk_load(struct rollout_desk *desk, const json_t *state);
/* With `save`: what the stored state tells a node, in the form of rollout_desk_ask()'s answer. The
 * caller owns it; NULL if memory ran out. */
json_t *rollout_desk_desired(struct rollout_desk *desk, const char *node);

/* Write what waits. Requests that wait end with ERROR_CLOSED. NULL is allowed. */
void rollout_desk_close(struct rollout_desk *desk);
/* After the loop has run until it was empty. NULL is allowed. */
void rollout_desk_destroy(struct rollout_desk *desk);

/* The request was carried out, with code 0 and `body`, which the callback owns, or it failed with
 * an error code and *err. */
typedef void rollout_done_cb(void *arg, int code, const struct error *err, json_t *body);

/* What an operator starts. Borrowed for the call. */
struct rollout_start {
	const void *bundle; /* NULL: `digest` names a bundle that the hub has */
	size_t size;
	const char *signature; /* the text of the bundle's .minisig; NULL: none */
	const char *digest;
	const char *nodes;   /* names, separated by commas; NULL: all */
	const json_t *known; /* the hub's nodes: an array of objects with "node" */
	const char *groups;  /* rollout/groups.h; NULL: ROLLOUT_GROUPS_DEFAULT */
	unsigned success_percent, pause_on;
};

/*
 * Start a roll-out. It replaces one of the same plugin that is not finished. If this returns 0,
 * on_done(arg, …) is called once, on a later turn of the loop, with the roll-out as JSON.
 * - ERROR_NOT_FOUND: a node, or the bundle, is not known here.
 * - ERROR_INVALID: `nodes` or `groups` is malformed, or there is no node.
 * - ERROR_TOO_LARGE: there are more than ROLLOUT_NODES_MAX nodes, or the roll-outs that are active
 *   leave no room (ROLLOUTS_MAX, ROLLOUT_PLACES_MAX).
 * - The errors of bundle_relay_take(); ERROR_NO_MEMORY, ERROR_SYSTEM, ERROR_CLOSED.
 */
int rollout_desk_start(struct rollout_desk *desk, const struct rollout_start *start,
		       rollout_done_cb *on_done, void *arg, struct error *err);

enum rollout_action {
	ROLLOUT_PAUSE_IT,
	ROLLOUT_RESUME_IT,
	ROLLOUT_ABORT_IT,
	ROLLOUT_UNDO_IT,
};

/* Carry out an operator's decision, as above. ERROR_NOT_FOUND if there is no roll-out with this
 * number, ERROR_INVALID if its state does not allow it. */
int rollout_desk_act(struct rollout_desk *desk, uint64_t number, enum rollout_action action,
		     rollout_done_cb *on_done, void *arg, struct error *err);

/* {"rollouts": [rollout_to_json(), …], the newest first, "nodes": [{"node", "plugins": […]}, …],
 * "transfers": n}. The caller owns it; NULL if memory ran out. */
json_t *rollout_desk_to_json(const struct rollout_desk *desk);

/* The roll-outs that are not finished: [{"plugin", "is_stopped"}, …]. One is stopped if it is
 * paused because nodes failed, not by an operator. The caller owns it; NULL if memory ran out. */
json_t *rollout_desk_active(const struct rollout_desk *desk);

/* Whether the node has something to ask for. */
bool rollout_desk_has_news(struct rollout_desk *desk, const char *node);

/*
 * A node asks, and reports: {"reports": [{"number", "state", "reason"}, …], "plugins": [{"name",
 * "version", "digest", "on_probation"}, …]}. The caller owns *ret_answer: {"number": n, "desired":
 * [{"number", "task": "install"|"undo", "name", "version", "digest", "size", "signature"}, …]}.
 * "number" is that of the whole desired state. ERROR_MALFORMED, ERROR_TOO_LARGE, ERROR_NO_MEMORY.
 */
int rollout_desk_ask(struct rollout_desk *desk, const char *node, const json_t *body,
		     json_t **ret_answer, struct error *err);

/* A part of a bundle was read, with code 0 and `size` bytes, borrowed for the call, or it was not.
 */
typedef void rollout_read_cb(void *arg, int code, const struct error *err, const void *data,
			     size_t size);

/*
 * A node fetches a part of the bundle that it was told to install. If this returns 0, on_read() is
 * called once, on a later turn of the loop. ERROR_NOT_GRANTED if the node was not told to;
 * ERROR_BUSY if transfers_max other nodes fetch now.
 */
int rollout_desk_read(struct rollout_desk *desk, const char *node, const char *digest,
		      uint64_t offset, rollout_read_cb *on_read, void *arg, struct error *err);

struct rollout_counts {
	uint64_t active;	    /* roll-outs that are not finished */
	uint64_t bytes;		    /* of bundles, sent to nodes since the start */
	uint64_t transfers;	    /* nodes that fetch now */
	uint64_t transfers_delayed; /* requests that had to wait for another node's transfer */
	uint64_t reports_malformed; /* reports of nodes that were not understood */
};

struct rollout_counts rollout_desk_count(const struct rollout_desk *desk);

#endif
