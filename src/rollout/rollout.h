/*
 * A roll-out: one version of a plugin on its way from the hub to a list of nodes, group after
 * group. This object decides and remembers; it does not reach the disk or the network. The owner of
 * the roll-out acts on it, and the nodes report:
 *
 *   running ◀─▶ paused       a failure, or the operator, pauses; the operator resumes
 *   running ──▶ done         no node can report anything new
 *   running, paused ──▶ aborted
 *   any of these ──▶ undoing ──▶ undone    the nodes go back to the version before
 *   running, paused, undoing ──▶ replaced  by a newer roll-out of the same plugin
 *
 * The next group is released when as many nodes of the group before report "good" as the quota
 * asks for. Nodes that are offline do not hold up a group that has its quota; they get the version
 * when they come back.
 *
 * Plain memory; one thread at a time.
 */
#ifndef HARVESTER_ROLLOUT_ROLLOUT_H
#define HARVESTER_ROLLOUT_ROLLOUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bundle/manifest.h"
#include "bundle/minisign.h"
#include "reading/reading.h"
#include "rollout/groups.h"

struct error;

#define ROLLOUT_NODES_MAX 2048 /* as many as a hub takes: HUB_NODES_MAX */
/* Between hub and node: */
#define ROLLOUT_REPORTS_MAX 64	       /* of one node in one request */
#define ROLLOUT_CHUNK_MAX (256u << 10) /* bytes of a bundle in one answer */
#define ROLLOUT_REASON_SIZE 301	       /* bytes of a reason, with the terminator */

enum rollout_state {
	ROLLOUT_RUNNING,
	ROLLOUT_PAUSED,
	ROLLOUT_DONE,
	ROLLOUT_ABORTED,
	ROLLOUT_UNDOING,
	ROLLOUT_UNDONE,
	ROLLOUT_REPLACED,
};

/* What is known of one node. From "downloaded" on, the node itself says so. */
enum rollout_progress {
	ROLLOUT_PENDING, /* its group waits, or it has not asked */
	ROLLOUT_OFFERED, /* the hub has told it which version to run */
	ROLLOUT_DOWNLOADED,
	ROLLOUT_CANDIDATE,
	ROLLOUT_PROBATION,
	ROLLOUT_WAITING, /* for the approval of the node's owner */
	ROLLOUT_GOOD,
	ROLLOUT_ROLLED_BACK, /* the version failed, and the node went back by itself */
	ROLLOUT_FAILED,	     /* the version failed, and there was none to go back to */
	ROLLOUT_REFUSED,     /* the node did not install it */
	ROLLOUT_NODE_UNDONE,
};

/* What a node is to do. */
enum rollout_task {
	ROLLOUT_NOTHING,
	ROLLOUT_INSTALL,
	ROLLOUT_UNDO,
};

struct rollout_node {
	char name[READING_NAME_MAX + 1];
	size_t group; /* from 0 */
	enum rollout_progress progress;
	uint64_t changed_ms; /* Unix time of the last change */
	uint64_t bytes;	     /* of the bundle that the hub has sent it */
	uint64_t told;	     /* the number that it was told to ask for; not kept over a restart */
	bool is_accepted;    /* it failed, and the operator has resumed the roll-out since */
	char reason[ROLLOUT_REASON_SIZE]; /* of the progress; "": none */
};

struct rollout {
	/* Of the desired state that this roll-out began, and of the one that undoes it (0: none).
	 * A later desired state has a greater number. */
	uint64_t number, undo_number;
	char plugin[PLUGIN_NAME_SIZE];
	char version[BUNDLE_VERSION_MAX + 1];
	char digest[BUNDLE_DIGEST_SIZE]; /* of the bundle */
	uint64_t size;			 /* bytes of the bundle */
	char *signature;		 /* owned: the text of its .minisig; NULL: none */
	unsigned success_percent;	 /* 1..100: of a group, before the next is released */
	unsigned pause_on;		 /* so many failures pause it */
	size_t groups_count, released;	 /* the first `released` groups may install */
	enum rollout_state state;
	char reason[ROLLOUT_REASON_SIZE]; /* why it is paused; "": the operator did it */
	uint64_t started_ms, changed_ms;
	struct rollout_node *nodes; /* owned, in the order of the groups */
	size_t nodes_count;
};

/* What a roll-out begins with. All is copied. */
struct rollout_order {
	const char *plugin, *version, *digest, *signature;
	uint64_t size, number, now_ms;
	const char *const *nodes;
	size_t nodes_count; /* 1..ROLLOUT_NODES_MAX */
	const char *groups; /* rollout/groups.h */
	unsigned success_percent, pause_on;
};

/* The caller owns *ret_rollout. Errors of rollout_groups_parse(); ERROR_NO_MEMORY. */
int rollout_create(const struct rollout_order *order, struct rollout **ret_rollout,
		   struct error *err);
void rollout_destroy(struct rollout *rollout); /* NULL is allowed */

/* Whether something may still happen by itself: it is running, paused or undoing. */
bool rollout_is_active(const struct rollout *rollout);

/* Returns the number of the desired state that the hub now sends to the nodes of this roll-out. */
uint64_t rollout_number(const struct rollout *rollout);

/* Borrowed; NULL if the node is not in it. */
struct rollout_node *rollout_find_node(struct rollout *rollout, const char *name);

/* What the node is to do now. ROLLOUT_NOTHING also if it has finished. */
enum rollout_task rollout_task(const struct rollout *rollout, const struct rollout_node *node);

/* The node is told so. Returns whether something changed. */
bool rollout_offer(struct rollout *rollout, struct rollout_node *node, uint64_t now_ms);

/*
 * The node reports its progress about the desired state `number`, at least ROLLOUT_DOWNLOADED.
 * Releases the next group, pauses or ends the roll-out where that follows. A report that cannot be
 * true, since the node was offered nothing or has finished, has no effect. Returns whether
 * something changed.
 */
bool rollout_report(struct rollout *rollout, struct rollout_node *node, uint64_t number,
		    enum rollout_progress progress, const char *reason, uint64_t now_ms);

/* The operator's decisions. ERROR_INVALID if the roll-out's state does not allow it; *err says
 * which state that is. */
int rollout_pause(struct rollout *rollout, uint64_t now_ms, struct error *err);
int rollout_resume(struct rollout *rollout, uint64_t now_ms, struct error *err);
int rollout_abort(struct rollout *rollout, uint64_t now_ms, struct error *err);
/* `number` is of a new desired state. */
int rollout_undo(struct rollout *rollout, uint64_t number, uint64_t now_ms, struct error *err);
/* A newer roll-out of the same plugin has begun. No effect if this one is not active. */
void rollout_replace(struct rollout *rollout, uint64_t now_ms);

const char *rollout_state_name(enum rollout_state state);
const char *rollout_progress_name(enum rollout_progress progress);
/* False if `name` is not the name of a progress that a node reports. */
bool rollout_progress_parse(const char *name, enum rollout_progress *ret_progress);

/*
 * {"number", "undo_number", "plugin", "version", "digest", "size", "success", "pause_on", "groups",
 *  "released", "state", "reason", "started_ms", "changed_ms", "nodes": [{"node",
 *  "group", "state", "reason", "changed_ms", "bytes", "accepted"}, …]}, for the file with
 * "signature". The caller owns it; NULL if memory ran out.
 */
json_t *rollout_to_json(const struct rollout *rollout, bool for_file);

/* Read what rollout_to_json() wrote to the file. The caller owns *ret_rollout. ERROR_MALFORMED,
 * ERROR_NO_MEMORY. */
int rollout_from_json(const json_t *json, struct rollout **ret_rollout);

#endif
