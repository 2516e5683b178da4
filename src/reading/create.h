/*
 * Creates readings; for the files of this folder only. Any thread, see reading/reading.h.
 */
#ifndef HARVESTER_READING_CREATE_H
#define HARVESTER_READING_CREATE_H

#include "reading/reading.h"

#define READING_NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:"

/*
 * Make a valid name of `text`: replace each invalid byte with "_", or with "-" at the start, since
 * names that begin with "_" are reserved; cut it to READING_NAME_MAX bytes. NULL gives "".
 */
void reading_clean_name(char ret_name[READING_NAME_MAX + 1], const char *text);

/*
 * A new reading; the caller releases it with reading_unref(). Takes ownership of `data`, also on
 * failure. Names are cleaned as by reading_clean_name(). NULL if memory runs out.
 */
struct reading *reading_create(const struct reading_source *source, const char *sensor,
			       uint64_t timestamp_ms, json_t *data);

/* The same with `text`, the data as JSON text, which the caller has made already with malloc().
 * Takes ownership of it too. */
struct reading *reading_create_with_text(const struct reading_source *source, const char *sensor,
					 uint64_t timestamp_ms, json_t *data, char *text);

/* The same as reading_create() with the names, time and origin of `reading`. */
struct reading *reading_create_like(const struct reading *reading, json_t *data);

/* True if a field other than "error" and "last_good_ms" is not null. */
bool reading_has_value(const struct reading *reading);

/* True if the field "error" is present and not null. */
bool reading_has_error(const struct reading *reading);

#endif
