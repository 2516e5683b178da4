#include "mqtt/retained.h"

#include <stdlib.h>
#include <string.h>

#include "mqtt/topic.h"

struct mqtt_retained {
	struct mqtt_retained_config config;
	json_t *topics; /* owned: {topic: owner}, those in use */
	json_t *unseen; /* owned: {topic: true}, those of them that were loaded and not noted */
	json_t *gone;	/* owned: {topic: token of the message that clears it; 0: not sent} */
	uint64_t next_token, refused;
};

struct mqtt_retained *mqtt_retained_create(const struct mqtt_retained_config *config)
{
	struct mqtt_retained *retained = calloc(1, sizeof(*retained));

	if (!retained)
		return NULL;
	retained->config = *config;
	retained->topics = json_object();
	retained->unseen = json_object();
	retained->gone = json_object();
	retained->next_token = 1;
	if (retained->topics && retained->unseen && retained->gone)
		return retained;
	mqtt_retained_destroy(retained);
	return NULL;
}

void mqtt_retained_destroy(struct mqtt_retained *retained)
{
	if (!retained)
		return;
	json_decref(retained->topics);
	json_decref(retained->unseen);
	json_decref(retained->gone);
	free(retained);
}

static bool has_room(const struct mqtt_retained *retained)
{
	return json_object_size(retained->topics) + json_object_size(retained->gone) <
	       MQTT_RETAINED_MAX;
}

void mqtt_retained_note(struct mqtt_retained *retained, const char *topic, const char *owner)
{
	const json_t *known = json_object_get(retained->topics, topic);

	json_object_del(retained->unseen, topic);
	json_object_del(retained->gone, topic);
	if (known && !strcmp(json_string_value(known), owner))
		return;
	if (!known && !has_room(retained)) {
		retained->refused++;
		return;
	}
	json_object_set_new(retained->topics, topic, json_string(owner));
	retained->config.on_changed(retained->config.arg);
}

void mqtt_retained_remove(struct mqtt_retained *retained, const char *topic)
{
	if (json_object_del(retained->topics, topic))
		return;
	json_object_set_new(retained->gone, topic, json_integer(0));
	json_object_del(retained->unseen, topic); /* last: `topic` may be its */
	retained->config.on_changed(retained->config.arg);
}

void mqtt_retained_remove_unseen(struct mqtt_retained *retained,
				 bool (*is_gone)(void *arg, const char *owner), void *arg)
{
	const char *topic;
	json_t *value;
	void *next;

	json_object_foreach_safe(retained->unseen, next, topic, value)
	{
		if (is_gone(arg, json_string_value(json_object_get(retained->topics, topic))))
			mqtt_retained_remove(retained, topic);
	}
}

void mqtt_retained_online(struct mqtt_retained *retained)
{
	const char *topic;
	json_t *token;

	json_object_foreach(retained->gone, topic, token) json_integer_set(token, 0);
}

void mqtt_retained_pump(struct mqtt_retained *retained)
{
	const struct mqtt_retained_config *config = &retained->config;
	const char *topic;
	json_t *token;

	json_object_foreach(retained->gone, topic, token)
	{
		if (json_integer_value(token))
			continue;
		if (config->clear(config->arg, topic, retained->next_token))
			return;
		json_integer_set(token, (json_int_t)retained->next_token++);
	}
}

void mqtt_retained_acknowledged(struct mqtt_retained *retained, uint64_t token)
{
	const char *topic;
	json_t *value;

	json_object_foreach(retained->gone, topic, value)
	{
		if ((uint64_t)json_integer_value(value) != token)
			continue;
		json_object_del(retained->gone, topic);
		retained->config.on_changed(retained->config.arg);
		return;
	}
}

uint64_t mqtt_retained_refused(const struct mqtt_retained *retained)
{
	return retained->refused;
}

/* On the disk */

json_t *mqtt_retained_save(const struct mqtt_retained *retained)
{
	json_t *gone = json_array(), *token;
	const char *topic;

	json_object_foreach(retained->gone, topic, token)
		json_array_append_new(gone, json_string(topic));
	return json_pack("{s:O, s:o}", "topics", retained->topics, "gone", gone);
}

static bool is_topic(const char *text)
{
	return text && *text && strlen(text) < TOPIC_SIZE && !strpbrk(text, "+#");
}

void mqtt_retained_load(struct mqtt_retained *retained, const json_t *saved)
{
	const char *topic;
	json_t *value;
	size_t i;

	json_object_foreach(json_object_get(saved, "topics"), topic, value)
	{
		if (!is_topic(topic) || !json_is_string(value) || !has_room(retained))
			continue;
		json_object_set(retained->topics, topic, value);
		json_object_set_new(retained->unseen, topic, json_true());
	}
	json_array_foreach(json_object_get(saved, "gone"), i, value)
	{
		topic = json_string_value(value);
		if (is_topic(topic) && !json_object_get(retained->topics, topic) &&
		    has_room(retained))
			json_object_set_new(retained->gone, topic, json_integer(0));
	}
}
