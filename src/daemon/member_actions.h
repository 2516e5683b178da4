/*
 * What the HTTP server asks of a member of a cluster, in the terms of web_actions
 * (http/server/config.h). Loop thread.
 */
#ifndef HARVESTER_DAEMON_MEMBER_ACTIONS_H
#define HARVESTER_DAEMON_MEMBER_ACTIONS_H

#include "cluster/member.h"
#include "http/web.h"

/*
 * web_actions.nodes: `own`, this node's object, which is taken over, and the other members that are
 * there now. The caller releases the array.
 */
json_t *member_actions_nodes(const struct member *member, json_t *own);

/* web_actions.send_to_node: with the errors of member_command(). */
int member_actions_send(struct member *member, const char *node, const char *device,
			const json_t *body, web_sent_cb *on_sent, void *sent_arg,
			struct error *err);

/* web_actions.cluster_log: with the errors of member_read_log(). */
int member_actions_read_log(struct member *member, uint64_t after, unsigned limit,
			    web_sent_cb *on_sent, void *sent_arg, struct error *err);

#endif
