/*
 * The names of what a cluster has in its engine: streams, and the subjects of their messages. A
 * node's name is the last part of a subject, and the engine lets a node write only to subjects with
 * its own name.
 */
#ifndef HARVESTER_CLUSTER_NAMES_H
#define HARVESTER_CLUSTER_NAMES_H

#include <stdbool.h>

#include "cluster/engine.h"
#include "reading/limits.h"

/* The replicated log: a message is a batch (link/batch.h) of one node's readings and log lines. */
#define CLUSTER_LOG "HARVESTER_LOG"
#define CLUSTER_LOG_SUBJECT "harvester.log."
/*
 * A hub that is a member writes its spokes' readings to the log, under
 * harvester.log.relayed/HUB.SPOKE. No node's name has a "/", so this is no node's own subject. A
 * hub's points become "/", as in an inbox, and a spoke's name has none (cluster_spoke_fits()), so
 * the parts of the subject are clear.
 */
#define CLUSTER_RELAYED_SUBJECT CLUSTER_LOG_SUBJECT "relayed/"
/* Keys that have to survive: who leads, and who publishes over MQTT. */
#define CLUSTER_KEYS "KV_harvester"
#define CLUSTER_KEYS_SUBJECT "$KV.harvester."
#define CLUSTER_LEADER_KEY CLUSTER_KEYS_SUBJECT "leader"
#define CLUSTER_MQTT_KEY CLUSTER_KEYS_SUBJECT "mqtt"
/* Which nodes are there: kept in memory, and forgotten after PRESENCE_LIFE_MS. */
#define CLUSTER_PRESENCE "KV_harvester_presence"
#define CLUSTER_PRESENCE_SUBJECT "$KV.harvester_presence."
/* Roll-outs: the plan, which any member may write, and what each node reports. */
#define CLUSTER_ROLLOUTS "KV_harvester_rollouts"
#define CLUSTER_ROLLOUTS_SUBJECT "$KV.harvester_rollouts."
#define CLUSTER_PLAN_KEY "plan"
#define CLUSTER_REPORT_KEY "report."
/* The bundles of roll-outs, in pieces; the oldest make room. */
#define CLUSTER_BUNDLES "KV_harvester_bundles"
#define CLUSTER_BUNDLES_SUBJECT "$KV.harvester_bundles."
/* Commands to a node: a request, which the node answers. */
#define CLUSTER_COMMAND_SUBJECT "harvester.command."

/* Where a node's answers come to: cluster_inbox(). */
#define CLUSTER_INBOX_SIZE (READING_NAME_MAX + 16)

#define CLUSTER_REPLICAS_MAX 5

/* Whether a node's name can be the end of a subject: no "." at its ends, no two in a row. */
bool cluster_name_fits(const char *node);

/*
 * Whether a hub may relay readings of a spoke with this name: it has no point. The members' names
 * without one can be asked for in one answer of a limited size (streams_has_member()).
 */
bool cluster_spoke_fits(const char *spoke);

/*
 * Write the beginning of the subjects that a node's answers come to. Parts of a subject have points
 * between them, and a part of a node's inbox must not be another node's: so its name has "/" there.
 */
void cluster_inbox(const char *node, char ret_inbox[CLUSTER_INBOX_SIZE]);

/*
 * Write the subject of the log that `node` writes to, or that its hub relays it under; `hub` is ""
 * for the node itself.
 */
void cluster_log_subject(const char *hub, const char *node, char ret_subject[ENGINE_SUBJECT_SIZE]);

/*
 * Read such a subject. False if the subject has another form, or a name is too long; the names are
 * then unchanged.
 */
bool cluster_read_log_subject(const char *subject, char ret_hub[READING_NAME_MAX + 1],
			      char ret_node[READING_NAME_MAX + 1]);

#endif
