/*
 * The messages that the broker has not acknowledged yet, of one connection, and since when nothing
 * moves. The connection's thread.
 */
#ifndef HARVESTER_MQTT_ON_WAY_H
#define HARVESTER_MQTT_ON_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt/connection.h"

/* All zero: there are none. */
struct mqtt_on_way {
	struct {
		int id; /* the library's number of the message; 0: this place is free */
		uint64_t token;
	} places[MQTT_UNACKNOWLEDGED_MAX];
	size_t count;
	uint64_t moved_ns; /* the last acknowledgement, or when the first message went */
};

/* One place is for the farewell. */
bool mqtt_on_way_has_room(const struct mqtt_on_way *on_way);

/* A message went. No effect if there is no place at all. `now_ns` is a monotonic time. */
void mqtt_on_way_add(struct mqtt_on_way *on_way, int id, uint64_t token, uint64_t now_ns);

/* The broker acknowledged a message. Returns false if it is not among them; otherwise *ret_token is
 * its token. */
bool mqtt_on_way_acknowledge(struct mqtt_on_way *on_way, int id, uint64_t now_ns,
			     uint64_t *ret_token);

/* Whether the broker owes acknowledgements, and sent none for MQTT_ACKNOWLEDGE_SECONDS. */
bool mqtt_on_way_is_stuck(const struct mqtt_on_way *on_way, uint64_t now_ns);

#endif
