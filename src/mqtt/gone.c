#include "mqtt/gone.h"

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

static void add(json_t *list, const char *id, const json_t *keys)
{
	json_t *known = json_object_get(list, id);

	if (known) {
		json_object_update(known, (json_t *)(uintptr_t)keys);
		return;
	}
	if (json_object_size(list) >= MQTT_GONE_MAX)
		json_object_del(list, json_object_iter_key(json_object_iter(list)));
	json_object_set_new(list, id, json_copy((json_t *)(uintptr_t)keys));
}

static void take_out(json_t *list, const char *id, const json_t *keys)
{
	json_t *known = json_object_get(list, id), *platform;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)keys, key, platform) json_object_del(known, key);
	if (known && !json_object_size(known))
		json_object_del(list, id);
}

void mqtt_gone_remember(struct mqtt_gone *gone, const char *id, const json_t *keys, bool is_told)
{
	json_object_del(gone->tokens, id);
	add(gone->all, id, keys);
	if (!is_told)
		add(gone->untold, id, keys);
}

void mqtt_gone_forget(struct mqtt_gone *gone, const char *id, const json_t *keys)
{
	take_out(gone->all, id, keys);
	take_out(gone->untold, id, keys);
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

const char *mqtt_gone_next(struct mqtt_gone *gone, const json_t **ret_keys)
{
	void *first = json_object_iter(gone->untold);

	if (!first) {
		gone->is_born = false;
		return NULL;
	}
	*ret_keys = json_object_iter_value(first);
	return json_object_iter_key(first);
}

void mqtt_gone_told(struct mqtt_gone *gone, const char *id, uint64_t token)
{
	if (gone->is_born)
		json_object_set_new(gone->tokens, id, json_integer((json_int_t)token));
	json_object_del(gone->untold, id); /* last: `id` may be its */
}

bool mqtt_gone_acknowledged(struct mqtt_gone *gone, uint64_t token)
{
	const char *id;
	json_t *value;
	void *next;

	json_object_foreach_safe(gone->tokens, next, id, value)
	{
		if ((uint64_t)json_integer_value(value) != token)
			continue;
		json_object_del(gone->all, id);
		json_object_del(gone->tokens, id);
		return true;
	}
	return false;
}

void mqtt_gone_load(struct mqtt_gone *gone, const json_t *saved)
{
	const char *id;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)saved, id, value)
	{
		if (mqtt_device_is_id(id) && json_object_size(gone->all) < MQTT_GONE_MAX)
			json_object_set_new(gone->all, id, mqtt_device_check_keys(value));
	}
}
