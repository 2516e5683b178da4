/*
 * The devices that Home Assistant was told of, and what it still has to be told. Home Assistant
 * misses what is published while it does not listen, so this object remembers:
 *
 * - the configuration of each device, which is retained, and sent again after each connection (the
 *   broker may have lost it) and each start of Home Assistant;
 * - entities that are gone: they are taken out in two steps, first empty and then absent;
 * - devices that are gone, until the broker has acknowledged the empty message;
 * - all that is gone, until Home Assistant has started once more: it keeps for ever a device that
 * vanished while it was off, unless it is told first to find the device again, and then that the
 * device is gone.
 *
 * The list is stored in DATA/mqtt.json, so that a device which vanished while the node was off is
 * still removed. Loop thread, except where noted.
 */
#ifndef HARVESTER_MQTT_DEVICES_H
#define HARVESTER_MQTT_DEVICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "mqtt/discovery.h"

struct error;
struct mqtt_devices;

#define MQTT_DEVICES_MAX 1280 /* sensors of a full table, and nodes; further ones are counted */
#define MQTT_DEVICES_FILE_MAX (8u << 20) /* bytes of DATA/mqtt.json */

struct mqtt_devices_config {
	struct discovery discovery; /* its strings are borrowed until destroyed */
	const char *discovery_prefix;
	/*
	 * Publish a retained message with QoS 1. 0, or an error: the caller tries again after
	 * mqtt_devices_pump(). `token` comes back with mqtt_devices_acknowledged(); 0: not.
	 */
	int (*publish)(void *arg, const char *topic, const char *text, size_t size, uint64_t token);
	/* The list has changed: store mqtt_devices_save(). */
	void (*on_changed)(void *arg);
	void *arg;
};

/* NULL if memory runs out. `config` is copied. */
struct mqtt_devices *mqtt_devices_create(const struct mqtt_devices_config *config);
void mqtt_devices_destroy(struct mqtt_devices *devices); /* NULL is allowed */

/* The device has this configuration, which is borrowed. `owner` says whose it is, for
 * mqtt_devices_remove_unseen(), and is copied. ERROR_TOO_LARGE if there are too many devices,
 * ERROR_NO_MEMORY. */
int mqtt_devices_set(struct mqtt_devices *devices, const char *id, const char *owner,
		     const json_t *config);

/* The device is gone. No effect if it is not known. */
void mqtt_devices_remove(struct mqtt_devices *devices, const char *id);

/* Remove the devices that were loaded and not set since, if is_gone(arg, owner) says so. */
void mqtt_devices_remove_unseen(struct mqtt_devices *devices,
				bool (*is_gone)(void *arg, const char *owner), void *arg);

/* The connection is there: everything is to be published again. */
void mqtt_devices_online(struct mqtt_devices *devices);

/* Home Assistant has started. Call after the random pause. */
void mqtt_devices_born(struct mqtt_devices *devices);

/* Home Assistant has stopped. */
void mqtt_devices_left(struct mqtt_devices *devices);

/* Publish what is to be published, as far as publish() takes it. */
void mqtt_devices_pump(struct mqtt_devices *devices);

/* The broker acknowledged a message. */
void mqtt_devices_acknowledged(struct mqtt_devices *devices, uint64_t token);

/* Devices now, messages so far, devices refused. */
struct mqtt_devices_counters {
	size_t devices, entities, gone;
	uint64_t messages, refused;
};
struct mqtt_devices_counters mqtt_devices_counters(const struct mqtt_devices *devices);

/* What is to be stored; the caller owns it, NULL if memory runs out. And the other way: parts that
 * are wrong are left out. */
json_t *mqtt_devices_save(const struct mqtt_devices *devices);
void mqtt_devices_load(struct mqtt_devices *devices, const json_t *saved);

#endif
