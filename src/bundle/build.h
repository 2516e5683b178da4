/*
 * Builds a bundle of a plugin's folder: a tar file (ustar, not compressed) whose first entry is the
 * manifest, followed by the plugin's files in the order of the manifest. Owners, modes and times
 * are fixed, so that equal folders give equal bundles, bit by bit.
 */
#ifndef HARVESTER_BUNDLE_BUILD_H
#define HARVESTER_BUNDLE_BUILD_H

#include "bundle/manifest.h"

#define BUNDLE_LABEL                                                                               \
	"bundle.toml" /* in the plugin's folder: version, counter and more; optional               \
		       */
#define BUNDLE_MANIFEST "manifest.json" /* the first entry */
#define BUNDLE_FOLDER "plugin/"		/* of the other entries */

/*
 * Build the bundle of the plugin in `folder` and write it to the open file `out`, which is empty.
 * Where bundle.toml does not name them, the version is "0" and the counter is the Unix time, in
 * milliseconds, at which a file was last changed. A `counter` other than 0 is used instead of
 * either counter. The caller ends *ret_manifest with bundle_manifest_finish(). ERROR_INVALID or
 * ERROR_NOT_FOUND if `folder` is no plugin's folder; ERROR_MALFORMED for a wrong bundle.toml or
 * permission.toml; errors of bundle_tree_list() and of plugin_source_read_script(). Blocks on the
 * disk. Any thread.
 */
int bundle_build(const char *folder, uint64_t counter, int out,
		 struct bundle_manifest *ret_manifest, struct error *err);

#endif
