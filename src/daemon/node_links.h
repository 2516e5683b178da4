/*
 * The node's part in a group of nodes. On a hub: the spokes that send it readings. On a spoke: the
 * link that sends readings and log lines to the hub. A standalone node has neither, and the
 * functions that need one fail with ERROR_NOT_FOUND. Loop thread.
 */
#ifndef HARVESTER_DAEMON_NODE_LINKS_H
#define HARVESTER_DAEMON_NODE_LINKS_H

#include <jansson.h>
#include <uv.h>

#include "http/web.h"

struct access;
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
	uv_loop_t *loop; /* all borrowed until closed */
	struct clock *clock;
	const struct config *config;
	const char *data_folder;
	struct history *history;
	struct reading_table *table;
	struct reading_owners *owners; /* of this node's sensors */
	struct access *access;	       /* says which nodes have a token */
	struct log_ring *log;
	struct reading_catalogue *catalogue;
	const struct web_actions *actions; /* what the hub may ask of this node */
};

/*
 * Create what the node's role needs. After a failure *ret_links holds what was created before it,
 * or is untouched if memory ran out; the caller passes it to node_links_close() in any case.
 */
int node_links_create(const struct node_links_config *config, struct node_links **ret_links,
		      struct error *err);

/*
 * Close the links and free the memory, then call on_closed(arg) on a later turn of the loop. If
 * `links` is NULL, on_closed(arg) is called at once.
 */
void node_links_close(struct node_links *links, void (*on_closed)(void *arg), void *arg);

/* The spokes that send to this node (link/hub/hub.h). Borrowed; NULL unless this node is a hub. */
struct hub *node_links_hub(const struct node_links *links);

/*
 * web_actions.send_to_node: send a command for `device` to a spoke of this hub. on_sent(sent_arg)
 * is called with the spoke's answer, or with the error if none came; it is not called if this
 * function fails. ERROR_NOT_FOUND if this node is not a hub; otherwise the errors of hub_command().
 */
int node_links_send(struct node_links *links, const char *node, const char *device,
		    const json_t *body, web_sent_cb *on_sent, void *sent_arg, struct error *err);

/* Sound the buzzer of another node. ERROR_NOT_FOUND if no known node has one. */
int node_links_buzz(struct node_links *links, enum web_buzzer_pattern pattern, struct error *err);

/*
 * web_actions.nodes: an array that begins with `own`, this node's object, followed by a hub's
 * spokes. Takes ownership of `own`, and adds the link's state to it on a spoke. The caller releases
 * the array.
 */
json_t *node_links_nodes(const struct node_links *links, json_t *own);

#endif
