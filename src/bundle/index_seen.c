/*
 * Remembers the indexes that this node has seen, so that an old one played again is refused: a file
 * DATA/bundles/indexes/HASH.json for each place that an index came from.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "bundle/index.h"
#include "bundle/internal.h"

#define FOLDER "indexes"
#define SUFFIX ".json"
#define HASH_SIZE 16

/* The file's name: a place is a URL or a path, which can hold anything. */
static void name_file(const char *place, char ret_name[2 * HASH_SIZE + 1])
{
	uint8_t hash[HASH_SIZE];

	crypto_generichash(hash, sizeof(hash), (const uint8_t *)place, strlen(place), NULL, 0);
	sodium_bin2hex(ret_name, 2 * HASH_SIZE + 1, hash, sizeof(hash));
}

static bool is_seen(json_t *seen)
{
	const char *id, *digest;
	json_int_t counter;
	json_t *value;

	if (!json_is_object(seen) || json_object_size(seen) > BUNDLE_KEYS_MAX)
		return false;
	json_object_foreach(seen, id, value) if (json_unpack(value, "{s:I, s:s !}", "counter",
							     &counter, "sha256", &digest) ||
						 counter < 1) return false;
	return true;
}

/* {"place": …, "seen": {KEY: {"counter": …, "sha256": …}}}; the caller owns it. */
static int load(const struct trusted_folder *folder, const char *name, const char *place,
		json_t **ret_json, struct error *err)
{
	struct error own = {0};
	json_error_t where;
	struct buffer text;
	int ret = trusted_folder_read(folder, name, SUFFIX, &text, &own);
	json_t *json;

	if (ret == ERROR_NOT_FOUND) {
		*ret_json = json_pack("{s:s, s:{}}", "place", place, "seen");
		return *ret_json ? 0
				 : error_set(err, ERROR_NO_MEMORY,
					     "out of memory while noting the index's counter; this "
					     "machine needs more free memory");
	}
	if (ret)
		return error_set(err, ret, "%s", own.text);
	json = json_loadb(text.data ? text.data : "", text.size, JSON_REJECT_DUPLICATES, &where);
	buffer_finish(&text);
	if (json && is_seen(json_object_get(json, "seen"))) {
		*ret_json = json;
		return 0;
	}
	json_decref(json);
	return error_set(err, ERROR_MALFORMED,
			 "%s/%s" SUFFIX " is damaged, so the index of %.200s is not used: restore "
			 "the file from a backup; deleting it would forget which indexes are too "
			 "old",
			 folder->path, name, place);
}

static int refuse_old(const char *place, uint64_t counter, json_int_t seen, struct error *err)
{
	return error_set(err, ERROR_NOT_GRANTED,
			 "the index of %.200s has the counter %llu, but this node has seen %lld by "
			 "the same key%s: the server, or somebody on the way, shows an old or "
			 "forged one; try again later, or ask the index's author",
			 place, (unsigned long long)counter, (long long)seen,
			 counter == (uint64_t)seen ? " with another content" : "");
}

/* Check the counter, and keep it in `json`. */
static int count(json_t *json, const char *place, const char *id, uint64_t counter,
		 const char *digest, struct error *err)
{
	json_t *seen = json_object_get(json, "seen"), *before = json_object_get(seen, id);
	json_int_t highest = json_integer_value(json_object_get(before, "counter"));
	const char *same = json_string_value(json_object_get(before, "sha256"));

	if (before && (counter < (uint64_t)highest ||
		       (counter == (uint64_t)highest && strcmp(same, digest) != 0)))
		return refuse_old(place, counter, highest, err);
	if (!before && json_object_size(seen) >= BUNDLE_KEYS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "more than %d keys have signed the index of %.200s: sign it with "
				 "one of these keys",
				 BUNDLE_KEYS_MAX, place);
	json_object_set_new(
		seen, id,
		json_pack("{s:I, s:s}", "counter", (json_int_t)counter, "sha256", digest));
	return 0;
}

static int save(const struct trusted_folder *folder, const char *name, const json_t *json,
		struct error *err)
{
	char *text = json_dumps(json, JSON_INDENT(1));
	int ret = text ? trusted_folder_write(folder, name, SUFFIX, text, err)
		       : error_set(err, ERROR_NO_MEMORY,
				   "out of memory while noting the index's counter; this machine "
				   "needs more free memory");

	free(text);
	return ret;
}

int bundle_store_see_index(struct bundle_store *store, const char *place, const char *id,
			   uint64_t counter, const struct buffer *text, struct error *err)
{
	char name[2 * HASH_SIZE + 1], digest[BUNDLE_DIGEST_SIZE];
	struct trusted_folder folder;
	uint8_t sha256[32];
	json_t *json;
	int ret = trusted_folder_open(store->folder.path, FOLDER, &folder, err);

	if (ret)
		return ret;
	name_file(place, name);
	crypto_hash_sha256(sha256, (const uint8_t *)text->data, text->size);
	sodium_bin2hex(digest, sizeof(digest), sha256, sizeof(sha256));
	ret = load(&folder, name, place, &json, err);
	if (!ret) {
		ret = count(json, place, id, counter, digest, err);
		if (!ret)
			ret = save(&folder, name, json, err);
		json_decref(json);
	}
	trusted_folder_close(&folder);
	return ret;
}
