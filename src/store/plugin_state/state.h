/*
 * Small values of plugins that outlive them: a SQLite database, one transaction a call. What was
 * set is on the disk when the call returns (docs/decisions/0009-state-durability.md).
 *
 * Every function blocks on the disk. Any thread may call, one at a time for one store. Errors of
 * the last five reach plugins, so their texts name no path.
 */
#ifndef HARVESTER_STORE_PLUGIN_STATE_STATE_H
#define HARVESTER_STORE_PLUGIN_STATE_STATE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_KEY_SIZE_MAX 128		 /* bytes */
#define STATE_VALUE_SIZE_MAX (16u << 10) /* bytes */
#define STATE_KEYS_MAX 256		 /* of one plugin */

struct clock;
struct error;
struct state_store;

/*
 * Open the database, or start one. A damaged one is moved aside (base/damaged_file.h), and a
 * new one started; *ret_note, for the log, says so, and has code 0 otherwise. ERROR_SYSTEM where
 * the folder cannot be written, ERROR_UNSUPPORTED for a database of a newer version, ERROR_BUSY,
 * ERROR_NO_MEMORY.
 */
int state_store_open(const char *path, struct state_store **ret_store, struct error *ret_note,
		     struct error *err);

/*
 * From now on each plugin may write only as often as store/plugin_state/budget.h says; without this
 * call writes are not limited. Once, after open. clock: borrowed until close. ERROR_NO_MEMORY.
 */
int state_store_limit_writes(struct state_store *store, struct clock *clock, struct error *err);

/* Writes that were refused for that reason since then. Any thread, also while another calls. */
uint64_t state_store_writes_refused(const struct state_store *store);

/* NULL is allowed. */
void state_store_close(struct state_store *store);

/*
 * Of all that follow: ERROR_SYSTEM for a disk that is full, read-only or failing, ERROR_MALFORMED
 * for a database that was damaged since it was opened, ERROR_BUSY where another program holds it,
 * ERROR_NO_MEMORY. A key is 1..STATE_KEY_SIZE_MAX bytes of UTF-8: ERROR_TOO_LARGE, ERROR_INVALID.
 */

/* *ret_value: owned by the caller, free(). ERROR_NOT_FOUND for a key that is not set. */
int state_store_get(struct state_store *store, const char *plugin, const char *key,
		    uint8_t **ret_value, size_t *ret_size, struct error *err);

/*
 * quota: bytes, of all keys and values of the plugin. ERROR_TOO_LARGE for a value above
 * STATE_VALUE_SIZE_MAX, for one that does not fit in the quota, and for a key above STATE_KEYS_MAX;
 * ERROR_BUSY for a plugin that writes too often. Nothing has changed then. Setting what is there
 * already writes nothing, and is always allowed.
 */
int state_store_set(struct state_store *store, const char *plugin, const char *key,
		    const uint8_t *value, size_t size, size_t quota, struct error *err);

/* A key that is not set is no error. ERROR_BUSY for a plugin that writes too often. */
int state_store_delete(struct state_store *store, const char *plugin, const char *key,
		       struct error *err);

/* *ret_keys: an array of texts, ordered by their bytes; owned by the caller. */
int state_store_keys(struct state_store *store, const char *plugin, json_t **ret_keys,
		     struct error *err);

/* The bytes of all keys and values, as the quota counts them, and the number of keys. */
int state_store_usage(struct state_store *store, const char *plugin, size_t *ret_bytes,
		      size_t *ret_keys, struct error *err);

/*
 * A version of a plugin on trial: begin, then use the calls above on state_store_trial() (borrowed,
 * as long as the store) in place of the store; what they change is in memory alone. In the end keep
 * it, on the disk and all or nothing, or drop it. A trial that begins again is dropped first.
 */
struct state_store *state_store_trial(struct state_store *store);
int state_store_trial_begin(struct state_store *store, const char *plugin, struct error *err);
int state_store_trial_keep(struct state_store *store, const char *plugin, struct error *err);
int state_store_trial_drop(struct state_store *store, const char *plugin, struct error *err);

#endif
