/*
 * Keeps on disk which sensor belongs to which plugin: one file per plugin in DATA/sensors. Changes
 * are rare (a plugin names its sensors once, at its first poll), so a file is written on the thread
 * pool some seconds after the first change. Loop thread.
 */
#ifndef HARVESTER_DAEMON_SENSOR_FILES_H
#define HARVESTER_DAEMON_SENSOR_FILES_H

#include <stdbool.h>
#include <uv.h>

struct error;
struct reading_owners;
struct sensor_files;

#define SENSOR_FILES_WAIT_MS 2000 /* from the first change until it is written */

/*
 * Open the folder and read its files; blocks on the disk. If a file cannot be read, log a warning
 * and ignore it. is_installed(arg, plugin) is called as described in reading/owners.h.
 * ERROR_INVALID if another user may write to the folder; ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int sensor_files_open(uv_loop_t *loop, const char *data_folder,
		      bool (*is_installed)(void *arg, const char *plugin), void *arg,
		      struct sensor_files **ret_files, struct error *err);

/* Borrowed until sensor_files_close(). */
struct reading_owners *sensor_files_owners(struct sensor_files *files);

/*
 * Write the changes that are not on the disk yet (blocks), and destroy the owners. Frees itself on
 * later turns of the loop. NULL is allowed.
 */
void sensor_files_close(struct sensor_files *files);

#endif
