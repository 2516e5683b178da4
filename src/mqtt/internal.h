/*
 * What the files of a connection share: the loop's side (connection.c) and the thread's
 * (session.c); and those of the publisher: publisher.c (life), duty.c, nodes.c, saved_list.c,
 * sensors.c, incoming.c.
 */
#ifndef HARVESTER_MQTT_INTERNAL_H
#define HARVESTER_MQTT_INTERNAL_H

#include <sys/queue.h>

#include "base/error.h"
#include "config/config.h"
#include "mqtt/connection.h"
#include "mqtt/devices.h"
#include "mqtt/past.h"
#include "mqtt/publisher.h"
#include "mqtt/retained.h"
#include "mqtt/waiting.h"
#include "reading/reading.h"
#include "store/history/feed.h"

enum mqtt_event_kind {
	MQTT_EVENT_ONLINE,
	MQTT_EVENT_OFFLINE,
	MQTT_EVENT_ACKNOWLEDGED,
	MQTT_EVENT_DENIED,
	MQTT_EVENT_MESSAGE,
	MQTT_EVENT_ENDED
};

struct mqtt_event {
	STAILQ_ENTRY(mqtt_event) link;
	enum mqtt_event_kind kind;
	int version;
	uint64_t token;
	size_t size;
	const char *payload; /* into this block, like the text */
	char text[];	     /* the reason, or the topic */
};

STAILQ_HEAD(mqtt_event_list, mqtt_event);

struct mqtt_connection {
	/* Never changed: any thread. The strings are owned. */
	struct mqtt_connection_config config;
	char *texts[8];
	char **topics; /* owned, with its elements: config.subscriptions */

	/* Under the lock. */
	uv_mutex_t lock;
	uv_cond_t woken;     /* ends the pause between two attempts */
	int wake;	     /* eventfd: ends the wait in a session */
	unsigned references; /* the loop's side, and the thread */
	bool is_detached;    /* the loop's side listens no more: `news` may not be used */
	bool is_stopping;
	bool is_accepted;	     /* the broker accepted: messages may be added */
	struct mqtt_waiting waiting; /* its times are of CLOCK_BOOTTIME */
	struct mqtt_event_list events;
	size_t incoming; /* events that are messages */
	struct mqtt_connection_counters counters;

	/* The loop's. */
	uv_async_t news;
	uv_timer_t patience;
	unsigned open_handles;
	void (*on_closed)(void *arg);
	void *closed_arg;

	/* The thread's. */
	struct mqtt_past past;
	bool is_deaf; /* subscribe to nothing: a message was too large */
	uint64_t random;
};

/* connection.c: give up a reference; the last one frees everything. Any thread. */
void mqtt_connection_unref(struct mqtt_connection *connection);

/* connection.c: report to the loop. `text` may be NULL. Without memory the event is lost. The
 * thread's. */
struct mqtt_event_report {
	enum mqtt_event_kind kind;
	int version;
	uint64_t token;
	const char *text;
	const void *payload;
	size_t size;
};
void mqtt_connection_report(struct mqtt_connection *connection,
			    const struct mqtt_event_report *report);

/* session.c: connect, and stay connected. Returns when the connection has ended; *reason says why.
 * Returns whether the broker had accepted. The thread's. */
bool mqtt_session_run(struct mqtt_connection *connection, struct error *reason);

/* Parts of a discovery message, of discovery.c: for discovery_node.c, too. */
void discovery_set_text(json_t *object, const char *key, const char *text); /* NULL: left out */
/* The beginning of a configuration, without entities. `device` is stolen. */
json_t *discovery_begin(const struct discovery *discovery, json_t *device);
/* Add an entity to the configuration of the device `id`. `component` is stolen. */
void discovery_add(json_t *config, const char *id, const char *key, json_t *component);
/* "PLATFORM.NODE_THING_WORD", of letters and digits; `thing` and `word` may be "". */
void discovery_set_entity_id(json_t *component, const char *node, const char *thing,
			     const char *word);
/* Unavailable while the node is. */
void discovery_add_availability(json_t *list, const struct discovery *discovery, const char *node);

/* The publisher */

#define PUBLISHER_SENSORS_MAX 1024 /* as many as the table of readings has */
/* A command is refused above this many a second, with a burst of as many. */
#define PUBLISHER_COMMANDS_A_SECOND 10
#define PUBLISHER_TOPICS_MAX 8

struct mqtt_sensor {
	STAILQ_ENTRY(mqtt_sensor) link;
	char node[READING_NAME_MAX + 1], sensor[READING_NAME_MAX + 1];
	json_t *fields;	     /* owned: {field: type}, as discovered */
	json_t *missing;     /* owned: {field: ms since when it is missing} */
	json_t *description; /* as it was announced */
	unsigned expire_seconds;
	bool is_dirty; /* its newest reading has to be published */
};

STAILQ_HEAD(mqtt_sensor_list, mqtt_sensor);

struct mqtt_publisher {
	struct mqtt_publisher_config config;
	const struct config_mqtt *mqtt; /* of the configuration */
	const char *node;		/* likewise */
	struct config_mqtt_address address;
	struct discovery discovery;
	char client_id[96];
	char availability_topic[TOPIC_SIZE], state_topic[TOPIC_SIZE], answer_topic[TOPIC_SIZE];
	char birth_topic[96];
	char command_topics[PUBLISHER_TOPICS_MAX][TOPIC_SIZE];
	struct mqtt_connection *connection;
	struct mqtt_devices *devices; /* of sensors and of spokes: for all */
	struct mqtt_devices *own;     /* of this node, which every member publishes for itself */
	struct mqtt_retained *retained;
	struct document *list;	   /* owned: the devices and retained topics on the disk */
	struct history_feed *feed; /* NULL: none */
	struct mqtt_sensor_list sensors;
	json_t *index; /* owned: {sensor id: address} */
	size_t sensors_count, dirty_count;
	uint64_t revision; /* of the table, when publisher_look() read it */
	json_t *offline;   /* owned: {node: bool}, as published */
	uv_timer_t timer, birth;
	uint64_t ticks;
	bool is_online;
	bool is_changed;       /* one of the two lists, since they were stored */
	bool is_leading;       /* this node publishes for all */
	unsigned unreached;    /* ticks since the broker was reached, up to a limit */
	uint64_t settled_tick; /* publisher_is_settled() from then on */
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
/* Likewise, what one node of a cluster publishes for all. */
int publisher_send_for_all(struct mqtt_publisher *publisher, struct mqtt_message message);
/* Whether this node is connected and publishes for all, at this moment. */
bool publisher_may_publish(const struct mqtt_publisher *publisher);
/* Publish all that is known: this node has connected, or begins to publish for all. No effect if it
 * may not. */
void publisher_begin(struct mqtt_publisher *publisher);

/* duty.c: before the first publisher_see_duty(). */
void publisher_init_duty(struct mqtt_publisher *publisher);

/*
 * duty.c: see whether this node publishes for all now, begin or end that, and exchange with the
 * other members how far the history was published. Call it once a second.
 */
void publisher_see_duty(struct mqtt_publisher *publisher);
/*
 * Whether it has done so for longer than a cluster lists a node that is dead. Before, "online" is
 * not believed of others: what is retained stays, and those that connect to the broker say it
 * themselves.
 */
bool publisher_is_settled(const struct mqtt_publisher *publisher);

/* publisher.c: something that counted in open_parts has ended. */
void publisher_part_closed(void *arg);

/* saved_list.c: read the lists, and open their file for publisher_save_list(). If it is damaged,
 * log a warning and start with empty ones: what vanished meanwhile then stays. ERROR_NO_MEMORY. */
int publisher_open_list(struct mqtt_publisher *publisher, struct error *err);
/* saved_list.c: store the lists, beside the loop, if one has changed. */
void publisher_save_list(struct mqtt_publisher *publisher);

/* nodes.c: look at the lists of plugins, nodes and alerts, and publish what follows from them. */
void publisher_ask_all(struct mqtt_publisher *publisher);

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
/* Home Assistant is off, or nobody can know whether it still runs: what is told from now on is not
 * settled, even if it has started a moment ago. */
void publisher_end_birth(struct mqtt_publisher *publisher);
void publisher_on_message(void *arg, const char *topic, const char *payload, size_t size);

#endif
