/* What the HTTP server asks about alerts: the routes of /api/v1/alerts. Loop thread. */
#ifndef HARVESTER_DAEMON_ALERT_ACTIONS_H
#define HARVESTER_DAEMON_ALERT_ACTIONS_H

#include "http/web.h"

/* Set the functions for alerts; their `arg` is a struct node_actions. */
void alert_actions_add(struct web_actions *actions);

#endif
