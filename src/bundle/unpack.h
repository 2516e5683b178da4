/*
 * Unpacks a bundle into a new folder, and deletes folders. Any thread; blocks on the disk.
 */
#ifndef HARVESTER_BUNDLE_UNPACK_H
#define HARVESTER_BUNDLE_UNPACK_H

struct error;

/*
 * Unpack the bundle in the open file `bundle` into the folder `name`, which is created in the open
 * folder `parent` and gets its owner. On return the files are on the disk, but perhaps not the name
 * in `parent`. On failure a part of the folder may remain. Errors of bundle_read(), ERROR_SYSTEM.
 */
int bundle_unpack(int bundle, int parent, const char *name, struct error *err);

/* Delete the folder `name` in `parent` and all that is in it; follows no links. No effect if it
 * does not exist. ERROR_SYSTEM. */
int bundle_unpack_delete(int parent, const char *name, struct error *err);

#endif
