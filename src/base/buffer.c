#include "base/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define FIRST_CAPACITY 256

void buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){.limit = limit};
}

void buffer_finish(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){.limit = buffer->limit};
}

void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	buffer->failed = 0;
}

static int fail(struct buffer *buffer, int code)
{
	if (!buffer->failed)
		buffer->failed = code;
	return code;
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
	size_t wanted, capacity;
	char *data;

	if (size > buffer->limit || buffer->size > buffer->limit - size) {
		fail(buffer, ERROR_TOO_LARGE);
		return NULL;
	}
	wanted = buffer->size + size + 1;
	if (wanted > buffer->capacity) {
		capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
		while (capacity < wanted)
			capacity *= 2;
		data = realloc(buffer->data, capacity);
		if (!data) {
			fail(buffer, ERROR_NO_MEMORY);
			return NULL;
		}
		buffer->data = data;
		buffer->capacity = capacity;
	}
	return buffer->data + buffer->size;
}

void buffer_commit(struct buffer *buffer, size_t size)
{
	buffer->size += size;
	buffer->data[buffer->size] = '\0';
}

int buffer_append(struct buffer *buffer, const void *data, size_t size)
{
	char *room = buffer_reserve(buffer, size);

	if (!room)
		return buffer->failed;
	if (size)
		memcpy(room, data, size);
	buffer_commit(buffer, size);
	return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text)
{
	return buffer_append(buffer, text, strlen(text));
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	char *room;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		return fail(buffer, ERROR_INVALID);
	room = buffer_reserve(buffer, (size_t)length);
	if (!room)
		return buffer->failed;
	va_start(args, format);
	vsnprintf(room, (size_t)length + 1, format, args);
	va_end(args);
	buffer_commit(buffer, (size_t)length);
	return 0;
}

void buffer_consume(struct buffer *buffer, size_t size)
{
	memmove(buffer->data, buffer->data + size, buffer->size - size);
	buffer->size -= size;
	buffer->data[buffer->size] = '\0';
}

/* Accepts only a regular file: opening a pipe may block for ever, and /dev/zero has no end. */
static int open_file(const char *path, int *ret_fd, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat found;

	if (fd < 0)
		return error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				       "%s: cannot open this file (check its path, mode and owner)",
				       path);
	if (fstat(fd, &found) || !S_ISREG(found.st_mode)) {
		close(fd);
		return error_set(err, ERROR_INVALID,
				 "%s is not a regular file: put a regular file in its place", path);
	}
	*ret_fd = fd;
	return 0;
}

int buffer_read_file(struct buffer *ret_buffer, const char *path, size_t limit, struct error *err)
{
	struct buffer buffer;
	ssize_t got;
	char *room;
	int fd = -1, ret;

	ret = open_file(path, &fd, err);
	if (ret)
		return ret;
	/* Read up to one byte more than the limit, to detect a file that is too large. */
	buffer_init(&buffer, limit + 1);
	do {
		size_t chunk = limit + 1 - buffer.size;

		if (chunk > 65536)
			chunk = 65536;
		room = buffer_reserve(&buffer, chunk);
		if (!room) {
			ret = error_set(err, buffer.failed, "%s: cannot read this file: %s", path,
					error_text(buffer.failed));
			goto out_buffer;
		}
		got = read(fd, room, chunk);
		if (got < 0) {
			ret = error_set_errno(err, ERROR_SYSTEM, errno,
					      "%s: cannot read this file (check the disk)", path);
			goto out_buffer;
		}
		buffer_commit(&buffer, (size_t)got);
	} while (got > 0 && buffer.size <= limit);
	if (buffer.size > limit) {
		ret = error_set(err, ERROR_TOO_LARGE,
				"%s: the file has more than %zu bytes: make it smaller", path,
				limit);
		goto out_buffer;
	}
	buffer.limit = limit;
	*ret_buffer = buffer;
	close(fd);
	return 0;

out_buffer:
	buffer_finish(&buffer);
	close(fd);
	return ret;
}
