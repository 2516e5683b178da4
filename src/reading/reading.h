/*
 * A reading: what one sensor of one node said at one time. An immutable value.
 *
 * All functions run on the loop thread (the jansson values inside are counted without locks).
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
	char plugin[READING_NAME_MAX + 1]; /* who measured it; "" for one from another node */
	uint64_t timestamp_ms;		   /* Unix time of the measurement */
	bool simulated;			   /* a simulated device had a part in it */
	json_t *data; /* owned, never changed: an object of fields; null where a field failed */
};

/* What was changed so that a poll's readings are acceptable: for counters, and to be told to the
 * plugin. */
struct reading_notes {
	unsigned left_out;	       /* values that became null: texts with control characters */
	unsigned moved;		       /* timestamps out of range that became the time of arrival */
	char text[READING_ERROR_SIZE]; /* the first of these, and what to do about it; "": none */
};

/* Where a reading comes from; all borrowed for the call. */
struct reading_source {
	const char *node;
	const char *plugin;
	uint64_t now_ms; /* taken where the record has no usable timestamp */
	bool simulated;
	const char *absent;	     /* why the host gave NaN for a value; NULL or "": it did not */
	struct reading_notes *notes; /* added to; NULL: nobody wants to know */
};

/*
 * Make readings of what a poll gave: an object, an array of objects, or null (none). Rules of the
 * generic host: "-" in field names becomes "_"; `sensor_id` names the sensor, else the plugin's
 * name does; `timestamp_ms` is the time, else now. Both are left out of `data`. A time that is more
 * than READING_BEHIND_MS before now or READING_AHEAD_MS after it becomes now. A number that is not
 * finite arrives as {"not_finite": "nan"|"inf"|"-inf"} and becomes null, with "error" beside it; so
 * does a text with control characters. Such a number in place of a record is an error, as any other
 * number is. A number that came from a 32-bit float is rounded to the shortest decimal that gives
 * that float. Whatever comes out is acceptable: see check.h. *ret_readings: a fresh array of
 * *ret_count references, for the caller to unref and free; NULL for 0. ERROR_MALFORMED (with the
 * place: "reading 2, field x: …"; for a name that is reserved too, see name.h) or ERROR_TOO_LARGE.
 */
int readings_from_json(const json_t *value, const struct reading_source *source,
		       struct reading ***ret_readings, size_t *ret_count, struct error *err);

/*
 * The reading that stands for a failed poll: every field of `last` (NULL: none known) is null,
 * "error" holds the text (cleaned, at most READING_ERROR_SIZE), "last_good_ms" the time of the last
 * value that was one.
 */
struct reading *reading_create_failed(const struct reading_source *source, const char *sensor,
				      const struct reading *last, uint64_t last_good_ms,
				      const char *text);

struct reading *reading_ref(struct reading *reading);
void reading_unref(struct reading *reading); /* NULL is allowed */

/* {"sensor_id": "node:sensor", "timestamp_ms": n, "data": {…}, "simulated": true} (the last only if
 * so). New. */
json_t *reading_to_json(const struct reading *reading);

#endif
