/*
 * A node's links to other nodes. A hub has one to each of its spokes, which are the nodes that send
 * it their readings. A spoke has one to its hub. A standalone node has none. The node creates this
 * object; the HTTP server and the alerts reach other nodes through it.
 *
 * Call all functions on the loop thread. The callbacks are called there too.
 */
#ifndef HARVESTER_LINK_NODE_NODE_LINKS_H
#define HARVESTER_LINK_NODE_NODE_LINKS_H

#include <jansson.h>
#include <uv.h>

#include "base/log.h"
#include "link/http_client.h"

struct authenticator;
struct clock;
struct config;
struct error;
struct history;
struct hub;
struct log_ring;
struct node_links;
struct reading_catalogue;
struct reading_owners;
struct reading_table;

struct node_links_config {
	uv_loop_t *loop; /* all pointers are borrowed until the links have closed */
	struct clock *clock;
	const struct config *config;
	const char *data_folder;
	const char *version; /* of this node's software */
	struct history *history;
	struct reading_table *table;
	struct reading_owners *owners;	     /* of this node's sensors */
	struct authenticator *authenticator; /* says which nodes have a token */
	struct log_ring *log;		     /* takes the log lines of a hub's spokes */
	struct reading_catalogue *catalogue;
	/* What the hub asks of this spoke: see struct spoke_link_config. */
	json_t *(*devices)(void *arg);
	int (*command)(void *arg, const json_t *command, json_t **ret_result, struct error *err);
	/* The hub has answered a hello: see struct spoke_link_config. May be NULL. */
	void (*on_greeted)(void *arg, bool is_first, const json_t *answer);
	/* Called with a line for the log. */
	void (*on_noted)(void *arg, enum log_level level, const char *text);
	void *arg; /* of the four callbacks */
};

/*
 * Create what the node's role needs. After a failure *ret_links holds what was created before it,
 * or is untouched if memory ran out; the caller passes it to node_links_close() in any case.
 * - ERROR_NO_MEMORY.
 * - ERROR_TOO_LARGE: the data folder's path is too long.
 * - The errors of hub_address_read(), on a node that is no hub.
 */
int node_links_create(const struct node_links_config *config, struct node_links **ret_links,
		      struct error *err);

/*
 * Close the links and free the memory, then call on_closed(arg) on a later turn of the loop. If
 * `links` is NULL, on_closed(arg) is called at once.
 */
void node_links_close(struct node_links *links, void (*on_closed)(void *arg), void *arg);

/*
 * Identifies this node's membership at its hub: another invitation gives another text. NULL unless
 * this node has a hub. Borrowed.
 */
const char *node_links_membership(const struct node_links *links);

/* spoke_link_send_request() of the link to the hub; ERROR_NOT_FOUND: this node has none. */
int node_links_ask_hub(struct node_links *links, const char *method, const char *path,
		       const void *body, size_t size, http_done *on_done, void *arg,
		       struct http_exchange **ret_exchange);

/* The spokes that send to this node (link/hub/hub.h). Borrowed; NULL unless this node is a hub. */
struct hub *node_links_hub(const struct node_links *links);

/*
 * Called once for each command that node_links_send() accepted. `status` is 0 if the node has done
 * the command; otherwise it is an error, which *err explains. The callback owns `result`, which may
 * be NULL.
 */
typedef void node_links_sent(void *arg, int status, const struct error *err, json_t *result);

/*
 * Send a command to a spoke of this hub. Takes over `command`, even after an error. After an error
 * on_sent() is not called.
 * - ERROR_NOT_FOUND: this node is no hub.
 * - The errors of hub_command().
 */
int node_links_send(struct node_links *links, const char *node, json_t *command,
		    node_links_sent *on_sent, void *arg, struct error *err);

/*
 * Sound the buzzer of another node. `pattern` is "single", "triple" or "long". Returns before the
 * other node has answered; on_noted() reports if it did not sound its buzzer.
 * - ERROR_NOT_FOUND: this node knows no node that has a buzzer.
 * - The errors of hub_command(), or of old_spoke_buzz() for an older spoke.
 */
int node_links_buzz(struct node_links *links, const char *pattern, struct error *err);

/*
 * Complete `nodes`, an array as for GET /api/v1/nodes that holds this node's object only. On a hub,
 * append the spokes; on a spoke, add the link's state to this node's object.
 */
void node_links_add_nodes(const struct node_links *links, json_t *nodes);

#endif
