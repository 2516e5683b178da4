/*
 * A hub's nodes: who has said hello, what they send, and what is to be done by them. Loop thread.
 *
 * A node is known by its token: `token_node` is whose token came with a request, NULL where none
 * came (for /push alone, with `push_without_token`); a node that says another name than its token's
 * is refused.
 *
 * A node's stream (see store/history/history.h) tells two nodes of one name apart: the newest
 * stream is the node's; an older one that comes back is another machine, and is refused.
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
#define HUB_COMMANDS_MAX 16   /* that wait for one node */
#define HUB_COMMAND_MS 10000  /* longest time until a node's answer */
#define HUB_ONLINE_MS 45000   /* three hellos */
#define HUB_LINES_AT_ONCE 256 /* log lines of one node; then so many a second, see below */
#define HUB_LINES_A_SECOND SPOKE_LINK_LINES_MAX
#define HUB_FLUSH_ITEMS 200 /* a batch from here on is committed at once */

struct hub_config {
	uv_loop_t *loop; /* all borrowed until closed */
	struct clock *clock;
	struct history *history;
	struct reading_table *table;
	const char *node;   /* the hub's own name: no other node can have it */
	const char *path;   /* DATA/fleet.json: streams, so that they are known after a restart */
	uint64_t online_ms; /* 0: HUB_ONLINE_MS; who is not heard of for so long is offline */
	/* Whether a node ever got a token here: who has none may not push as that one. NULL: none
	 * did. */
	bool (*has_token)(void *arg, const char *node);
	/* For the log: a node came, went away, came back, went wrong, or works again. */
	void (*noted)(void *arg, enum log_level level, const char *node, const char *text);
	/* A line of a node's log: cleaned, dated no later than now, of at most LOG_SOURCE_SIZE and
	 * LOG_TEXT_SIZE. */
	void (*logged)(void *arg, const char *node, const struct log_record *record);
	void *arg;
};

/* If the file cannot be read, log a warning and start with an empty one. ERROR_NO_MEMORY. */
int hub_create(const struct hub_config *config, struct hub **ret_fleet, struct error *err);

/* Every wait and command ends (ERROR_CLOSED); closed(arg) on a later turn. NULL is allowed. */
void hub_close(struct hub *hub, void (*closed)(void *arg), void *arg);

/*
 * POST /api/v1/uplink/hello; see make_hello() in spoke_link.c. *ret_answer (new):
 * {"protocol": 2, "hub": "8f02…", "time_ms": n}. ERROR_NOT_GRANTED (another's name),
 * ERROR_MALFORMED, ERROR_UNSUPPORTED (protocol), ERROR_TOO_LARGE (one node too many), ERROR_BUSY
 * (no history yet).
 */
int hub_hello(struct hub *hub, const char *token_node, const json_t *hello, json_t **ret_answer,
	      struct error *err);

/*
 * The owner says that the machine which was refused last (ERROR_EXISTS of hub_take()) is the node
 * of this name: its stream is the node's again, and that of the other one is retired.
 * ERROR_NOT_FOUND: no such node; ERROR_INVALID: none was refused since this hub started.
 */
int hub_accept(struct hub *hub, const char *node, struct error *err);

/*
 * result: {"added": n, "known": n, "refused": n, "reason": null|text, "refusals": […]}, taken; see
 * struct spoke_link_refusals. status: 0 or ERROR_CLOSED.
 */
typedef void hub_taken(void *arg, int status, json_t *result);

/*
 * A batch came. `batch` stays the caller's. Readings that are not acceptable (reading/check.h) are
 * left out of it, and are among its refusals. taken() follows when the others are on the disk, or
 * at once where there are none, unless this fails: ERROR_NOT_GRANTED, ERROR_EXISTS (two nodes of
 * one name), ERROR_INVALID (its clock), ERROR_BUSY, and those of history_append_remote().
 */
int hub_take(struct hub *hub, const char *token_node, struct spoke_link_batch *batch,
	     hub_taken *taken, void *arg, struct error *err);

/*
 * POST /push, as older nodes send it: an array of {"sensor_id": "node:sensor", "timestamp_ms": n,
 * "data": {…}}. They have no sequence, so one that comes twice is there twice: it gets one here.
 * All are of one node. Those that are not acceptable are left out: *ret_answer (new) is {"status":
 * "ok", "taken": n, "refused": n, "refusals": […]}. Where none is acceptable, ERROR_MALFORMED or
 * ERROR_TOO_LARGE with the first reason and its place. ERROR_MALFORMED, ERROR_TOO_LARGE,
 * ERROR_NOT_GRANTED (also for a node that has a token, and came without), ERROR_BUSY.
 */
int hub_take_push(struct hub *hub, const char *token_node, const json_t *readings,
		  json_t **ret_answer, struct error *err);

/* commands: {"commands": […]}, taken; empty when none came in time; NULL when the wait was ended.
 */
typedef void hub_ready(void *arg, json_t *commands);

/*
 * A node waits for commands, SPOKE_LINK_COMMANDS_WAIT_MS at most. ready() is called once, maybe at
 * once. A node that asks again ends its older wait. Errors as of hub_hello(); ERROR_NOT_FOUND
 * before a hello.
 */
int hub_wait(struct hub *hub, const char *token_node, const char *node, hub_ready *ready, void *arg,
	     struct error *err);

/* {"results": [{"id": n, "done": true, "detail": null|text, "result": …}]}: what came of commands.
 */
int hub_results(struct hub *hub, const char *token_node, const char *node, const json_t *results,
		struct error *err);

/* status: 0; ERROR_TIMEOUT; ERROR_SYSTEM (it could not); err says why. result is borrowed, may be
 * NULL. */
typedef void hub_commanded(void *arg, int status, const json_t *result, const struct error *err);

/*
 * Have a node do something; `command` ({"kind": …}) is taken, on failure too. ERROR_NOT_FOUND,
 * ERROR_TIMEOUT (it is out of reach: said at once), ERROR_BUSY; commanded() follows otherwise.
 */
int hub_command(struct hub *hub, const char *node, json_t *command, hub_commanded *commanded,
		void *arg, struct error *err);

/* The first node, by name, that is online and has this device ("buzzer"); NULL: none. Borrowed. */
const char *hub_find_device(const struct hub *hub, const char *device);

/*
 * Of each node:
 * {"node","role":"spoke","is_self":false,"online","last_seen_ms","round_trip_ms","version",
 * "devices","added","known","refused","skipped","log_lines_dropped","problem":null|text}. New; NULL
 * without memory.
 */
json_t *hub_to_json(const struct hub *hub);

#endif
