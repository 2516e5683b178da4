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
 * Compare the plugin's folder with a manifest. With `manifest` NULL, any folder counts as
 * BUNDLE_PLACE_OTHER. For BUNDLE_PLACE_OTHER, ret_path receives the path of a file that differs.
 */
int bundle_place_compare(const struct bundle_place *place, const struct bundle_manifest *manifest,
			 enum bundle_place_state *ret_state, char ret_path[BUNDLE_PATH_MAX + 1],
			 struct error *err);

/*
 * Unpack the bundle in the open file, which was checked, and put it in the place of the plugin's
 * folder. On return it is on the disk. What was there before is beside it as ".NAME.out" until
 * bundle_place_clear(). A power cut leaves the old or the new folder, whole. Nothing has changed
 * after an error. Errors of bundle_read(); ERROR_SYSTEM, also if ".NAME.out" was not cleared away.
 */
int bundle_place_switch(const struct bundle_place *place, int bundle, struct error *err);

/* Take the plugin's folder out of its place: like the old folder of a switch, it is then
 * ".NAME.out". */
int bundle_place_remove(const struct bundle_place *place, struct error *err);

/* Keep NAME.py and NAME.wasm, which would run in place of the folder, as ".NAME.changed-here.py"
 * and so on. ERROR_SYSTEM. */
int bundle_place_keep_files(const struct bundle_place *place, struct error *err);

/* The versions that we may have put into the place; NULL: unknown. */
struct bundle_place_ours {
	const struct bundle_manifest *current, *previous; /* borrowed */
};

/*
 * Clear away what a switch has left beside the plugin's folder, also one that a power cut has
 * interrupted. The folder that was taken out is deleted if its files are those of one of `ours`.
 * Otherwise somebody has changed it, so it is kept as ".NAME.changed-here", and an older folder of
 * that name is deleted. ERROR_SYSTEM, ERROR_NO_MEMORY; call it again then.
 */
int bundle_place_clear(const struct bundle_place *place, const struct bundle_place_ours *ours,
		       struct error *err);

#endif
