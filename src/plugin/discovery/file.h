/*
 * Opens and reads files that somebody not trusted may have put on the disk: follows no symbolic
 * link, does not wait for the other end of a pipe, and stops at a limit of bytes. Any thread;
 * blocks on the disk.
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_FILE_H
#define HARVESTER_PLUGIN_DISCOVERY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct error;

/* Whether `name` ends in `suffix`. */
bool file_name_ends_in(const char *name, const char *suffix);

/*
 * Open the regular file `name`, in the open folder `folder` or AT_FDCWD, for reading. Links in the
 * folders of `name` are followed, a link as its last part is not. `shown` is the path for error
 * texts. Returns a descriptor that the caller owns, or ERROR_NOT_FOUND; ERROR_UNSUPPORTED if `name`
 * is a link or not a regular file; ERROR_SYSTEM.
 */
int file_open_regular(int folder, const char *name, const char *shown, struct stat *ret_stat,
		      struct error *err);

/* Receives the next bytes of a file. A result other than 0 ends file_read(), which returns it. */
typedef int file_sink(void *arg, const uint8_t *data, size_t size);

/*
 * Read the rest of an open file and pass it to `sink`. ERROR_TOO_LARGE if that is more than `limit`
 * bytes; ERROR_SYSTEM.
 */
int file_read(int fd, const char *shown, uint64_t limit, file_sink *sink, void *arg,
	      struct error *err);

#endif
