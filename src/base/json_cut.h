/*
 * JSON made smaller where it has to fit into something.
 */
#ifndef HARVESTER_BASE_JSON_CUT_H
#define HARVESTER_BASE_JSON_CUT_H

#include <jansson.h>
#include <stddef.h>

/*
 * Cut every text in `value`, however deep, that is longer than `max` bytes: at the border of a
 * character, with "…" at its end. Names of members stay. Nobody else may hold a part of `value`.
 * Without memory a text stays as it is. Loop thread.
 */
void json_cut_texts(json_t *value, size_t max);

#endif
