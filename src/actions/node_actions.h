/*
 * What the HTTP server asks of a node: press a button (buzzer, fan, LEDs, a plugin's switch), or
 * describe its plugins, nodes and queues as JSON. Loop thread.
 */
#ifndef HARVESTER_ACTIONS_NODE_ACTIONS_H
#define HARVESTER_ACTIONS_NODE_ACTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "http/web.h"

struct bundle_probation;
struct capability_host;
struct capability_state_store;
struct clock;
struct config;
struct descriptions;
struct hardware;
struct history_recorder;
struct member;
struct node_links;
struct outputs;
struct reading_owners;
struct reading_table;
struct rollout_updater;
struct supervisor;

/*
 * The parts that the actions work on. The node sets each pointer when the part is created and
 * clears it when the part is closed; all are borrowed except the timer.
 */
struct node_actions {
	const struct config *config;
	struct clock *clock;
	struct hardware *simulated;		     /* NULL: all hardware is real */
	struct capability_host *host;		     /* set while the HTTP server runs */
	struct supervisor *supervisor;		     /* NULL before the start, after the end */
	struct bundle_probation *probation;	     /* likewise */
	struct reading_owners *owners;		     /* likewise */
	struct capability_state_store *plugin_state; /* NULL: plugins keep no state */
	struct reading_table *table;		     /* NULL after the end */
	struct descriptions *descriptions;	     /* likewise */
	struct rollout_updater *updater;	     /* NULL: this node has no hub */
	struct node_links *links;		     /* NULL before the start, after the end */
	struct member *member;			     /* NULL: this node is in no cluster */
	const struct history_recorder *recorder;     /* NULL: no history is kept */
	struct outputs *outputs;		     /* who set LEDs and buzzer */
	uv_timer_t light; /* ends the colour that somebody set for some seconds */
	bool has_light;	  /* the timer is initialised */
};

/* The callbacks for web_config.actions; their `arg` is `actions`, which is borrowed. */
struct web_actions node_actions_for_web(struct node_actions *actions);

/*
 * A JSON array of all plugins; empty if no plugins are run. `actions` is a struct node_actions. The
 * caller releases the array. Each plugin's object is that of supervisor_to_json() with
 *   "about": what the plugin says of itself, or null,
 *   "conflicts": [{"sensor", "owner"}, …], sensors of its last poll that belong to another plugin,
 *   "over_share": ["…"], sentences that say where it exceeds its share and what that costs it,
 * and what history_recorder_add_to_json() and bundle_probation_add_to_json() add.
 */
json_t *node_actions_plugins(void *actions);

/*
 * The devices of this node that others can use: {"buzzer": true, "fan": true, "leds": 11}. The
 * caller releases the object; NULL if memory runs out.
 */
json_t *node_actions_devices(const struct node_actions *actions);

/* Call before the capability host is closed. The timer's handle closes on a later turn of the loop.
 */
void node_actions_finish(struct node_actions *actions);

#endif
