/*
 * Careful files, for what others may have put on disk: never through a symbolic link, never waiting
 * for a pipe's other end, never past a limit. Any thread; all of it blocks on the disk.
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_FILE_H
#define HARVESTER_PLUGIN_DISCOVERY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct error;

bool file_name_ends_in(const char *name, const char *suffix);

/*
 * Open the regular file `name` (in the open folder `folder`, or AT_FDCWD) to read. Links in the
 * folders before the last part of `name` are followed. `shown` is its path in error texts. A
 * descriptor of the caller's, or ERROR_NOT_FOUND, ERROR_UNSUPPORTED (a link, or no regular file),
 * ERROR_SYSTEM.
 */
int file_open_regular(int folder, const char *name, const char *shown, struct stat *ret_stat,
		      struct error *err);

/* Takes the next bytes of a file; any other result than 0 stops the reading and is returned. */
typedef int file_sink(void *arg, const uint8_t *data, size_t size);

/* Hand the rest of an open file to sink. ERROR_TOO_LARGE past `limit` bytes; ERROR_SYSTEM. */
int file_read(int fd, const char *shown, uint64_t limit, file_sink *sink, void *arg,
	      struct error *err);

#endif
