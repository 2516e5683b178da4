/*
 * The index of a folder of bundles: which bundles there are, with the size and SHA-256 of each. It
 * is the file index.json beside them, signed as a bundle is (index.json.minisig), and any web
 * server can serve the folder. Plain values; any thread.
 */
#ifndef HARVESTER_BUNDLE_INDEX_H
#define HARVESTER_BUNDLE_INDEX_H

#include <jansson.h>

#include "bundle/manifest.h"
#include "bundle/minisign.h"

struct buffer;
struct bundle_time;
struct config;
struct error;

#define BUNDLE_INDEX "index.json"
#define BUNDLE_INDEX_FORMAT 1
#define BUNDLE_INDEX_MAX (1u << 20)	   /* bytes of the index */
#define BUNDLE_INDEX_ENTRIES_MAX 2000	   /* bundles in it */
#define BUNDLE_FILE_NAME_MAX 128	   /* bytes of a bundle's file name */
#define BUNDLE_SUFFIX ".bundle"		   /* of each such name */
#define BUNDLE_SIGNATURE_SUFFIX ".minisig" /* of the signature beside a bundle or an index */

struct bundle_index_entry {
	char file[BUNDLE_FILE_NAME_MAX + 1]; /* in the index's folder */
	char digest[BUNDLE_DIGEST_SIZE];     /* SHA-256 of the file */
	uint64_t size;			     /* bytes of the file */
	/* As in the bundle's manifest. */
	char name[PLUGIN_NAME_SIZE], version[BUNDLE_VERSION_MAX + 1], host[BUNDLE_VERSION_MAX + 1];
	char description[BUNDLE_TEXT_MAX + 1];
	uint64_t counter;
};

struct bundle_index {
	uint64_t counter;    /* grows with each version of the index; 1..BUNDLE_COUNTER_MAX */
	uint64_t expires_ms; /* Unix time; an index always expires */
	struct bundle_index_entry *entries; /* owned; by name, then by counter, the newest first */
	size_t count;
};

void bundle_index_finish(struct bundle_index *index);

/*
 * List the bundles of the folder: all its files that end in ".bundle". Each is read and checked
 * completely, and needs a signature beside it, which is not checked. Counter and expiry stay 0. The
 * caller ends *ret_index with bundle_index_finish(). ERROR_INVALID if a file has no signature or a
 * name that an index cannot have, ERROR_EXISTS if two have the same plugin and counter,
 * ERROR_TOO_LARGE, ERROR_SYSTEM; errors of bundle_read(). Blocks on the disk.
 */
int bundle_index_scan(const char *folder, struct bundle_index *ret_index, struct error *err);

/* Append the JSON text. ERROR_TOO_LARGE beyond BUNDLE_INDEX_MAX, ERROR_NO_MEMORY. */
int bundle_index_print(const struct bundle_index *index, struct buffer *text);

/*
 * Read the JSON text, and check it completely. The caller ends *ret_index with
 * bundle_index_finish(). `shown` names it in error texts. ERROR_MALFORMED, ERROR_UNSUPPORTED for a
 * newer format, ERROR_TOO_LARGE, ERROR_NO_MEMORY.
 */
int bundle_index_parse(const char *text, size_t size, const char *shown,
		       struct bundle_index *ret_index, struct error *err);

/*
 * Check an index that came from outside, and read it: its signature by the keys of [updates]
 * trusted_keys, before anything is parsed, then that the key may sign for each plugin in it, then
 * its expiry. It needs a signature whatever require_signature says; `signature` NULL: there is
 * none. ret_id receives the key's id. That the counter does not go back is checked by
 * bundle_store_see_index(). ERROR_NOT_GRANTED, ERROR_CHECKSUM, ERROR_TIMEOUT if it has expired;
 * errors of minisign_signature_parse() and bundle_index_parse().
 */
int bundle_index_check(const struct config *config, const struct buffer *text,
		       const char *signature, const char *shown, const struct bundle_time *time,
		       char ret_id[MINISIGN_ID_TEXT_SIZE], struct bundle_index *ret_index,
		       struct error *err);

/* The newest bundle of the plugin that this version of harvester can run, borrowed.
 * ERROR_NOT_FOUND, ERROR_UNSUPPORTED if all need a newer harvester. */
int bundle_index_find(const struct bundle_index *index, const char *name,
		      const struct bundle_index_entry **ret_entry, struct error *err);

/* Whether each of the words is in the entry's name or description; capital letters do not count. */
bool bundle_index_matches(const struct bundle_index_entry *entry, const char *const words[],
			  size_t count);

/* For people and programs. The caller owns it; NULL if out of memory. */
json_t *bundle_index_entry_to_json(const struct bundle_index_entry *entry);

#endif
