/* What the files of the publisher share: publisher.c (life), sensors.c, incoming.c. */
#ifndef HARVESTER_MQTT_PUBLISHER_INTERNAL_H
#define HARVESTER_MQTT_PUBLISHER_INTERNAL_H

#include <sys/queue.h>

#include "base/error.h"
#include "mqtt/connection.h"
#include "mqtt/devices.h"
#include "mqtt/feed.h"
#include "mqtt/publisher.h"
#include "reading/reading.h"

#define PUBLISHER_SENSORS_MAX 1024 /* as many as the table of readings has */
/* A command is refused above this many a second, with a burst of as many. */
#define PUBLISHER_COMMANDS_A_SECOND 10
#define PUBLISHER_TOPICS_MAX 8

struct mqtt_sensor {
	STAILQ_ENTRY(mqtt_sensor) link;
	char node[READING_NAME_MAX + 1], sensor[READING_NAME_MAX + 1];
	json_t *fields;	     /* owned: {field: type}, as discovered */
	json_t *missing;     /* owned: {field: ms since when it is missing} */
	json_t *description; /* borrowed of the last look, counted */
	unsigned expire_seconds;
	bool is_dirty; /* its newest reading has to be published */
	bool is_known; /* it was seen in the last look at the table */
};

STAILQ_HEAD(mqtt_sensor_list, mqtt_sensor);

struct mqtt_publisher {
	struct mqtt_publisher_config config;
	struct config_mqtt_address address;
	struct discovery discovery;
	char client_id[96];
	char availability_topic[TOPIC_SIZE], state_topic[TOPIC_SIZE], answer_topic[TOPIC_SIZE];
	char birth_topic[96];
	char command_topics[PUBLISHER_TOPICS_MAX][TOPIC_SIZE];
	struct mqtt_connection *connection;
	struct mqtt_devices *devices;
	struct mqtt_feed *feed; /* NULL: none */
	struct mqtt_sensor_list sensors;
	json_t *index; /* owned: {sensor id: address} */
	size_t sensors_count, dirty_count;
	uint64_t revision; /* of the table, at the last look */
	json_t *offline;   /* owned: {node: bool}, as published */
	uv_timer_t timer, birth;
	uint64_t ticks;
	bool is_online, is_closing, is_saving, is_changed;
	int version;
	char reason[ERROR_TEXT_SIZE]; /* why it is offline; "" before the first attempt */
	unsigned commands_left;	      /* in this second */
	uint64_t commands, commands_refused, sensors_refused, births;
	unsigned open_parts;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

/* publisher.c: publish, if it can be now. The errors of mqtt_connection_publish(). */
int publisher_send(struct mqtt_publisher *publisher, const struct mqtt_message *message);
bool publisher_may_publish(const struct mqtt_publisher *publisher);

/* sensors.c */
void publisher_on_reading(void *arg, const struct reading *reading);
/* Publish what is dirty, as far as there is room. */
void publisher_pump_states(struct mqtt_publisher *publisher);
void publisher_dirty_all(struct mqtt_publisher *publisher);
/* Look at the table: which sensors there are, and what is known of them. */
void publisher_look(struct mqtt_publisher *publisher);
/* Whose a device is: a plugin of this node, or "@" and the other node. */
void publisher_name_owner(char ret_owner[READING_NAME_MAX + 2],
			  const struct mqtt_publisher *publisher, const char *node,
			  const char *plugin);
void publisher_free_sensors(struct mqtt_publisher *publisher);
/* A reading as JSON text: {"timestamp_ms": n, …fields…}, without those that failed. The caller
 * frees it; NULL if memory runs out. */
char *publisher_state_text(const json_t *data, uint64_t timestamp_ms, uint64_t sequence);

/* incoming.c: which topics to subscribe to (ends with NULL), and what came in. */
void publisher_list_topics(struct mqtt_publisher *publisher,
			   const char *ret_topics[PUBLISHER_TOPICS_MAX + 2]);
void publisher_on_message(void *arg, const char *topic, const char *payload, size_t size);

#endif
