/*
 * What the store knows about one plugin: its versions, which of them should be in the plugins
 * folder, and the highest counter that each key has signed. One file a plugin,
 * DATA/bundles/NAME.json, replaced atomically (plugin/policy/trusted_folder.h).
 *
 * A record is written before the plugins folder is changed, with `is_switching` set: after a power
 * cut it says what has to be done. Any thread; blocks on the disk.
 */
#ifndef HARVESTER_BUNDLE_RECORD_H
#define HARVESTER_BUNDLE_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "bundle/manifest.h"
#include "bundle/minisign.h"

struct error;
struct trusted_folder;

#define BUNDLE_VERSIONS_MAX 8 /* kept of a plugin */
#define BUNDLE_REASON_MAX 400 /* bytes */
#define BUNDLE_KEYS_MAX 64    /* keys whose counters are kept */

struct bundle_version {
	char digest[BUNDLE_DIGEST_SIZE]; /* SHA-256 of the bundle */
	char version[BUNDLE_VERSION_MAX + 1];
	uint64_t counter;
	char key[MINISIGN_ID_TEXT_SIZE];
	uint64_t installed_ms;		 /* Unix time */
	char bad[BUNDLE_REASON_MAX + 1]; /* why it is quarantined; "": it is not */
};

struct bundle_counter {
	char key[MINISIGN_ID_TEXT_SIZE];
	uint64_t counter;
};

/* Digests are "" for none. */
struct bundle_record {
	char name[PLUGIN_NAME_SIZE];
	char current[BUNDLE_DIGEST_SIZE];  /* should be in the plugins folder */
	char previous[BUNDLE_DIGEST_SIZE]; /* was there before the last switch */
	char good[BUNDLE_DIGEST_SIZE];	   /* the last one that passed its probation */
	char waiting[BUNDLE_DIGEST_SIZE];  /* requests more than is approved */
	bool is_switching;		   /* the plugins folder has to be changed yet */
	bool is_on_probation;		   /* `current` has not passed it yet */
	struct bundle_version versions[BUNDLE_VERSIONS_MAX]; /* the newest first */
	size_t versions_count;
	struct bundle_counter counters[BUNDLE_KEYS_MAX];
	size_t counters_count;
};

/* Read the record; an empty one with `name` if there is none. ERROR_MALFORMED if the file is
 * damaged; errors of trusted_folder_read(). */
int bundle_record_load(const struct trusted_folder *folder, const char *name,
		       struct bundle_record *ret_record, struct error *err);

/* Write the record. On return it is on the disk. Errors of trusted_folder_write(). */
int bundle_record_save(const struct trusted_folder *folder, const struct bundle_record *record,
		       struct error *err);

/* Borrowed; NULL if there is no such version. */
struct bundle_version *bundle_record_find(struct bundle_record *record, const char *digest);

/*
 * Put a version first, unless it is there already. The oldest that no field of the record names is
 * dropped if there are too many: its digest is then in ret_dropped, else "".
 */
void bundle_record_add(struct bundle_record *record, const struct bundle_version *version,
		       char ret_dropped[BUNDLE_DIGEST_SIZE]);

/*
 * Check that the counter of this key does not go back, and keep it. ERROR_NOT_GRANTED if the key
 * has signed a higher one, or the same one for another bundle; ERROR_TOO_LARGE if there are too
 * many keys.
 */
int bundle_record_count(struct bundle_record *record, const struct bundle_version *version,
			struct error *err);

/* For people and programs. The caller owns it; NULL if out of memory. */
json_t *bundle_record_to_json(const struct bundle_record *record);

#endif
