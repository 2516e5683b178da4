/*
 * Compresses and decompresses data in memory as gzip (RFC 1952), with zlib. Any thread.
 */
#ifndef HARVESTER_BASE_GZIP_H
#define HARVESTER_BASE_GZIP_H

#include <stddef.h>

struct buffer;

/* Append the compressed data to *out. level: 1 (fast) to 9 (small). ERROR_TOO_LARGE beyond out's
 * limit, ERROR_NO_MEMORY. */
int gzip_pack(const void *data, size_t size, int level, struct buffer *out);

/*
 * Append the decompressed data to *out. ERROR_TOO_LARGE beyond out's limit, which protects from a
 * small input that expands to gigabytes; ERROR_MALFORMED unless the data is exactly one gzip
 * member; ERROR_NO_MEMORY.
 */
int gzip_unpack(const void *data, size_t size, struct buffer *out);

#endif
