#include "mqtt/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"

struct mqtt_device *mqtt_device_create(const char *id)
{
	struct mqtt_device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	snprintf(device->id, sizeof(device->id), "%s", id);
	device->keys = json_object();
	device->gone = json_object();
	if (device->keys && device->gone)
		return device;
	mqtt_device_destroy(device);
	return NULL;
}

void mqtt_device_destroy(struct mqtt_device *device)
{
	json_decref(device->keys);
	json_decref(device->gone);
	free(device->text);
	free(device);
}

json_t *mqtt_device_replace(struct mqtt_device *device, char *text, json_t *keys)
{
	json_t *missing = json_object(), *platform;
	const char *key;

	free(device->text);
	device->text = text;
	device->is_pending = true;
	json_object_foreach(device->keys, key, platform)
	{
		if (!json_equal(json_object_get(keys, key), platform))
			json_object_set(missing, key, platform);
	}
	json_object_update(device->gone, missing);
	json_object_foreach(keys, key, platform)
	{
		if (json_equal(json_object_get(device->gone, key), platform))
			json_object_del(device->gone, key);
	}
	json_decref(device->keys);
	device->keys = keys;
	return missing;
}

void mqtt_device_remove(struct mqtt_device *device)
{
	device->is_gone = device->is_pending = true;
	device->is_unseen = false;
	free(device->text);
	device->text = NULL;
	json_object_update_missing(device->keys, device->gone);
	json_object_clear(device->gone);
}

char *mqtt_device_step(json_t *config, const json_t *gone)
{
	json_t *components = json_object_get(config, "cmps"), *platform;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)gone, key, platform)
		json_object_set_new(components, key, json_pack("{s:O}", "p", platform));
	return json_text(config);
}

void mqtt_device_settle(struct mqtt_device *device)
{
	json_object_clear(device->gone);
	device->is_told = true;
}

json_t *mqtt_device_save(const struct mqtt_device *device)
{
	return json_pack("{s:s, s:O, s:O, s:b}", "owner", device->owner, "keys", device->keys,
			 "out", device->gone, "gone", (int)device->is_gone);
}

bool mqtt_device_is_id(const char *text)
{
	return strlen(text) < TOPIC_ID_SIZE && *text &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-_")];
}

json_t *mqtt_device_check_keys(const json_t *keys)
{
	json_t *checked = json_object(), *platform;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)keys, key, platform)
	{
		if (mqtt_device_is_id(key) && json_is_string(platform))
			json_object_set(checked, key, platform);
	}
	return checked;
}

void mqtt_device_load(struct mqtt_device *device, const json_t *saved)
{
	const char *owner = json_string_value(json_object_get(saved, "owner"));

	snprintf(device->owner, sizeof(device->owner), "%s", owner ? owner : "");
	json_decref(device->keys);
	json_decref(device->gone);
	device->keys = mqtt_device_check_keys(json_object_get(saved, "keys"));
	device->gone = mqtt_device_check_keys(json_object_get(saved, "out"));
	device->is_gone = json_is_true(json_object_get(saved, "gone"));
	device->is_unseen = !device->is_gone;
}
