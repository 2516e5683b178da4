/* The devices and the retained topics on the disk, DATA/mqtt.json. */
#include <limits.h>
#include <stdio.h>

#include "mqtt/internal.h"
#include "store/document.h"

static void on_problem(void *arg, const char *text)
{
	const struct mqtt_publisher_config *config = &((struct mqtt_publisher *)arg)->config;

	config->on_noted(config->arg, LOG_WARNING, text);
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
	mqtt_devices_load(publisher->devices, saved);
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
	json_object_set_new(saved, "retained", mqtt_retained_save(publisher->retained));
	document_write(publisher->list, saved);
}
