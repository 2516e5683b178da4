/*
 * The store of bundles: DATA/bundles/files/DIGEST.bundle with its signature, a record for each
 * plugin (bundle/record.h), and the versions in the plugins folder (bundle/place.h).
 *
 * The order of its steps makes a switch safe against a power cut: first the bundle is written to
 * the disk; then the record, which says what is to be in the plugins folder and which counter was
 * seen; then one rename() exchanges the plugin's folder; last the record says that the switch is
 * done. bundle_store_settle() finishes what was interrupted.
 *
 * The command line and the node may both open the store; a lock of the folder makes one of them
 * wait for the other. Any thread; blocks on the disk.
 */
#ifndef HARVESTER_BUNDLE_STORE_H
#define HARVESTER_BUNDLE_STORE_H

#include <jansson.h>
#include <stdbool.h>

#include "bundle/record.h"
#include "bundle/trust.h"

struct approvals;
struct buffer;
struct bundle_index_entry;
struct bundle_store;
struct config;
struct error;

struct bundle_store_config {
	const char *data_folder, *plugins_folder; /* borrowed until bundle_store_close() */
};

/*
 * Open DATA/bundles, creating it if it does not exist, and wait for its lock. The caller ends
 * *ret_store with bundle_store_close(). Errors of trusted_folder_open(); ERROR_SYSTEM,
 * ERROR_NO_MEMORY.
 */
int bundle_store_open(const struct bundle_store_config *config, struct bundle_store **ret_store,
		      struct error *err);
void bundle_store_close(struct bundle_store *store); /* NULL is allowed */

/* Whether anything was ever installed here, without opening or creating the store. */
bool bundle_store_exists(const char *data_folder);

struct bundle_install {
	const struct config *config;	   /* trusted keys, auto_approve */
	const struct approvals *approvals; /* what the owner has approved */
	struct bundle_time time;
	int fd;		       /* the bundle, from its beginning; any file, it is copied */
	const char *signature; /* the text of FILE.minisig; NULL: none */
	const char *shown;     /* the bundle's name for error texts */
	/* What an index says about the bundle, borrowed; NULL: it comes from none. */
	const struct bundle_index_entry *listed;
	const char *name; /* of the plugin that it has to be; NULL: any */
	bool force; /* also in the place of files that were changed here, and if quarantined */
};

struct bundle_installed {
	char name[PLUGIN_NAME_SIZE];
	struct bundle_version version;
	bool is_waiting; /* it requests more than is approved, so the old version goes on */
	bool is_same;	 /* it was installed already */
	json_t *news;	 /* owned: what is requested beyond the approval, as grant_difference() */
};

/*
 * Install a bundle: copy it, check its signature, its content, its counter and its request, then
 * switch to it. ERROR_EXISTS if the plugin was changed here; ERROR_NOT_GRANTED if the bundle is
 * quarantined or too old; ERROR_CHECKSUM or ERROR_MALFORMED if it is not the `listed` one; errors
 * of bundle_trust_check(), bundle_trust_check_manifest(), bundle_read() and bundle_place_switch().
 * Nothing has changed after an error. The caller frees ret_installed->news.
 */
int bundle_store_install(struct bundle_store *store, const struct bundle_install *install,
			 struct bundle_installed *ret_installed, struct error *err);

/* For people and programs: {"name", "version", "digest", "counter", "key", "waiting",
 * "already_installed", "new"}. The caller owns it; NULL if out of memory. */
json_t *bundle_installed_to_json(const struct bundle_installed *installed);

/* The request of the version that waits for approval. ERROR_NOT_FOUND: none waits. */
int bundle_store_waiting(struct bundle_store *store, const char *name,
			 struct permission *ret_request, struct error *err);

/* Switch to the version that waits, since its request is approved now. ERROR_NOT_FOUND. */
int bundle_store_switch_waiting(struct bundle_store *store, const char *name, struct error *err);

/*
 * Go back to the version before: the last good one, or, if that is the current one, the newest
 * other one that is not quarantined. *ret_version is that version. ERROR_NOT_FOUND if there is
 * none, ERROR_EXISTS if the plugin was changed here.
 */
int bundle_store_rollback(struct bundle_store *store, const char *name, bool force,
			  struct bundle_version *ret_version, struct error *err);

/*
 * Go back, as above, if `digest` is the current version. ret_version->digest is "" if it is not:
 * then nothing has changed. A version that waits with this digest waits no longer.
 */
int bundle_store_undo(struct bundle_store *store, const char *name, const char *digest,
		      struct bundle_version *ret_version, struct error *err);

/* Remove the plugin from the plugins folder. Its record stays, with the counters. ERROR_NOT_FOUND
 * if no bundle of it is installed, ERROR_EXISTS if it was changed here. */
int bundle_store_remove(struct bundle_store *store, const char *name, bool force,
			struct error *err);

/*
 * The current version has failed its probation: quarantine it for this reason, and go back to the
 * last good one. `digest` "" stands for the current version. No effect, and ret_version->digest "",
 * if `digest` is not the current version, if that version is not on probation, or if there is no
 * good version to go back to: then the current one stays, like any plugin that fails.
 */
int bundle_store_fail(struct bundle_store *store, const char *name, const char *digest,
		      const char *reason, struct bundle_version *ret_version, struct error *err);

/* The current version has passed its probation, if `digest` is the current one. */
int bundle_store_pass(struct bundle_store *store, const char *name, const char *digest,
		      struct error *err);

/* The record of a plugin, after the switch that a kill has interrupted was finished, if it can be.
 * Errors of bundle_record_load(). */
int bundle_store_get(struct bundle_store *store, const char *name, struct bundle_record *ret_record,
		     struct error *err);

/* What somebody has changed in the plugin's folder since its current version was put there: the
 * path of a file, in ret_path, or words for a missing folder. NULL: nothing. */
const char *bundle_store_find_change(struct bundle_store *store, const struct bundle_record *record,
				     char ret_path[BUNDLE_PATH_MAX + 1]);

/*
 * The record as JSON, with "changed_here": the path of a file that differs from the current
 * version, or null. The caller owns *ret_json. ERROR_NOT_FOUND if no bundle of the plugin was ever
 * installed.
 */
int bundle_store_show(struct bundle_store *store, const char *name, json_t **ret_json,
		      struct error *err);

/* Finish what a power cut or a crash has interrupted, for all plugins. on_problem(arg, text) gets
 * what could not be finished. */
int bundle_store_settle(struct bundle_store *store, void (*on_problem)(void *arg, const char *text),
			void *arg, struct error *err);

/*
 * Remove what kills and power cuts have left: bundles and signatures that no record names, and
 * downloads that nobody went on with for 7 days. ret_count: how many files. Nothing is removed if a
 * record cannot be read, since it may name any bundle; errors of bundle_record_load(),
 * ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int bundle_store_sweep(struct bundle_store *store, unsigned *ret_count, struct error *err);

/*
 * An index with a good signature by the key with this id came from `place` (a URL or a folder):
 * check that its counter does not go back, and keep the counter. Call it before anything of the
 * index is used. ERROR_NOT_GRANTED if a newer one of the same key was seen there, or another one
 * with the same counter; ERROR_TOO_LARGE if too many keys sign there; ERROR_MALFORMED if the file
 * that remembers it is damaged; errors of trusted_folder_write().
 */
int bundle_store_see_index(struct bundle_store *store, const char *place, const char *id,
			   uint64_t counter, const struct buffer *text, struct error *err);

/* Call on_found(arg, name) for each plugin that has a record. */
int bundle_store_list(struct bundle_store *store, void (*on_found)(void *arg, const char *name),
		      void *arg, struct error *err);

#endif
