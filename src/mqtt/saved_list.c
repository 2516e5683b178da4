/* The devices and the retained topics on the disk, DATA/mqtt.json. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "mqtt/internal.h"
#include "store/document.h"

static void on_problem(void *arg, const char *text)
{
	const struct mqtt_publisher_config *config = &((struct mqtt_publisher *)arg)->config;

	config->on_noted(config->arg, LOG_WARNING, text);
}

static void move(json_t *from, json_t *to, const char *key)
{
	json_object_set(to, key, json_object_get(from, key));
	json_object_del(from, key);
}

/* An earlier version had this node's device among the others; there it would be removed. */
static void separate_own(const struct mqtt_publisher *publisher, json_t *saved)
{
	json_t *devices = json_object_get(saved, "devices"), *gone = json_object_get(saved, "gone");
	json_t *own = json_object(), *own_gone = json_object(), *value;
	char id[TOPIC_ID_SIZE];
	const char *name;
	void *next;

	discovery_device_id(id, publisher->node, NULL);
	if (json_object_get(devices, id))
		move(devices, own, id);
	json_object_foreach_safe(gone, next, name, value)
	{
		if (strcspn(name, " ") == strlen(id) && !strncmp(name, id, strlen(id)))
			move(gone, own_gone, name);
	}
	json_object_set_new(saved, "own",
			    json_pack("{s:o, s:o}", "devices", own, "gone", own_gone));
}

int publisher_open_list(struct mqtt_publisher *publisher, struct error *err)
{
	char path[PATH_MAX];
	const struct document_config config = {
		.loop = publisher->config.loop,
		.path = path,
		.size_max = MQTT_DEVICES_FILE_MAX,
		.on_problem = on_problem,
		.on_closed = publisher_part_closed,
		.arg = publisher,
	};
	json_t *saved;
	int ret;

	snprintf(path, sizeof(path), "%s/mqtt.json", publisher->config.data_folder);
	ret = document_open(&config, &publisher->list, &saved, err);
	if (ret)
		return ret;
	if (saved && !json_object_get(saved, "own"))
		separate_own(publisher, saved);
	mqtt_devices_load(publisher->devices, saved);
	mqtt_devices_load(publisher->own, json_object_get(saved, "own"));
	mqtt_retained_load(publisher->retained, json_object_get(saved, "retained"));
	json_decref(saved);
	return 0;
}

void publisher_save_list(struct mqtt_publisher *publisher)
{
	json_t *saved;

	if (!publisher->is_changed)
		return;
	publisher->is_changed = false;
	saved = mqtt_devices_save(publisher->devices);
	json_object_set_new(saved, "own", mqtt_devices_save(publisher->own));
	json_object_set_new(saved, "retained", mqtt_retained_save(publisher->retained));
	document_write(publisher->list, saved);
}
