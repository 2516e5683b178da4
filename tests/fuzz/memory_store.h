/* A store of plugins' state that keeps one value, in memory. */
#ifndef TESTS_FUZZ_MEMORY_STORE_H
#define TESTS_FUZZ_MEMORY_STORE_H

#include "base/error.h"
#include "capability/host.h"
#include "fuzz.h"

#define MEMORY_STORE_SIZE 1024 /* bytes of key and value */

struct memory_store {
	struct capability_state_store base;
	char *key;	/* owned; NULL: it is empty */
	uint8_t *value; /* owned */
	size_t size;
};

static inline struct memory_store *memory_store_of(struct capability_state_store *base)
{
	return (struct memory_store *)base;
}

static inline bool memory_store_has(const struct memory_store *store, const char *key)
{
	return store->key && !strcmp(store->key, key);
}

static inline void memory_store_finish(struct memory_store *store)
{
	free(store->key);
	free(store->value);
	store->key = NULL;
	store->value = NULL;
}

static inline int memory_store_get(struct capability_state_store *base, const char *plugin,
				   const char *key, uint8_t **ret_value, size_t *ret_size,
				   struct error *err)
{
	struct memory_store *store = memory_store_of(base);
	uint8_t *copy;

	(void)plugin;
	if (!memory_store_has(store, key))
		return error_set(err, ERROR_NOT_FOUND, "no such key");
	copy = malloc(store->size + 1);
	CHECK(copy);
	memcpy(copy, store->value, store->size);
	*ret_value = copy;
	*ret_size = store->size;
	return 0;
}

static inline int memory_store_set(struct capability_state_store *base, const char *plugin,
				   const char *key, const uint8_t *value, size_t size, size_t quota,
				   struct error *err)
{
	struct memory_store *store = memory_store_of(base);

	(void)plugin;
	CHECK(quota == MEMORY_STORE_SIZE);
	if (strlen(key) + size > quota)
		return error_set(err, ERROR_TOO_LARGE, "over the quota");
	memory_store_finish(store);
	store->key = strdup(key);
	store->value = malloc(size + 1);
	CHECK(store->key && store->value);
	if (size)
		memcpy(store->value, value, size);
	store->size = size;
	return 0;
}

static inline int memory_store_remove(struct capability_state_store *base, const char *plugin,
				      const char *key, struct error *err)
{
	(void)plugin, (void)err;
	if (memory_store_has(memory_store_of(base), key))
		memory_store_finish(memory_store_of(base));
	return 0;
}

static inline int memory_store_keys(struct capability_state_store *base, const char *plugin,
				    json_t **ret_keys, struct error *err)
{
	json_t *keys = json_array();

	(void)plugin, (void)err;
	CHECK(keys);
	if (memory_store_of(base)->key)
		json_array_append_new(keys, json_string(memory_store_of(base)->key));
	*ret_keys = keys;
	return 0;
}

static inline void memory_store_init(struct memory_store *store)
{
	static const struct capability_state_ops ops = {
		.get = memory_store_get,
		.set = memory_store_set,
		.remove = memory_store_remove,
		.keys = memory_store_keys,
	};

	*store = (struct memory_store){.base = {.ops = &ops}};
}

#endif
