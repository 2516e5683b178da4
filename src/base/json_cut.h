/*
 * Shortens the strings in a JSON value, so that the value fits into a limit.
 */
#ifndef HARVESTER_BASE_JSON_CUT_H
#define HARVESTER_BASE_JSON_CUT_H

#include <jansson.h>
#include <stddef.h>

/*
 * Shorten each string in `value`, at any depth, that is longer than `max` bytes: cut it between two
 * characters and end it with "…". Names of members stay. No other code may hold a reference to a
 * part of `value`. A string stays as it is if memory runs out. Loop thread.
 */
void json_cut_texts(json_t *value, size_t max);

#endif
