#include "mqtt/publisher.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "mqtt/internal.h"
#include "reading/table.h"
#include "store/document.h"
#include "store/history/history.h"

#define TICK_MS 1000
#define LOOK_EVERY 2	  /* seconds */
#define NODES_EVERY 5	  /* also what is asked about plugins and alerts */
#define HISTORY_WINDOW 32 /* readings on the way at a time */

/* Sending */

int publisher_send(struct mqtt_publisher *publisher, const struct mqtt_message *message)
{
	return publisher->connection ? mqtt_connection_publish(publisher->connection, message)
				     : ERROR_CLOSED;
}

bool publisher_may_publish(const struct mqtt_publisher *publisher)
{
	return publisher->is_online && publisher->is_leading &&
	       publisher->config.publishes_until_ns(publisher->config.arg);
}

int publisher_send_for_all(struct mqtt_publisher *publisher, struct mqtt_message message)
{
	if (!publisher_may_publish(publisher))
		return ERROR_CLOSED;
	message.is_for_all = true;
	return publisher_send(publisher, &message);
}

/* Whose a token is: the last digit of base TOKEN_KINDS. */
enum token_kind { TOKEN_FEED, TOKEN_DEVICES, TOKEN_OWN, TOKEN_RETAINED, TOKEN_KINDS };

static uint64_t make_token(uint64_t number, enum token_kind kind)
{
	return number ? number * TOKEN_KINDS + kind : 0;
}

static int publish_device(void *arg, const char *topic, const char *text, size_t size,
			  uint64_t token)
{
	return publisher_send_for_all(
		arg, (struct mqtt_message){.topic = topic,
					   .payload = text,
					   .size = size,
					   .qos = 1,
					   .retain = true,
					   .token = make_token(token, TOKEN_DEVICES)});
}

static int publish_own(void *arg, const char *topic, const char *text, size_t size, uint64_t token)
{
	return publisher_send(arg, &(struct mqtt_message){.topic = topic,
							  .payload = text,
							  .size = size,
							  .qos = 1,
							  .retain = true,
							  .token = make_token(token, TOKEN_OWN)});
}

static int clear_topic(void *arg, const char *topic, uint64_t token)
{
	return publisher_send_for_all(
		arg, (struct mqtt_message){.topic = topic,
					   .qos = 1,
					   .retain = true,
					   .token = make_token(token, TOKEN_RETAINED)});
}

static int publish_history(void *arg, const char *node, const struct history_item *item,
			   uint64_t token)
{
	struct mqtt_publisher *publisher = arg;
	char *text = publisher_state_text(item->data, item->time_ms, item->sequence);
	char topic[TOPIC_SIZE];
	int ret;

	if (!text)
		return ERROR_NO_MEMORY;
	discovery_topic(topic, &publisher->discovery, node, item->sensor, "history");
	ret = publisher_send_for_all(publisher,
				     (struct mqtt_message){.topic = topic,
							   .payload = text,
							   .size = strlen(text),
							   .qos = 1,
							   .token = make_token(token, TOKEN_FEED)});
	free(text);
	return ret;
}

static void on_list_changed(void *arg)
{
	((struct mqtt_publisher *)arg)->is_changed = true;
}

/* The connection */

static void pump(struct mqtt_publisher *publisher)
{
	if (publisher->is_online && publisher->mqtt->discovery)
		mqtt_devices_pump(publisher->own);
	if (!publisher_may_publish(publisher))
		return;
	if (publisher->mqtt->discovery)
		mqtt_devices_pump(publisher->devices);
	mqtt_retained_pump(publisher->retained);
	publisher_pump_states(publisher);
	if (publisher->feed)
		history_feed_pump(publisher->feed);
}

void publisher_begin(struct mqtt_publisher *publisher)
{
	if (!publisher_may_publish(publisher))
		return;
	json_object_clear(publisher->offline);
	mqtt_devices_online(publisher->devices);
	mqtt_retained_online(publisher->retained);
	publisher_dirty_all(publisher);
	publisher_ask_all(publisher);
	if (publisher->feed)
		history_feed_set_online(publisher->feed, true);
	pump(publisher);
}

static void on_online(void *arg, int version)
{
	struct mqtt_publisher *publisher = arg;
	char text[CONFIG_MQTT_HOST_SIZE + 128];

	publisher->is_online = true;
	publisher->version = version;
	publisher->reason[0] = '\0';
	snprintf(text, sizeof(text), "connected to %s as %s, MQTT %s", publisher->mqtt->url,
		 publisher->client_id, version == 5 ? "5" : "3.1.1");
	publisher->config.on_noted(publisher->config.arg, LOG_INFO, text);
	publisher_send(publisher, &(struct mqtt_message){.topic = publisher->availability_topic,
							 .payload = "online",
							 .size = 6,
							 .qos = 1,
							 .retain = true});
	mqtt_devices_online(publisher->own);
	publisher_begin(publisher);
	pump(publisher);
}

/* The same reason is logged once. */
static void on_offline(void *arg, const char *reason)
{
	struct mqtt_publisher *publisher = arg;
	char text[ERROR_TEXT_SIZE + CONFIG_MQTT_HOST_SIZE + 64];

	if (publisher->feed && publisher->is_online)
		history_feed_set_online(publisher->feed, false);
	publisher_end_birth(publisher);
	publisher->is_online = false;
	if (!strcmp(publisher->reason, reason))
		return;
	snprintf(publisher->reason, sizeof(publisher->reason), "%s", reason);
	snprintf(text, sizeof(text), "offline, trying again: %s: %s", publisher->mqtt->url, reason);
	publisher->config.on_noted(publisher->config.arg, LOG_WARNING, text);
}

static void on_acknowledged(void *arg, uint64_t token)
{
	struct mqtt_publisher *publisher = arg;

	if (token % TOKEN_KINDS == TOKEN_DEVICES)
		mqtt_devices_acknowledged(publisher->devices, token / TOKEN_KINDS);
	else if (token % TOKEN_KINDS == TOKEN_OWN)
		mqtt_devices_acknowledged(publisher->own, token / TOKEN_KINDS);
	else if (token % TOKEN_KINDS == TOKEN_RETAINED)
		mqtt_retained_acknowledged(publisher->retained, token / TOKEN_KINDS);
	else if (publisher->feed)
		history_feed_acknowledged(publisher->feed, token / TOKEN_KINDS);
}

static void on_denied(void *arg, const char *reason)
{
	const struct mqtt_publisher *publisher = arg;
	char text[256];

	snprintf(text, sizeof(text),
		 "the broker refuses messages of this node (%s), which are lost: let its user "
		 "write to %s/# and %s/device/# in the broker's access list",
		 reason, publisher->mqtt->topic_prefix, publisher->mqtt->discovery_prefix);
	publisher->config.on_noted(publisher->config.arg, LOG_WARNING, text);
}

static void on_room(void *arg)
{
	pump(arg);
}

static void on_tick(uv_timer_t *timer)
{
	struct mqtt_publisher *publisher = timer->data;

	publisher->ticks++;
	publisher_see_duty(publisher);
	publisher->commands_left = PUBLISHER_COMMANDS_A_SECOND;
	if (publisher->ticks % LOOK_EVERY == 0)
		publisher_look(publisher);
	if (publisher->ticks % NODES_EVERY == 0)
		publisher_ask_all(publisher);
	publisher_save_list(publisher);
	pump(publisher);
}

/* Life */

static void make_names(struct mqtt_publisher *publisher)
{
	const struct config_mqtt *mqtt = publisher->mqtt;
	const char *node = publisher->node;
	const struct discovery *discovery = &publisher->discovery;

	publisher->discovery = (struct discovery){mqtt->topic_prefix, node, HARVESTER_VERSION};
	if (mqtt->client_id)
		snprintf(publisher->client_id, sizeof(publisher->client_id), "%s", mqtt->client_id);
	else
		snprintf(publisher->client_id, sizeof(publisher->client_id), "harvester-%s", node);
	discovery_topic(publisher->availability_topic, discovery, node, NULL, "availability");
	discovery_topic(publisher->state_topic, discovery, node, NULL, "state");
	discovery_topic(publisher->answer_topic, discovery, node, NULL, "answer");
	snprintf(publisher->birth_topic, sizeof(publisher->birth_topic), "%s/status",
		 mqtt->discovery_prefix);
}

static int create_connection(struct mqtt_publisher *publisher, struct error *err)
{
	const struct config_mqtt *mqtt = publisher->mqtt;
	const char *topics[PUBLISHER_TOPICS_MAX + 2];
	const struct mqtt_connection_config config = {
		.loop = publisher->config.loop,
		.boot_clock = publisher->config.boot_clock,
		.host = publisher->address.host,
		.port = publisher->address.port,
		.is_tls = publisher->address.is_tls,
		.tls_ca = mqtt->tls_ca,
		.tls_certificate = mqtt->tls_certificate,
		.tls_key = mqtt->tls_key,
		.client_id = publisher->client_id,
		.username = mqtt->username,
		.password_file = mqtt->password_file,
		.availability_topic = publisher->availability_topic,
		.subscriptions = topics,
		.on_online = on_online,
		.on_offline = on_offline,
		.on_acknowledged = on_acknowledged,
		.on_denied = on_denied,
		.on_message = publisher_on_message,
		.on_room = on_room,
		.arg = publisher,
	};

	publisher_list_topics(publisher, topics);
	return mqtt_connection_create(&config, &publisher->connection, err);
}

static int create_feed(struct mqtt_publisher *publisher, struct error *err)
{
	const struct history_feed_config config = {.history = publisher->config.history,
						   .name = "mqtt",
						   .window = HISTORY_WINDOW,
						   .publish = publish_history,
						   .arg = publisher};
	int ret;

	if (!publisher->mqtt->history || !publisher->config.history)
		return 0;
	ret = history_feed_create(&config, &publisher->feed, err);
	if (!ret)
		history_feed_add(publisher->feed, publisher->node);
	return ret;
}

static int create_parts(struct mqtt_publisher *publisher, struct error *err)
{
	struct mqtt_devices_config devices = {
		.discovery = publisher->discovery,
		.discovery_prefix = publisher->mqtt->discovery_prefix,
		.publish = publish_device,
		.on_changed = on_list_changed,
		.arg = publisher,
	};
	const struct mqtt_retained_config retained = {
		.clear = clear_topic, .on_changed = on_list_changed, .arg = publisher};
	int ret;

	publisher->index = json_object();
	publisher->offline = json_object();
	publisher->devices = mqtt_devices_create(&devices);
	devices.publish = publish_own;
	publisher->own = mqtt_devices_create(&devices);
	publisher->retained = mqtt_retained_create(&retained);
	if (!publisher->index || !publisher->offline || !publisher->devices || !publisher->own ||
	    !publisher->retained)
		return error_set(err, ERROR_NO_MEMORY, "cannot start publishing over MQTT: %s",
				 error_text(ERROR_NO_MEMORY));
	ret = publisher_open_list(publisher, err);
	if (ret)
		return ret;
	mqtt_retained_note(publisher->retained, publisher->availability_topic, "");
	mqtt_retained_note(publisher->retained, publisher->state_topic, "");
	ret = reading_table_subscribe(publisher->config.table, publisher_on_reading, publisher);
	if (ret)
		return error_set(err, ret,
				 "the table of readings has too many consumers: raise "
				 "TABLE_CONSUMERS_MAX and build again");
	ret = create_feed(publisher, err);
	return ret ? ret : create_connection(publisher, err);
}

static void on_nothing(void *arg)
{
	(void)arg;
}

int mqtt_publisher_create(const struct mqtt_publisher_config *config,
			  struct mqtt_publisher **ret_publisher, struct error *err)
{
	struct mqtt_publisher *publisher = calloc(1, sizeof(*publisher));
	int ret;

	if (!publisher)
		return error_set(err, ERROR_NO_MEMORY, "cannot start publishing over MQTT: %s",
				 error_text(ERROR_NO_MEMORY));
	publisher->config = *config;
	publisher->commands_left = PUBLISHER_COMMANDS_A_SECOND;
	publisher_init_duty(publisher);
	publisher->mqtt = &config->config->mqtt;
	publisher->node = config->config->cluster.node_id;
	STAILQ_INIT(&publisher->sensors);
	uv_timer_init(config->loop, &publisher->timer);
	uv_timer_init(config->loop, &publisher->birth);
	publisher->timer.data = publisher->birth.data = publisher;
	ret = config_mqtt_address(publisher->mqtt->url, &publisher->address);
	make_names(publisher);
	if (!ret)
		ret = create_parts(publisher, err);
	if (ret) {
		mqtt_publisher_close(publisher, on_nothing, NULL);
		return ret;
	}
	publisher_see_duty(publisher);
	uv_timer_start(&publisher->timer, on_tick, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *)&publisher->timer);
	*ret_publisher = publisher;
	return 0;
}

void publisher_part_closed(void *arg)
{
	struct mqtt_publisher *publisher = arg;

	if (--publisher->open_parts)
		return;
	publisher_free_sensors(publisher);
	mqtt_devices_destroy(publisher->devices);
	mqtt_devices_destroy(publisher->own);
	mqtt_retained_destroy(publisher->retained);
	json_decref(publisher->index);
	json_decref(publisher->offline);
	publisher->on_closed(publisher->closed_arg);
	free(publisher);
}

static void on_timer_closed(uv_handle_t *handle)
{
	publisher_part_closed(handle->data);
}

void mqtt_publisher_close(struct mqtt_publisher *publisher, void (*on_closed)(void *arg), void *arg)
{
	publisher->on_closed = on_closed;
	publisher->closed_arg = arg;
	reading_table_unsubscribe(publisher->config.table, publisher_on_reading, publisher);
	if (publisher->connection)
		publisher_see_duty(publisher);
	publisher_save_list(publisher);
	publisher->open_parts = 3u + (publisher->connection != NULL) + (publisher->list != NULL);
	uv_close((uv_handle_t *)&publisher->timer, on_timer_closed);
	uv_close((uv_handle_t *)&publisher->birth, on_timer_closed);
	mqtt_connection_close(publisher->connection, publisher_part_closed, publisher);
	document_close(publisher->list);
	history_feed_close(publisher->feed, publisher_part_closed, publisher);
	publisher->feed = NULL;
}

/* JSON */

static json_t *show_counters(const struct mqtt_publisher *publisher)
{
	const struct mqtt_connection_counters connection =
		mqtt_connection_counters(publisher->connection);
	const struct mqtt_devices_counters devices = mqtt_devices_counters(publisher->devices);
	const struct mqtt_devices_counters own = mqtt_devices_counters(publisher->own);
	struct history_feed_counters feed = {0};

	if (publisher->feed)
		feed = history_feed_counters(publisher->feed);
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
		"s:I, s:I}",
		"connected", (json_int_t)connection.connected, "failed",
		(json_int_t)connection.failed, "published", (json_int_t)connection.published,
		"bytes", (json_int_t)connection.bytes, "acknowledged",
		(json_int_t)connection.acknowledged, "denied", (json_int_t)connection.denied,
		"received", (json_int_t)connection.received, "dropped",
		(json_int_t)connection.dropped, "oversized", (json_int_t)connection.oversized,
		"devices", (json_int_t)(devices.devices + own.devices), "entities",
		(json_int_t)(devices.entities + own.entities), "discovery_messages",
		(json_int_t)(devices.messages + own.messages), "refused",
		(json_int_t)(devices.refused + publisher->sensors_refused + feed.nodes_refused +
			     mqtt_retained_refused(publisher->retained)),
		"commands", (json_int_t)publisher->commands, "commands_refused",
		(json_int_t)publisher->commands_refused, "births", (json_int_t)publisher->births,
		"history_sent", (json_int_t)feed.sent, "history_skipped", (json_int_t)feed.skipped);
}

json_t *mqtt_publisher_to_json(const struct mqtt_publisher *publisher)
{
	const struct config_mqtt *mqtt = publisher->mqtt;
	const char *version = publisher->version == 5 ? "5" : "3.1.1";

	return json_pack("{s:s, s:s?, s:s, s:s, s:s?, s:s, s:b, s:b, s:o}", "state",
			 publisher->is_online ? "online" : "offline", "reason",
			 *publisher->reason ? publisher->reason : NULL, "broker", mqtt->url,
			 "client_id", publisher->client_id, "protocol",
			 publisher->is_online ? version : NULL, "topic_prefix", mqtt->topic_prefix,
			 "discovery", (int)mqtt->discovery, "history", (int)mqtt->history,
			 "counters", show_counters(publisher));
}
