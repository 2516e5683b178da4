/*
 * The node from inside: its parts, and the struct that they share. Only the wiring (node.c and
 * part_*.c) includes it. Loop thread.
 */
#ifndef HARVESTER_DAEMON_INTERNAL_H
#define HARVESTER_DAEMON_INTERNAL_H

#include <limits.h>
#include <stdint.h>
#include <uv.h>

#include "actions/node_actions.h"
#include "base/advice.h"
#include "daemon/node.h"
#include "http/web.h"
#include "link/tls_pin.h"
#include "reading/ingest.h"
#include "store/history/recorder.h"
#include "terminal/terminal.h"

/*
 * One part of a node. The table in node.c lists the parts: the node creates and starts them in the
 * table's order, and stops and destroys them in the opposite order. A function may be NULL. If a
 * part fails to be created or to start, the node stops and destroys all parts, so these two
 * functions also accept a part that was created by half or not at all.
 */
struct node_part {
	/* Create it from the parts before it in the table, which exist. */
	int (*create)(struct node *node, struct error *err);
	/* Begin its work: all parts exist, and those before it have started. */
	int (*start)(struct node *node, struct error *err);
	/* Apply a changed configuration: update what the part copied from the old one. */
	void (*reload)(struct node *node);
	/* Close its handles, then call node_stop_next(node), now or on a later turn of the loop.
	 * The parts after it in the table have stopped. */
	void (*stop)(struct node *node);
	/* Free the rest. The loop has run until it was empty. */
	void (*destroy)(struct node *node);
};

extern const struct node_part node_part_data, node_part_readings, node_part_descriptions,
	node_part_devices, node_part_history, node_part_access, node_part_links, node_part_member,
	node_part_alerts, node_part_bundles, node_part_rollouts, node_part_mqtt, node_part_influx,
	node_part_web, node_part_plugins, node_part_commands;

/* Continue to stop the node `arg`: the part whose stop() was called last has stopped. */
void node_stop_next(void *arg);

struct node {
	struct node_options options;
	uv_loop_t *loop;
	struct clock *clock;
	size_t unstopped;     /* the first parts of the table, which stop() was not called for */
	struct advice advice; /* the options that commands in messages need */

	int data_lock; /* of the data folder; -1: none */
	struct {
		char data[PATH_MAX], plugins[PATH_MAX], config[PATH_MAX]; /* absolute */
	} places;

	/* Readings */
	struct reading_table *table;
	struct reading_intake *intake;
	struct reading_ingest ingest;
	struct reading_owners *owners;	   /* which sensor belongs to which plugin */
	struct sensor_files *sensors;	   /* the owners, on disk; NULL after the end */
	struct descriptions *descriptions; /* of the sensors; NULL after the end */
	struct log_ring *log;
	struct terminal terminal;
	uv_timer_t forgetting;	   /* removes the sensors of plugins that were removed */
	uv_timer_t expiring;	   /* ends values whose filter has a timeout */
	uint64_t offered_revision; /* the table's revision when `state` was made */
	char *state;		   /* owned: JSON text for update() and render() */

	/* Devices */
	struct hardware *hardware;
	struct capability_state_store *plugin_state; /* NULL: plugins keep no values */
	struct capability_host *host;
	struct outputs *outputs; /* who set LEDs and buzzer */

	/* Consumers of readings */
	struct history_recorder recorder;
	struct authenticator *authenticator;
	struct alerts *alerts; /* NULL before the start, after the end */
	struct web_actions web_actions;
	struct node_links *links;
	struct member *member;	      /* NULL: this node is in no cluster */
	struct mqtt_publisher *mqtt;  /* NULL: the node uses no MQTT */
	struct influx_writer *influx; /* NULL: the node writes to no such database */
	struct log_outbox *outbox;    /* the member's; NULL likewise */
	struct web *web;
	char pin[TLS_PIN_SIZE]; /* of the certificate; "" for none */

	/* Plugins, and what asks the running node */
	struct bundle_probation *probation;	   /* of new versions; NULL after the end */
	struct rollout_desk *rollouts;		   /* NULL: this node is no hub and in no cluster */
	struct rollout_updater *updater;	   /* asks the hub, or the cluster; NULL: none */
	struct rollout_updater *own_updater;	   /* the same, if it asks the hub */
	struct rollout_desk *own_rollouts;	   /* `rollouts`, if this node is a hub */
	struct cluster_rollouts *cluster_rollouts; /* NULL: this node is in no cluster */
	struct supervisor *supervisor;
	struct node_actions actions;
	struct run_socket *run_socket; /* NULL: commands do not find this node */
};

/* For other nodes, over a link or the cluster: the devices of the node `arg` (node_actions.h), and
 * a command that it carries out (http/api/command.h). */
json_t *node_list_devices(void *arg);
int node_run_command(void *arg, const json_t *command, json_t **ret_result, struct error *err);

/* The hub of the node `arg` has answered a hello (link/spoke/spoke_link.h). */
void node_greet_updater(void *arg, bool is_first, const json_t *answer);
/* What is known of a version of a plugin of the node `arg` may have changed. */
void node_note_version(void *arg, const char *plugin);

/* Log a warning about a plugin, which counts against its limit of log lines. `arg` is the node. */
void node_warn_plugin(void *arg, const char *plugin, const char *text);

#endif
