#include "bundle/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "plugin/policy/trusted_folder.h"

#define SUFFIX ".json"

static json_t *version_to_json(const struct bundle_version *version)
{
	return json_pack("{s:s, s:s, s:I, s:s, s:I, s:s}", "digest", version->digest, "version",
			 version->version, "counter", (json_int_t)version->counter, "key",
			 version->key, "installed_ms", (json_int_t)version->installed_ms, "bad",
			 version->bad);
}

json_t *bundle_record_to_json(const struct bundle_record *record)
{
	json_t *versions = json_array(), *counters = json_object();

	for (size_t i = 0; i < record->versions_count; i++)
		json_array_append_new(versions, version_to_json(&record->versions[i]));
	for (size_t i = 0; i < record->counters_count; i++)
		json_object_set_new(counters, record->counters[i].key,
				    json_integer((json_int_t)record->counters[i].counter));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:o}", "name", record->name,
			 "current", record->current, "previous", record->previous, "good",
			 record->good, "waiting", record->waiting, "switching",
			 (int)record->is_switching, "probation", (int)record->is_on_probation,
			 "versions", versions, "counters", counters);
}

static bool put_digest(char ret_digest[BUNDLE_DIGEST_SIZE], const char *text)
{
	return text_copy(ret_digest, BUNDLE_DIGEST_SIZE, text) &&
	       (!*text || bundle_is_digest(text));
}

static bool read_version(const json_t *json, struct bundle_version *version)
{
	const char *digest, *text, *key, *bad;
	json_int_t counter, installed_ms;

	if (json_unpack((json_t *)json, "{s:s, s:s, s:I, s:s, s:I, s:s !}", "digest", &digest,
			"version", &text, "counter", &counter, "key", &key, "installed_ms",
			&installed_ms, "bad", &bad) ||
	    counter < 0 || installed_ms < 0)
		return false;
	version->counter = (uint64_t)counter;
	version->installed_ms = (uint64_t)installed_ms;
	return *digest && put_digest(version->digest, digest) &&
	       text_copy(version->version, sizeof(version->version), text) &&
	       text_copy(version->key, sizeof(version->key), key) &&
	       text_copy(version->bad, sizeof(version->bad), bad);
}

static bool read_versions(const json_t *list, struct bundle_record *record)
{
	record->versions_count = json_array_size(list);
	if (record->versions_count > BUNDLE_VERSIONS_MAX)
		return false;
	for (size_t i = 0; i < record->versions_count; i++)
		if (!read_version(json_array_get(list, i), &record->versions[i]))
			return false;
	return true;
}

static bool read_counters(json_t *object, struct bundle_record *record)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object) || json_object_size(object) > BUNDLE_KEYS_MAX)
		return false;
	json_object_foreach(object, key, value)
	{
		struct bundle_counter *counter = &record->counters[record->counters_count++];

		if (!text_copy(counter->key, sizeof(counter->key), key) ||
		    json_integer_value(value) < 1)
			return false;
		counter->counter = (uint64_t)json_integer_value(value);
	}
	return true;
}

static bool read_record(json_t *json, const char *name, struct bundle_record *record)
{
	const char *found, *current, *previous, *good, *waiting;
	json_t *versions, *counters;
	int is_switching, is_on_probation;

	if (json_unpack(json, "{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:o !}", "name", &found,
			"current", &current, "previous", &previous, "good", &good, "waiting",
			&waiting, "switching", &is_switching, "probation", &is_on_probation,
			"versions", &versions, "counters", &counters) ||
	    strcmp(found, name) != 0)
		return false;
	record->is_switching = is_switching;
	record->is_on_probation = is_on_probation;
	return put_digest(record->current, current) && put_digest(record->previous, previous) &&
	       put_digest(record->good, good) && put_digest(record->waiting, waiting) &&
	       read_versions(versions, record) && read_counters(counters, record);
}

int bundle_record_load(const struct trusted_folder *folder, const char *name,
		       struct bundle_record *ret_record, struct error *err)
{
	struct bundle_record record = {0};
	struct error own = {0};
	json_error_t where;
	struct buffer text;
	bool is_good;
	json_t *json;
	int ret;

	text_copy(record.name, sizeof(record.name), name);
	ret = trusted_folder_read(folder, name, SUFFIX, &text, &own);
	if (ret == ERROR_NOT_FOUND) {
		*ret_record = record;
		return 0;
	}
	if (ret)
		return error_set(err, ret, "%s", own.text);
	json = json_loadb(text.data ? text.data : "", text.size, JSON_REJECT_DUPLICATES, &where);
	buffer_finish(&text);
	is_good = json && read_record(json, name, &record);
	json_decref(json);
	if (!is_good)
		return error_set(err, ERROR_MALFORMED,
				 "%s/%s.json is damaged, so nothing about %s is changed: restore "
				 "it from a backup; deleting it would forget which versions are "
				 "too old to be installed",
				 folder->path, name, name);
	*ret_record = record;
	return 0;
}

int bundle_record_save(const struct trusted_folder *folder, const struct bundle_record *record,
		       struct error *err)
{
	json_t *json = bundle_record_to_json(record);
	char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	int ret;

	json_decref(json);
	if (!text)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while writing a record of the bundles; this "
				 "machine needs more free memory");
	ret = trusted_folder_write(folder, record->name, SUFFIX, text, err);
	free(text);
	return ret;
}

struct bundle_version *bundle_record_find(struct bundle_record *record, const char *digest)
{
	for (size_t i = 0; i < record->versions_count; i++)
		if (!strcmp(record->versions[i].digest, digest))
			return &record->versions[i];
	return NULL;
}

static bool is_needed(const struct bundle_record *record, const char *digest)
{
	return !strcmp(digest, record->current) || !strcmp(digest, record->previous) ||
	       !strcmp(digest, record->good) || !strcmp(digest, record->waiting);
}

/* Remove the oldest version that nothing names; at most four are named. */
static void drop_oldest(struct bundle_record *record, char ret_dropped[BUNDLE_DIGEST_SIZE])
{
	size_t i = record->versions_count;

	while (i-- > 0) {
		if (is_needed(record, record->versions[i].digest))
			continue;
		memcpy(ret_dropped, record->versions[i].digest, BUNDLE_DIGEST_SIZE);
		memmove(&record->versions[i], &record->versions[i + 1],
			(record->versions_count - i - 1) * sizeof(record->versions[0]));
		record->versions_count--;
		return;
	}
}

void bundle_record_add(struct bundle_record *record, const struct bundle_version *version,
		       char ret_dropped[BUNDLE_DIGEST_SIZE])
{
	*ret_dropped = '\0';
	if (bundle_record_find(record, version->digest))
		return;
	if (record->versions_count == BUNDLE_VERSIONS_MAX)
		drop_oldest(record, ret_dropped);
	memmove(&record->versions[1], &record->versions[0],
		record->versions_count * sizeof(record->versions[0]));
	record->versions[0] = *version;
	record->versions_count++;
}

static struct bundle_counter *find_counter(struct bundle_record *record, const char *key)
{
	for (size_t i = 0; i < record->counters_count; i++)
		if (!strcmp(record->counters[i].key, key))
			return &record->counters[i];
	return NULL;
}

int bundle_record_count(struct bundle_record *record, const struct bundle_version *version,
			struct error *err)
{
	struct bundle_counter *counter = find_counter(record, version->key);

	if (!counter && record->counters_count == BUNDLE_KEYS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "more than %d keys have signed versions of %s: sign with one of "
				 "these keys",
				 BUNDLE_KEYS_MAX, record->name);
	if (!counter) {
		counter = &record->counters[record->counters_count++];
		memcpy(counter->key, version->key, sizeof(counter->key));
	}
	if (version->counter < counter->counter ||
	    (version->counter == counter->counter && !bundle_record_find(record, version->digest)))
		return error_set(err, ERROR_NOT_GRANTED,
				 "%s %s has the counter %llu, but this node has seen %llu by the "
				 "same key: older versions are not installed again, so build it "
				 "with a higher counter; `harvester plugin rollback %s` goes back "
				 "to a version that is still here",
				 record->name, version->version,
				 (unsigned long long)version->counter,
				 (unsigned long long)counter->counter, record->name);
	counter->counter = version->counter;
	return 0;
}
