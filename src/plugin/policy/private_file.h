/*
 * Files that nobody else may read or write: the key, and what is made with it (written by
 * base/durable_file.h). Blocks on the disk; any thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_PRIVATE_FILE_H
#define HARVESTER_PLUGIN_POLICY_PRIVATE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct error;

/* Ours, and nobody else's to read or write: else ERROR_INVALID. `shown` is its path in the text. */
int private_file_check(const struct stat *stat, const char *shown, struct error *err);

/*
 * A file of exactly `size` bytes in the open folder. ERROR_MALFORMED, ERROR_TOO_LARGE for another
 * size; errors of the check, and of file_open_regular().
 */
int private_file_read(int folder, const char *name, uint8_t *ret_data, size_t size,
		      struct error *err);

#endif
