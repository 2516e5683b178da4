/*
 * A command that came in over MQTT. It is checked like the request of the API that does the same.
 * Loop thread.
 */
#ifndef HARVESTER_HTTP_API_MQTT_COMMAND_H
#define HARVESTER_HTTP_API_MQTT_COMMAND_H

#include <jansson.h>

struct error;

/*
 * Carry out the command `name` ("buzzer", "fan", "leds", "reload" or "approve") with `actions`, a
 * const struct web_actions. `body` is what the route takes, with "plugin" besides for "reload" and
 * "approve". *ret_result is the caller's, and untouched if the command only acts. ERROR_INVALID for
 * a bad body, and the errors of the action.
 */
int web_mqtt_command(void *actions, const char *name, const json_t *body, json_t **ret_result,
		     struct error *err);

#endif
