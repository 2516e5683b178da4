#include "bundle/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "bundle/internal.h"
#include "bundle/read.h"
#include "bundle/trust.h"
#include "config/config.h"

void bundle_index_finish(struct bundle_index *index)
{
	free(index->entries);
	*index = (struct bundle_index){0};
}

/* A plain file of the folder, whose name means the same in a URL. */
static bool is_file_name(const char *text)
{
	size_t size = strlen(text), suffix = sizeof(BUNDLE_SUFFIX) - 1;

	return size > suffix && size <= BUNDLE_FILE_NAME_MAX && *text != '.' &&
	       !strcmp(text + size - suffix, BUNDLE_SUFFIX) &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789.-_")];
}

int bundle_index_check_file_name(const char *name, struct error *err)
{
	if (is_file_name(name))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "%.300s: an index cannot name this file: give it a name of at most %d "
			 "letters, digits, \".\", \"-\" and \"_\" that ends in " BUNDLE_SUFFIX,
			 name, BUNDLE_FILE_NAME_MAX);
}

int bundle_index_compare(const void *a, const void *b)
{
	const struct bundle_index_entry *one = a, *other = b;
	int order = strcmp(one->name, other->name);

	if (order)
		return order;
	return (one->counter < other->counter) - (one->counter > other->counter);
}

/* Writing */

json_t *bundle_index_entry_to_json(const struct bundle_index_entry *entry)
{
	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:s}", "name", entry->name, "version",
			 entry->version, "counter", (json_int_t)entry->counter, "host", entry->host,
			 "description", entry->description, "file", entry->file, "size",
			 (json_int_t)entry->size, "sha256", entry->digest);
}

static json_t *to_json(const struct bundle_index *index)
{
	char expires[BUNDLE_TIME_SIZE];
	json_t *bundles = json_array();

	bundle_time_print(index->expires_ms, expires);
	for (size_t i = 0; i < index->count; i++)
		if (json_array_append_new(bundles,
					  bundle_index_entry_to_json(&index->entries[i]))) {
			json_decref(bundles);
			return NULL;
		}
	return json_pack("{s:i, s:I, s:s, s:o}", "format", BUNDLE_INDEX_FORMAT, "counter",
			 (json_int_t)index->counter, "expires", expires, "bundles", bundles);
}

int bundle_index_print(const struct bundle_index *index, struct buffer *text)
{
	json_t *json = to_json(index);
	char *printed = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	int ret = printed ? buffer_append_text(text, printed) : ERROR_NO_MEMORY;

	if (!ret)
		ret = buffer_append(text, "\n", 1);
	if (!ret && text->size > BUNDLE_INDEX_MAX)
		ret = ERROR_TOO_LARGE;
	free(printed);
	json_decref(json);
	return ret;
}

/* Reading */

static int refuse(struct error *err, const char *shown, const char *what)
{
	return error_set(err, ERROR_MALFORMED,
			 "%s %s: make the index again with `harvester bundle index`", shown, what);
}

static bool read_entry(const json_t *json, struct bundle_index_entry *entry)
{
	const char *name, *version, *host, *description, *file, *digest;
	json_int_t counter, size;

	if (json_unpack((json_t *)json, "{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:s !}", "name", &name,
			"version", &version, "counter", &counter, "host", &host, "description",
			&description, "file", &file, "size", &size, "sha256", &digest) ||
	    !bundle_is_name(name) || !bundle_is_version(version) || !bundle_is_version(host) ||
	    !bundle_is_text(description) || !is_file_name(file) || !bundle_is_digest(digest) ||
	    counter < 1 || counter > (json_int_t)BUNDLE_COUNTER_MAX || size < 1 ||
	    size > (json_int_t)BUNDLE_SIZE_MAX)
		return false;
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	snprintf(entry->version, sizeof(entry->version), "%s", version);
	snprintf(entry->host, sizeof(entry->host), "%s", host);
	snprintf(entry->description, sizeof(entry->description), "%s", description);
	snprintf(entry->file, sizeof(entry->file), "%s", file);
	snprintf(entry->digest, sizeof(entry->digest), "%s", digest);
	entry->counter = (uint64_t)counter;
	entry->size = (uint64_t)size;
	return true;
}

static int read_entries(const json_t *list, const char *shown, struct bundle_index *index,
			struct error *err)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list))
		return refuse(err, shown, "has no list of bundles");
	if (count > BUNDLE_INDEX_ENTRIES_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s lists more than %d bundles: remove old versions, and make it "
				 "again with `harvester bundle index`",
				 shown, BUNDLE_INDEX_ENTRIES_MAX);
	index->entries = calloc(count + 1, sizeof(*index->entries));
	if (!index->entries)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading an index; this machine needs more "
				 "free memory");
	for (; index->count < count; index->count++) {
		struct bundle_index_entry *entry = &index->entries[index->count];

		if (!read_entry(json_array_get(list, index->count), entry))
			return refuse(err, shown, "lists a bundle that none can be");
		if (index->count && bundle_index_compare(entry - 1, entry) >= 0)
			return refuse(err, shown, "lists a bundle twice, or out of order");
	}
	return 0;
}

static int read_index(const json_t *json, const char *shown, struct bundle_index *index,
		      struct error *err)
{
	json_int_t format = json_integer_value(json_object_get(json, "format")), counter;
	const char *expires;
	json_t *bundles;

	if (format > BUNDLE_INDEX_FORMAT)
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s has the format %lld, which a newer version of harvester "
				 "reads: update this node first",
				 shown, (long long)format);
	if (json_unpack((json_t *)json, "{s:I, s:I, s:s, s:o !}", "format", &format, "counter",
			&counter, "expires", &expires, "bundles", &bundles) ||
	    format != BUNDLE_INDEX_FORMAT)
		return refuse(err, shown, "lacks a member, or has one too many");
	if (counter < 1 || counter > (json_int_t)BUNDLE_COUNTER_MAX)
		return refuse(err, shown, "has a counter out of range");
	if (!bundle_time_parse(expires, &index->expires_ms))
		return refuse(err, shown, "has an expiry that is no time");
	index->counter = (uint64_t)counter;
	return read_entries(bundles, shown, index, err);
}

int bundle_index_parse(const char *text, size_t size, const char *shown,
		       struct bundle_index *ret_index, struct error *err)
{
	struct bundle_index index = {0};
	json_error_t where;
	json_t *json;
	int ret;

	if (size > BUNDLE_INDEX_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s has more than %u bytes: remove old versions, and make it "
				 "again with `harvester bundle index`",
				 shown, BUNDLE_INDEX_MAX);
	json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
	if (!json)
		return refuse(err, shown, "is no JSON");
	ret = read_index(json, shown, &index, err);
	json_decref(json);
	if (ret)
		bundle_index_finish(&index);
	else
		*ret_index = index;
	return ret;
}

static int check_content(const struct config *config, const char *id, const char *shown,
			 const struct bundle_index *index, const struct bundle_time *time,
			 struct error *err)
{
	char expires[BUNDLE_TIME_SIZE];
	int ret = 0;

	for (size_t i = 0; !ret && i < index->count; i++)
		ret = bundle_trust_check_name(config, id, index->entries[i].name, err);
	if (ret)
		return error_wrap(err, ret, "%s", shown);
	bundle_time_print(index->expires_ms, expires);
	if (time->is_good && time->now_ms >= index->expires_ms)
		return error_set(err, ERROR_TIMEOUT,
				 "%s expired at %s, so newer versions may be kept from this node: "
				 "let its author make it again with `harvester bundle index`, or "
				 "check this machine's clock",
				 shown, expires);
	return 0;
}

int bundle_index_check(const struct config *config, const struct buffer *text,
		       const char *signature, const char *shown, const struct bundle_time *time,
		       char ret_id[MINISIGN_ID_TEXT_SIZE], struct bundle_index *ret_index,
		       struct error *err)
{
	struct bundle_index index;
	char id[MINISIGN_ID_TEXT_SIZE];
	int ret;

	if (!signature)
		return error_set(err, ERROR_NOT_GRANTED,
				 "%s has no signature, and an index needs one: `harvester bundle "
				 "index` writes it beside the index as " BUNDLE_INDEX
					 BUNDLE_SIGNATURE_SUFFIX,
				 shown);
	ret = bundle_trust_check_text(config, text, signature, shown, id, err);
	if (!ret)
		ret = bundle_index_parse(text->data ? text->data : "", text->size, shown, &index,
					 err);
	if (ret)
		return ret;
	ret = check_content(config, id, shown, &index, time, err);
	if (ret) {
		bundle_index_finish(&index);
		return ret;
	}
	memcpy(ret_id, id, sizeof(id));
	*ret_index = index;
	return 0;
}

/* Searching */

int bundle_index_find(const struct bundle_index *index, const char *name,
		      const struct bundle_index_entry **ret_entry, struct error *err)
{
	const struct bundle_index_entry *newest = NULL;

	for (size_t i = 0; i < index->count; i++) {
		const struct bundle_index_entry *entry = &index->entries[i];

		if (strcmp(entry->name, name) != 0)
			continue;
		if (bundle_version_compare(HARVESTER_VERSION, entry->host) >= 0) {
			*ret_entry = entry;
			return 0;
		}
		newest = newest ? newest : entry;
	}
	if (!newest)
		return error_set(err, ERROR_NOT_FOUND,
				 "the index lists no plugin %s: `harvester plugin search` lists "
				 "those that it has",
				 name);
	return error_set(err, ERROR_UNSUPPORTED,
			 "%s %s needs harvester %s, and this is %s: update harvester first", name,
			 newest->version, newest->host, HARVESTER_VERSION);
}

bool bundle_index_matches(const struct bundle_index_entry *entry, const char *const words[],
			  size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcasestr(entry->name, words[i]) && !strcasestr(entry->description, words[i]))
			return false;
	return true;
}
