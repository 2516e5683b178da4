/*
 * The key-value store in which plugins keep small values across restarts: a SQLite database, one
 * transaction per call. When a call returns, its change is on the disk
 * (docs/decisions/0009-state-durability.md).
 *
 * Every function blocks on the disk. Any thread, one at a time for one store. The errors of get,
 * set, delete, keys and usage reach plugins, so their texts name no path.
 */
#ifndef HARVESTER_STORE_PLUGIN_STATE_STATE_H
#define HARVESTER_STORE_PLUGIN_STATE_STATE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_KEY_SIZE_MAX 128		 /* bytes */
#define STATE_VALUE_SIZE_MAX (16u << 10) /* bytes */
#define STATE_KEYS_MAX 256		 /* keys of one plugin */

struct clock;
struct error;
struct state_store;

/*
 * Open the database, or create it if it does not exist. If the file is damaged, move it aside
 * (base/damaged_file.h) and start with an empty one; *ret_note then holds a text for the log,
 * otherwise ret_note->code is 0. ERROR_SYSTEM if the folder cannot be written, ERROR_UNSUPPORTED if
 * a newer version of harvester made the database, ERROR_BUSY if another program has locked it,
 * ERROR_NO_MEMORY.
 */
int state_store_open(const char *path, struct state_store **ret_store, struct error *ret_note,
		     struct error *err);

/*
 * Limit how often each plugin may write (store/plugin_state/budget.h); without this call there is
 * no limit. Call at most once. `clock` is borrowed until close. ERROR_NO_MEMORY.
 */
int state_store_limit_writes(struct state_store *store, struct clock *clock, struct error *err);

/* Number of writes refused by that limit. Any thread, also during another call. */
uint64_t state_store_writes_refused(const struct state_store *store);

/* NULL is allowed. */
void state_store_close(struct state_store *store);

/*
 * Each function below can return ERROR_SYSTEM (the disk is full, read-only or failing),
 * ERROR_MALFORMED (the database was damaged after it was opened), ERROR_BUSY (another program has
 * locked it) and ERROR_NO_MEMORY. A key has 1..STATE_KEY_SIZE_MAX bytes of UTF-8; a longer one is
 * ERROR_TOO_LARGE, an empty or invalid one ERROR_INVALID.
 */

/* Read a value. The caller frees *ret_value with free(). ERROR_NOT_FOUND if the key is not set. */
int state_store_get(struct state_store *store, const char *plugin, const char *key,
		    uint8_t **ret_value, size_t *ret_size, struct error *err);

/*
 * Set a value. `quota` limits the bytes of all keys and values of the plugin. ERROR_TOO_LARGE if
 * the value exceeds STATE_VALUE_SIZE_MAX or the quota, or if the plugin has STATE_KEYS_MAX keys;
 * ERROR_BUSY if the plugin writes too often. On failure nothing changes. Setting the value that is
 * stored already writes nothing and does not count against the write limit.
 */
int state_store_set(struct state_store *store, const char *plugin, const char *key,
		    const uint8_t *value, size_t size, size_t quota, struct error *err);

/* Delete a key; succeeds if the key is not set. ERROR_BUSY if the plugin writes too often. */
int state_store_delete(struct state_store *store, const char *plugin, const char *key,
		       struct error *err);

/* List the keys as a JSON array of strings, sorted by their bytes. The caller owns *ret_keys. */
int state_store_keys(struct state_store *store, const char *plugin, json_t **ret_keys,
		     struct error *err);

/* Count the bytes of all keys and values, as the quota counts them, and the keys. */
int state_store_usage(struct state_store *store, const char *plugin, size_t *ret_bytes,
		      size_t *ret_keys, struct error *err);

/*
 * The state of a plugin's candidate (a new version that is tried beside the running one), which
 * must not change the running version's state. state_store_candidate() returns a second store in
 * memory for all candidates, borrowed as long as `store` lives. state_store_candidate_begin()
 * copies the plugin's state into it, and discards the changes of an earlier candidate; pass the
 * second store to the functions above from then on. At the end, state_store_candidate_keep() writes
 * the plugin's changes to the disk in one transaction, or state_store_candidate_drop() discards
 * them.
 */
struct state_store *state_store_candidate(struct state_store *store);
int state_store_candidate_begin(struct state_store *store, const char *plugin, struct error *err);
int state_store_candidate_keep(struct state_store *store, const char *plugin, struct error *err);
int state_store_candidate_drop(struct state_store *store, const char *plugin, struct error *err);

#endif
