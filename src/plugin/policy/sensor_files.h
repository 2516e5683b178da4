/*
 * Keeps on disk which sensor belongs to which plugin: one file per plugin in DATA/sensors. Changes
 * are rare (a plugin names its sensors once, at its first poll), so a file is written on the thread
 * pool some seconds after the first change. Loop thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_SENSOR_FILES_H
#define HARVESTER_PLUGIN_POLICY_SENSOR_FILES_H

#include <jansson.h>
#include <uv.h>

struct error;
struct sensor_files;

#define SENSOR_FILES_WAIT_MS 2000 /* from the first change until it is written */
#define SENSOR_FILES_MAX 1024	  /* files that are read; further ones are ignored */

struct sensor_files_events {
	/* The plugin's record, to be written; NULL: it has none, and its file is removed. The files
	 * release the object. Called until the last handle of the files has closed. */
	json_t *(*save)(void *arg, const char *plugin);
	/* A record that was read; NULL if its file is no JSON. `saved` is borrowed. */
	void (*load)(void *arg, const char *plugin, const json_t *saved);
	void *arg; /* borrowed */
};

/*
 * Open the folder and read its files; blocks on the disk. `events` is copied. If a file cannot be
 * read, log a warning and ignore it. ERROR_INVALID if another user may write to the folder;
 * ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int sensor_files_open(uv_loop_t *loop, const char *data_folder,
		      const struct sensor_files_events *events, struct sensor_files **ret_files,
		      struct error *err);

/* Write the record of this plugin soon, since it has changed. */
void sensor_files_change(struct sensor_files *files, const char *plugin);

/*
 * Write the changes that are not on the disk yet (blocks), and free `files` on a later turn of the
 * loop. NULL is allowed.
 */
void sensor_files_close(struct sensor_files *files);

#endif
