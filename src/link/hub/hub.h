/*
 * The hub's side of the links: which spokes have connected, the readings and log lines they send,
 * and the commands they carry out. Loop thread.
 *
 * A token identifies a node. The parameter `token_node` is the node whose token came with the
 * request; NULL if the request had no token. Only POST /push allows NULL, and only if the
 * configuration says `push_without_token = true`. A request that names another node than its
 * token's is refused.
 *
 * Each history file of a node has an identity, its stream (store/history/history.h). If two
 * machines send under one name, their streams differ: the hub accepts the stream that appeared
 * last, and refuses the other with ERROR_EXISTS until the owner decides otherwise (hub_accept()).
 */
#ifndef HARVESTER_LINK_HUB_HUB_H
#define HARVESTER_LINK_HUB_HUB_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/log.h"
#include "link/batch.h"

struct clock;
struct error;
struct hub;
struct hub_wait;
struct history;
struct reading_table;

#define HUB_NODES_MAX 256
#define HUB_COMMANDS_MAX 16   /* commands that wait for one node */
#define HUB_COMMAND_MS 10000  /* time limit for a node's answer */
#define HUB_ONLINE_MS 45000   /* three times SPOKE_LINK_HELLO_MS */
#define HUB_LINES_AT_ONCE 256 /* log lines of one node in a burst; then HUB_LINES_A_SECOND */
#define HUB_LINES_A_SECOND SPOKE_LINK_LINES_MAX
/*
 * Limit of the readings of one sender, in uncompressed bytes: a burst, then so many a second. A
 * batch has at most SPOKE_LINK_TEXT_MAX bytes.
 */
#define HUB_BYTES_AT_ONCE (2u << 20)
#define HUB_BYTES_A_SECOND (512u << 10)
/* A batch of at least this many readings does not wait for commit_seconds. */
#define HUB_FLUSH_ITEMS 200

struct hub_config {
	uv_loop_t *loop; /* every pointer here is borrowed until the hub has closed */
	struct clock *clock;
	struct history *history;
	struct reading_table *table;
	const char *node; /* the hub's own name, which no spoke may use */
	/* DATA/fleet.json: the nodes' streams, so that the hub knows them after a restart */
	const char *path;
	uint64_t online_ms; /* a node that sent nothing for so long is offline; 0: HUB_ONLINE_MS */
	/*
	 * Has a token for `node` ever been made? If so, POST /push accepts readings of this node
	 * only with that token. NULL: no node has a token.
	 */
	bool (*has_token)(void *arg, const char *node);
	/*
	 * Called with a text for the log when a node connects for the first time, goes offline,
	 * comes back online, is refused, or is accepted again.
	 */
	void (*on_noted)(void *arg, enum log_level level, const char *node, const char *text);
	/*
	 * Called for each line of a node's log. Control characters are removed, the time is not in
	 * the future, and the texts have at most LOG_SOURCE_SIZE and LOG_TEXT_SIZE bytes.
	 */
	void (*on_logged)(void *arg, const char *node, const struct log_record *record);
	void *arg;
};

/*
 * Create the hub's side of the links. The caller owns *ret_hub and ends it with hub_close(). If the
 * file at `path` cannot be read, log a warning and start without known streams. ERROR_NO_MEMORY.
 */
int hub_create(const struct hub_config *config, struct hub **ret_hub, struct error *err);

/*
 * End every wait and command with ERROR_CLOSED, free the memory, then call on_closed(arg) on a
 * later turn of the loop. NULL is allowed.
 */
void hub_close(struct hub *hub, void (*on_closed)(void *arg), void *arg);

/*
 * Handle POST /api/v1/uplink/hello, with which a spoke connects; make_hello() in spoke_link.c
 * shows its form. *ret_answer (the caller owns it): {"protocol": 2, "hub": "8f02…", "time_ms": n}.
 * ERROR_NOT_GRANTED if the token is another node's or the name is the hub's, ERROR_MALFORMED,
 * ERROR_UNSUPPORTED for another protocol, ERROR_TOO_LARGE if there are HUB_NODES_MAX nodes,
 * ERROR_BUSY if the history is not available yet.
 */
int hub_hello(struct hub *hub, const char *token_node, const json_t *hello, json_t **ret_answer,
	      struct error *err);

/*
 * Limit how much each sender sends, so that one node that an attacker controls cannot slow down the
 * others. A sender is identified by its token; requests without a token count as one sender.
 * Returns 0 if the sender may send readings now; otherwise the number of seconds that it has to
 * wait, and hub_slowed() grows by one. Call this before the body is read, and hub_charge()
 * afterwards. (hub_wait() is unrelated: it waits for commands.)
 */
unsigned hub_wait_seconds(struct hub *hub, const char *token_node);

/* Count a body of so many bytes, uncompressed, against the sender's limit. */
void hub_charge(struct hub *hub, const char *token_node, size_t bytes);

/* How often hub_wait_seconds() has made a sender wait since the hub started. */
uint64_t hub_slowed(const struct hub *hub);

/*
 * For the owner's decision between two machines that send as `node`: accept the one that was
 * refused last, and refuse later batches of the other. ERROR_NOT_FOUND if there is no such node,
 * ERROR_INVALID if none of its batches was refused since this hub started.
 */
int hub_accept(struct hub *hub, const char *node, struct error *err);

/*
 * Called once for an accepted batch, with status 0 or ERROR_CLOSED. The callback takes ownership
 * of `result`; struct spoke_link_refusals describes the refusals:
 * {"added": n, "known": n, "refused": n, "reason": null|text, "refusals": […]}
 */
typedef void hub_taken(void *arg, int status, json_t *result);

/*
 * Store a batch. The caller still owns `batch`; readings that reading/check.h refuses are moved
 * from its items to its refusals. on_taken() is called when the others are on the disk, or at once
 * if there are none. It is not called if this fails: ERROR_NOT_FOUND before a hello,
 * ERROR_NOT_GRANTED, ERROR_EXISTS (another machine sends under this name), ERROR_INVALID (the
 * node's clock), ERROR_BUSY, and the errors of history_append_remote().
 */
int hub_take(struct hub *hub, const char *token_node, struct spoke_link_batch *batch,
	     hub_taken *on_taken, void *arg, struct error *err);

/*
 * Handle POST /push, which older nodes use: an array of {"sensor_id": "node:sensor",
 * "timestamp_ms": n, "data": {…}}, all of one node. These readings have no sequence, so the hub
 * assigns one, and a reading that is sent twice is stored twice. Readings that are not valid are
 * left out. *ret_answer (the caller owns it): {"status": "ok", "taken": n, "refused": n,
 * "refusals": […]}. ERROR_MALFORMED or ERROR_TOO_LARGE if the body is no such array, or if no
 * reading is valid (with the first reason and its place); ERROR_NOT_GRANTED, also if the node has
 * a token and did not send it; ERROR_BUSY.
 */
int hub_take_push(struct hub *hub, const char *token_node, const json_t *readings,
		  json_t **ret_answer, struct error *err);

/*
 * Called once for each hub_wait() that returned 0. The callback takes ownership of `commands`:
 * {"commands": […]}, with an empty list if no command came in time; NULL if a newer hub_wait() of
 * the node, or hub_close(), ended this one.
 */
typedef void hub_ready(void *arg, json_t *commands);

/*
 * Handle GET /api/v1/uplink/commands, with which a node asks for commands: call on_ready() as soon
 * as there is one, possibly before this returns, or after SPOKE_LINK_COMMANDS_WAIT_MS without one.
 * Each node has at most one such wait. Errors as of hub_hello(); ERROR_NOT_FOUND before a hello.
 */
int hub_wait(struct hub *hub, const char *token_node, const char *node, hub_ready *on_ready,
	     void *arg, struct error *err);

/*
 * A node reports the results of commands: {"results": [{"id": n, "done": true, "detail":
 * null|text, "result": …}]}. Errors as of hub_wait(); ERROR_MALFORMED.
 */
int hub_results(struct hub *hub, const char *token_node, const char *node, const json_t *results,
		struct error *err);

/*
 * Called once for each accepted command. status: 0; ERROR_TIMEOUT if the node did not answer in
 * time; ERROR_SYSTEM if the node failed to do it; ERROR_CLOSED. `err` says why. `result` is
 * borrowed and may be NULL.
 */
typedef void hub_commanded(void *arg, int status, const json_t *result, const struct error *err);

/*
 * Send a command to a node. Takes ownership of `command` ({"kind": …}), on failure too.
 * ERROR_NOT_FOUND if there is no such node, ERROR_TIMEOUT if it is offline, ERROR_BUSY if
 * HUB_COMMANDS_MAX commands wait for it, ERROR_NO_MEMORY; on_commanded() is not called then.
 */
int hub_command(struct hub *hub, const char *node, json_t *command, hub_commanded *on_commanded,
		void *arg, struct error *err);

/*
 * Of the nodes that are online and have this device (such as "buzzer"), the name that comes first
 * in the alphabet; NULL if no such node is online. Borrowed until the next turn of the loop.
 */
const char *hub_find_device(const struct hub *hub, const char *device);

/*
 * Describe all nodes as a JSON array; the caller owns it. NULL if memory runs out. For each
 * node:
 * {"node","role":"spoke","is_self":false,"online","last_seen_ms","round_trip_ms","version",
 *  "devices","added","known","refused","skipped","slowed","log_lines_dropped","problem":null|text}
 */
json_t *hub_to_json(const struct hub *hub);

#endif
