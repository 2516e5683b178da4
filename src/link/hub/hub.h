/*
 * A hub, the node to which other nodes send their readings and log lines. The HTTP server passes
 * the requests of these nodes, the spokes, to the functions below; link/spoke/spoke_link.h is the
 * spoke's side.
 *
 * A spoke sends three kinds of requests:
 * - a hello, which says who the spoke is; it comes first, and is repeated as a sign of life;
 * - batches of readings and log lines (link/batch.h), which the hub stores in its history;
 * - a request for commands, which the hub answers when it has a command for the spoke.
 * A spoke with older software sends its readings to POST /push, and nothing else.
 *
 * A request carries a token, which the hub's owner has made for one node. `token_node` is the name
 * of that node; NULL if the request has no token, which the HTTP server allows for POST /push only.
 * A request with the token of one node and the name of another fails with ERROR_NOT_GRANTED.
 *
 * The history of each machine has a random number, its stream. So the hub notices when two machines
 * send in the name of one node: their streams differ. A node that got a new SD card has a new
 * stream too. Therefore, when a second stream appears, the hub accepts batches of this new stream,
 * and from then on refuses those of the first with ERROR_EXISTS. The owner can reverse this with
 * hub_accept().
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
struct history;
struct reading_catalogue;
struct reading_table;

/*
 * What limits the nodes is descriptors: each node holds HUB_NODE_CONNECTIONS to the hub, and the
 * service may open 8,192 files (LimitNOFILE), some of which belong to people and plugins.
 */
#define HUB_NODES_MAX 2048
#define HUB_NODE_CONNECTIONS 3 /* waits for commands; sends readings; says hello meanwhile */
#define HUB_COMMANDS_MAX 16    /* commands that wait for one node */
#define HUB_COMMAND_MS 10000   /* time limit for a node's answer */
#define HUB_ONLINE_MS 45000    /* three times SPOKE_LINK_HELLO_MS */
/* Limits of one node's log lines: how many in a burst, and how many per second on average. */
#define HUB_LINES_AT_ONCE 256
#define HUB_LINES_A_SECOND SPOKE_LINK_LINES_MAX
/*
 * Limits of one sender's readings, in bytes after decompression: how many in a burst, and how many
 * per second on average. One batch has at most SPOKE_LINK_TEXT_MAX bytes.
 */
#define HUB_BYTES_AT_ONCE (2u << 20)
#define HUB_BYTES_A_SECOND (512u << 10)
/* If a batch has this many readings or more, the history commits the batch at once. */
#define HUB_FLUSH_ITEMS 200

struct hub_config {
	uv_loop_t *loop; /* all pointers are borrowed until the hub has closed */
	struct clock *clock;
	struct history *history;
	struct reading_table *table;
	struct reading_catalogue
		*catalogue; /* stores the names and units that nodes send; or NULL */
	const char *node;   /* the hub's own name, which no spoke may use */
	/* Path of fleet.json, in which the hub stores the nodes' streams for its next start. */
	const char *path;
	uint64_t online_ms; /* a node that sends nothing for so long is offline; 0: HUB_ONLINE_MS */
	/*
	 * Returns whether the owner has ever made a token for `node`. hub_take_push() refuses
	 * readings of such a node that come without the token. This callback may be NULL if no node
	 * has a token.
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
 * End the hub. Every waiting request for commands is answered without commands, and every command
 * ends with ERROR_CLOSED. When the history has stored the accepted batches, the hub frees itself
 * and calls on_closed(arg), on a later turn of the loop. If `hub` is NULL, nothing happens, and
 * on_closed() is not called.
 */
void hub_close(struct hub *hub, void (*on_closed)(void *arg), void *arg);

/*
 * Handle a hello (POST /api/v1/uplink/hello); make_hello() in spoke_link.c shows its form. The
 * caller owns *ret_answer: {"protocol": 2, "hub": "8f02…", "time_ms": n, "descriptions_id": "…"}.
 * "hub" identifies the hub's history. If it changes, the hub has lost its history, and the spoke
 * sends all readings again. "descriptions_id" identifies the descriptions of the node's sensors
 * that the hub has; "" if the hub has none.
 * - ERROR_NOT_GRANTED: the token is another node's, or the node has the hub's name.
 * - ERROR_MALFORMED: a member of the hello is missing or wrong.
 * - ERROR_UNSUPPORTED: the spoke uses another protocol.
 * - ERROR_TOO_LARGE: the hub has HUB_NODES_MAX nodes.
 * - ERROR_BUSY: the history cannot be written now, so the hub could not store the node's readings.
 * - ERROR_NO_MEMORY.
 */
int hub_hello(struct hub *hub, const char *token_node, const json_t *hello, json_t **ret_answer,
	      struct error *err);

/*
 * Check the token of a node's request, and record that the node was heard from. For requests that
 * another module answers, such as rollout/hub. The errors of hub_wait_for_commands().
 */
int hub_hear(struct hub *hub, const char *token_node, const char *node, struct error *err);

/*
 * Returns for how many seconds the sender of a request has to pause; 0: the sender may send now. A
 * node that an attacker controls could send so much that the hub has no time for other nodes, so
 * each sender has a limit (HUB_BYTES_A_SECOND). The sender is the node of the token; all requests
 * without a token are of one sender. Call this function for each
 * batch and each POST /push, before the body is read.
 */
unsigned hub_pause_seconds(struct hub *hub, const char *token_node);

/*
 * Count the body of a request against the sender's limit. The functions below do not count, so the
 * caller does, for each batch and each POST /push. `bytes`: the size after decompression.
 */
void hub_charge(struct hub *hub, const char *token_node, size_t bytes);

/* Returns how often hub_pause_seconds() has returned more than 0 since the hub started. */
uint64_t hub_slowed(const struct hub *hub);

/* Returns how many requests of nodes were refused since the start because of HUB_NODES_MAX. */
uint64_t hub_nodes_refused(const struct hub *hub);

/*
 * Decide between two machines that send in the name of `node`. From now on the hub accepts the
 * stream that it refused last, and refuses the stream that it accepted until now.
 * - ERROR_NOT_FOUND: there is no such node.
 * - ERROR_INVALID: the hub has refused none of the node's batches since it started.
 */
int hub_accept(struct hub *hub, const char *node, struct error *err);

/*
 * Called once for each batch that hub_take() accepted.
 *
 * `status` is 0 if the batch is stored. The callback then owns `result`: {"added": n, "known": n,
 * "refused": n, "reason": null|text, "refusals": […]}. "added" counts the new readings, "known" the
 * readings that the history had already, and "refused" the readings that the hub refused.
 * "refusals" lists the refused readings (struct spoke_link_refusals).
 *
 * If the batch is not stored, `status` is ERROR_CLOSED or ERROR_NO_MEMORY, and `result` is NULL.
 */
typedef void hub_taken(void *arg, int status, json_t *result);

/*
 * Store the readings of a batch, and pass its log lines to on_logged(); lines that come again are
 * left out. Readings that reading/check.h refuses are moved from the batch's items to its refusals.
 * The caller still owns `batch`, and may free it when hub_take() returns: what is stored later is
 * copied. on_taken() is called when the readings are on the disk, or before hub_take() returns if
 * there is nothing to store. After an error on_taken() is not called.
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
 * itself, so a reading that is sent twice is stored twice. Invalid readings are left out. The
 * caller owns *ret_answer: {"status": "ok", "taken": n, "refused": n, "refusals": […]}. The
 * function does not wait for the disk.
 * - ERROR_MALFORMED: the body is not such an array.
 * - ERROR_TOO_LARGE: the array has more than SPOKE_LINK_ITEMS_MAX readings, or the hub has
 *   HUB_NODES_MAX nodes.
 * - If no reading is valid: the error of the first reading. The text names its index in the array.
 * - ERROR_NOT_GRANTED: the token is another node's, the node has a token and did not send it, or
 *   the node has the hub's name.
 * - All errors of history_append_remote(), such as ERROR_BUSY.
 */
int hub_take_push(struct hub *hub, const char *token_node, const json_t *readings,
		  json_t **ret_answer, struct error *err);

/*
 * Called once for each hub_wait_for_commands() that returned 0. The callback owns `commands`:
 * {"commands": […]}. The list is empty if no command came in time. `commands` is NULL if
 * hub_close() or a newer request of the same node has ended the wait; the HTTP server then answers
 * with an empty list.
 */
typedef void hub_commands_came(void *arg, json_t *commands);

/*
 * Handle a request for commands (GET /api/v1/uplink/commands). on_commands() is called when there
 * is a command, possibly before this function returns, or after SPOKE_LINK_COMMANDS_WAIT_MS without
 * a command. Only one request of a node waits: a newer request ends the wait of the older one. A
 * wait cannot be cancelled, so `arg` stays valid until on_commands(). If the
 * connection to the node breaks meanwhile, the commands that on_commands() gets are lost: they end
 * with ERROR_TIMEOUT.
 * - ERROR_NOT_GRANTED: the token is another node's, or the node has the hub's name.
 * - ERROR_NOT_FOUND: the node has sent no hello.
 */
int hub_wait_for_commands(struct hub *hub, const char *token_node, const char *node,
			  hub_commands_came *on_commands, void *arg, struct error *err);

/*
 * Handle a node's results of commands: {"results": [{"id": n, "done": true, "detail": null|text,
 * "result": …}]}. The errors of hub_wait_for_commands(), and ERROR_MALFORMED if "results" is no
 * list.
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
 * Send a command, such as {"device": "buzzer", "body": {…}}, to a node. The hub owns `command` from
 * now on, also after an error. After an error on_commanded() is not called.
 * - ERROR_NOT_FOUND: there is no such node.
 * - ERROR_TIMEOUT: the node is offline.
 * - ERROR_BUSY: HUB_COMMANDS_MAX commands wait for the node.
 * - ERROR_NO_MEMORY.
 */
int hub_command(struct hub *hub, const char *node, json_t *command, hub_commanded *on_commanded,
		void *arg, struct error *err);

/*
 * Returns the name of a node that is online and has the device, such as "buzzer": of several, the
 * first in alphabetical order. NULL if there is no such node. Borrowed until the next turn of the
 * loop.
 */
const char *hub_find_device(const struct hub *hub, const char *device);

/*
 * Describe all nodes as a JSON array, which the caller owns; NULL if out of memory. For each node:
 * {"node","role":"spoke","is_self":false,"online","last_seen_ms","round_trip_ms","version",
 *  "devices","added","known","refused","skipped","slowed","log_lines_dropped",
 *  "descriptions_refused","problem":null|text}
 * All counts begin with the start of the hub:
 * - "added", "known" and "refused" count readings, as in hub_taken(). "refused" also has the
 *   readings of the batches that the hub refused as a whole.
 * - "skipped" counts the readings that the node deleted before it could send them.
 * - "slowed" counts how often hub_pause_seconds() made the node pause.
 * "problem" is the reason why the hub refused the node's last batch; null if the hub accepted it.
 */
json_t *hub_to_json(const struct hub *hub);

/* The names of all nodes, an array that the caller owns; NULL if out of memory. */
json_t *hub_names(const struct hub *hub);

#endif
