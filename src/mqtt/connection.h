/*
 * A connection to an MQTT broker, which is made again after each failure. In src/mqtt "the broker"
 * is MQTT's own word for its server, not this node's main process. The only place that knows
 * libmosquitto.
 *
 * The library can block: it looks up names, reads certificates, and in a handshake waits for the
 * other end. So it runs on a thread of its own. Two lists with limits connect that thread to the
 * loop: the messages that are to be published, and the events.
 *
 *            accepted by the broker
 *   offline ────────────────────────▶ online
 *           ◀────────────────────────
 *            lost, refused, or without an acknowledgement for MQTT_ACKNOWLEDGE_SECONDS
 *
 * Each connection is a new MQTT session: messages that were not acknowledged in the last one are
 * forgotten, and their owner publishes them again. So no old message arrives after a newer one.
 *
 * Call all functions on the loop thread. The callbacks are called there too.
 */
#ifndef HARVESTER_MQTT_CONNECTION_H
#define HARVESTER_MQTT_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct clock;
struct error;
struct mqtt_connection;

/* Messages that wait to be published; a further one is ERROR_BUSY. */
#define MQTT_WAITING_MAX 512
#define MQTT_WAITING_BYTES_MAX (1u << 20)
/* Messages on the way that the broker has not acknowledged. */
#define MQTT_UNACKNOWLEDGED_MAX 64
/* A connection without an acknowledgement or an answer for so long is closed. */
#define MQTT_ACKNOWLEDGE_SECONDS 20
#define MQTT_KEEP_ALIVE_SECONDS 30
/* Bytes of a message that comes in; a larger one is dropped and counted. MQTT 5 also tells the
 * broker not to send packets above MQTT_PACKET_MAX. */
#define MQTT_MESSAGE_MAX 4096
#define MQTT_PACKET_MAX 16384
#define MQTT_INCOMING_MAX 32 /* messages that wait for the loop; further ones are dropped */
/* The pause after a failure; each further one doubles it. The wait is a random part of it, from the
 * half on, so that nodes which lost their broker together do not come back together. */
#define MQTT_PAUSE_MS 1000
#define MQTT_PAUSE_MS_MAX 60000
/* How long closing waits for the farewell to be acknowledged, and for the thread. The node has less
 * than 2 s to stop, in which it also has to store the readings that wait. */
#define MQTT_FAREWELL_MS 500
#define MQTT_CLOSE_MS 900

/* All strings are copied. */
struct mqtt_connection_config {
	uv_loop_t *loop;
	struct clock *boot_clock; /* CLOCK_BOOTTIME, for mqtt_connection_allow_for_all(); borrowed
				     for ever */
	const char *host;
	int port;
	bool is_tls;
	const char *tls_ca, *tls_certificate, *tls_key; /* NULL: as in config/mqtt.h */
	const char *client_id;
	const char *username, *password_file; /* both or neither; the file is read each time */
	/* Where "offline" is retained when the connection ends; if it is lost, the broker publishes
	 * that for the node. The owner publishes "online". */
	const char *availability_topic;
	const char *const *subscriptions; /* topics without wildcards; ends with NULL */

	void (*on_online)(void *arg, int version); /* of the protocol: 5, or 4 for 3.1.1 */
	/* The connection was lost, or could not be made. */
	void (*on_offline)(void *arg, const char *reason);
	/* A message with this token was acknowledged. Tokens come back in the order in which the
	 * broker acknowledges. */
	void (*on_acknowledged)(void *arg, uint64_t token);
	/* MQTT 5: the broker refused a message, whose token is acknowledged all the same: to send
	 * it again would change nothing. Called for the first one of each connection. */
	void (*on_denied)(void *arg, const char *reason);
	/* A message that came in, borrowed; `payload` may contain anything, and ends with a 0. */
	void (*on_message)(void *arg, const char *topic, const char *payload, size_t size);
	/* There is room again after ERROR_BUSY. */
	void (*on_room)(void *arg);
	void *arg;
};

struct mqtt_message {
	const char *topic; /* copied, like payload */
	const void *payload;
	size_t size; /* 0: delete what is retained there */
	int qos;     /* 0 or 1 */
	bool retain;
	uint64_t token;	 /* with qos 1; 0: the acknowledgement is not reported */
	bool is_for_all; /* only while mqtt_connection_allow_for_all() allows it */
};

struct mqtt_connection_counters {
	uint64_t connected, failed;    /* connections made; lost or not made */
	uint64_t published, bytes;     /* messages handed to the broker */
	uint64_t acknowledged, denied; /* also those that the broker refused; these alone */
	uint64_t received, dropped;    /* messages that came in; too large, too many or retained */
	/* Connections that were closed in the middle of a message above MQTT_INFLOW_MAX. From the
	 * first one on, nothing is subscribed to. */
	uint64_t oversized;
};

/* Start. ERROR_NO_MEMORY, ERROR_SYSTEM. */
int mqtt_connection_create(const struct mqtt_connection_config *config,
			   struct mqtt_connection **ret_connection, struct error *err);

/* ERROR_CLOSED while offline, ERROR_BUSY if MQTT_WAITING_MAX messages or bytes wait (on_room()
 * follows), ERROR_TOO_LARGE for a payload above MQTT_WAITING_BYTES_MAX, ERROR_NO_MEMORY. */
int mqtt_connection_publish(struct mqtt_connection *connection, const struct mqtt_message *message);

/*
 * Allow messages that are for_all until this moment (CLOCK_BOOTTIME, ns; UINT64_MAX: for ever). One
 * that was not sent by then waits for a later moment; with 0, those that wait are forgotten.
 */
void mqtt_connection_allow_for_all(struct mqtt_connection *connection, uint64_t until_ns);

struct mqtt_connection_counters mqtt_connection_counters(const struct mqtt_connection *connection);

/*
 * Publish "offline", disconnect, free the connection and call on_closed(arg) on a later turn of the
 * loop, MQTT_CLOSE_MS later at the latest: a thread that still waits for a name or a handshake then
 * ends by itself. NULL is allowed: on_closed() is not called then.
 */
void mqtt_connection_close(struct mqtt_connection *connection, void (*on_closed)(void *arg),
			   void *arg);

#endif
