/*
 * The data of a reading as few bytes: an SD card wears by the byte. Names go once, into the row of
 * the series; values go into each reading, one after another, in the names' order.
 *
 * A value is a tag, and for most tags a number of variable length (7 bits a byte, low ones first;
 * signed ones zigzag): sensors give 21.3 more often than 0.1 + 0.2, so a real is kept as a whole
 * number and a power of ten wherever that gives the very same real, else as its 8 bytes.
 *
 * Any thread. What is unpacked comes from a disk, and is checked.
 */
#ifndef HARVESTER_STORE_HISTORY_PACK_H
#define HARVESTER_STORE_HISTORY_PACK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/*
 * Append the names of an object's fields to `fields`, each but the first behind "\n", and the
 * values to `values`. ERROR_INVALID for a name that is empty or holds a control character,
 * ERROR_TOO_LARGE, ERROR_NO_MEMORY.
 */
int history_pack(const json_t *data, struct buffer *fields, struct buffer *values);

/* The same without names: `fields` is left empty, the value is the whole object. */
int history_pack_whole(const json_t *data, struct buffer *values);

/* The object again. New; NULL for bytes that history_pack() did not make, or without memory. */
json_t *history_unpack(const char *fields, size_t fields_size, const void *values, size_t size);

/* One number each, for rollups. */
int history_pack_real(struct buffer *buffer, double number);
int history_pack_count(struct buffer *buffer, uint64_t count);

/* A way through packed bytes; everything borrowed. */
struct history_walk {
	const char *fields, *fields_end;
	const uint8_t *at, *end;
};

void history_walk_init(struct history_walk *walk, const char *fields, size_t fields_size,
		       const void *values, size_t size);

/*
 * The next field: its name, and its number where it is one (a boolean is 0 or 1). False at the end,
 * and where the bytes make no sense.
 */
bool history_walk_number(struct history_walk *walk, const char **ret_name, size_t *ret_name_size,
			 bool *ret_is_number, double *ret_number);

/* The other side of history_pack_real() and _count(). */
bool history_walk_real(struct history_walk *walk, double *ret_number);
bool history_walk_count(struct history_walk *walk, uint64_t *ret_count);

#endif
