/*
 * The messages that wait until the broker can take them: as many as fit, in the order in which they
 * came, those that are for all only while that is allowed. Locks nothing: a connection uses it
 * under its lock, from both its threads.
 */
#ifndef HARVESTER_MQTT_WAITING_H
#define HARVESTER_MQTT_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "mqtt/connection.h"

struct mqtt_outgoing {
	STAILQ_ENTRY(mqtt_outgoing) link; /* of the list that it is in */
	struct mqtt_message message;	  /* its pointers are into this block */
};

STAILQ_HEAD(mqtt_outgoing_list, mqtt_outgoing);

struct mqtt_waiting {
	struct mqtt_outgoing_list list; /* owned */
	size_t count, bytes;
	uint64_t for_all_until_ns; /* 0: those for all have to wait */
	bool wants_room;	   /* somebody was refused, and waits */
};

void mqtt_waiting_init(struct mqtt_waiting *waiting);

/* A copy of the message; the caller frees it with free(). NULL if memory runs out. Any thread,
 * without the lock. */
struct mqtt_outgoing *mqtt_outgoing_create(const struct mqtt_message *message);

/* Takes ownership of the message. ERROR_BUSY, without taking it, if MQTT_WAITING_MAX messages or
 * MQTT_WAITING_BYTES_MAX bytes wait; a message that is alone fits always. */
int mqtt_waiting_add(struct mqtt_waiting *waiting, struct mqtt_outgoing *outgoing);

/* The first message that may be sent at this moment, which the caller owns then; NULL: none. */
struct mqtt_outgoing *mqtt_waiting_take(struct mqtt_waiting *waiting, uint64_t now_ns);

/* Whether one that was refused may come again, since half of the room is free. True once for each
 * refusal. */
bool mqtt_waiting_take_room(struct mqtt_waiting *waiting);

/* Allow those that are for all until this moment; with 0, forget those that wait. */
void mqtt_waiting_allow_for_all(struct mqtt_waiting *waiting, uint64_t until_ns);

/* Forget all messages, and who waits for room. */
void mqtt_waiting_clear(struct mqtt_waiting *waiting);

#endif
