/*
 * Whose sensor is whose, kept in DATA/sensors: a file a plugin, written on the pool some seconds
 * after the first change, since plugins name their sensors once in a life. Loop thread.
 */
#ifndef HARVESTER_DAEMON_SENSOR_FILES_H
#define HARVESTER_DAEMON_SENSOR_FILES_H

#include <stdbool.h>
#include <uv.h>

struct error;
struct reading_owners;
struct sensor_files;

#define SENSOR_FILES_WAIT_MS 2000

/*
 * Open the folder and read what was kept; that blocks. A file that cannot be read is logged and
 * left out. `is_installed` as in reading/owners.h. ERROR_INVALID where somebody else may write to
 * the folder, ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int sensor_files_open(uv_loop_t *loop, const char *data_folder,
		      bool (*is_installed)(void *arg, const char *plugin), void *arg,
		      struct sensor_files **ret_files, struct error *err);

/* Borrowed until the close. */
struct reading_owners *sensor_files_owners(struct sensor_files *files);

/* Write what is not written yet; that blocks. The memory ends in later turns. NULL is allowed. */
void sensor_files_close(struct sensor_files *files);

#endif
