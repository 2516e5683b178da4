/*
 * A growable run of bytes with a limit. Not thread-safe. A buffer that failed to grow stays as it
 * was; the failure is returned at each call and also kept, so that a row of appends can be checked
 * once, at its end.
 */
#ifndef HARVESTER_BASE_BUFFER_H
#define HARVESTER_BASE_BUFFER_H

#include <stddef.h>

struct buffer {
	char *data; /* owned; NULL while empty; always followed by a 0 byte otherwise */
	size_t size;
	size_t capacity;
	size_t limit; /* bytes; appending past it fails with ERROR_TOO_LARGE */
	int failed;   /* 0, or the code of the first append that failed */
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_finish(struct buffer *buffer);

/* Forget the content and the failure, keep the memory. */
void buffer_clear(struct buffer *buffer);

/* Each returns 0, ERROR_TOO_LARGE or ERROR_NO_MEMORY. */
int buffer_append(struct buffer *buffer, const void *data, size_t size);
int buffer_append_text(struct buffer *buffer, const char *text);
int buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Make room for `size` more bytes and return where they go, or NULL; then buffer_commit() them. */
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_commit(struct buffer *buffer, size_t size);

/* Drop `size` bytes at the front. */
void buffer_consume(struct buffer *buffer, size_t size);

/* The whole file at `path` (at most `limit` bytes) into a fresh buffer. */
struct error;
int buffer_read_file(struct buffer *ret_buffer, const char *path, size_t limit, struct error *err);

#endif
