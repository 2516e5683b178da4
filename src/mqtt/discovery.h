/*
 * Makes the messages by which Home Assistant learns devices and entities: device discovery, one
 * message for a device with all its entities. Every text in them that a plugin or another node
 * chose is escaped (topic.h), since Home Assistant evaluates templates. No state; loop thread.
 *
 * https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
 */
#ifndef HARVESTER_MQTT_DISCOVERY_H
#define HARVESTER_MQTT_DISCOVERY_H

#include <jansson.h>
#include <stdbool.h>

#include "mqtt/topic.h"

/* Strings are borrowed for the call. */
struct discovery {
	const char *prefix; /* of the topics of states and commands */
	const char *node;   /* the node that publishes */
	const char *version;
};

/* A sensor, as its newest reading and its description say. */
struct discovery_sensor {
	const char *node, *sensor; /* `node` may be another one, on a hub */
	const json_t *description; /* reading/catalogue.h; borrowed */
	/* {field: "number"|"switch"|"text"}: what each field's values are. Borrowed. */
	const json_t *fields;
	unsigned expire_seconds; /* without a reading for so long, a value is unavailable */
};

/* What the node lets others command. */
struct discovery_commands {
	bool buzzer, fan, leds, reload, approve;
};

/* The id of a node's device, or of a sensor's (`sensor` not NULL). */
void discovery_device_id(char ret_id[TOPIC_ID_SIZE], const char *node, const char *sensor);

/* PREFIX/NODE/WORD, or PREFIX/NODE/sensors/SENSOR/WORD. */
void discovery_topic(char ret_topic[TOPIC_SIZE], const struct discovery *discovery,
		     const char *node, const char *sensor, const char *word);

/* The configuration of a sensor's device. The caller owns it; NULL if memory runs out. */
json_t *discovery_of_sensor(const struct discovery *discovery,
			    const struct discovery_sensor *sensor);

/*
 * The configuration of the device of this node, with an entity for each plugin and each alert,
 * and an update for each plugin that a bundle brought.
 * `plugins` and `alerts` are the arrays of GET /api/v1/plugins and /api/v1/alerts, borrowed. The
 * caller owns the result; NULL if memory runs out.
 */
json_t *discovery_of_node(const struct discovery *discovery, const json_t *plugins,
			  const json_t *alerts, const struct discovery_commands *commands);

/* The configuration of the device of a spoke, on its hub. Likewise. */
json_t *discovery_of_spoke(const struct discovery *discovery, const char *node);

/*
 * The smallest configuration of a device with these entities, {key: platform}, by which Home
 * Assistant finds again what it knows of it, to be told that it is gone. Likewise.
 */
json_t *discovery_of_gone(const struct discovery *discovery, const char *id, const json_t *keys);

/* {key: platform} of a configuration; likewise. */
json_t *discovery_keys(const json_t *config);

#endif
