/*
 * The hub's side of the links. A spoke is a node that sends its readings and log lines to another
 * node, the hub. This object knows the spokes, stores their readings in the hub's history, and
 * passes commands to the spokes. link/spoke/spoke_link.h is the other side.
 *
 * A spoke first sends a hello, a request that says who the spoke is. After its hello a spoke sends
 * batches (link/batch.h) and waits for commands. Nodes with older software send no hello; they send
 * readings to POST /push.
 *
 * Each spoke has a token, which the hub's owner has made for it. In all functions, `token_node` is
 * the node whose token came with the request. A request for another node than `token_node` fails
 * with ERROR_NOT_GRANTED. `token_node` is NULL if the request had no token. The HTTP server lets
 * only POST /push through without a token, and only if the configuration says `push_without_token =
 * true`.
 *
 * The readings of a node form a stream, which has a random number (store/history/history.h). If two
 * machines send as the same node, their streams differ. The hub accepts only the newest
 * stream, the one that it met most recently for the first time. It refuses the others with
 * ERROR_EXISTS, until the owner decides otherwise with hub_accept().
 *
 * Call all functions on the loop thread. The callbacks are called there too.
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
struct reading_catalogue;
struct reading_table;

#define HUB_NODES_MAX 256
#define HUB_COMMANDS_MAX 16  /* commands that wait for one node */
#define HUB_COMMAND_MS 10000 /* time limit for a node's answer */
#define HUB_ONLINE_MS 45000  /* three times SPOKE_LINK_HELLO_MS */
/* Limits of one node's log lines: how many at once, and how many per second on average. */
#define HUB_LINES_AT_ONCE 256
#define HUB_LINES_A_SECOND SPOKE_LINK_LINES_MAX
/*
 * Limits of one sender's readings, in uncompressed bytes: how many at once, and how many per second
 * on average. A single batch has at most SPOKE_LINK_TEXT_MAX bytes.
 */
#define HUB_BYTES_AT_ONCE (2u << 20)
#define HUB_BYTES_A_SECOND (512u << 10)
/*
 * The history commits a batch of this many readings or more immediately, not after commit_seconds.
 */
#define HUB_FLUSH_ITEMS 200

struct hub_config {
	uv_loop_t *loop; /* all pointers are borrowed until the hub has closed */
	struct clock *clock;
	struct history *history;
	struct reading_table *table;
	struct reading_catalogue *catalogue; /* takes nodes' descriptions; NULL: none */
	const char *node;		     /* the hub's own name, which no spoke may use */
	/*
	 * Path of the file fleet.json in the data folder. It keeps the nodes' streams for the next
	 * start of the hub.
	 */
	const char *path;
	uint64_t online_ms; /* a node that sends nothing for so long is offline; 0: HUB_ONLINE_MS */
	/*
	 * Returns whether `node` was ever given a token. POST /push refuses readings of such a node
	 * if they come without the token. NULL: no node has a token.
	 */
	bool (*has_token)(void *arg, const char *node);
	/*
	 * Called with a text for the log when a node connects for the first time, goes offline,
	 * comes back, is refused, is accepted again, or sends too much. `node` is "" for a problem
	 * of the file at `path`.
	 */
	void (*on_noted)(void *arg, enum log_level level, const char *node, const char *text);
	/*
	 * Called for each log line of a node. Control characters are removed, the time is not later
	 * than that of the batch, and the texts have at most LOG_SOURCE_SIZE and LOG_TEXT_SIZE
	 * bytes.
	 */
	void (*on_logged)(void *arg, const char *node, const struct log_record *record);
	void *arg;
};

/*
 * Create the object. The caller owns *ret_hub and ends it with hub_close(). A damaged file at
 * `path` is logged and moved aside, and the hub starts without known streams. ERROR_NO_MEMORY.
 */
int hub_create(const struct hub_config *config, struct hub **ret_hub, struct error *err);

/*
 * End the hub. Each wait (hub_wait()) ends with NULL, and each command (hub_command()) with
 * ERROR_CLOSED. When the history has stored the batches that the hub accepted, free the memory and
 * call on_closed(arg), on a later turn of the loop. `hub` may be NULL.
 */
void hub_close(struct hub *hub, void (*on_closed)(void *arg), void *arg);

/*
 * Handle a hello (POST /api/v1/uplink/hello). make_hello() in spoke_link.c shows its form. The
 * caller owns *ret_answer: {"protocol": 2, "hub": "8f02…", "time_ms": n,
 * "descriptions_id": "…"}. The last one identifies the descriptions that the hub has of the node's
 * sensors; "" for none.
 * - ERROR_NOT_GRANTED: the token is another node's, or the node has the hub's name.
 * - ERROR_MALFORMED: a member of the hello is missing or wrong.
 * - ERROR_UNSUPPORTED: the spoke uses another protocol.
 * - ERROR_TOO_LARGE: the hub has HUB_NODES_MAX nodes.
 * - ERROR_BUSY: the history cannot be written now.
 * - ERROR_NO_MEMORY.
 */
int hub_hello(struct hub *hub, const char *token_node, const json_t *hello, json_t **ret_answer,
	      struct error *err);

/*
 * Returns after how many seconds the sender may send readings; 0: now. The limit keeps one node
 * that an attacker controls from slowing down the others. A sender is identified by its token; all
 * requests without a token count as one sender. Call hub_wait_seconds() before the body of a
 * request is read, and hub_charge() afterwards.
 */
unsigned hub_wait_seconds(struct hub *hub, const char *token_node);

/* Count the bytes of a body, before compression, against the sender's limit. */
void hub_charge(struct hub *hub, const char *token_node, size_t bytes);

/* How often a sender had to wait (hub_wait_seconds() returned more than 0) since the hub started.
 */
uint64_t hub_slowed(const struct hub *hub);

/*
 * Decide between two machines that send as `node`: accept the one that was refused last, and refuse
 * the other from now on.
 * - ERROR_NOT_FOUND: there is no such node.
 * - ERROR_INVALID: the hub has refused none of the node's batches since it started.
 */
int hub_accept(struct hub *hub, const char *node, struct error *err);

/*
 * Called once for each batch that hub_take() accepted. If the batch is stored, `status` is 0, and
 * the callback owns `result`: {"added": n, "known": n, "refused": n, "reason": null|text,
 * "refusals": […]}. The counts are of readings: new ones, those that the history had already, and
 * those that the hub refused. struct spoke_link_refusals describes the list. If the batch is not
 * stored, `result` is NULL, and `status` is ERROR_CLOSED or ERROR_NO_MEMORY.
 */
typedef void hub_taken(void *arg, int status, json_t *result);

/*
 * Store the readings of a batch, and pass its log lines to on_logged(). Readings that
 * reading/check.h refuses are moved from the batch's items to its refusals. When the other readings
 * are on the disk, the hub calls on_taken(). If there are no other readings, the hub calls
 * on_taken() before hub_take() returns. After an error, on_taken() is not called. The caller still
 * owns `batch`.
 * - ERROR_NOT_GRANTED: the token is another node's, or the node has the hub's name.
 * - ERROR_NOT_FOUND: the node has sent no hello.
 * - ERROR_INVALID: the clocks of node and hub differ by more than SPOKE_LINK_CLOCK_MS_MAX.
 * - ERROR_EXISTS: another machine sends as this node.
 * - All errors of history_append_remote(), such as ERROR_BUSY.
 */
int hub_take(struct hub *hub, const char *token_node, struct spoke_link_batch *batch,
	     hub_taken *on_taken, void *arg, struct error *err);

/*
 * Handle POST /push, with which older software sends readings: an array of {"sensor_id":
 * "node:sensor", "timestamp_ms": n, "data": {…}}, all of one node. The hub numbers these readings
 * itself, so a reading that is sent twice is stored twice. Readings that are not valid are left
 * out. The caller owns *ret_answer: {"status": "ok", "taken": n, "refused": n, "refusals": […]}.
 * The answer does not wait for the disk.
 * - ERROR_MALFORMED: the body is not such an array.
 * - ERROR_TOO_LARGE: the array has more than SPOKE_LINK_ITEMS_MAX readings, or the hub has
 *   HUB_NODES_MAX nodes.
 * - The error of the first reading, if no reading is valid. The text names its place in the array.
 * - ERROR_NOT_GRANTED: the token is another node's, the node has a token and did not send it, or
 *   the node has the hub's name.
 * - All errors of history_append_remote(), such as ERROR_BUSY.
 */
int hub_take_push(struct hub *hub, const char *token_node, const json_t *readings,
		  json_t **ret_answer, struct error *err);

/*
 * Called once for each hub_wait() that returned 0. The callback owns `commands`: {"commands": […]},
 * with an empty list if no command came in time. NULL: hub_close(), or a newer hub_wait() of the
 * same node, has ended the wait.
 */
typedef void hub_ready(void *arg, json_t *commands);

/*
 * Handle GET /api/v1/uplink/commands, with which a node waits for commands. The hub calls
 * on_ready() as soon as there is a command, possibly before hub_wait() returns, or after
 * SPOKE_LINK_COMMANDS_WAIT_MS without one. A node has one wait: a newer one ends the older one.
 * - ERROR_NOT_GRANTED: the token is another node's, or the node has the hub's name.
 * - ERROR_NOT_FOUND: the node has sent no hello.
 */
int hub_wait(struct hub *hub, const char *token_node, const char *node, hub_ready *on_ready,
	     void *arg, struct error *err);

/*
 * Handle a node's results of commands: {"results": [{"id": n, "done": true, "detail": null|text,
 * "result": …}]}. The same errors as hub_wait(), and ERROR_MALFORMED if "results" is not a list.
 */
int hub_results(struct hub *hub, const char *token_node, const char *node, const json_t *results,
		struct error *err);

/*
 * Called once for each command that hub_command() accepted. The callback owns `result`, which may
 * be NULL. `err` says what went wrong; NULL if `status` is 0.
 * - 0: the node has done the command.
 * - ERROR_SYSTEM: the node could not do the command.
 * - ERROR_TIMEOUT: the node did not answer within HUB_COMMAND_MS.
 * - ERROR_CLOSED: hub_close() was called.
 */
typedef void hub_commanded(void *arg, int status, const struct error *err, json_t *result);

/*
 * Send a command to a node. The hub takes over `command` ({"kind": …}), even on an error. After an
 * error, on_commanded() is not called.
 * - ERROR_NOT_FOUND: there is no such node.
 * - ERROR_TIMEOUT: the node is offline.
 * - ERROR_BUSY: HUB_COMMANDS_MAX commands wait for the node.
 * - ERROR_NO_MEMORY.
 */
int hub_command(struct hub *hub, const char *node, json_t *command, hub_commanded *on_commanded,
		void *arg, struct error *err);

/*
 * The first node by name that is online and has this device (such as "buzzer"); NULL if there is
 * none. The name is borrowed until the next turn of the loop.
 */
const char *hub_find_device(const struct hub *hub, const char *device);

/*
 * Describe all nodes as a JSON array, which the caller owns; NULL if out of memory. For each node:
 * {"node","role":"spoke","is_self":false,"online","last_seen_ms","round_trip_ms","version",
 *  "devices","added","known","refused","skipped","slowed","log_lines_dropped",
 *  "descriptions_refused","problem":null|text}
 * The counts begin when the hub starts. "added", "known" and "refused" count readings, as for
 * hub_taken(); the readings of a batch that was refused as a whole are in "refused" too. "skipped"
 * counts readings that the node deleted before it could send them. "slowed" counts how often the
 * hub made the node wait (hub_wait_seconds()). "problem" is the reason why the node's last batch
 * was refused; null if the hub accepted it.
 */
json_t *hub_to_json(const struct hub *hub);

#endif
