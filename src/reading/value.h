/*
 * What plugins return, made fit to be kept and shown.
 */
#ifndef HARVESTER_READING_VALUE_H
#define HARVESTER_READING_VALUE_H

#include <jansson.h>

#define VALUE_DEPTH_MAX 16 /* of objects and arrays in one another */

/*
 * A copy of `value` where numbers from 32-bit floats are rounded to the shortest decimal that gives
 * that float, and {"not_finite": "nan"|"inf"|"-inf"} is null: *ret_not_finite then holds the first
 * such word (borrowed from `value`), else it is untouched. ERROR_TOO_LARGE or ERROR_NO_MEMORY.
 */
int value_clean(const json_t *value, json_t **ret_value, const char **ret_not_finite);

/* The nearest double to the shortest decimal of the float `number`; any other double as it is. */
double value_round(double number);

#endif
