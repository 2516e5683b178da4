/*
 * One connection to the broker, from the look-up of its name to the end. Runs on the thread of
 * connection.c, which alone calls libmosquitto.
 */
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "mqtt/client.h"
#include "mqtt/inflow.h"
#include "mqtt/internal.h"
#include "mqtt/on_way.h"

#define POLL_MS 1000 /* also how often the library's timers run */
#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

#define TAKEN_OVER                                                                                 \
	"another client connected with the client id \"%s\", and the broker keeps one of the "     \
	"two: "                                                                                    \
	"give this node another client_id under [mqtt]"

struct session {
	struct mqtt_connection *connection;
	struct mosquitto *client;
	bool is_answered; /* the broker answered the request to connect */
	bool is_accepted;
	bool has_ended;
	bool is_leaving;   /* "offline" was published */
	uint64_t began_ns; /* when it was accepted, or before that began */
	struct mqtt_on_way on_way;
	struct mqtt_inflow inflow;
	bool is_denied;	  /* reported: the broker refused a message */
	bool is_complete; /* a packet has come in whole, in this turn */
	struct error *reason;
};

/* The first reason counts: it is the nearest to the cause. */
static void end(struct session *session, const char *text)
{
	session->has_ended = true;
	if (!session->reason->code)
		error_set(session->reason, ERROR_CLOSED, "%s", text);
}

static void end_by(struct session *session, int code)
{
	char text[ERROR_TEXT_SIZE];

	if (!code || session->has_ended)
		return;
	text_clean(text, sizeof(text), mosquitto_strerror(code), strlen(mosquitto_strerror(code)));
	if (code == MOSQ_ERR_ERRNO && errno)
		snprintf(text, sizeof(text), "%s", strerror(errno));
	if (code == MOSQ_ERR_TLS)
		snprintf(text, sizeof(text),
			 "the TLS handshake failed: see that tls_ca under [mqtt] names the "
			 "authority of the broker's certificate, and that the name in url is one "
			 "of its names");
	if (code == MOSQ_ERR_CONN_LOST)
		snprintf(text, sizeof(text), "the broker closed the connection%s",
			 session->is_answered ? "" : " before it answered");
	end(session, text);
}

/* Callbacks of the library */

static void on_connect(struct mosquitto *client, void *arg, int code, int flags,
		       const mosquitto_property *properties)
{
	struct session *session = arg;
	struct mqtt_connection *connection = session->connection;
	const char *text = connection->past.version == 5 ? mosquitto_reason_string(code)
							 : mosquitto_connack_string(code);
	char reason[ERROR_TEXT_SIZE];

	(void)client;
	(void)flags;
	(void)properties;
	session->is_answered = session->is_complete = true;
	if (!code) {
		session->is_accepted = true;
		session->began_ns = uv_hrtime();
		return;
	}
	/* A broker without MQTT 5 answers by a code of the old version. */
	if (connection->past.version == 5 &&
	    (code == 1 || code == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION))
		mqtt_past_refused(&connection->past);
	snprintf(reason, sizeof(reason), "the broker refused the connection: %s", text);
	end(session, reason);
}

static void on_disconnect(struct mosquitto *client, void *arg, int code,
			  const mosquitto_property *properties)
{
	struct session *session = arg;
	char text[ERROR_TEXT_SIZE];

	(void)client;
	(void)properties;
	if (session->connection->past.version != 5 || code < MQTT_RC_UNSPECIFIED)
		return; /* the caller of the library knows more */
	if (code == MQTT_RC_SESSION_TAKEN_OVER)
		snprintf(text, sizeof(text), TAKEN_OVER, session->connection->config.client_id);
	else
		snprintf(text, sizeof(text), "the broker ended the connection: %s",
			 mosquitto_reason_string(code));
	end(session, text);
}

static void report_acknowledged(struct session *session, uint64_t token)
{
	const struct mqtt_event_report report = {.kind = MQTT_EVENT_ACKNOWLEDGED, .token = token};

	if (token)
		mqtt_connection_report(session->connection, &report);
}

static void report_denied(struct session *session, int code)
{
	if (!session->is_denied)
		mqtt_connection_report(
			session->connection,
			&(struct mqtt_event_report){.kind = MQTT_EVENT_DENIED,
						    .text = mosquitto_reason_string(code)});
	session->is_denied = true;
}

static void on_publish(struct mosquitto *client, void *arg, int id, int code,
		       const mosquitto_property *properties)
{
	struct session *session = arg;
	uint64_t token;

	(void)client;
	(void)properties;
	session->is_complete = true;
	if (!mqtt_on_way_acknowledge(&session->on_way, id, uv_hrtime(), &token))
		return;
	uv_mutex_lock(&session->connection->lock);
	session->connection->counters.acknowledged++;
	session->connection->counters.denied += code >= MQTT_RC_UNSPECIFIED;
	uv_mutex_unlock(&session->connection->lock);
	if (code >= MQTT_RC_UNSPECIFIED)
		report_denied(session, code);
	report_acknowledged(session, token);
}

static void on_subscribe(struct mosquitto *client, void *arg, int id, int count, const int *qos,
			 const mosquitto_property *properties)
{
	struct session *session = arg;

	(void)client;
	(void)id;
	(void)count;
	(void)qos;
	(void)properties;
	session->is_complete = true;
}

/* What is retained is old: a command that waits for years may not be carried out. */
static void on_message(struct mosquitto *client, void *arg, const struct mosquitto_message *message,
		       const mosquitto_property *properties)
{
	struct session *session = arg;
	bool is_good = !message->retain && message->payloadlen >= 0 &&
		       message->payloadlen <= MQTT_MESSAGE_MAX;

	(void)client;
	(void)properties;
	session->is_complete = true;
	uv_mutex_lock(&session->connection->lock);
	if (is_good)
		session->connection->counters.received++;
	else
		session->connection->counters.dropped++;
	uv_mutex_unlock(&session->connection->lock);
	if (is_good)
		mqtt_connection_report(
			session->connection,
			&(struct mqtt_event_report){.kind = MQTT_EVENT_MESSAGE,
						    .text = message->topic,
						    .payload = message->payload,
						    .size = (size_t)message->payloadlen});
}

/* Setting up */

static void set_callbacks(struct mosquitto *client)
{
	mosquitto_connect_v5_callback_set(client, on_connect);
	mosquitto_disconnect_v5_callback_set(client, on_disconnect);
	mosquitto_publish_v5_callback_set(client, on_publish);
	mosquitto_message_v5_callback_set(client, on_message);
	mosquitto_subscribe_v5_callback_set(client, on_subscribe);
}

static int connect_to_broker(struct session *session)
{
	const struct mqtt_connection_config *config = &session->connection->config;
	mosquitto_property *properties = NULL;
	int ret = 0;

	if (session->connection->past.version == 5)
		ret = mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE,
						   MQTT_PACKET_MAX);
	if (!ret)
		ret = mosquitto_connect_bind_v5(session->client, config->host, config->port,
						MQTT_KEEP_ALIVE_SECONDS, NULL, properties);
	mosquitto_property_free_all(&properties);
	return ret;
}

static int subscribe(struct session *session)
{
	const char *const *topics = session->connection->config.subscriptions;
	int ret = 0;

	for (; !session->connection->is_deaf && !ret && *topics; topics++)
		ret = mosquitto_subscribe_v5(session->client, NULL, *topics, 1,
					     MQTT_SUB_OPT_SEND_RETAIN_NEVER, NULL);
	return ret;
}

/* The broker has accepted: from now on messages may be added. */
static void begin(struct session *session)
{
	struct mqtt_connection *connection = session->connection;

	end_by(session, subscribe(session));
	uv_mutex_lock(&connection->lock);
	connection->is_accepted = true;
	connection->counters.connected++;
	uv_mutex_unlock(&connection->lock);
	mqtt_connection_report(connection,
			       &(struct mqtt_event_report){.kind = MQTT_EVENT_ONLINE,
							   .version = connection->past.version});
}

/* Publishing */

static struct mqtt_outgoing *take(struct session *session, bool *ret_wants_room)
{
	struct mqtt_connection *connection = session->connection;
	struct mqtt_outgoing *outgoing;

	uv_mutex_lock(&connection->lock);
	outgoing = mqtt_waiting_take(&connection->waiting,
				     clock_monotonic_ns(connection->config.boot_clock));
	if (outgoing) {
		connection->counters.published++;
		connection->counters.bytes += outgoing->message.size;
		*ret_wants_room = connection->waiting.wants_room && !connection->is_detached;
	}
	uv_mutex_unlock(&connection->lock);
	return outgoing;
}

static void publish(struct session *session, const struct mqtt_message *message)
{
	int id = 0, ret;

	ret = mosquitto_publish(session->client, &id, message->topic, (int)message->size,
				message->payload, message->qos, message->retain);
	/* Packets that the broker finds too large, or topics that it cannot have: no reason to end.
	 */
	if (ret == MOSQ_ERR_OVERSIZE_PACKET || ret == MOSQ_ERR_PAYLOAD_SIZE ||
	    ret == MOSQ_ERR_INVAL || ret == MOSQ_ERR_MALFORMED_UTF8) {
		report_acknowledged(session, message->token);
		return;
	}
	if (!ret && message->qos)
		mqtt_on_way_add(&session->on_way, id, message->token, uv_hrtime());
	end_by(session, ret);
}

static void publish_waiting(struct session *session)
{
	bool wants_room = false;

	while (!session->has_ended && !mosquitto_want_write(session->client) &&
	       mqtt_on_way_has_room(&session->on_way)) {
		struct mqtt_outgoing *outgoing = take(session, &wants_room);

		if (!outgoing)
			break;
		publish(session, &outgoing->message);
		free(outgoing);
	}
	if (!wants_room)
		return;
	uv_mutex_lock(&session->connection->lock);
	if (!session->connection->is_detached)
		uv_async_send(&session->connection->news);
	uv_mutex_unlock(&session->connection->lock);
}

/* The end */

static bool is_stopping(const struct session *session)
{
	bool result;

	uv_mutex_lock(&session->connection->lock);
	result = session->connection->is_stopping;
	uv_mutex_unlock(&session->connection->lock);
	return result;
}

static void leave(struct session *session)
{
	const struct mqtt_message farewell = {
		.topic = session->connection->config.availability_topic,
		.payload = "offline",
		.size = 7,
		.qos = 1,
		.retain = true,
	};

	if (!session->is_leaving && session->is_accepted) {
		session->is_leaving = true;
		session->began_ns = uv_hrtime();
		publish(session, &farewell);
	}
	if (!session->is_accepted || !session->on_way.count ||
	    uv_hrtime() - session->began_ns > MQTT_FAREWELL_MS * NS_PER_MS)
		end(session, "the node stops");
}

static void check_patience(struct session *session)
{
	const uint64_t now_ns = uv_hrtime();
	char text[128];

	if (!session->is_accepted &&
	    now_ns - session->began_ns > MQTT_ACKNOWLEDGE_SECONDS * NS_PER_S)
		end(session, "the broker did not answer");
	if (mqtt_on_way_is_stuck(&session->on_way, now_ns)) {
		snprintf(text, sizeof(text),
			 "the broker has acknowledged nothing for %d s, connecting again",
			 MQTT_ACKNOWLEDGE_SECONDS);
		end(session, text);
	}
}

/* A message of a size that nobody needs: the broker does not limit what others publish to the
 * node's topics. */
static void refuse_message(struct session *session)
{
	struct mqtt_connection *connection = session->connection;
	char text[256];

	connection->is_deaf = true;
	uv_mutex_lock(&connection->lock);
	connection->counters.oversized++;
	uv_mutex_unlock(&connection->lock);
	snprintf(text, sizeof(text),
		 "a message above %u bytes came in, on a topic of commands or of Home Assistant's "
		 "status: until its next start the node listens to neither; see who may publish "
		 "on them",
		 MQTT_INFLOW_MAX);
	end(session, text);
}

static void read_packet(struct session *session)
{
	session->is_complete = false;
	end_by(session, mosquitto_loop_read(session->client, 1));
	if (session->is_complete)
		mqtt_inflow_settle(&session->inflow, mosquitto_socket(session->client),
				   uv_hrtime());
	else if (mqtt_inflow_is_too_large(&session->inflow, mosquitto_socket(session->client),
					  uv_hrtime()))
		refuse_message(session);
}

static void turn(struct session *session)
{
	struct pollfd polls[] = {
		{.fd = mosquitto_socket(session->client), .events = POLLIN},
		{.fd = session->connection->wake, .events = POLLIN},
	};
	uint64_t ignored;

	if (polls[0].fd < 0) {
		end_by(session, MOSQ_ERR_CONN_LOST);
		return;
	}
	if (mosquitto_want_write(session->client))
		polls[0].events |= POLLOUT;
	if (poll(polls, 2, session->is_leaving ? 50 : POLL_MS) < 0 && errno != EINTR)
		end(session, strerror(errno));
	if (polls[1].revents && read(polls[1].fd, &ignored, sizeof(ignored)) < 0)
		ignored = 0; /* woken for nothing */
	if (polls[0].revents & (POLLIN | POLLHUP | POLLERR))
		read_packet(session);
	if (!session->has_ended && (polls[0].revents & POLLOUT))
		end_by(session, mosquitto_loop_write(session->client, 1));
	if (!session->has_ended)
		end_by(session, mosquitto_loop_misc(session->client));
}

static void run(struct session *session)
{
	bool has_begun = false;

	while (!session->has_ended) {
		turn(session);
		if (session->is_accepted && !has_begun) {
			has_begun = true;
			begin(session);
		}
		if (is_stopping(session))
			leave(session);
		else if (session->is_accepted && !session->has_ended)
			publish_waiting(session);
		check_patience(session);
	}
	if (session->is_leaving)
		mosquitto_disconnect(session->client);
}

static void judge(struct session *session)
{
	struct mqtt_connection *connection = session->connection;

	if (mqtt_past_ended(&connection->past, session->is_accepted,
			    (uv_hrtime() - session->began_ns) / NS_PER_MS) &&
	    session->reason->code) {
		session->reason->code = 0;
		error_set(session->reason, ERROR_CLOSED,
			  "%d times in a row the broker closed the "
			  "connection soon after it was made; perhaps " TAKEN_OVER,
			  MQTT_SHORT_LIVES_TOLD, connection->config.client_id);
	}
	if (!session->is_answered && mosquitto_socket(session->client) < 0)
		mqtt_past_unanswered(&connection->past);
}

bool mqtt_session_run(struct mqtt_connection *connection, struct error *reason)
{
	struct session session = {
		.connection = connection, .reason = reason, .began_ns = uv_hrtime()};
	int ret;

	if (mqtt_client_create(&connection->config, connection->past.version, &session,
			       &session.client, reason))
		return false;
	set_callbacks(session.client);
	errno = 0;
	ret = connect_to_broker(&session);
	end_by(&session, ret);
	if (!ret) {
		mqtt_inflow_settle(&session.inflow, mosquitto_socket(session.client), uv_hrtime());
		run(&session);
		judge(&session);
	}
	mosquitto_destroy(session.client);
	return session.is_accepted;
}
