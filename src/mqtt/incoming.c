/*
 * What comes in: commands, as far as the configuration allows them, and the message by which Home
 * Assistant says that it has started. Each command gets an answer on a topic; what it contains is
 * checked like a request of the API.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "mqtt/internal.h"

/* Home Assistant's own advice: a random delay, so that not everybody answers at once. */
#define BIRTH_DELAY_MS_MIN 500
#define BIRTH_DELAY_MS_MAX 5000
#define ID_MAX 64

struct incoming {
	const char *name;
	size_t allowed; /* offset of the key in struct config_mqtt */
};

static const struct incoming commands[] = {
	{"buzzer", offsetof(struct config_mqtt, allow_buzzer)},
	{"fan", offsetof(struct config_mqtt, allow_fan)},
	{"leds", offsetof(struct config_mqtt, allow_leds)},
	{"reload", offsetof(struct config_mqtt, allow_reload)},
	{"approve", offsetof(struct config_mqtt, allow_approve)},
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))
_Static_assert(COMMANDS <= PUBLISHER_TOPICS_MAX, "a topic each");

static bool is_allowed(const struct mqtt_publisher *publisher, const struct incoming *command)
{
	return *(const bool *)((const char *)publisher->mqtt + command->allowed);
}

void publisher_list_topics(struct mqtt_publisher *publisher,
			   const char *ret_topics[PUBLISHER_TOPICS_MAX + 2])
{
	size_t count = 0;
	char word[32];

	for (size_t i = 0; i < COMMANDS; i++) {
		snprintf(word, sizeof(word), "command/%s", commands[i].name);
		discovery_topic(publisher->command_topics[i], &publisher->discovery,
				publisher->node, NULL, word);
		if (is_allowed(publisher, &commands[i]))
			ret_topics[count++] = publisher->command_topics[i];
	}
	if (publisher->mqtt->discovery)
		ret_topics[count++] = publisher->birth_topic;
	ret_topics[count] = NULL;
}

/* The birth of Home Assistant */

static void on_birth_time(uv_timer_t *timer)
{
	struct mqtt_publisher *publisher = timer->data;

	mqtt_devices_born(publisher->devices);
	mqtt_devices_born(publisher->own);
	publisher_dirty_all(publisher);
	mqtt_devices_pump(publisher->own);
	mqtt_devices_pump(publisher->devices);
	publisher_pump_states(publisher);
}

void publisher_end_birth(struct mqtt_publisher *publisher)
{
	uv_timer_stop(&publisher->birth);
	mqtt_devices_left(publisher->devices);
	mqtt_devices_left(publisher->own);
}

static void note_birth(struct mqtt_publisher *publisher, const char *payload)
{
	uint64_t delay_ms =
		BIRTH_DELAY_MS_MIN + randombytes_uniform(BIRTH_DELAY_MS_MAX - BIRTH_DELAY_MS_MIN);

	if (!strcmp(payload, "offline"))
		publisher_end_birth(publisher);
	if (strcmp(payload, "online") != 0)
		return;
	publisher->births++;
	/* Several in a row are one. */
	if (!uv_is_active((uv_handle_t *)&publisher->birth))
		uv_timer_start(&publisher->birth, on_birth_time, delay_ms, 0);
}

/* Commands */

static void answer(struct mqtt_publisher *publisher, const char *name, const json_t *body, int ret,
		   const struct error *err, json_t *result)
{
	const char *id = json_string_value(json_object_get(body, "id"));
	json_t *object = json_pack("{s:s, s:b}", "command", name, "ok", ret == 0);
	char *text;

	if (id && strlen(id) <= ID_MAX)
		json_object_set(object, "id", json_object_get(body, "id"));
	if (ret)
		json_object_set_new(object, "error", json_string(err->text));
	if (result)
		json_object_set(object, "result", result);
	text = json_text(object);
	if (text)
		publisher_send(publisher, &(struct mqtt_message){.topic = publisher->answer_topic,
								 .payload = text,
								 .size = strlen(text)});
	free(text);
	json_decref(object);
}

static int parse(const char *payload, size_t size, json_t **ret_body, struct error *err)
{
	json_error_t place;
	json_t *body;

	if (!size || !strcmp(payload, "PRESS"))
		body = json_object();
	else
		body = json_loadb(payload, size, JSON_REJECT_DUPLICATES, &place);
	if (!json_is_object(body)) {
		json_decref(body);
		return error_set(err, ERROR_MALFORMED,
				 "a command is a JSON object, such as {\"pattern\": \"single\"}, "
				 "of at most %d bytes",
				 MQTT_MESSAGE_MAX);
	}
	*ret_body = body;
	return 0;
}

static void run(struct mqtt_publisher *publisher, const char *name, const char *payload,
		size_t size)
{
	const struct mqtt_publisher_config *config = &publisher->config;
	json_t *body = NULL, *result = NULL;
	struct error err = {0};
	int ret = 0;

	if (!publisher->commands_left)
		ret = error_set(&err, ERROR_BUSY,
				"more than %d commands came over MQTT within a second: send this "
				"one again later",
				PUBLISHER_COMMANDS_A_SECOND);
	else
		publisher->commands_left--;
	if (!ret)
		ret = parse(payload, size, &body, &err);
	if (!ret)
		ret = config->command(config->command_arg, name, body, &result, &err);
	publisher->commands++;
	publisher->commands_refused += ret != 0;
	answer(publisher, name, body, ret, &err, result);
	json_decref(body);
	json_decref(result);
}

void publisher_on_message(void *arg, const char *topic, const char *payload, size_t size)
{
	struct mqtt_publisher *publisher = arg;

	if (!strcmp(topic, publisher->birth_topic)) {
		note_birth(publisher, payload);
		return;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!strcmp(topic, publisher->command_topics[i]) &&
		    is_allowed(publisher, &commands[i]))
			run(publisher, commands[i].name, payload, size);
	}
}
