/*
 * What plugins return, made fit to be kept and shown.
 */
#ifndef HARVESTER_READING_VALUE_H
#define HARVESTER_READING_VALUE_H

#include <jansson.h>

#include "reading/limits.h"

/*
 * A copy of `value` where numbers from 32-bit floats are rounded to the shortest decimal that gives
 * that float, and {"not_finite": "nan"|"inf"|"-inf"} is null: *ret_not_finite then holds the first
 * such word (borrowed from `value`), else it is untouched. ERROR_TOO_LARGE (deeper than
 * READING_DEPTH_MAX) or ERROR_NO_MEMORY.
 */
int value_clean(const json_t *value, json_t **ret_value, const char **ret_not_finite);

/*
 * "nan", "inf" or "-inf" if `value` is {"not_finite": …}, the form of a number that JSON has not;
 * NULL if not. Borrowed from `value`.
 */
const char *value_not_finite(const json_t *value);

/* The nearest double to the shortest decimal of the float `number`; any other double as it is. */
double value_round(double number);

#endif
