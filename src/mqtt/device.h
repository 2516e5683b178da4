/*
 * One device, as Home Assistant is told of it: its configuration, and the entities that it had and
 * that still have to be taken out. Loop thread.
 */
#ifndef HARVESTER_MQTT_DEVICE_H
#define HARVESTER_MQTT_DEVICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "mqtt/topic.h"
#include "reading/limits.h"

struct mqtt_device {
	TAILQ_ENTRY(mqtt_device) link; /* of the list that it is in */
	char id[TOPIC_ID_SIZE];
	char owner[READING_NAME_MAX + 2];
	char *text;	/* owned: the configuration; NULL: gone, or loaded and not seen yet */
	json_t *keys;	/* owned: {key: platform}, as the broker has it or will have it */
	json_t *gone;	/* owned: likewise, those to take out */
	uint64_t token; /* of the last message about it */
	bool is_pending;
	bool is_told;	/* Home Assistant, as far as it runs, has it as it is here */
	bool is_unseen; /* loaded */
	bool is_gone;
};

/* NULL if memory runs out. `id` has less than TOPIC_ID_SIZE bytes. */
struct mqtt_device *mqtt_device_create(const char *id);
void mqtt_device_destroy(struct mqtt_device *device);

/*
 * Its configuration is `text` now, with the entities `keys`; takes ownership of both. Returns the
 * entities that it had and that are no more, or are of another platform, which go in two steps:
 * {key: platform}, possibly empty. The caller owns it; NULL if memory runs out.
 */
json_t *mqtt_device_replace(struct mqtt_device *device, char *text, json_t *keys);

/* It is gone, and all its entities with it: `keys` are then all that Home Assistant may have. */
void mqtt_device_remove(struct mqtt_device *device);

/* The configuration in which the entities `gone` are empty, the first of the two steps, from a
 * configuration, which is changed. The caller frees it; NULL if memory runs out. */
char *mqtt_device_step(json_t *config, const json_t *gone);

/* The broker has all that was published about it. */
void mqtt_device_settle(struct mqtt_device *device);

/* What is stored, which the caller owns, NULL if memory runs out; and the other way: what is wrong
 * in it is left out. */
json_t *mqtt_device_save(const struct mqtt_device *device);
void mqtt_device_load(struct mqtt_device *device, const json_t *saved);

/* Whether topic_id() can have made it. */
bool mqtt_device_is_id(const char *text);

/* The pairs of {key: platform} that are good; a new reference. */
json_t *mqtt_device_check_keys(const json_t *keys);

#endif
