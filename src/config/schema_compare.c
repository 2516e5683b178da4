#include <string.h>

#include "config/schema.h"

struct comparison {
	const char *a, *b;
	schema_difference *on_found;
	void *arg;
};

static bool are_equal_texts(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static size_t value_size(enum schema_kind kind)
{
	switch (kind) {
	case SCHEMA_BOOLEAN:
		return sizeof(bool);
	case SCHEMA_UINT64:
		return sizeof(uint64_t);
	case SCHEMA_NUMBER:
		return sizeof(double); /* finite, so equal values have equal bytes (-0 aside) */
	case SCHEMA_ADDRESS:
		return sizeof(uint16_t);
	case SCHEMA_INT:
	case SCHEMA_UNSIGNED:
	case SCHEMA_CHOICE:
		return sizeof(int);
	case SCHEMA_TABLE:
	case SCHEMA_STRING:
	case SCHEMA_CUSTOM:
		break;
	}
	return 0;
}

static bool are_equal(const struct comparison *comparison, const struct schema_key *key)
{
	const char *a = comparison->a + key->offset, *b = comparison->b + key->offset;

	if (key->kind == SCHEMA_CUSTOM)
		return !key->equal || key->equal(comparison->a, comparison->b);
	if (key->kind == SCHEMA_STRING)
		return are_equal_texts(*(char *const *)a, *(char *const *)b);
	return !memcmp(a, b, value_size(key->kind));
}

static void compare(const struct comparison *comparison, const struct schema_key *keys,
		    const char *path, bool reloads)
{
	char key_path[SCHEMA_PATH_SIZE];

	for (const struct schema_key *key = keys; key->name; key++) {
		schema_join(key_path, path, key->name);
		if (key->kind == SCHEMA_TABLE)
			compare(comparison, key->keys, key_path, reloads || key->reloads);
		else if (!are_equal(comparison, key))
			comparison->on_found(comparison->arg, key_path, reloads || key->reloads);
	}
}

void schema_compare(const struct schema_key *keys, const void *a, const void *b,
		    schema_difference *on_found, void *arg)
{
	const struct comparison comparison = {a, b, on_found, arg};

	compare(&comparison, keys, "", false);
}
