/*
 * Packs the data of a reading into few bytes, because an SD card wears out by bytes written. Field
 * names are stored once, in the row of the series; each reading stores only the values, in the
 * order of the names.
 *
 * A value is a tag, for most tags followed by a number of variable length (7 bits per byte, low
 * ones first; signed numbers in zigzag encoding). Sensors send 21.3 more often than 0.1 + 0.2, so
 * a real is stored as an integer and a power of ten if that yields exactly the same real, else as
 * its 8 bytes.
 *
 * Any thread. Unpacking checks the bytes, since they come from a disk.
 */
#ifndef HARVESTER_STORE_HISTORY_PACK_H
#define HARVESTER_STORE_HISTORY_PACK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/*
 * Append the names of an object's fields to `fields`, separated by "\n", and its values to
 * `values`. ERROR_INVALID if a name is empty or contains a control character, ERROR_TOO_LARGE,
 * ERROR_NO_MEMORY.
 */
int history_pack(const json_t *data, struct buffer *fields, struct buffer *values);

/* The same for an object that is stored whole: names and values go into `values`. */
int history_pack_whole(const json_t *data, struct buffer *values);

/*
 * Unpack into a JSON object, new (the caller owns it). NULL if history_pack() cannot have made
 * these bytes, or without memory.
 */
json_t *history_unpack(const char *fields, size_t fields_size, const void *values, size_t size);

/* Append one number, for rollups. ERROR_TOO_LARGE, ERROR_NO_MEMORY. */
int history_pack_real(struct buffer *buffer, double number);
int history_pack_count(struct buffer *buffer, uint64_t count);

/* An iterator over packed bytes; everything is borrowed. */
struct history_walk {
	const char *fields, *fields_end;
	const uint8_t *at, *end;
};

void history_walk_init(struct history_walk *walk, const char *fields, size_t fields_size,
		       const void *values, size_t size);

/*
 * Read the next field: its name, and its value if it is a number (a boolean is 0 or 1). False at
 * the end or if the bytes are damaged.
 */
bool history_walk_number(struct history_walk *walk, const char **ret_name, size_t *ret_name_size,
			 bool *ret_is_number, double *ret_number);

/*
 * Read what history_pack_real() and history_pack_count() wrote. False at the end or if the bytes
 * are damaged.
 */
bool history_walk_real(struct history_walk *walk, double *ret_number);
bool history_walk_count(struct history_walk *walk, uint64_t *ret_count);

#endif
