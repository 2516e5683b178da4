/*
 * A command that came another way than over the API: from the hub, the cluster or MQTT. It is a
 * request of the API on its way to another node: {"device": "buzzer"|"fan"|"leds"|"outputs",
 * "body": the request's JSON body}, without a body to read the device's state (api/nodes.c sends
 * it). Loop thread.
 */
#ifndef HARVESTER_HTTP_API_COMMAND_H
#define HARVESTER_HTTP_API_COMMAND_H

#include <jansson.h>

#include "http/server/config.h"

/*
 * The hub also sends {"device": "updates"}: it has a version of a plugin for this node, which
 * should ask for it now.
 */

/*
 * Carry out a command with `actions`. *ret_result is the device's state (the caller owns it), and
 * untouched if the command only acts. ERROR_INVALID for an unknown pattern, colour or duration,
 * ERROR_UNSUPPORTED for an unknown device, and the errors of the action.
 */
int web_command_run(const struct web_actions *actions, const json_t *command, json_t **ret_result,
		    struct error *err);

/* The name of a pattern in a command's body. Static memory. */
const char *web_command_pattern(enum web_buzzer_pattern pattern);

#endif
