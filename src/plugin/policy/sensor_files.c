#include "plugin/policy/sensor_files.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"
#include "plugin/discovery/source.h"
#include "plugin/policy/trusted_folder.h"

#define FOLDER "sensors"
#define SUFFIX ".json"

/* One file that is being written on the thread pool. */
struct writing {
	uv_work_t work;
	struct sensor_files *files;
	char plugin[PLUGIN_NAME_SIZE];
	char *text; /* owned; NULL: remove the file */
	struct error err;
};

struct sensor_files {
	struct trusted_folder folder;
	struct sensor_files_events events;
	uv_loop_t *loop;
	uv_timer_t timer;
	json_t *changed;     /* owned: an object of nulls by plugin */
	unsigned open_parts; /* the timer and the write under way */
	bool is_writing, is_closing;
};

static void destroy_when_closed(struct sensor_files *files)
{
	if (--files->open_parts)
		return;
	trusted_folder_close(&files->folder);
	json_decref(files->changed);
	free(files);
}

/* Writing */

static void fill(struct writing *writing, const char *plugin)
{
	const struct sensor_files_events *events = &writing->files->events;
	json_t *saved = events->save(events->arg, plugin);

	snprintf(writing->plugin, sizeof(writing->plugin), "%s", plugin);
	writing->text = saved ? json_dumps(saved, JSON_INDENT(2)) : NULL;
	json_decref(saved);
}

static void write_one(struct writing *writing)
{
	const struct trusted_folder *folder = &writing->files->folder;
	int ret;

	if (writing->text)
		trusted_folder_write(folder, writing->plugin, SUFFIX, writing->text, &writing->err);
	else if ((ret = trusted_folder_remove(folder, writing->plugin, SUFFIX, &writing->err)) ==
		 ERROR_NOT_FOUND)
		writing->err.code = 0;
}

static void finish(struct writing *writing)
{
	if (writing->err.code)
		log_warning("broker",
			    "cannot save which sensors belong to plugin %s, so another plugin may "
			    "take them after a restart: %s",
			    writing->plugin, writing->err.text);
	free(writing->text);
}

static void run(uv_work_t *work)
{
	write_one(work->data);
}

static void start(struct sensor_files *files);
static void end(struct sensor_files *files);

static void written(uv_work_t *work, int status)
{
	struct writing *writing = work->data;
	struct sensor_files *files = writing->files;

	(void)status; /* the work is never cancelled */
	finish(writing);
	free(writing);
	files->is_writing = false;
	if (files->is_closing)
		end(files);
	else
		start(files);
	destroy_when_closed(files);
}

/* Start to write the next changed file, unless one is being written. */
static void start(struct sensor_files *files)
{
	const char *plugin = json_object_iter_key(json_object_iter(files->changed));
	struct writing *writing = plugin && !files->is_writing ? calloc(1, sizeof(*writing)) : NULL;

	if (!writing)
		return;
	writing->files = files;
	writing->work.data = writing;
	fill(writing, plugin);
	if (uv_queue_work(files->loop, &writing->work, run, written)) {
		free(writing->text);
		free(writing);
		return;
	}
	json_object_del(files->changed, plugin);
	files->is_writing = true;
	files->open_parts++;
}

static void time_has_come(uv_timer_t *timer)
{
	start(timer->data);
}

void sensor_files_change(struct sensor_files *files, const char *plugin)
{
	json_object_set_new(files->changed, plugin, json_null());
	if (!uv_is_active((uv_handle_t *)&files->timer))
		uv_timer_start(&files->timer, time_has_come, SENSOR_FILES_WAIT_MS, 0);
}

/* Reading */

static void read_one(struct sensor_files *files, const char *plugin)
{
	struct error err = {0};
	struct buffer text;
	json_t *saved;

	if (trusted_folder_read(&files->folder, plugin, SUFFIX, &text, &err)) {
		log_warning("broker",
			    "cannot read which sensors belong to plugin %s, so they are free until "
			    "it reports them again: %s, ignoring",
			    plugin, err.text);
		return;
	}
	saved = json_loadb(text.data ? text.data : "", text.size, 0, NULL);
	if (!json_is_object(saved))
		log_warning("broker",
			    "%s/%s%s is not a JSON object, so the plugin's sensors are free until "
			    "it reports them again, ignoring",
			    files->folder.path, plugin, SUFFIX);
	files->events.load(files->events.arg, plugin, saved);
	json_decref(saved);
	buffer_finish(&text);
}

static int read_all(struct sensor_files *files, struct error *err)
{
	DIR *folder = opendir(files->folder.path);
	const struct dirent *entry;
	char plugin[PLUGIN_NAME_SIZE];

	if (!folder)
		return error_set(err, ERROR_SYSTEM,
				 "cannot read the folder %s, which says which sensors belong to "
				 "which plugin (check its mode and owner)",
				 files->folder.path);
	for (unsigned i = 0; (entry = readdir(folder)) && i < SENSOR_FILES_MAX;) {
		size_t size = strlen(entry->d_name), end = strlen(SUFFIX);

		if (size <= end || size - end >= sizeof(plugin) || entry->d_name[0] == '.' ||
		    strcmp(entry->d_name + size - end, SUFFIX) != 0)
			continue;
		snprintf(plugin, sizeof(plugin), "%.*s", (int)(size - end), entry->d_name);
		read_one(files, plugin);
		i++;
	}
	closedir(folder);
	return 0;
}

/* Life */

int sensor_files_open(uv_loop_t *loop, const char *data_folder,
		      const struct sensor_files_events *events, struct sensor_files **ret_files,
		      struct error *err)
{
	struct sensor_files *files = calloc(1, sizeof(*files));
	int ret;

	if (!files)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading which sensors belong to plugins; "
				 "this machine needs more free memory");
	ret = trusted_folder_open(data_folder, FOLDER, &files->folder, err);
	if (ret) {
		free(files);
		return ret;
	}
	files->loop = loop;
	files->changed = json_object();
	files->events = *events;
	ret = files->changed ? read_all(files, err)
			     : error_set(err, ERROR_NO_MEMORY,
					 "out of memory while reading which sensors belong to "
					 "plugins; this machine needs more free memory");
	uv_timer_init(loop, &files->timer);
	files->timer.data = files;
	files->open_parts = 1;
	if (ret)
		sensor_files_close(files);
	else
		*ret_files = files;
	return ret;
}

/* Write all remaining changes. Not while the thread pool writes, since that might be the same file.
 */
static void end(struct sensor_files *files)
{
	const char *plugin;
	json_t *value;

	json_object_foreach(files->changed, plugin, value)
	{
		struct writing writing = {.files = files};

		fill(&writing, plugin);
		write_one(&writing);
		finish(&writing);
	}
}

static void timer_closed(uv_handle_t *handle)
{
	destroy_when_closed(handle->data);
}

void sensor_files_close(struct sensor_files *files)
{
	if (!files)
		return;
	files->is_closing = true;
	if (!files->is_writing)
		end(files);
	uv_close((uv_handle_t *)&files->timer, timer_closed);
}
