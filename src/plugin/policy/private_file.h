/*
 * Checks and reads files that no other user may read or write: those of the cache of compiled
 * components. (base/durable_file.h writes them.) Any thread; blocks on the disk.
 */
#ifndef HARVESTER_PLUGIN_POLICY_PRIVATE_FILE_H
#define HARVESTER_PLUGIN_POLICY_PRIVATE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct error;

/*
 * ERROR_INVALID if the file or folder belongs to another user, or if others may read or write it.
 * `shown`: its path for the error text.
 */
int private_file_check(const struct stat *stat, const char *shown, struct error *err);

/*
 * Read a file of exactly `size` bytes from the open folder. ERROR_MALFORMED if it is shorter,
 * ERROR_TOO_LARGE if it is longer; errors of private_file_check() and file_open_regular().
 */
int private_file_read(int folder, const char *name, uint8_t *ret_data, size_t size,
		      struct error *err);

#endif
