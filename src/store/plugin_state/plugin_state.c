#include "store/plugin_state/plugin_state.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "capability/host.h"
#include "store/plugin_state/state.h"

struct plugin_state {
	struct capability_state_store base;
	struct state_store *store; /* borrowed: get, set, remove and keys work on this */
	struct state_store *whole; /* borrowed: the database */
};

/* The state as running plugins see it, and as candidates do: their changes are kept apart until
 * they take over. */
struct plugin_states {
	struct plugin_state own, candidate;
};

static struct state_store *store_of(struct capability_state_store *base)
{
	return ((struct plugin_state *)base)->store;
}

static int get(struct capability_state_store *base, const char *plugin, const char *key,
	       uint8_t **ret_value, size_t *ret_size, struct error *err)
{
	return state_store_get(store_of(base), plugin, key, ret_value, ret_size, err);
}

static int set(struct capability_state_store *base, const char *plugin, const char *key,
	       const uint8_t *value, size_t size, size_t quota, struct error *err)
{
	return state_store_set(store_of(base), plugin, key, value, size, quota, err);
}

static int remove_key(struct capability_state_store *base, const char *plugin, const char *key,
		      struct error *err)
{
	return state_store_delete(store_of(base), plugin, key, err);
}

static int keys(struct capability_state_store *base, const char *plugin, json_t **ret_keys,
		struct error *err)
{
	return state_store_keys(store_of(base), plugin, ret_keys, err);
}

static const struct capability_state_ops ops = {
	.get = get,
	.set = set,
	.remove = remove_key,
	.keys = keys,
};

static struct state_store *whole_of(struct capability_state_store *base)
{
	return ((struct plugin_state *)base)->whole;
}

static int begin_candidate(struct capability_state_store *base, const char *plugin,
			   struct error *err)
{
	return state_store_candidate_begin(whole_of(base), plugin, err);
}

static int keep_candidate(struct capability_state_store *base, const char *plugin,
			  struct error *err)
{
	return state_store_candidate_keep(whole_of(base), plugin, err);
}

static int drop_candidate(struct capability_state_store *base, const char *plugin,
			  struct error *err)
{
	return state_store_candidate_drop(whole_of(base), plugin, err);
}

static const struct capability_candidate_ops candidate_ops = {
	.begin = begin_candidate,
	.keep = keep_candidate,
	.drop = drop_candidate,
};

static int open_store(const char *data_folder, struct clock *clock, struct state_store **ret_store,
		      struct error *err)
{
	struct state_store *store;
	struct error note = {0};
	char path[PATH_MAX];
	int ret;

	if (snprintf(path, sizeof(path), "%s/state.db", data_folder) >= (int)sizeof(path))
		return error_set(
			err, ERROR_TOO_LARGE,
			"%s: the data folder's path is too long: choose another with --data",
			data_folder);
	ret = state_store_open(path, &store, &note, err);
	if (note.code)
		log_warning("state", "%s", note.text);
	if (ret)
		return ret;
	if (clock)
		ret = state_store_limit_writes(store, clock, err);
	if (ret) {
		state_store_close(store);
		return ret;
	}
	*ret_store = store;
	return 0;
}

struct capability_state_store *plugin_state_open(const char *data_folder, struct clock *clock)
{
	struct plugin_states *states = calloc(1, sizeof(*states));
	struct error err = {.text = "out of memory while opening the plugins' state; this machine "
				    "needs more free memory"};
	struct state_store *store = NULL;

	if (!states || open_store(data_folder, clock, &store, &err)) {
		log_error("state", "%s; plugins run without their stored values", err.text);
		free(states);
		return NULL;
	}
	states->own = (struct plugin_state){
		.base = {.ops = &ops, .candidate = &states->candidate.base},
		.store = store,
		.whole = store,
	};
	states->candidate = (struct plugin_state){
		.base = {.ops = &ops, .candidate_ops = &candidate_ops},
		.store = state_store_candidate(store),
		.whole = store,
	};
	return &states->own.base;
}

uint64_t plugin_state_writes_refused(struct capability_state_store *base)
{
	return base ? state_store_writes_refused(whole_of(base)) : 0;
}

void plugin_state_close(struct capability_state_store *base)
{
	struct plugin_states *states = (struct plugin_states *)base;

	if (!states)
		return;
	state_store_close(states->own.whole);
	free(states);
}
