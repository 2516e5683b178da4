/*
 * Gzip (RFC 1952) by zlib, whole texts at once. Any thread.
 */
#ifndef HARVESTER_BASE_GZIP_H
#define HARVESTER_BASE_GZIP_H

#include <stddef.h>

struct buffer;

/* level: 1 (fast) to 9 (small). Appended to *out: ERROR_TOO_LARGE past its limit, ERROR_NO_MEMORY.
 */
int gzip_pack(const void *data, size_t size, int level, struct buffer *out);

/*
 * One gzip member that ends where the data does. Appended to *out: ERROR_TOO_LARGE past its limit
 * (so that a small bomb cannot take much memory), ERROR_MALFORMED, ERROR_NO_MEMORY.
 */
int gzip_unpack(const void *data, size_t size, struct buffer *out);

#endif
