/*
 * The topics on which this node has retained something that goes with a sensor or a node. A broker
 * keeps that for ever, so a topic whose sensor is gone is cleared by an empty message:
 *
 *   in use ── removed, or loaded and not noted since ──▶ gone ── acknowledged ──▶ forgotten
 *          ◀── noted ────────────────────────────────────
 *
 * The list is stored in DATA/mqtt.json, so that a sensor which vanished while the node was off, or
 * while the broker was away, leaves nothing. Loop thread.
 */
#ifndef HARVESTER_MQTT_RETAINED_H
#define HARVESTER_MQTT_RETAINED_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct mqtt_retained;

#define MQTT_RETAINED_MAX 2048 /* topics; further ones are counted, and stay when they are gone */

struct mqtt_retained_config {
	/* Clear the topic by an empty retained message with QoS 1. 0, or an error: the caller tries
	 * again after mqtt_retained_pump(). `token` comes back with mqtt_retained_acknowledged().
	 */
	int (*clear)(void *arg, const char *topic, uint64_t token);
	/* The list has changed: store mqtt_retained_save(). */
	void (*on_changed)(void *arg);
	void *arg;
};

/* NULL if memory runs out. `config` is copied. */
struct mqtt_retained *mqtt_retained_create(const struct mqtt_retained_config *config);
void mqtt_retained_destroy(struct mqtt_retained *retained); /* NULL is allowed */

/* The topic is in use, before something is published on it. `owner` says whose it is, for
 * mqtt_retained_remove_unseen(); both are copied. What does not fit is counted. */
void mqtt_retained_note(struct mqtt_retained *retained, const char *topic, const char *owner);

/* What was on the topic is gone. No effect if it is not in use. */
void mqtt_retained_remove(struct mqtt_retained *retained, const char *topic);

/* Remove the topics that were loaded and not noted since, if is_gone(arg, owner) says so. */
void mqtt_retained_remove_unseen(struct mqtt_retained *retained,
				 bool (*is_gone)(void *arg, const char *owner), void *arg);

/* The connection is there: what was not acknowledged on the last one is cleared again. */
void mqtt_retained_online(struct mqtt_retained *retained);

/* Clear what is gone, as far as clear() takes it. */
void mqtt_retained_pump(struct mqtt_retained *retained);

/* The broker acknowledged a message. */
void mqtt_retained_acknowledged(struct mqtt_retained *retained, uint64_t token);

/* Topics that did not fit, since the start. */
uint64_t mqtt_retained_refused(const struct mqtt_retained *retained);

/* What is to be stored; the caller owns it, NULL if memory runs out. And the other way: parts that
 * are wrong are left out. */
json_t *mqtt_retained_save(const struct mqtt_retained *retained);
void mqtt_retained_load(struct mqtt_retained *retained, const json_t *saved);

#endif
