/*
 * The inside of struct cluster_rollouts: cluster_rollouts.c (life, the plan, the leader),
 * cluster_node.c (this node's part), cluster_bundle.c (a bundle on its way into the cluster).
 */
#ifndef HARVESTER_ROLLOUT_CLUSTER_INTERNAL_H
#define HARVESTER_ROLLOUT_CLUSTER_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "cluster/member.h"
#include "link/http_client.h"
#include "rollout/cluster/cluster_rollouts.h"
#include "rollout/hub/desk.h"
#include "rollout/node/updater.h"

/* A request of the updater, which would be one to a hub. */
struct cluster_request {
	struct cluster_rollouts *rollouts;
	http_done *on_done; /* NULL: none, or it was cancelled */
	void *arg;
	char *body;	 /* owned; of a question */
	uint64_t offset; /* of a part of a bundle */
	bool is_sent;
};

struct cluster_rollouts {
	struct cluster_rollouts_config config;
	struct rollout_desk *desk;	 /* owned */
	struct rollout_updater *updater; /* owned; NULL: none */
	uv_timer_t timer;
	unsigned ticks;
	bool is_closed;

	/* The plan */
	uint64_t revision; /* of the desk's content; 0: nothing was read yet */
	bool must_load;	   /* the desk may differ from the cluster's plan of that revision */
	bool is_reading, is_saving;
	uint64_t saving;     /* counts saves, so that a read from before one is void */
	uint64_t read_began; /* `saving` at the start of the read */
	json_t *next;	     /* owned: to be saved after the one that is being saved */
	bool is_reading_reports;

	/* This node's part */
	struct cluster_request asking, fetching;
	char *reported; /* owned: the last report that the cluster has */
	char *desired;	/* owned: the last desired state that the updater was told of */
	bool has_greeted;
};

/* cluster_rollouts.c: load what was read of the plan, unless it is not newer, or this node writes.
 */
void cluster_rollouts_take_plan(struct cluster_rollouts *rollouts,
				const struct member_value *value);

/* cluster_node.c: create the updater. */
int cluster_node_create(struct cluster_rollouts *rollouts, struct error *err);
/* cluster_node.c: go on with what the updater has asked. */
void cluster_node_tick(struct cluster_rollouts *rollouts);
/* cluster_node.c: the plan is a newer one. */
void cluster_node_note_plan(struct cluster_rollouts *rollouts);

/* cluster_bundle.c: rollout_desk_config.share. */
void cluster_bundle_share(void *arg, const char *digest, uint64_t size,
			  rollout_shared_cb *on_shared, void *shared_arg);

#endif
