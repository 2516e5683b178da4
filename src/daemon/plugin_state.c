#include "daemon/plugin_state.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "capability/host.h"
#include "store/state.h"

struct plugin_state {
	struct capability_state_store base;
	struct state_store *store;
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

static int open_store(const char *data_folder, struct state_store **ret_store, struct error *err)
{
	struct error note;
	char path[PATH_MAX];
	int ret;

	if (snprintf(path, sizeof(path), "%s/state.db", data_folder) >= (int)sizeof(path))
		return error_set(err, ERROR_TOO_LARGE, "the data folder's path is too long");
	ret = state_store_open(path, ret_store, &note, err);
	if (note.code)
		log_warning("state", "%s", note.text);
	return ret;
}

struct capability_state_store *plugin_state_open(const char *data_folder)
{
	struct plugin_state *state = calloc(1, sizeof(*state));
	struct error err = {.text = "out of memory"};

	if (!state || open_store(data_folder, &state->store, &err)) {
		log_error("state", "%s; plugins keep no state", err.text);
		free(state);
		return NULL;
	}
	state->base.ops = &ops;
	return &state->base;
}

void plugin_state_close(struct capability_state_store *base)
{
	struct plugin_state *state = (struct plugin_state *)base;

	if (!state)
		return;
	state_store_close(state->store);
	free(state);
}
