/*
 * Roll-outs of a cluster. The plan, which is what a hub has in its file (rollout/hub/desk.h), is a
 * key of the cluster; so are the reports of each node (rollout/node/updater.h) and the pieces of
 * the bundles. Every member has a copy of the plan, so an operator may start, pause, resume, abort
 * and undo on any of them. The leader alone takes the nodes' reports and moves the roll-outs on.
 *
 * Whoever writes the plan names the revision that the change was made on. That is the fencing
 * token: a leader that was paused and goes on, or two operators at once, cannot overwrite what came
 * between; the later write fails, and its writer reads the plan again. So the next leader goes on
 * where the last one ended, and reports that were not taken are taken again.
 *
 * Nodes trust neither the plan nor the bundles: see updater.h.
 *
 * Loop thread.
 */
#ifndef HARVESTER_ROLLOUT_CLUSTER_CLUSTER_ROLLOUTS_H
#define HARVESTER_ROLLOUT_CLUSTER_CLUSTER_ROLLOUTS_H

#include <uv.h>

#include "base/log.h"

struct bundle_probation;
struct clock;
struct cluster_rollouts;
struct config;
struct error;
struct member;
struct rollout_desk;
struct rollout_updater;

#define CLUSTER_BUNDLE_MAX (16u << 20) /* bytes of a bundle that a cluster passes on */
#define CLUSTER_ROLLOUTS_TICK_MS 500

struct cluster_rollouts_config {
	uv_loop_t *loop; /* all borrowed until cluster_rollouts_destroy() */
	struct clock *clock;
	const struct config *config;
	const char *data_folder, *node;
	struct member *member; /* until cluster_rollouts_close() */
	/* Of this node's plugins; NULL: this node takes part in the roll-outs of its hub. */
	struct bundle_probation *probation;
	void (*on_noted)(void *arg, enum log_level level, const char *text);
	void *arg;
};

/* Errors of rollout_desk_create() and rollout_updater_create(). The caller ends *ret_rollouts with
 * cluster_rollouts_close() and then cluster_rollouts_destroy(), also after an error. */
int cluster_rollouts_create(const struct cluster_rollouts_config *config,
			    struct cluster_rollouts **ret_rollouts, struct error *err);
void cluster_rollouts_close(struct cluster_rollouts *rollouts); /* NULL is allowed */
/* After the loop has run until it was empty. NULL is allowed. */
void cluster_rollouts_destroy(struct cluster_rollouts *rollouts);

/* Borrowed. The updater is NULL without `probation`. */
struct rollout_desk *cluster_rollouts_desk(struct cluster_rollouts *rollouts);
struct rollout_updater *cluster_rollouts_updater(struct cluster_rollouts *rollouts);

#endif
