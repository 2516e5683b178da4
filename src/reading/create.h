/*
 * What the files of this folder share about readings.
 */
#ifndef HARVESTER_READING_CREATE_H
#define HARVESTER_READING_CREATE_H

#include "reading/reading.h"

#define READING_NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:"

/*
 * Bytes that a name cannot have become "_", or "-" where it would be the first: a name that begins
 * with "_" is the host's. What is too long is cut. NULL gives "".
 */
void reading_clean_name(char ret_name[READING_NAME_MAX + 1], const char *text);

/* One reference. `data` is taken, on failure too. Names are cleaned and cut. NULL without memory.
 */
struct reading *reading_create(const struct reading_source *source, const char *sensor,
			       uint64_t timestamp_ms, json_t *data);

/* A reading like `reading`, with other data (taken). NULL without memory. */
struct reading *reading_create_like(const struct reading *reading, json_t *data);

/* Is any field a value? "error" and "last_good_ms" are none. */
bool reading_has_value(const struct reading *reading);

/* Does it say what went wrong? */
bool reading_has_error(const struct reading *reading);

#endif
