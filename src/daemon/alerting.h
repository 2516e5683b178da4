/*
 * The node's alerts (alert/alerts.h), connected to its buzzer, LEDs and fan, its lists of nodes and
 * plugins, and the routes of the HTTP server. Loop thread.
 */
#ifndef HARVESTER_DAEMON_ALERTING_H
#define HARVESTER_DAEMON_ALERTING_H

#include <uv.h>

#include "daemon/node_actions.h"

/*
 * Create actions->alerts. `actions` has its other parts already, and is borrowed until the alerts
 * are closed. The errors of alerts_create().
 */
int alerting_create(uv_loop_t *loop, struct node_actions *actions, const char *data_folder,
		    struct error *err);

/* Add the functions of the routes /api/v1/alerts; they work on a struct node_actions. */
void alerting_add_actions(struct web_actions *actions);

#endif
