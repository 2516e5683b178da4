/*
 * Lists a plugin's folder as a bundle has it: each file with its size and SHA-256. Left out are
 * what tools leave behind: hidden files, __pycache__, "*.pyc", "*~" and "*.tmp".
 */
#ifndef HARVESTER_BUNDLE_TREE_H
#define HARVESTER_BUNDLE_TREE_H

#include "bundle/manifest.h"

/*
 * Read the folder `path`; follows no link. The caller ends *ret_files with bundle_files_finish().
 * ERROR_UNSUPPORTED for a link or another file that is not regular; ERROR_TOO_LARGE;
 * ERROR_MALFORMED for a path that a bundle cannot have; ERROR_NOT_FOUND, ERROR_SYSTEM,
 * ERROR_NO_MEMORY. Blocks on the disk. Any thread.
 */
int bundle_tree_list(const char *path, struct bundle_files *ret_files, struct error *err);

/* Open a file of the list below the open folder, for reading. A descriptor, or an error as above.
 */
int bundle_tree_open(int folder, const char *path, struct error *err);

#endif
