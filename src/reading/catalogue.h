/*
 * What is known about the sensors and their fields: what plugins declared, what other nodes sent,
 * and what the owner decided, in the configuration or over the API. From all of it comes the
 * description of a sensor, which everything that shows readings uses.
 *
 * A description is a JSON object with these members, each only if it is known:
 *
 * - "name" and "room": texts for people (unit/label.h).
 * - "order": where the sensor stands among the others, 0..9999. "hidden": true.
 * - "namesake": "NODE:SENSOR" of another sensor that has this name in this room.
 * - "main": the name of the field that matters most.
 * - "fields": an object with an object for each field, as in reading/declaration.h, and "shown":
 *   {"unit": "°F", "factor": 1.8, "offset": 32.0} if the owner chose another unit to see: the shown
 *   value is factor * value + offset. Data, history and metrics keep the field's own "unit".
 *
 * Of two sources the later one of this list counts, member by member: the plugin's declaration for
 * all its sensors, that for this sensor (of another node: the description that it sent), the API,
 * the configuration.
 *
 * Loop thread.
 */
#ifndef HARVESTER_READING_CATALOGUE_H
#define HARVESTER_READING_CATALOGUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct error;
struct reading;
struct reading_catalogue;

#define CATALOGUE_LABELS_MAX 1024 /* sensors that the API has described */
#define CATALOGUE_ROOMS_MAX 128	  /* different rooms among them */
/* Bytes of a description as JSON text. Of a larger one, "fields" is left out. */
#define CATALOGUE_TEXT_MAX 8192
/* Sensors of other nodes: as many as the table of a hub has. */
#define CATALOGUE_REMOTE_MAX 16384

struct reading_catalogue_events {
	/* Some description has changed. */
	void (*on_changed)(void *arg);
	void *arg; /* borrowed */
};

/* `config` is borrowed; `events` is copied. NULL if memory runs out. */
struct reading_catalogue *reading_catalogue_create(const struct config *config,
						   const struct reading_catalogue_events *events);
void reading_catalogue_destroy(struct reading_catalogue *catalogue); /* NULL is allowed */

/* So many sensors are described again and again; 1,024 if this is not called. */
void reading_catalogue_expect(struct reading_catalogue *catalogue, size_t sensors);

/* The configuration has changed. */
void reading_catalogue_configure(struct reading_catalogue *catalogue);

/*
 * A plugin of this node declared its fields: the result of declaration_read(), borrowed. What the
 * plugin declared before is forgotten. NULL: it declares nothing.
 */
void reading_catalogue_declare(struct reading_catalogue *catalogue, const char *plugin,
			       const json_t *sensors);

/* What all plugins declare: {"dht22": {"": {"temperature": {…}}}}, by plugin, sensor ("" for all)
 * and field. Borrowed. */
const json_t *reading_catalogue_declared(const struct reading_catalogue *catalogue);

/*
 * Another node sent the descriptions of its sensors: {"dht22": {…}, …}, borrowed. What it sent
 * before is forgotten. Members that are wrong are left out; *ret_refused is the number of them.
 * ERROR_MALFORMED if it is no object, ERROR_TOO_LARGE if there are more than CATALOGUE_REMOTE_MAX
 * sensors of all nodes.
 */
int reading_catalogue_learn(struct reading_catalogue *catalogue, const char *node,
			    const json_t *sensors, size_t *ret_refused, struct error *err);

/*
 * The owner decided about a sensor, over the API. `patch` is an object with some of "name", "room",
 * "order", "hidden", "main" and "fields" ({"temperature": {"name", "shown_unit", "decimals"}});
 * null takes a decision back. ERROR_INVALID with the member and what is wrong; ERROR_EXISTS if
 * another sensor has this name in this room; ERROR_BUSY if the configuration decides about this
 * member; ERROR_TOO_LARGE if there are too many sensors or rooms. On failure nothing has changed.
 */
int reading_catalogue_patch(struct reading_catalogue *catalogue, const char *node,
			    const char *sensor, const json_t *patch, struct error *err);

/* Which sensors have a namesake: the result of reading_namesakes(), of which this takes ownership.
 * Calls on_changed() if that differs from before. */
void reading_catalogue_set_namesakes(struct reading_catalogue *catalogue, json_t *namesakes);

/*
 * What the API has decided so far, to be stored: {":dht22": {…}, "cellar:dht22": {…}}. Sensors of
 * this node are stored without its name, which may be another one at the next start. The caller
 * owns it; NULL if memory runs out.
 */
json_t *reading_catalogue_labels(const struct reading_catalogue *catalogue);

/* Restore what was stored. Parts that are wrong are left out; returns the number of them. */
size_t reading_catalogue_load(struct reading_catalogue *catalogue, const json_t *labels);

/* The description of a reading's sensor, borrowed until the catalogue changes; never NULL. */
const json_t *reading_catalogue_describe(struct reading_catalogue *catalogue,
					 const struct reading *reading);

/* The same as JSON text; never NULL. */
const char *reading_catalogue_text(struct reading_catalogue *catalogue,
				   const struct reading *reading);

/* The description of a field, borrowed likewise; NULL if nothing is known about it. */
const json_t *reading_catalogue_field(struct reading_catalogue *catalogue,
				      const struct reading *reading, const char *field);

/* {"temperature": "°C", …} for those fields of a reading whose units are known. `description` may
 * be NULL. The caller owns the object; NULL if memory runs out. */
json_t *reading_units(const struct reading *reading, const json_t *description);

#endif
