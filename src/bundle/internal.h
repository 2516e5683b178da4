/*
 * The store from inside: store.c opens it and makes the owner's decisions, install.c takes a bundle
 * in, shelf.c has the bundles' files, switch.c changes the plugins folder.
 */
#ifndef HARVESTER_BUNDLE_INTERNAL_H
#define HARVESTER_BUNDLE_INTERNAL_H

#include "bundle/index.h"
#include "bundle/place.h"
#include "bundle/store.h"
#include "plugin/policy/trusted_folder.h"

struct bundle_store {
	struct trusted_folder folder; /* DATA/bundles, locked */
	struct trusted_folder shelf;  /* DATA/bundles/files */
	const char *plugins_folder;   /* borrowed */
};

/* shelf.c: the bundles, by digest. */

/* Copy a bundle to a private file of the shelf, which nobody can change while it is checked. The
 * caller closes *ret_fd. ERROR_TOO_LARGE, ERROR_SYSTEM. */
int bundle_shelf_copy(struct bundle_store *store, int from, const char *shown, int *ret_fd,
		      char ret_digest[BUNDLE_DIGEST_SIZE], struct error *err);
/* Give the copy its final name, and keep its signature (NULL: none). On return both are on the
 * disk. */
int bundle_shelf_keep(struct bundle_store *store, const char *digest, const char *signature,
		      struct error *err);
/* Remove the copy again, if it was not kept. */
void bundle_shelf_forget(struct bundle_store *store);
/* Open a bundle of the shelf, after its digest has been compared. A descriptor, or
 * ERROR_CHECKSUM, ERROR_NOT_FOUND, ERROR_SYSTEM. */
int bundle_shelf_open(struct bundle_store *store, const char *digest, struct error *err);
/* The SHA-256 of the rest of an open file. ERROR_TOO_LARGE, ERROR_SYSTEM. */
int bundle_shelf_hash(int fd, const char *shown, char ret_digest[BUNDLE_DIGEST_SIZE],
		      struct error *err);
void bundle_shelf_drop(struct bundle_store *store, const char *digest);

/* index.c */

/* ERROR_INVALID if an index cannot name a file so. */
int bundle_index_check_file_name(const char *name, struct error *err);
/* The order of an index's entries, for qsort(). 0: both are the same plugin and counter. */
int bundle_index_compare(const void *a, const void *b);

/* switch.c */

/* The manifest of a bundle of the shelf; ERROR_NOT_FOUND for the digest "". */
int bundle_switch_manifest(struct bundle_store *store, const char *digest,
			   struct bundle_manifest *ret_manifest, struct error *err);
/* Whether the plugin's folder is what the record says: ERROR_EXISTS if it was changed here. */
int bundle_switch_check(struct bundle_store *store, const struct bundle_record *record,
			struct error *err);
/* Make `digest` ("": none) the current version: write the record, and change the folder. `force`:
 * also if the folder was changed here. */
int bundle_switch_to(struct bundle_store *store, struct bundle_record *record, const char *digest,
		     bool force, struct error *err);
/* Load the record, after the change that a crash or a power cut interrupted has been finished. */
int bundle_switch_load(struct bundle_store *store, const char *name, bool force,
		       struct bundle_record *ret_record, struct error *err);

#endif
