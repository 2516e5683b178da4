/*
 * Whether this node may install a bundle: by whom it is signed, for which plugin, whether it has
 * expired, and whether this version of harvester is new enough for it. Any thread; blocks on the
 * disk.
 */
#ifndef HARVESTER_BUNDLE_TRUST_H
#define HARVESTER_BUNDLE_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "bundle/minisign.h"

struct buffer;
struct bundle_manifest;
struct config;
struct error;

#define BUNDLE_UNSIGNED "unsigned" /* stands in for a key's id */

/* The time, and whether it can be believed: a board without a battery-backed clock starts in 1970.
 */
struct bundle_time {
	uint64_t now_ms; /* Unix time */
	bool is_good;
};

/*
 * This machine's time. It is good if the kernel says that it is synchronized, or at least if it is
 * later than the last change of this program's file.
 */
struct bundle_time bundle_time_now(void);

/*
 * Check the signature of the open file by the keys of [updates] trusted_keys. `signature` is the
 * text of FILE.minisig, NULL: there is none. ret_id receives the id of the key, or BUNDLE_UNSIGNED
 * if `require_signature` is false and there is no signature. Reads the file, but parses nothing of
 * it. ERROR_NOT_GRANTED if the key is unknown or a signature is missing, ERROR_CHECKSUM if the
 * signature does not fit the file, and the errors of minisign_signature_parse() and
 * minisign_hash().
 */
int bundle_trust_check(const struct config *config, int fd, const char *signature,
		       const char *shown, char ret_id[MINISIGN_ID_TEXT_SIZE], struct error *err);

/* The same for a text in memory. */
int bundle_trust_check_text(const struct config *config, const struct buffer *text,
			    const char *signature, const char *shown,
			    char ret_id[MINISIGN_ID_TEXT_SIZE], struct error *err);

/* Check that the key with this id may sign for the plugin. ERROR_NOT_GRANTED. */
int bundle_trust_check_name(const struct config *config, const char *id, const char *name,
			    struct error *err);

/*
 * Check the manifest of a bundle with a good signature: the key with this id may sign for the name,
 * the bundle has not expired, and this version of harvester is new enough. ERROR_NOT_GRANTED,
 * ERROR_TIMEOUT, ERROR_UNSUPPORTED.
 */
int bundle_trust_check_manifest(const struct config *config, const char *id,
				const struct bundle_manifest *manifest,
				const struct bundle_time *time, struct error *err);

#endif
