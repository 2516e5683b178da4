#include "mqtt/connection.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mqtt/internal.h"

/* Memory */

static void free_lists(struct mqtt_connection *connection)
{
	struct mqtt_event *event;

	mqtt_waiting_clear(&connection->waiting);
	while ((event = STAILQ_FIRST(&connection->events))) {
		STAILQ_REMOVE_HEAD(&connection->events, link);
		free(event);
	}
}

static void destroy(struct mqtt_connection *connection)
{
	free_lists(connection);
	for (size_t i = 0; i < sizeof(connection->texts) / sizeof(*connection->texts); i++)
		free(connection->texts[i]);
	for (size_t i = 0; connection->topics && connection->topics[i]; i++)
		free(connection->topics[i]);
	free(connection->topics);
	if (connection->wake >= 0)
		close(connection->wake);
	uv_cond_destroy(&connection->woken);
	uv_mutex_destroy(&connection->lock);
	free(connection);
}

void mqtt_connection_unref(struct mqtt_connection *connection)
{
	unsigned left;

	uv_mutex_lock(&connection->lock);
	left = --connection->references;
	uv_mutex_unlock(&connection->lock);
	if (!left)
		destroy(connection);
}

/* From the thread to the loop */

static bool is_one_too_many(struct mqtt_connection *connection, enum mqtt_event_kind kind)
{
	if (kind != MQTT_EVENT_MESSAGE)
		return false;
	if (connection->incoming >= MQTT_INCOMING_MAX) {
		connection->counters.dropped++;
		return true;
	}
	connection->incoming++;
	return false;
}

void mqtt_connection_report(struct mqtt_connection *connection,
			    const struct mqtt_event_report *report)
{
	size_t text_size = report->text ? strlen(report->text) + 1 : 1;
	struct mqtt_event *event = calloc(1, sizeof(*event) + text_size + report->size + 1);

	if (!event)
		return;
	event->kind = report->kind;
	event->version = report->version;
	event->token = report->token;
	event->size = report->size;
	memcpy(event->text, report->text ? report->text : "", text_size);
	event->payload = event->text + text_size;
	if (report->size)
		memcpy(event->text + text_size, report->payload, report->size);
	uv_mutex_lock(&connection->lock);
	if (connection->is_detached || is_one_too_many(connection, event->kind)) {
		free(event);
	} else {
		STAILQ_INSERT_TAIL(&connection->events, event, link);
		uv_async_send(&connection->news);
	}
	uv_mutex_unlock(&connection->lock);
}

static void pause_thread(struct mqtt_connection *connection, uint64_t pause_ms)
{
	uint64_t wait_ms = pause_ms / 2 + randombytes_uniform((uint32_t)(pause_ms / 2));
	uint64_t end_ns = uv_hrtime() + wait_ms * 1000000, now_ns;

	uv_mutex_lock(&connection->lock);
	while (!connection->is_stopping && (now_ns = uv_hrtime()) < end_ns)
		uv_cond_timedwait(&connection->woken, &connection->lock, end_ns - now_ns);
	uv_mutex_unlock(&connection->lock);
}

static bool is_stopping(struct mqtt_connection *connection)
{
	bool result;

	uv_mutex_lock(&connection->lock);
	result = connection->is_stopping;
	uv_mutex_unlock(&connection->lock);
	return result;
}

/* The connection has ended; returns the pause before the next attempt. What could not be published
 * is its owner's to publish again. */
static uint64_t end_session(struct mqtt_connection *connection, bool was_accepted,
			    const struct error *reason, uint64_t pause_ms)
{
	uv_mutex_lock(&connection->lock);
	connection->is_accepted = false;
	connection->counters.failed++;
	mqtt_waiting_clear(&connection->waiting);
	uv_mutex_unlock(&connection->lock);
	mqtt_connection_report(connection, &(struct mqtt_event_report){.kind = MQTT_EVENT_OFFLINE,
								       .text = reason->text});
	if (was_accepted && connection->past.short_lives < 2)
		return MQTT_PAUSE_MS;
	return pause_ms * 2 > MQTT_PAUSE_MS_MAX ? MQTT_PAUSE_MS_MAX : pause_ms * 2;
}

static void run(void *arg)
{
	struct mqtt_connection *connection = arg;
	uint64_t pause_ms = MQTT_PAUSE_MS / 2;

	while (!is_stopping(connection)) {
		struct error reason = {0};
		bool was_accepted = mqtt_session_run(connection, &reason);

		if (is_stopping(connection))
			break;
		pause_ms = end_session(connection, was_accepted, &reason, pause_ms);
		pause_thread(connection, pause_ms);
	}
	mqtt_connection_report(connection, &(struct mqtt_event_report){.kind = MQTT_EVENT_ENDED});
	mqtt_connection_unref(connection);
}

/* The loop's side */

static void on_handle_closed(uv_handle_t *handle)
{
	struct mqtt_connection *connection = handle->data;

	if (--connection->open_handles)
		return;
	if (connection->on_closed)
		connection->on_closed(connection->closed_arg);
	mqtt_connection_unref(connection);
}

/* The thread has ended, or is not waited for any longer. */
static void detach(struct mqtt_connection *connection)
{
	bool was_detached;

	uv_mutex_lock(&connection->lock);
	was_detached = connection->is_detached;
	connection->is_detached = true;
	uv_mutex_unlock(&connection->lock);
	if (was_detached)
		return;
	uv_close((uv_handle_t *)&connection->news, on_handle_closed);
	uv_close((uv_handle_t *)&connection->patience, on_handle_closed);
}

static void deliver(struct mqtt_connection *connection, const struct mqtt_event *event)
{
	const struct mqtt_connection_config *config = &connection->config;

	if (event->kind == MQTT_EVENT_ENDED)
		detach(connection);
	else if (connection->is_stopping) /* only the loop sets it */
		return;
	else if (event->kind == MQTT_EVENT_ONLINE)
		config->on_online(config->arg, event->version);
	else if (event->kind == MQTT_EVENT_OFFLINE)
		config->on_offline(config->arg, event->text);
	else if (event->kind == MQTT_EVENT_ACKNOWLEDGED)
		config->on_acknowledged(config->arg, event->token);
	else if (event->kind == MQTT_EVENT_DENIED)
		config->on_denied(config->arg, event->text);
	else
		config->on_message(config->arg, event->text, event->payload, event->size);
}

static bool take_room(struct mqtt_connection *connection)
{
	bool has_room;

	uv_mutex_lock(&connection->lock);
	has_room = connection->is_accepted && mqtt_waiting_take_room(&connection->waiting);
	uv_mutex_unlock(&connection->lock);
	return has_room;
}

static void on_news(uv_async_t *handle)
{
	struct mqtt_connection *connection = handle->data;
	struct mqtt_event_list events = STAILQ_HEAD_INITIALIZER(events);
	struct mqtt_event *event;

	uv_mutex_lock(&connection->lock);
	STAILQ_CONCAT(&events, &connection->events);
	connection->incoming = 0;
	uv_mutex_unlock(&connection->lock);
	while ((event = STAILQ_FIRST(&events))) {
		STAILQ_REMOVE_HEAD(&events, link);
		deliver(connection, event);
		free(event);
	}
	if (!connection->is_stopping && take_room(connection))
		connection->config.on_room(connection->config.arg);
}

static void wake_thread(const struct mqtt_connection *connection)
{
	const uint64_t one = 1;

	/* It fails only if the counter is full, and then the thread is awake. */
	if (write(connection->wake, &one, sizeof(one)) < 0)
		return;
}

int mqtt_connection_publish(struct mqtt_connection *connection, const struct mqtt_message *message)
{
	struct mqtt_outgoing *copy;
	int ret;

	if (message->size > MQTT_WAITING_BYTES_MAX)
		return ERROR_TOO_LARGE;
	copy = mqtt_outgoing_create(message);
	if (!copy)
		return ERROR_NO_MEMORY;
	uv_mutex_lock(&connection->lock);
	ret = connection->is_accepted ? mqtt_waiting_add(&connection->waiting, copy) : ERROR_CLOSED;
	uv_mutex_unlock(&connection->lock);
	if (ret)
		free(copy);
	else
		wake_thread(connection);
	return ret;
}

void mqtt_connection_allow_for_all(struct mqtt_connection *connection, uint64_t until_ns)
{
	uv_mutex_lock(&connection->lock);
	mqtt_waiting_allow_for_all(&connection->waiting, until_ns);
	uv_mutex_unlock(&connection->lock);
}

struct mqtt_connection_counters mqtt_connection_counters(const struct mqtt_connection *connection)
{
	struct mqtt_connection *locked = (struct mqtt_connection *)(uintptr_t)connection;
	struct mqtt_connection_counters counters;

	uv_mutex_lock(&locked->lock);
	counters = connection->counters;
	uv_mutex_unlock(&locked->lock);
	return counters;
}

/* Life */

/* Copies of the strings; whoever frees `connection` frees them. */
static int copy_config(struct mqtt_connection *connection)
{
	struct mqtt_connection_config *config = &connection->config;
	const char **texts[] = {&config->host,
				&config->tls_ca,
				&config->tls_certificate,
				&config->tls_key,
				&config->client_id,
				&config->username,
				&config->password_file,
				&config->availability_topic};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!*texts[i])
			continue;
		connection->texts[i] = strdup(*texts[i]);
		if (!connection->texts[i])
			return ERROR_NO_MEMORY;
		*texts[i] = connection->texts[i];
	}
	while (config->subscriptions && config->subscriptions[count])
		count++;
	connection->topics = calloc(count + 1, sizeof(*connection->topics));
	if (!connection->topics)
		return ERROR_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		connection->topics[i] = strdup(config->subscriptions[i]);
		if (!connection->topics[i])
			return ERROR_NO_MEMORY;
	}
	config->subscriptions = (const char *const *)connection->topics;
	return 0;
}

static int start_thread(struct mqtt_connection *connection, struct error *err)
{
	uv_thread_t thread;
	int ret;

	connection->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (connection->wake < 0)
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"cannot make an eventfd for the MQTT connection (close other programs)");
	connection->references++;
	ret = uv_thread_create(&thread, run, connection);
	if (ret) {
		connection->references--;
		return error_set(
			err, ERROR_SYSTEM,
			"cannot start the thread of the MQTT connection: %s (close other programs)",
			uv_strerror(ret));
	}
	/* Nobody joins it: it may wait for a name, and the node may not wait with it. */
	pthread_detach(thread);
	return 0;
}

static void init(struct mqtt_connection *connection, const struct mqtt_connection_config *config)
{
	connection->config = *config;
	connection->references = 1;
	connection->wake = -1;
	connection->past.version = 5;
	mqtt_waiting_init(&connection->waiting);
	STAILQ_INIT(&connection->events);
	uv_mutex_init(&connection->lock);
	uv_cond_init(&connection->woken);
	uv_async_init(config->loop, &connection->news, on_news);
	uv_timer_init(config->loop, &connection->patience);
	connection->news.data = connection->patience.data = connection;
	connection->open_handles = 2;
}

int mqtt_connection_create(const struct mqtt_connection_config *config,
			   struct mqtt_connection **ret_connection, struct error *err)
{
	struct mqtt_connection *connection = calloc(1, sizeof(*connection));
	int ret;

	if (!connection)
		return error_set(err, ERROR_NO_MEMORY, "cannot open the MQTT connection: %s",
				 error_text(ERROR_NO_MEMORY));
	init(connection, config);
	ret = copy_config(connection);
	if (ret)
		error_set(err, ret, "cannot open the MQTT connection: %s", error_text(ret));
	else
		ret = start_thread(connection, err);
	if (ret) {
		detach(connection);
		return ret;
	}
	uv_unref((uv_handle_t *)&connection->news);
	*ret_connection = connection;
	return 0;
}

static void on_impatient(uv_timer_t *timer)
{
	detach(timer->data);
}

void mqtt_connection_close(struct mqtt_connection *connection, void (*on_closed)(void *arg),
			   void *arg)
{
	if (!connection)
		return;
	connection->on_closed = on_closed;
	connection->closed_arg = arg;
	uv_mutex_lock(&connection->lock);
	connection->is_stopping = true;
	uv_cond_signal(&connection->woken);
	uv_mutex_unlock(&connection->lock);
	wake_thread(connection);
	uv_timer_start(&connection->patience, on_impatient, MQTT_CLOSE_MS, 0);
}
