/* The list of devices on the disk, DATA/mqtt.json. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/durable_file.h"
#include "base/json_text.h"
#include "mqtt/internal.h"

#define FILE_NAME "mqtt.json"

struct saving {
	uv_work_t work;
	struct mqtt_publisher *publisher;
	char path[PATH_MAX];
	char *text; /* owned */
	struct error err;
};

static void save_text(uv_work_t *work)
{
	struct saving *saving = work->data;

	durable_file_replace_path(saving->path, saving->text, strlen(saving->text), &saving->err);
}

static void on_saved(uv_work_t *work, int status)
{
	struct saving *saving = work->data;
	struct mqtt_publisher *publisher = saving->publisher;

	(void)status;
	if (saving->err.code)
		publisher->config.on_noted(publisher->config.arg, LOG_WARNING, saving->err.text);
	publisher->is_saving = false;
	free(saving->text);
	free(saving);
	publisher_part_closed(publisher);
}

void publisher_save_list(struct mqtt_publisher *publisher)
{
	struct saving *saving;
	json_t *list;

	if (!publisher->is_changed || publisher->is_saving)
		return;
	saving = calloc(1, sizeof(*saving));
	if (!saving)
		return; /* the next tick */
	list = mqtt_devices_save(publisher->devices);
	saving->text = json_text(list);
	json_decref(list);
	saving->publisher = publisher;
	saving->work.data = saving;
	snprintf(saving->path, sizeof(saving->path), "%s/" FILE_NAME,
		 publisher->config.data_folder);
	if (!saving->text ||
	    uv_queue_work(publisher->config.loop, &saving->work, save_text, on_saved)) {
		free(saving->text);
		free(saving);
		return;
	}
	publisher->is_changed = false;
	publisher->is_saving = true;
	publisher->open_parts++;
}

void publisher_load_list(struct mqtt_publisher *publisher)
{
	char path[PATH_MAX];
	struct error err = {0};
	struct buffer text;
	json_t *saved;
	int ret;

	snprintf(path, sizeof(path), "%s/" FILE_NAME, publisher->config.data_folder);
	ret = buffer_read_file(&text, path, MQTT_DEVICES_FILE_MAX, &err);
	if (ret == ERROR_NOT_FOUND)
		return;
	saved = ret ? NULL : json_loadb(text.data ? text.data : "", text.size, 0, NULL);
	if (!saved)
		publisher->config.on_noted(publisher->config.arg, LOG_WARNING,
					   "cannot read " FILE_NAME
					   " in the data folder, starting with an empty list: "
					   "entities that vanished meanwhile stay in Home "
					   "Assistant until somebody deletes them there");
	else
		mqtt_devices_load(publisher->devices, saved);
	json_decref(saved);
	if (!ret)
		buffer_finish(&text);
}
