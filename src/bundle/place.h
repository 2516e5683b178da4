/*
 * Puts versions of plugins into the plugins folder: unpacks a bundle beside the plugin's folder,
 * and exchanges the two by one rename(). Any thread; blocks on the disk.
 */
#ifndef HARVESTER_BUNDLE_PLACE_H
#define HARVESTER_BUNDLE_PLACE_H

#include "bundle/manifest.h"

struct bundle_place {
	const char *folder; /* borrowed: the plugins folder */
	const char *name;   /* borrowed: of the plugin */
};

enum bundle_place_state {
	BUNDLE_PLACE_EMPTY, /* there is no such plugin, nor a single file of that name */
	BUNDLE_PLACE_SAME,  /* its files are those of the manifest */
	BUNDLE_PLACE_OTHER, /* they are not: somebody changed them here */
};

/*
 * Compare the plugin's folder with a manifest; NULL: with nothing. For BUNDLE_PLACE_OTHER,
 * ret_path receives the path of a file that differs.
 */
int bundle_place_compare(const struct bundle_place *place, const struct bundle_manifest *manifest,
			 enum bundle_place_state *ret_state, char ret_path[BUNDLE_PATH_MAX + 1],
			 struct error *err);

/*
 * Unpack the bundle in the open file, which was checked, and put it in the place of the plugin's
 * folder. On return it is on the disk. What was there before is deleted if its files are those of
 * `old` (NULL: there is nothing of ours), else kept beside it as ".NAME.changed-here". A power cut
 * leaves the old or the new folder, whole. Errors of bundle_read(); ERROR_SYSTEM.
 */
int bundle_place_switch(const struct bundle_place *place, int bundle,
			const struct bundle_manifest *old, struct error *err);

/* Remove the plugin's folder, likewise. */
int bundle_place_remove(const struct bundle_place *place, const struct bundle_manifest *old,
			struct error *err);

#endif
