#include "mqtt/devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/error.h"
#include "base/json_text.h"

#define TOPIC_MAX (TOPIC_ID_SIZE + 128)

struct device {
	TAILQ_ENTRY(device) link;
	char id[TOPIC_ID_SIZE];
	char owner[READING_NAME_MAX + 2];
	char *text;	/* owned: the configuration; NULL: gone, or loaded and not seen yet */
	json_t *keys;	/* owned: {key: platform}, as the broker has it or will have it */
	json_t *gone;	/* owned: likewise, those to take out */
	uint64_t token; /* of the last message about it */
	bool is_pending;
	bool is_told;	/* Home Assistant, as far as it runs, has it as it is here */
	bool is_unseen; /* loaded */
	bool is_gone;
};

TAILQ_HEAD(device_list, device);

struct mqtt_devices {
	struct mqtt_devices_config config;
	struct device_list list;
	json_t *index; /* owned: {id: address of the device} */
	size_t count;
	json_t *gone;	     /* owned: {id: {key: platform}}, until Home Assistant starts */
	json_t *untold;	     /* owned: those of them that are to be told now */
	json_t *gone_tokens; /* owned: {id: token} of the last message, after a start */
	bool is_born;	     /* Home Assistant has started: what is told now is settled */
	uint64_t next_token, messages, refused;
};

/* The list */

static struct device *find(const struct mqtt_devices *devices, const char *id)
{
	return (struct device *)(uintptr_t)json_integer_value(json_object_get(devices->index, id));
}

static void destroy_device(struct mqtt_devices *devices, struct device *device)
{
	TAILQ_REMOVE(&devices->list, device, link);
	json_object_del(devices->index, device->id);
	devices->count--;
	json_decref(device->keys);
	json_decref(device->gone);
	free(device->text);
	free(device);
}

static struct device *add(struct mqtt_devices *devices, const char *id)
{
	struct device *device;

	if (devices->count >= MQTT_DEVICES_MAX)
		return NULL;
	device = calloc(1, sizeof(*device));
	if (!device)
		return NULL;
	snprintf(device->id, sizeof(device->id), "%s", id);
	device->keys = json_object();
	device->gone = json_object();
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
	devices->gone = json_object();
	devices->untold = json_object();
	devices->gone_tokens = json_object();
	devices->next_token = 1;
	if (devices->index && devices->gone && devices->untold && devices->gone_tokens)
		return devices;
	mqtt_devices_destroy(devices);
	return NULL;
}

void mqtt_devices_destroy(struct mqtt_devices *devices)
{
	struct device *device;

	if (!devices)
		return;
	while ((device = TAILQ_FIRST(&devices->list)))
		destroy_device(devices, device);
	json_decref(devices->index);
	json_decref(devices->gone);
	json_decref(devices->untold);
	json_decref(devices->gone_tokens);
	free(devices);
}

/* What has changed */

static void add_gone(json_t *list, const char *id, const json_t *keys)
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

/*
 * Remember that Home Assistant may have these entities when it starts. If it may have started since
 * it was told of them, it has to find them first.
 */
static void remember_gone(struct mqtt_devices *devices, const struct device *device,
			  const json_t *keys)
{
	json_object_del(devices->gone_tokens, device->id);
	add_gone(devices->gone, device->id, keys);
	if (!device->is_told)
		add_gone(devices->untold, device->id, keys);
}

/* An entity that is back is not gone. */
static void forget_gone(struct mqtt_devices *devices, const char *id, const json_t *keys)
{
	json_t *known = json_object_get(devices->gone, id), *platform;
	json_t *untold = json_object_get(devices->untold, id);
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)keys, key, platform)
	{
		json_object_del(known, key);
		json_object_del(untold, key);
	}
	if (known && !json_object_size(known))
		json_object_del(devices->gone, id);
}

/* The entities that are no more, or are of another platform, go in two steps. */
static void replace_keys(struct mqtt_devices *devices, struct device *device, json_t *keys)
{
	json_t *missing = json_object(), *platform;
	const char *key;

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
	if (json_object_size(missing))
		remember_gone(devices, device, missing);
	forget_gone(devices, device->id, keys);
	if (!json_equal(device->keys, keys))
		devices->config.on_changed(devices->config.arg);
	json_decref(missing);
	json_decref(device->keys);
	device->keys = keys;
}

int mqtt_devices_set(struct mqtt_devices *devices, const char *id, const char *owner,
		     const json_t *config)
{
	struct device *device = find(devices, id);
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
	free(device->text);
	device->text = text;
	device->is_pending = true;
	replace_keys(devices, device, discovery_keys(config));
	return 0;
}

void mqtt_devices_remove(struct mqtt_devices *devices, const char *id)
{
	struct device *device = find(devices, id);

	if (!device || device->is_gone)
		return;
	device->is_gone = device->is_pending = true;
	device->is_unseen = false;
	free(device->text);
	device->text = NULL;
	json_object_update(device->keys, device->gone);
	json_object_clear(device->gone);
	remember_gone(devices, device, device->keys);
	devices->config.on_changed(devices->config.arg);
}

void mqtt_devices_remove_unseen(struct mqtt_devices *devices,
				bool (*is_gone)(void *arg, const char *owner), void *arg)
{
	struct device *device;

	TAILQ_FOREACH(device, &devices->list, link)
	{
		if (device->is_unseen && is_gone(arg, device->owner))
			mqtt_devices_remove(devices, device->id);
	}
}

static void repeat_all(struct mqtt_devices *devices)
{
	struct device *device;

	TAILQ_FOREACH(device, &devices->list, link)
	{
		device->is_pending = device->text || device->is_gone;
		device->is_told = false;
	}
	/* A deep copy: what goes from the one stays in the other. */
	json_decref(devices->untold);
	devices->untold = json_deep_copy(devices->gone);
	json_object_clear(devices->gone_tokens);
}

/* Home Assistant may have started while nobody heard it, or may be off: told, and not settled. */
void mqtt_devices_online(struct mqtt_devices *devices)
{
	devices->is_born = false;
	repeat_all(devices);
}

void mqtt_devices_born(struct mqtt_devices *devices)
{
	devices->is_born = true;
	repeat_all(devices);
}

/* What it was told since may not have reached it. */
void mqtt_devices_left(struct mqtt_devices *devices)
{
	devices->is_born = false;
	json_object_clear(devices->gone_tokens);
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

/* Publish a configuration in which the entities `gone` are empty. */
static int publish_step(struct mqtt_devices *devices, const char *id, json_t *config,
			const json_t *gone)
{
	json_t *components = json_object_get(config, "cmps"), *platform;
	const char *key;
	char *text;
	int ret = ERROR_NO_MEMORY;

	json_object_foreach((json_t *)(uintptr_t)gone, key, platform)
		json_object_set_new(components, key, json_pack("{s:O}", "p", platform));
	text = json_text(config);
	if (text)
		ret = publish(devices, id, text, 0);
	free(text);
	return ret;
}

static int publish_device(struct mqtt_devices *devices, struct device *device)
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
static json_t *add_to_current(const struct device *device, json_t *gone)
{
	json_t *config = json_loads(device->text, 0, NULL);

	json_object_update(json_object_get(config, "cmps"), json_object_get(gone, "cmps"));
	json_decref(gone);
	return config;
}

/* Let Home Assistant find what is gone, and take it away. */
static int publish_gone(struct mqtt_devices *devices, const char *id, const json_t *keys)
{
	const struct device *device = find(devices, id);
	bool is_empty = !device || !device->text;
	uint64_t token = devices->is_born ? devices->next_token : 0;
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
		ret = publish(devices, id, is_empty ? "" : device->text, token);
	if (!ret && token)
		json_object_set_new(devices->gone_tokens, id,
				    json_integer((json_int_t)devices->next_token++));
	free(text);
	json_decref(config);
	return ret;
}

static int publish_all_gone(struct mqtt_devices *devices)
{
	const char *id;
	json_t *keys;
	void *next;
	int ret;

	json_object_foreach_safe(devices->untold, next, id, keys)
	{
		ret = publish_gone(devices, id, keys);
		if (ret)
			return ret;
		json_object_del(devices->untold, id);
	}
	devices->is_born = false;
	return 0;
}

/* Home Assistant has started, and was told: it knows no more of what is gone. */
static bool acknowledge_gone(struct mqtt_devices *devices, uint64_t token)
{
	const char *id;
	json_t *value;
	void *next;

	json_object_foreach_safe(devices->gone_tokens, next, id, value)
	{
		if ((uint64_t)json_integer_value(value) != token)
			continue;
		json_object_del(devices->gone, id);
		json_object_del(devices->gone_tokens, id);
		devices->config.on_changed(devices->config.arg);
		return true;
	}
	return false;
}

void mqtt_devices_pump(struct mqtt_devices *devices)
{
	struct device *device;

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
	struct device *device;

	if (acknowledge_gone(devices, token))
		return;
	TAILQ_FOREACH(device, &devices->list, link)
	{
		if (device->token != token)
			continue;
		device->token = 0;
		if (device->is_pending) /* it has changed since */
			return;
		json_object_clear(device->gone);
		device->is_told = true;
		if (device->is_gone) {
			destroy_device(devices, device);
			devices->config.on_changed(devices->config.arg);
		}
		return;
	}
}

struct mqtt_devices_counters mqtt_devices_counters(const struct mqtt_devices *devices)
{
	struct mqtt_devices_counters counters = {.messages = devices->messages,
						 .refused = devices->refused,
						 .gone = json_object_size(devices->gone)};
	const struct device *device;

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
	const struct device *device;

	TAILQ_FOREACH(device, &devices->list, link)
	json_object_set_new(list, device->id,
			    json_pack("{s:s, s:O, s:O, s:b}", "owner", device->owner, "keys",
				      device->keys, "out", device->gone, "gone",
				      (int)device->is_gone));
	return json_pack("{s:o, s:O}", "devices", list, "gone", devices->gone);
}

/* Ids and keys were made by topic_id(). */
static bool is_id(const char *text)
{
	return strlen(text) < TOPIC_ID_SIZE && *text &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-_")];
}

static json_t *check_keys(const json_t *keys)
{
	json_t *checked = json_object(), *platform;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)keys, key, platform)
	{
		if (is_id(key) && json_is_string(platform))
			json_object_set(checked, key, platform);
	}
	return checked;
}

static void load_device(struct mqtt_devices *devices, const char *id, const json_t *saved)
{
	struct device *device = is_id(id) && !find(devices, id) ? add(devices, id) : NULL;
	const char *owner;

	if (!device)
		return;
	owner = json_string_value(json_object_get(saved, "owner"));
	snprintf(device->owner, sizeof(device->owner), "%s", owner ? owner : "");
	json_decref(device->keys);
	json_decref(device->gone);
	device->keys = check_keys(json_object_get(saved, "keys"));
	device->gone = check_keys(json_object_get(saved, "out"));
	device->is_gone = json_is_true(json_object_get(saved, "gone"));
	device->is_unseen = !device->is_gone;
}

void mqtt_devices_load(struct mqtt_devices *devices, const json_t *saved)
{
	const char *id;
	json_t *value;

	json_object_foreach(json_object_get(saved, "devices"), id, value)
		load_device(devices, id, value);
	json_object_foreach(json_object_get(saved, "gone"), id, value)
	{
		json_t *keys = check_keys(value);

		if (is_id(id) && json_object_size(devices->gone) < MQTT_GONE_MAX)
			json_object_set(devices->gone, id, keys);
		json_decref(keys);
	}
}
