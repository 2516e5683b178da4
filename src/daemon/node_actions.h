/*
 * What the web may ask of a node: buttons, lists and states. Loop thread.
 */
#ifndef HARVESTER_DAEMON_NODE_ACTIONS_H
#define HARVESTER_DAEMON_NODE_ACTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "config/config.h"
#include "http/server/web.h"

struct capability_host;
struct capability_state_store;
struct clock;
struct cluster;
struct hardware;
struct node_history;
struct reading_owners;
struct reading_table;
struct supervisor;

/* Filled by the node as its parts come and go; all borrowed but `missing` and the timer. */
struct node_actions {
	const struct config *config;
	struct clock *clock;
	struct hardware *simulated;		     /* NULL: all hardware is real */
	struct capability_host *host;		     /* there while the web is */
	struct supervisor *supervisor;		     /* NULL: no plugins yet, or no more */
	struct reading_owners *owners;		     /* NULL: no plugins yet, or no more */
	struct capability_state_store *plugin_state; /* NULL: plugins keep no state */
	struct reading_table *table;		     /* NULL: no more */
	struct cluster *cluster;		     /* NULL: no other nodes are known */
	const struct node_history *history;	     /* NULL: none is kept */
	json_t *missing;  /* owned: texts of devices that are not there */
	uv_timer_t light; /* ends a colour that was asked for */
	bool has_light;	  /* the timer is in use */
};

/* The actions for a web_config; arg is `actions`. */
struct web_actions node_actions_for_web(struct node_actions *actions);

/* As the configuration has it. Static memory. */
const char *node_role_name(enum node_role role);

/*
 * An array of all plugins as supervisor_to_json() gives it, each with "conflicts": [{"sensor",
 * "owner"}, …], the sensors of its last poll that belong to another plugin, and "over_share":
 * ["…"], what it has too much of and what that costs it, in words, and what
 * node_history_add_to_json() adds. Empty where none are run; `actions` is a struct node_actions.
 * New.
 */
json_t *node_actions_plugins(void *actions);

/* Before the host is closed. The timer's handle ends on a later turn of the loop. */
void node_actions_finish(struct node_actions *actions);

#endif
