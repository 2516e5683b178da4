/*
 * What a plugin declares about the fields of its readings: their unit, quantity, kind, name,
 * decimals and plausible range; and about itself. The declaration comes from the plugin's function
 * describe(), or from another node, and is checked here. Any thread, one at a time for one JSON
 * value.
 *
 * A checked field is a JSON object with these members, each only if it is known:
 *
 * - "name": a text for people (unit/label.h).
 * - "unit" and "quantity": names of unit/unit.h and unit/quantity.h that fit each other.
 * - "kind": "measurement", "counter", "switch" or "text".
 * - "decimals": how many to show, 0..DECLARATION_DECIMALS_MAX.
 * - "minimum" and "maximum": the plausible range; the minimum is less than the maximum.
 */
#ifndef HARVESTER_READING_DECLARATION_H
#define HARVESTER_READING_DECLARATION_H

#include <jansson.h>
#include <stddef.h>

#include "reading/limits.h"

struct error;

#define DECLARATION_FIELDS_MAX 512 /* fields that one plugin declares */
#define DECLARATION_DECIMALS_MAX 6

/* What declaration_read() refused. */
struct declaration_notes {
	unsigned refused;	       /* fields */
	char text[READING_ERROR_SIZE]; /* the first of them, with its place and the remedy; or "" */
};

/*
 * Check one field. Members that are not listed above are ignored, since a newer node may send them;
 * a member that is null is absent. The caller owns *ret_field. ERROR_INVALID, with the member and
 * what is wrong; ERROR_NO_MEMORY.
 */
int declaration_field_check(const json_t *value, json_t **ret_field, struct error *err);

/*
 * Read what describe() returned: an array of objects, each with "field" (the field's name), perhaps
 * "sensor" (the sensor's name; absent: all sensors of the plugin), and the members listed above. An
 * object with "about" has no field: see declaration_about(). An object that is wrong, has an
 * unknown member, or declares a field again is refused and noted in *notes; the others count. The
 * caller owns the result: {"": {"temperature": {…}}, "attic": {…}}, by sensor ("" for all) and
 * field. NULL if memory runs out.
 */
json_t *declaration_read(const json_t *value, struct declaration_notes *notes);

/*
 * What the plugin says of itself: the text of the first object with "about" (unit/label.h) in what
 * describe() returned, borrowed; NULL if there is none, or if it is wrong.
 */
const char *declaration_about(const json_t *value);

#endif
