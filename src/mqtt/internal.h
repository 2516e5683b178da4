/* What the loop's side (connection.c) and the thread's side (session.c) of a connection share. */
#ifndef HARVESTER_MQTT_INTERNAL_H
#define HARVESTER_MQTT_INTERNAL_H

#include <sys/queue.h>

#include "base/error.h"
#include "mqtt/connection.h"

struct mqtt_outgoing {
	STAILQ_ENTRY(mqtt_outgoing) link;
	struct mqtt_message message; /* its pointers are into this block */
};

enum mqtt_event_kind {
	MQTT_EVENT_ONLINE,
	MQTT_EVENT_OFFLINE,
	MQTT_EVENT_ACKNOWLEDGED,
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

STAILQ_HEAD(mqtt_outgoing_list, mqtt_outgoing);
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
	bool is_accepted; /* the broker accepted: messages may be added */
	bool wants_room;
	struct mqtt_outgoing_list waiting;
	size_t waiting_count, waiting_bytes;
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
	int version;	      /* of the protocol, for the next attempt */
	unsigned short_lives; /* connections in a row that ended soon after they were made */
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

#endif
