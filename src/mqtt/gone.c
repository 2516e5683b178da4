#include "mqtt/gone.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "mqtt/device.h"

int mqtt_gone_init(struct mqtt_gone *gone)
{
	*gone = (struct mqtt_gone){json_object(), json_object(), json_object(), false};
	return gone->all && gone->untold && gone->tokens ? 0 : ERROR_NO_MEMORY;
}

void mqtt_gone_finish(struct mqtt_gone *gone)
{
	json_decref(gone->all);
	json_decref(gone->untold);
	json_decref(gone->tokens);
}

static void make_name(char ret_name[MQTT_GONE_NAME_SIZE], const char *id, const json_t *platform)
{
	snprintf(ret_name, MQTT_GONE_NAME_SIZE, "%s %s", id, json_string_value(platform));
}

static void add(json_t *list, const char *name, const char *key, json_t *platform)
{
	json_t *known = json_object_get(list, name);

	if (known) {
		json_object_set(known, key, platform);
		return;
	}
	if (json_object_size(list) >= MQTT_GONE_MAX)
		json_object_del(list, json_object_iter_key(json_object_iter(list)));
	json_object_set_new(list, name, json_pack("{s:O}", key, platform));
}

static void take_out(json_t *list, const char *name, const char *key)
{
	json_t *known = json_object_get(list, name);

	json_object_del(known, key);
	if (known && !json_object_size(known))
		json_object_del(list, name);
}

void mqtt_gone_remember(struct mqtt_gone *gone, const char *id, const json_t *keys, bool is_told)
{
	char name[MQTT_GONE_NAME_SIZE];
	const char *key;
	json_t *platform;

	json_object_foreach((json_t *)(uintptr_t)keys, key, platform)
	{
		make_name(name, id, platform);
		json_object_del(gone->tokens, name);
		add(gone->all, name, key, platform);
		if (!is_told)
			add(gone->untold, name, key, platform);
	}
}

void mqtt_gone_forget(struct mqtt_gone *gone, const char *id, const json_t *keys)
{
	char name[MQTT_GONE_NAME_SIZE];
	const char *key;
	json_t *platform;

	json_object_foreach((json_t *)(uintptr_t)keys, key, platform)
	{
		make_name(name, id, platform);
		take_out(gone->all, name, key);
		take_out(gone->untold, name, key);
	}
}

static void repeat_all(struct mqtt_gone *gone, bool is_born)
{
	gone->is_born = is_born;
	/* A deep copy: what goes from the one stays in the other. */
	json_decref(gone->untold);
	gone->untold = json_deep_copy(gone->all);
	json_object_clear(gone->tokens);
}

/* Home Assistant may have started while nobody heard it, or may be off: told, and not settled. */
void mqtt_gone_online(struct mqtt_gone *gone)
{
	repeat_all(gone, false);
}

void mqtt_gone_born(struct mqtt_gone *gone)
{
	repeat_all(gone, true);
}

/* What it was told since may not have reached it. */
void mqtt_gone_left(struct mqtt_gone *gone)
{
	gone->is_born = false;
	json_object_clear(gone->tokens);
}

const char *mqtt_gone_next(struct mqtt_gone *gone, char ret_id[TOPIC_ID_SIZE],
			   const json_t **ret_keys)
{
	void *first = json_object_iter(gone->untold);
	const char *name;

	if (!first) {
		gone->is_born = false;
		return NULL;
	}
	name = json_object_iter_key(first);
	snprintf(ret_id, TOPIC_ID_SIZE, "%.*s", (int)strcspn(name, " "), name);
	*ret_keys = json_object_iter_value(first);
	return name;
}

void mqtt_gone_told(struct mqtt_gone *gone, const char *name, uint64_t token)
{
	if (gone->is_born)
		json_object_set_new(gone->tokens, name, json_integer((json_int_t)token));
	json_object_del(gone->untold, name); /* last: `name` may be its */
}

bool mqtt_gone_acknowledged(struct mqtt_gone *gone, uint64_t token)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(gone->tokens, next, name, value)
	{
		if ((uint64_t)json_integer_value(value) != token)
			continue;
		json_object_del(gone->all, name);
		json_object_del(gone->tokens, name);
		return true;
	}
	return false;
}

/* A name without a platform is of an earlier version, with entities of several. */
void mqtt_gone_load(struct mqtt_gone *gone, const json_t *saved)
{
	char id[TOPIC_ID_SIZE + 1];
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)saved, name, value)
	{
		json_t *keys = mqtt_device_check_keys(value);

		snprintf(id, sizeof(id), "%.*s", (int)strcspn(name, " "), name);
		if (mqtt_device_is_id(id))
			mqtt_gone_remember(gone, id, keys, true);
		json_decref(keys);
	}
}
