/*
 * A reading: what one sensor of one node measured at one time. A reading never changes, and is
 * reference-counted.
 *
 * One thread at a time may use a reading, since jansson counts references without locks. The thread
 * that makes the reading may be any; afterwards only the loop thread uses it.
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

/* Notes: what readings_from_json() replaced in a poll's result to make it acceptable. */
struct reading_notes {
	unsigned left_out; /* values replaced with null, since they had control characters */
	unsigned moved;	   /* timestamps replaced with the time of arrival */
	char text[READING_ERROR_SIZE]; /* describes the first replacement and what to change; "":
					  none */
};

/* The origin of a reading. All pointers are borrowed for the call. */
struct reading_source {
	const char *node;
	const char *plugin;
	uint64_t now_ms; /* Unix time of arrival; used if a record has no valid timestamp */
	bool simulated;
	const char *absent; /* why the broker returned NaN to the plugin; NULL or "": no NaN */
	struct reading_notes *notes; /* receives what was replaced; may be NULL */
};

/*
 * Convert the result of a poll to readings: an object, an array of objects, or null (no reading).
 *
 * - "-" in the name of a field becomes "_".
 * - The field `sensor_id` is the sensor's name; without it, the plugin's name is. The field
 *   `timestamp_ms` is the time; without it, source->now_ms is. `data` contains neither field.
 * - A time more than READING_BEHIND_MS before now_ms, or READING_AHEAD_MS after it, becomes now_ms.
 * - A number that is not finite, {"not_finite": "nan"|"inf"|"-inf"}, becomes null, and so does a
 *   string with control characters. The field "error" then gives the reason.
 * - A number from a 32-bit float becomes the shortest decimal that gives the same float.
 *
 * Any thread. The readings pass the checks of check.h. The caller frees the array *ret_readings
 * with free(), and each of its *ret_count readings with reading_unref(). *ret_readings is NULL if
 * there are none.
 * - ERROR_MALFORMED: the value cannot become a reading; the text names the place ("reading 2, field
 *   x: …"). A reserved sensor name counts too.
 * - ERROR_TOO_LARGE: a limit of limits.h is exceeded.
 * - ERROR_NO_MEMORY.
 */
int readings_from_json(const json_t *value, const struct reading_source *source,
		       struct reading ***ret_readings, size_t *ret_count, struct error *err);

/*
 * Make the reading of a failed poll: the fields of `last` (may be NULL), all null, and two more.
 * "error" is the cleaned text. "last_good_ms" is the Unix time of the last reading without an
 * error; null if the parameter is 0. Release the reading with reading_unref(); NULL: out of memory.
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
