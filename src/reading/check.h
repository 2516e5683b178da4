/*
 * Decides whether a reading is acceptable, in one place for all readings: those that a plugin
 * returned, those from another node, and those for the history. The limits are in reading/limits.h.
 *
 * Strings, and the names of members at any depth, must be UTF-8 without control characters; a
 * string may contain tabs and line ends. Numbers must be finite (jansson stores no others). An
 * error names the field, the limit and the remedy. Any thread.
 */
#ifndef HARVESTER_READING_CHECK_H
#define HARVESTER_READING_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "reading/limits.h"

struct error;

/* Check the name of a field: 1 to READING_NAME_MAX bytes. ERROR_MALFORMED. */
int reading_field_name_check(const char *name, struct error *err);

/* Check the value of a field. ERROR_TOO_LARGE if it is nested deeper than READING_DEPTH_MAX,
 * ERROR_MALFORMED if a string or a name in it has a control character. */
int reading_value_check(const json_t *value, struct error *err);

/* Make the JSON text of `data`; the caller frees *ret_text with free(). ERROR_TOO_LARGE if it has
 * more than `limit` bytes, ERROR_NO_MEMORY. */
int reading_make_text(const json_t *data, size_t limit, char **ret_text, struct error *err);

/* Check all fields of a reading, their number and their size. ERROR_MALFORMED, ERROR_TOO_LARGE,
 * ERROR_NO_MEMORY. */
int reading_data_check(const json_t *data, struct error *err);

/* Check a reading whose size is known to be right: the sensor's name (see name.h), the time and the
 * fields. ERROR_MALFORMED, ERROR_TOO_LARGE. */
int reading_parts_check(const char *sensor, uint64_t time_ms, const json_t *data,
			struct error *err);

/* Check a whole reading: the sensor's name (see name.h), the time and the data. ERROR_MALFORMED,
 * ERROR_TOO_LARGE, ERROR_NO_MEMORY. */
int reading_check(const char *sensor, uint64_t time_ms, const json_t *data, struct error *err);

/* True for "error" and "last_good_ms", the two fields that describe a failure. */
bool reading_field_is_about_failure(const char *name);

#endif
