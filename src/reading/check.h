/*
 * The one place that decides whether a reading is acceptable: for what a plugin returned, for what
 * another node sends, and for what goes into the history. The limits are in reading/limits.h.
 *
 * A text, and the name of a member at any depth, is UTF-8 without control characters; a text may
 * have tabs and line ends. A real is finite (jansson keeps no other). Any thread. Errors name the
 * field, the limit and what to do about it.
 */
#ifndef HARVESTER_READING_CHECK_H
#define HARVESTER_READING_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "reading/limits.h"

struct error;

/* The name of a field: 1 to READING_NAME_MAX bytes. ERROR_MALFORMED. */
int reading_field_name_check(const char *name, struct error *err);

/* The value of one field. ERROR_TOO_LARGE: nested too deep; ERROR_MALFORMED: a text in it. */
int reading_value_check(const json_t *value, struct error *err);

/* At most so many bytes as JSON text. ERROR_TOO_LARGE, ERROR_NO_MEMORY. */
int reading_size_check(const json_t *data, size_t limit, struct error *err);

/* All fields of a reading, its number of fields and its size. ERROR_MALFORMED, ERROR_TOO_LARGE. */
int reading_data_check(const json_t *data, struct error *err);

/* Everything: name.h, the time and the data. ERROR_MALFORMED, ERROR_TOO_LARGE. */
int reading_check(const char *sensor, uint64_t time_ms, const json_t *data, struct error *err);

/* Whether a field is one of the two that say that, and since when, the others are no values. */
bool reading_field_is_about_failure(const char *name);

#endif
