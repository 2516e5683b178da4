/*
 * The names of what a cluster has in its engine: streams, and the subjects of their messages. A
 * node's name is the last part of a subject, and the engine lets a node write only to subjects with
 * its own name.
 */
#ifndef HARVESTER_CLUSTER_NAMES_H
#define HARVESTER_CLUSTER_NAMES_H

#include <stdbool.h>

#include "reading/limits.h"

/* The replicated log: a message is a batch (link/batch.h) of one node's readings and log lines. */
#define CLUSTER_LOG "HARVESTER_LOG"
#define CLUSTER_LOG_SUBJECT "harvester.log."
/* Keys that have to survive: who leads, and who publishes over MQTT. */
#define CLUSTER_KEYS "KV_harvester"
#define CLUSTER_KEYS_SUBJECT "$KV.harvester."
#define CLUSTER_LEADER_KEY CLUSTER_KEYS_SUBJECT "leader"
#define CLUSTER_MQTT_KEY CLUSTER_KEYS_SUBJECT "mqtt"
/* Which nodes are there: kept in memory, and forgotten after PRESENCE_LIFE_MS. */
#define CLUSTER_PRESENCE "KV_harvester_presence"
#define CLUSTER_PRESENCE_SUBJECT "$KV.harvester_presence."
/* Commands to a node: a request, which the node answers. */
#define CLUSTER_COMMAND_SUBJECT "harvester.command."

/* Where a node's answers come to: cluster_inbox(). */
#define CLUSTER_INBOX_SIZE (READING_NAME_MAX + 16)

#define CLUSTER_REPLICAS_MAX 5

/* Whether a node's name can be the end of a subject: no "." at its ends, no two in a row. */
bool cluster_name_fits(const char *node);

/*
 * Write the beginning of the subjects that a node's answers come to. Parts of a subject have points
 * between them, and a part of a node's inbox must not be another node's: so its name has "/" there.
 */
void cluster_inbox(const char *node, char ret_inbox[CLUSTER_INBOX_SIZE]);

#endif
