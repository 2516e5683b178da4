/*
 * A reading: what one sensor of one node measured at one time. Immutable and reference-counted.
 *
 * One thread at a time, since jansson counts the references to the values inside without locks: the
 * loop thread, or before that the thread that makes the reading (readings_from_json()).
 */
#ifndef HARVESTER_READING_READING_H
#define HARVESTER_READING_READING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "reading/limits.h"

struct error;

struct reading {
	unsigned references;
	char node[READING_NAME_MAX + 1];
	char sensor[READING_NAME_MAX + 1];
	char plugin[READING_NAME_MAX + 1]; /* that measured it; "" in readings of other nodes */
	uint64_t timestamp_ms;		   /* Unix time of the measurement */
	bool simulated;			   /* the plugin used a simulated device for it */
	json_t *data; /* owned, never changed: an object of fields; a failed field is null */
	char *text;   /* owned: `data` as JSON text, which is made only once */
	size_t text_size;
};

/* What readings_from_json() replaced in a poll's result to make it acceptable. */
struct reading_notes {
	unsigned left_out;	       /* values replaced with null: they had control characters */
	unsigned moved;		       /* timestamps replaced with the time of arrival */
	char text[READING_ERROR_SIZE]; /* describes the first of them, and the remedy; or "" */
};

/* The origin of a reading; all pointers are borrowed for the call. */
struct reading_source {
	const char *node;
	const char *plugin;
	uint64_t now_ms; /* Unix time of arrival; used if a record has no valid timestamp */
	bool simulated;
	const char *absent; /* why the broker returned NaN to the plugin; NULL or "": no NaN */
	struct reading_notes *notes; /* adds what was replaced; may be NULL */
};

/*
 * Convert the result of a poll to readings: an object, an array of objects, or null (no reading).
 *
 * - "-" in the name of a field becomes "_".
 * - The field `sensor_id` is the sensor's name; without it, the plugin's name is. The field
 *   `timestamp_ms` is the time; without it, source->now_ms is. `data` contains neither field.
 * - A time more than READING_BEHIND_MS before now_ms or READING_AHEAD_MS after it becomes now_ms.
 * - A number that is not finite, {"not_finite": "nan"|"inf"|"-inf"}, becomes null, and the field
 *   "error" gives the reason; so does a string with control characters.
 * - A number from a 32-bit float becomes the shortest decimal that gives the same float.
 *
 * Any thread: uses nothing but its arguments. The readings pass the checks of check.h.
 * *ret_readings is a new array of *ret_count references: the caller calls reading_unref() for each
 * and free() for the array; NULL if there are none. ERROR_MALFORMED, with the place ("reading 2,
 * field x: …"), also for a reserved sensor name; ERROR_TOO_LARGE; ERROR_NO_MEMORY.
 */
int readings_from_json(const json_t *value, const struct reading_source *source,
		       struct reading ***ret_readings, size_t *ret_count, struct error *err);

/*
 * The reading of a failed poll: it has the fields of `last` (may be NULL), all null; "error" is the
 * cleaned text, and "last_good_ms" is the Unix time of the last reading without an error, or null
 * if it is 0. The caller releases it with reading_unref(); NULL if memory runs out.
 */
struct reading *reading_create_failed(const struct reading_source *source, const char *sensor,
				      const struct reading *last, uint64_t last_good_ms,
				      const char *text);

struct reading *reading_ref(struct reading *reading);
void reading_unref(struct reading *reading); /* NULL is allowed */

/* {"sensor_id": "node:sensor", "timestamp_ms": n, "data": {…}, "simulated": true}; "simulated" only
 * if it is true. The caller owns the object; NULL if memory runs out. */
json_t *reading_to_json(const struct reading *reading);

#endif
