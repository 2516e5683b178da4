/*
 * What the sensors of a node mean, over restarts: the catalogue (reading/catalogue.h) and its two
 * files in the data folder. The node creates this object, tells it what plugins declare, and what
 * owners decide over the API.
 *
 * labels.json holds the owners' decisions. descriptions.json holds the last description of each
 * sensor, also of sensors that are gone; `harvester history export` reads it.
 *
 * Call all functions on the loop thread. The callbacks are called there too.
 */
#ifndef HARVESTER_STORE_DESCRIPTIONS_H
#define HARVESTER_STORE_DESCRIPTIONS_H

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
	/*
	 * Called with a text for the log if one of the files cannot be read or written, also after
	 * descriptions_close(), until the last write has ended.
	 */
	void (*on_problem)(void *arg, const char *text);
	/* Called with a text for the plugin's author: what is wrong in its declaration. */
	void (*on_warning)(void *arg, const char *plugin, const char *text);
	void *arg;
};

/*
 * Read the files, and show the table's sensors with their descriptions from now on. A file that
 * cannot be read goes to on_problem(), and counts as empty. The caller owns *ret_descriptions and
 * ends it with descriptions_close(). ERROR_NO_MEMORY; ERROR_TOO_LARGE if the path is too long.
 */
int descriptions_create(const struct descriptions_config *config,
			struct descriptions **ret_descriptions, struct error *err);

/*
 * Write what waits, and free the object on a later turn of the loop. `descriptions` may be NULL.
 */
void descriptions_close(struct descriptions *descriptions);

/* The catalogue, borrowed until descriptions_close(). */
struct reading_catalogue *descriptions_catalogue(const struct descriptions *descriptions);

/*
 * Take what a plugin declared: `fields` (borrowed) is what its describe() returned, and NULL if it
 * has none or failed. `failure` is the error with which describe() failed; NULL if it did not.
 * Declarations that are wrong are left out, counted, and reported by on_warning().
 */
void descriptions_take(struct descriptions *descriptions, const char *plugin, const json_t *fields,
		       const char *failure);

/* What the plugin said of itself when it was loaded last (declaration_about()): borrowed until the
 * next descriptions_take(). NULL if it said nothing. */
const char *descriptions_about(const struct descriptions *descriptions, const char *plugin);

/*
 * The units of the fields of the sensor "NODE:SENSOR", {"temperature": "°C"}, as it is described
 * now, or was last if it is gone. The caller owns the object; NULL if no unit is known.
 */
json_t *descriptions_units(const struct descriptions *descriptions, const char *sensor_id);

/*
 * Apply the owner's decision about the sensor "NODE:SENSOR" with reading_catalogue_patch(), and
 * write it to labels.json. `patch` is borrowed. The errors of reading_catalogue_patch(), and
 * ERROR_NOT_FOUND if the table has no such sensor.
 */
int descriptions_patch(struct descriptions *descriptions, const char *sensor_id,
		       const json_t *patch, struct error *err);

#endif
