/*
 * The bundles that a hub passes on to its nodes: DATA/rollouts/DIGEST.bundle, each with its
 * signature. The hub takes only bundles whose signature its own trusted keys accept; the nodes
 * check again with theirs. Any thread; blocks on the disk.
 */
#ifndef HARVESTER_BUNDLE_RELAY_H
#define HARVESTER_BUNDLE_RELAY_H

#include <stddef.h>
#include <stdint.h>

#include "bundle/manifest.h"

struct config;
struct error;

#define BUNDLE_RELAY_FOLDER "rollouts" /* in the data folder */

struct bundle_relayed {
	char name[PLUGIN_NAME_SIZE]; /* of the plugin */
	char version[BUNDLE_VERSION_MAX + 1];
	char digest[BUNDLE_DIGEST_SIZE];
	uint64_t size;	 /* bytes of the bundle */
	char *signature; /* owned: the text of its .minisig; NULL: none */
};

/*
 * Check the bundle in the open file and copy it to the folder, where it stays until
 * bundle_relay_drop(). `signature` is the text of its .minisig, NULL: none. The caller frees
 * ret_relayed->signature. Errors of trusted_folder_open(), bundle_trust_check() and
 * bundle_read().
 */
int bundle_relay_take(const char *data_folder, const struct config *config, int fd,
		      const char *signature, struct bundle_relayed *ret_relayed, struct error *err);

/* The same for a bundle that is in the folder. ERROR_NOT_FOUND. */
int bundle_relay_find(const char *data_folder, const struct config *config, const char *digest,
		      struct bundle_relayed *ret_relayed, struct error *err);

/*
 * Read up to `size` bytes of a bundle from `offset` on. *ret_count is how many there were. The
 * content is not checked again. ERROR_NOT_FOUND, ERROR_SYSTEM.
 */
int bundle_relay_read(const char *data_folder, const char *digest, uint64_t offset, void *data,
		      size_t size, size_t *ret_count, struct error *err);

/* Remove a bundle. */
void bundle_relay_drop(const char *data_folder, const char *digest);

#endif
