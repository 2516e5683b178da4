/*
 * What makes a node part of a house of nodes: a hub's fleet, or a spoke's link and its log's way to
 * the hub. A standalone node has neither. Loop thread.
 */
#ifndef HARVESTER_DAEMON_CLUSTER_H
#define HARVESTER_DAEMON_CLUSTER_H

#include <jansson.h>
#include <uv.h>

#include "http/server/web.h"

struct access;
struct clock;
struct cluster;
struct config;
struct error;
struct hub;
struct history;
struct log_ring;
struct reading_owners;
struct reading_table;

struct cluster_config {
	uv_loop_t *loop; /* all borrowed until closed */
	struct clock *clock;
	const struct config *config;
	const char *data_folder;
	struct history *history;
	struct reading_table *table;
	struct reading_owners *owners; /* of this node's sensors */
	struct access *access;	       /* which nodes have a token */
	struct log_ring *log;
	const struct web_actions
		*actions; /* what a hub may ask of this node, as its own page may */
};

int cluster_create(const struct cluster_config *config, struct cluster **ret_cluster,
		   struct error *err);

/* closed(arg) on a later turn. NULL is allowed: at once then. */
void cluster_close(struct cluster *cluster, void (*closed)(void *arg), void *arg);

/* NULL unless this node is a hub. */
struct hub *cluster_fleet(const struct cluster *cluster);

/* web_actions' send_to_node and nodes; the latter adds to `own`, the entry of this node (taken). */
int cluster_send(struct cluster *cluster, const char *node, const char *device, const json_t *body,
		 web_sent_cb *sent, void *sent_arg, struct error *err);
/* Sound the buzzer of a node that has one. ERROR_NOT_FOUND: none has, that is known. */
int cluster_buzz(struct cluster *cluster, enum web_buzzer_pattern pattern, struct error *err);
json_t *cluster_nodes(const struct cluster *cluster, json_t *own);

#endif
