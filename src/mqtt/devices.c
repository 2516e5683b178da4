#include "mqtt/devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/error.h"
#include "base/json_text.h"
#include "mqtt/device.h"
#include "mqtt/gone.h"

#define TOPIC_MAX (TOPIC_ID_SIZE + 128)

TAILQ_HEAD(device_list, mqtt_device);

struct mqtt_devices {
	struct mqtt_devices_config config;
	struct device_list list;
	json_t *index; /* owned: {id: address of the device} */
	size_t count;
	struct mqtt_gone gone;
	uint64_t next_token, messages, refused;
};

/* The list */

static struct mqtt_device *find(const struct mqtt_devices *devices, const char *id)
{
	return (struct mqtt_device *)(uintptr_t)json_integer_value(
		json_object_get(devices->index, id));
}

static void destroy_device(struct mqtt_devices *devices, struct mqtt_device *device)
{
	TAILQ_REMOVE(&devices->list, device, link);
	json_object_del(devices->index, device->id);
	devices->count--;
	mqtt_device_destroy(device);
}

static struct mqtt_device *add(struct mqtt_devices *devices, const char *id)
{
	struct mqtt_device *device =
		devices->count < MQTT_DEVICES_MAX ? mqtt_device_create(id) : NULL;

	if (!device)
		return NULL;
	TAILQ_INSERT_TAIL(&devices->list, device, link);
	devices->count++;
	json_object_set_new(devices->index, id, json_integer((json_int_t)(uintptr_t)device));
	return device;
}

struct mqtt_devices *mqtt_devices_create(const struct mqtt_devices_config *config)
{
	struct mqtt_devices *devices = calloc(1, sizeof(*devices));

	if (!devices)
		return NULL;
	devices->config = *config;
	TAILQ_INIT(&devices->list);
	devices->index = json_object();
	devices->next_token = 1;
	if (!mqtt_gone_init(&devices->gone) && devices->index)
		return devices;
	mqtt_devices_destroy(devices);
	return NULL;
}

void mqtt_devices_destroy(struct mqtt_devices *devices)
{
	struct mqtt_device *device;

	if (!devices)
		return;
	while ((device = TAILQ_FIRST(&devices->list)))
		destroy_device(devices, device);
	json_decref(devices->index);
	mqtt_gone_finish(&devices->gone);
	free(devices);
}

/* What has changed */

static void on_changed(struct mqtt_devices *devices)
{
	devices->config.on_changed(devices->config.arg);
}

static void replace(struct mqtt_devices *devices, struct mqtt_device *device, char *text,
		    json_t *keys)
{
	const bool is_changed = !json_equal(device->keys, keys);
	json_t *missing = mqtt_device_replace(device, text, keys);

	if (json_object_size(missing))
		mqtt_gone_remember(&devices->gone, device->id, missing, device->is_told);
	mqtt_gone_forget(&devices->gone, device->id, keys);
	json_decref(missing);
	if (is_changed)
		on_changed(devices);
}

int mqtt_devices_set(struct mqtt_devices *devices, const char *id, const char *owner,
		     const json_t *config)
{
	struct mqtt_device *device = find(devices, id);
	char *text = json_text(config);

	if (!text)
		return ERROR_NO_MEMORY;
	if (!device)
		device = add(devices, id);
	if (!device) {
		devices->refused++;
		free(text);
		return ERROR_TOO_LARGE;
	}
	device->is_unseen = device->is_gone = false;
	snprintf(device->owner, sizeof(device->owner), "%s", owner);
	if (device->text && !strcmp(device->text, text)) {
		free(text);
		return 0;
	}
	replace(devices, device, text, discovery_keys(config));
	return 0;
}

void mqtt_devices_remove(struct mqtt_devices *devices, const char *id)
{
	struct mqtt_device *device = find(devices, id);

	if (!device || device->is_gone)
		return;
	mqtt_device_remove(device);
	mqtt_gone_remember(&devices->gone, id, device->keys, device->is_told);
	on_changed(devices);
}

void mqtt_devices_remove_unseen(struct mqtt_devices *devices,
				bool (*is_gone)(void *arg, const char *owner), void *arg)
{
	struct mqtt_device *device;

	TAILQ_FOREACH(device, &devices->list, link)
	{
		if (device->is_unseen && is_gone(arg, device->owner))
			mqtt_devices_remove(devices, device->id);
	}
}

static void repeat_all(struct mqtt_devices *devices)
{
	struct mqtt_device *device;

	TAILQ_FOREACH(device, &devices->list, link)
	{
		device->is_pending = device->text || device->is_gone;
		device->is_told = false;
	}
}

void mqtt_devices_online(struct mqtt_devices *devices)
{
	repeat_all(devices);
	mqtt_gone_online(&devices->gone);
}

void mqtt_devices_born(struct mqtt_devices *devices)
{
	repeat_all(devices);
	mqtt_gone_born(&devices->gone);
}

void mqtt_devices_left(struct mqtt_devices *devices)
{
	mqtt_gone_left(&devices->gone);
}

/* Publishing */

static int publish(struct mqtt_devices *devices, const char *id, const char *text, uint64_t token)
{
	const struct mqtt_devices_config *config = &devices->config;
	char topic[TOPIC_MAX];
	int ret;

	snprintf(topic, sizeof(topic), "%s/device/%s/config", config->discovery_prefix, id);
	ret = config->publish(config->arg, topic, text, strlen(text), token);
	if (!ret)
		devices->messages++;
	return ret;
}

static int publish_step(struct mqtt_devices *devices, const char *id, json_t *config,
			const json_t *gone)
{
	char *text = mqtt_device_step(config, gone);
	int ret = text ? publish(devices, id, text, 0) : ERROR_NO_MEMORY;

	free(text);
	return ret;
}

static int publish_device(struct mqtt_devices *devices, struct mqtt_device *device)
{
	json_t *config;
	int ret = 0;

	if (json_object_size(device->gone)) {
		config = json_loads(device->text, 0, NULL);
		ret = publish_step(devices, device->id, config, device->gone);
		json_decref(config);
	}
	if (!ret)
		ret = publish(devices, device->id, device->text ? device->text : "",
			      devices->next_token);
	if (ret)
		return ret;
	device->token = devices->next_token++;
	device->is_pending = false;
	return 0;
}

/* The current configuration with the entities of `gone` besides; takes ownership of `gone`. */
static json_t *add_to_current(const struct mqtt_device *device, json_t *gone)
{
	json_t *config = json_loads(device->text, 0, NULL);

	json_object_update(json_object_get(config, "cmps"), json_object_get(gone, "cmps"));
	json_decref(gone);
	return config;
}

/* Let Home Assistant find what is gone, and take it away. */
static int publish_gone(struct mqtt_devices *devices, const char *name, const char *id,
			const json_t *keys)
{
	const struct mqtt_device *device = find(devices, id);
	bool is_empty = !device || !device->text;
	json_t *config = discovery_of_gone(&devices->config.discovery, id, keys);
	char *text;
	int ret;

	if (!is_empty)
		config = add_to_current(device, config);
	text = json_text(config);
	ret = text ? publish(devices, id, text, 0) : ERROR_NO_MEMORY;
	if (!ret)
		ret = publish_step(devices, id, config, keys);
	if (!ret)
		ret = publish(devices, id, is_empty ? "" : device->text, devices->next_token);
	if (!ret)
		mqtt_gone_told(&devices->gone, name, devices->next_token++);
	free(text);
	json_decref(config);
	return ret;
}

static int publish_all_gone(struct mqtt_devices *devices)
{
	const json_t *keys;
	char id[TOPIC_ID_SIZE];
	const char *name;
	int ret = 0;

	while (!ret && (name = mqtt_gone_next(&devices->gone, id, &keys)))
		ret = publish_gone(devices, name, id, keys);
	return ret;
}

void mqtt_devices_pump(struct mqtt_devices *devices)
{
	struct mqtt_device *device;

	/* First what is gone: the configurations that follow on the same topics are the newer. */
	if (publish_all_gone(devices))
		return;
	TAILQ_FOREACH(device, &devices->list, link)
	{
		if (device->is_pending && publish_device(devices, device))
			return;
	}
}

void mqtt_devices_acknowledged(struct mqtt_devices *devices, uint64_t token)
{
	struct mqtt_device *device;

	if (mqtt_gone_acknowledged(&devices->gone, token)) {
		on_changed(devices);
		return;
	}
	TAILQ_FOREACH(device, &devices->list, link)
	{
		if (device->token != token)
			continue;
		device->token = 0;
		if (device->is_pending) /* it has changed since */
			return;
		mqtt_device_settle(device);
		if (device->is_gone) {
			destroy_device(devices, device);
			on_changed(devices);
		}
		return;
	}
}

struct mqtt_devices_counters mqtt_devices_counters(const struct mqtt_devices *devices)
{
	struct mqtt_devices_counters counters = {.messages = devices->messages,
						 .refused = devices->refused,
						 .gone = json_object_size(devices->gone.all)};
	const struct mqtt_device *device;

	TAILQ_FOREACH(device, &devices->list, link)
	{
		counters.devices += device->text != NULL;
		counters.entities += device->text ? json_object_size(device->keys) : 0;
	}
	return counters;
}

/* On the disk */

json_t *mqtt_devices_save(const struct mqtt_devices *devices)
{
	json_t *list = json_object();
	const struct mqtt_device *device;

	TAILQ_FOREACH(device, &devices->list, link)
	json_object_set_new(list, device->id, mqtt_device_save(device));
	return json_pack("{s:o, s:O}", "devices", list, "gone", devices->gone.all);
}

void mqtt_devices_load(struct mqtt_devices *devices, const json_t *saved)
{
	struct mqtt_device *device;
	const char *id;
	json_t *value;

	json_object_foreach(json_object_get(saved, "devices"), id, value)
	{
		device = mqtt_device_is_id(id) && !find(devices, id) ? add(devices, id) : NULL;
		if (device)
			mqtt_device_load(device, value);
	}
	mqtt_gone_load(&devices->gone, json_object_get(saved, "gone"));
}
