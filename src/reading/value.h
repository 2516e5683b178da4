/*
 * Normalises the numbers in a value that a plugin returned, so that it can be stored and shown.
 */
#ifndef HARVESTER_READING_VALUE_H
#define HARVESTER_READING_VALUE_H

#include <jansson.h>

#include "reading/limits.h"

/*
 * Copy `value` with these changes: a number from a 32-bit float becomes the shortest decimal that
 * gives the same float; {"not_finite": "nan"|"inf"|"-inf"} becomes null. The caller owns
 * *ret_value. *ret_not_finite is the first "nan", "inf" or "-inf" that was found, borrowed from
 * `value`; it is unchanged if there is none. ERROR_TOO_LARGE if `value` is nested deeper than
 * READING_DEPTH_MAX, ERROR_NO_MEMORY.
 */
int value_clean(const json_t *value, json_t **ret_value, const char **ret_not_finite);

/*
 * "nan", "inf" or "-inf" if `value` is {"not_finite": …}, which represents a number that JSON
 * cannot write; else NULL. Borrowed from `value`.
 */
const char *value_not_finite(const json_t *value);

/* If `number` is exactly a 32-bit float: the double nearest to that float's shortest decimal. Else
 * `number`. */
double value_round(double number);

#endif
