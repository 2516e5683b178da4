/*
 * A byte buffer that grows up to a limit. Not thread-safe. A failed append leaves the content as it
 * was. `failed` keeps the code of the first failure, so a caller can make several appends and check
 * once at the end.
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

/* An empty buffer for at most `limit` bytes. Allocates nothing. */
void buffer_init(struct buffer *buffer, size_t limit);

/* Free the content. The buffer is then empty and can be used again. */
void buffer_finish(struct buffer *buffer);

/* Remove the content and reset `failed`; keep the memory for reuse. */
void buffer_clear(struct buffer *buffer);

/* Append at the end. ERROR_TOO_LARGE beyond the limit, ERROR_NO_MEMORY. */
int buffer_append(struct buffer *buffer, const void *data, size_t size);
int buffer_append_text(struct buffer *buffer, const char *text);
int buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Make room for `size` more bytes and return where to write them; NULL on failure, with the code in
 * `failed`. buffer_commit() then counts the bytes that the caller has written there.
 */
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_commit(struct buffer *buffer, size_t size);

/* Remove the first `size` bytes; at most as many as there are. */
void buffer_consume(struct buffer *buffer, size_t size);

/*
 * Read the regular file at `path` into a new buffer, which the caller frees with buffer_finish().
 * ERROR_NOT_FOUND if there is no such file, ERROR_TOO_LARGE if it has more than `limit` bytes,
 * ERROR_INVALID if it is not a regular file, ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
struct error;
int buffer_read_file(struct buffer *ret_buffer, const char *path, size_t limit, struct error *err);

#endif
