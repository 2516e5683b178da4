/*
 * The catalogue of the node's sensors (reading/catalogue.h) with its two files in the data folder:
 * labels.json has what the owner decided over the API, and descriptions.json the description of
 * each sensor so far, for `harvester history export`. Loop thread.
 */
#ifndef HARVESTER_DAEMON_DESCRIPTIONS_H
#define HARVESTER_DAEMON_DESCRIPTIONS_H

#include <jansson.h>
#include <uv.h>

struct config;
struct descriptions;
struct error;
struct reading_catalogue;
struct reading_intake;
struct reading_table;

struct descriptions_config {
	uv_loop_t *loop; /* borrowed, as all pointers, until descriptions_close() */
	const struct config *config;
	const char *data_folder;
	struct reading_table *table;
	struct reading_intake *intake; /* counts declarations that were refused */
	/* A warning for the plugin's author: what is wrong in its declaration. */
	void (*on_warning)(void *arg, const char *plugin, const char *text);
	void *arg;
};

/* Read labels.json, and show the table's sensors with their descriptions from now on. Problems of
 * the files are logged. ERROR_NO_MEMORY, ERROR_TOO_LARGE if the path is too long. */
int descriptions_create(const struct descriptions_config *config,
			struct descriptions **ret_descriptions, struct error *err);

/* Write what waits, and free the descriptions on a later turn of the loop. NULL is allowed. */
void descriptions_close(struct descriptions *descriptions);

/* Borrowed until descriptions_close(). */
struct reading_catalogue *descriptions_catalogue(const struct descriptions *descriptions);

/* on_described() of struct plugin_events (plugin/plugin.h). */
void descriptions_take(struct descriptions *descriptions, const char *plugin, const json_t *fields,
		       const char *failure);

/*
 * The units of the fields of the sensor "NODE:SENSOR", {"temperature": "°C"}, as it is described
 * now, or was last if it is gone. The caller owns the object; NULL if no unit is known.
 */
json_t *descriptions_units(const struct descriptions *descriptions, const char *sensor_id);

/* The owner's decision over the API: reading_catalogue_patch() for the sensor "NODE:SENSOR", which
 * the table has, stored on disk. Also ERROR_NOT_FOUND. */
int descriptions_patch(struct descriptions *descriptions, const char *sensor_id,
		       const json_t *patch, struct error *err);

#endif
