/*
 * A damaged file is moved aside, so that a new one can take its place and a person can still look
 * at the old one. All of a database goes together: what is moved is PATH, PATH-wal and
 * PATH-journal.
 */
#ifndef HARVESTER_BASE_DAMAGED_FILE_H
#define HARVESTER_BASE_DAMAGED_FILE_H

#include <stddef.h>

struct error;

#define DAMAGED_FILE_MARK ".damaged-" /* in the name of each, before its number */
#define DAMAGED_FILES_KEPT 3	      /* of one path, the newest; older ones are deleted */

/*
 * Move `path`, which nobody has open, to PATH.damaged-N, its name in ret_aside. N is one more than
 * the highest there is, so nothing is overwritten and the order of the numbers is that of age,
 * whatever the clock says. On the disk when it returns. Blocks; any thread. ERROR_SYSTEM: `path` is
 * still there, or a log of it is, which a new database must not find; ERROR_TOO_LARGE for the path.
 */
int damaged_file_move_aside(const char *path, char *ret_aside, size_t size, struct error *err);

#endif
