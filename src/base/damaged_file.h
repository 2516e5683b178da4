/*
 * Renames a damaged file, so that the program can start a new one and a person can still examine
 * the old one. An SQLite database is renamed together with its logs, PATH-wal and PATH-journal.
 */
#ifndef HARVESTER_BASE_DAMAGED_FILE_H
#define HARVESTER_BASE_DAMAGED_FILE_H

#include <stddef.h>

struct error;

#define DAMAGED_FILE_MARK ".damaged-" /* comes before the number: PATH.damaged-1 */
#define DAMAGED_FILES_KEPT 3	      /* for each path; older ones are deleted */

/*
 * Rename `path` to PATH.damaged-N and write the new path into ret_aside. No process may have the
 * file open. N is one more than the highest number in use, so nothing is overwritten and a higher
 * number is newer, whatever the clock says. The rename is flushed to the disk. Blocks; any thread.
 *
 * ERROR_TOO_LARGE if a path does not fit, or if the numbers are used up. ERROR_SYSTEM if a rename
 * failed: do not create a new database then, since it would find the old file or one of its logs.
 */
int damaged_file_move_aside(const char *path, char *ret_aside, size_t size, struct error *err);

#endif
