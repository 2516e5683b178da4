/*
 * The entities that are gone, and that Home Assistant may still have. It keeps for ever what
 * vanished while it was off. So after each of its starts it is told to find them once more, and
 * then that they are gone; when the broker has acknowledged that, they are forgotten here.
 *
 *   gone ── connected, or Home Assistant has started ──▶ untold ── told ──▶ gone
 *                                                                   └── after a start ──▶ awaits
 * the acknowledgement ──▶ forgotten
 *
 * Loop thread.
 */
#ifndef HARVESTER_MQTT_GONE_H
#define HARVESTER_MQTT_GONE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "mqtt/topic.h"

#define MQTT_GONE_MAX 512 /* groups; of more, the oldest are forgotten */
#define MQTT_GONE_NAME_SIZE (TOPIC_ID_SIZE + 32)

struct mqtt_gone {
	/* Owned: {name: {key: platform}}, until Home Assistant starts. A name is "ID PLATFORM", of
	 * a device and one platform: for Home Assistant an entity is another one on another
	 * platform, and one message has room for one of the same key. */
	json_t *all;
	json_t *untold; /* owned: those of them that are to be told now */
	json_t *tokens; /* owned: {name: token} of the last message, after a start */
	bool is_born;	/* Home Assistant has started: what is told now is settled */
};

/* ERROR_NO_MEMORY; then, too, the caller calls mqtt_gone_finish(). */
int mqtt_gone_init(struct mqtt_gone *gone);
void mqtt_gone_finish(struct mqtt_gone *gone);

/*
 * These entities of the device `id` are gone. With `is_told`, Home Assistant had them and hears now
 * that they go; without, it may have started since it was told of them, and has to find them first.
 */
void mqtt_gone_remember(struct mqtt_gone *gone, const char *id, const json_t *keys, bool is_told);

/* These entities are there again. */
void mqtt_gone_forget(struct mqtt_gone *gone, const char *id, const json_t *keys);

/* The connection is there; Home Assistant has started; it has stopped. */
void mqtt_gone_online(struct mqtt_gone *gone);
void mqtt_gone_born(struct mqtt_gone *gone);
void mqtt_gone_left(struct mqtt_gone *gone);

/* The name of the next group whose entities are to be told; it is borrowed, as they are, and ret_id
 * is its device. NULL if none is left: what is told from then on is not settled. */
const char *mqtt_gone_next(struct mqtt_gone *gone, char ret_id[TOPIC_ID_SIZE],
			   const json_t **ret_keys);

/* It was told; after a start, in a message with this token. */
void mqtt_gone_told(struct mqtt_gone *gone, const char *name, uint64_t token);

/* Returns whether it was the token of a group here, which is forgotten. */
bool mqtt_gone_acknowledged(struct mqtt_gone *gone, uint64_t token);

/* What was stored; what is wrong in it is left out. */
void mqtt_gone_load(struct mqtt_gone *gone, const json_t *saved);

#endif
