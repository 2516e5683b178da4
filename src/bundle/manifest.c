#include "bundle/manifest.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/reserved.h"
#include "base/text.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/grant.h"

#define HEX_SIZE 65

void bundle_manifest_finish(struct bundle_manifest *manifest)
{
	bundle_files_finish(&manifest->files);
}

/* Rules */

bool bundle_is_version(const char *text)
{
	size_t size = strlen(text);

	return size && size <= BUNDLE_VERSION_MAX &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789.-+_")];
}

static bool ends_in(const char *text, const char *suffix)
{
	size_t size = strlen(text), suffix_size = strlen(suffix);

	return size >= suffix_size && !strcmp(text + size - suffix_size, suffix);
}

bool bundle_is_name(const char *text)
{
	size_t size = strlen(text);

	return size && size < PLUGIN_NAME_SIZE && *text != '.' && *text != '_' &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-_.")] &&
	       !ends_in(text, ".tmp") && !name_is_reserved(text);
}

bool bundle_is_digest(const char *text)
{
	return strlen(text) == BUNDLE_DIGEST_SIZE - 1 && !text[strspn(text, "0123456789abcdef")];
}

bool bundle_is_text(const char *text)
{
	size_t size = strlen(text);

	return size <= BUNDLE_TEXT_MAX && text_plain_size(text, size) == size &&
	       !strpbrk(text, "\n\r\t");
}

bool bundle_time_parse(const char *text, uint64_t *ret_ms)
{
	static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		struct tm time = {0};
		const char *end = strptime(text, formats[i], &time);
		time_t seconds;

		if (!end || *end)
			continue;
		seconds = timegm(&time);
		if (seconds <= 0)
			return false;
		*ret_ms = (uint64_t)seconds * 1000;
		return true;
	}
	return false;
}

void bundle_time_print(uint64_t unix_ms, char ret_text[BUNDLE_TIME_SIZE])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) ||
	    !strftime(ret_text, BUNDLE_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts))
		snprintf(ret_text, BUNDLE_TIME_SIZE, "never");
}

int bundle_version_compare(const char *a, const char *b)
{
	while (true) {
		char *a_end, *b_end;
		unsigned long one = strtoul(a, &a_end, 10), other = strtoul(b, &b_end, 10);

		if (one != other)
			return one < other ? -1 : 1;
		if (*a_end != '.' || *b_end != '.')
			return (*a_end == '.') - (*b_end == '.');
		a = a_end + 1;
		b = b_end + 1;
	}
}

/* Writing */

static json_t *files_to_json(const struct bundle_files *files)
{
	json_t *list = json_array();

	for (size_t i = 0; i < files->count; i++) {
		const struct bundle_file *file = &files->items[i];
		char hex[HEX_SIZE];

		sodium_bin2hex(hex, sizeof(hex), file->sha256, sizeof(file->sha256));
		if (json_array_append_new(list,
					  json_pack("{s:s, s:I, s:s}", "path", file->path, "size",
						    (json_int_t)file->size, "sha256", hex))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static void add_text(json_t *json, const char *name, const char *text)
{
	if (*text)
		json_object_set_new(json, name, json_string(text));
}

/* The members but "request" and "files". */
static json_t *head_to_json(const struct bundle_manifest *manifest)
{
	json_t *json = json_pack("{s:i, s:s, s:s, s:I, s:s}", "format", BUNDLE_FORMAT, "name",
				 manifest->name, "version", manifest->version, "counter",
				 (json_int_t)manifest->counter, "host", manifest->host);
	char expires[BUNDLE_TIME_SIZE] = "";

	if (manifest->expires_ms)
		bundle_time_print(manifest->expires_ms, expires);
	add_text(json, "expires", expires);
	add_text(json, "description", manifest->description);
	add_text(json, "source", manifest->source);
	return json;
}

/* Like json_dumpb() into a buffer. */
static int append_text(const char *text, size_t size, void *arg)
{
	return buffer_append(arg, text, size);
}

int bundle_manifest_print(const struct bundle_manifest *manifest, struct buffer *text)
{
	json_t *json = head_to_json(manifest);
	struct buffer request;
	int ret = ERROR_NO_MEMORY;

	buffer_init(&request, PERMISSION_FILE_SIZE_MAX);
	permission_print(&manifest->request, &request);
	if (json && !request.failed &&
	    !json_object_set_new(json, "request", json_string(request.data ? request.data : "")) &&
	    !json_object_set_new(json, "files", files_to_json(&manifest->files)))
		ret = json_dump_callback(json, append_text, text, JSON_INDENT(1)) ? text->failed
										  : 0;
	if (!ret)
		ret = buffer_append(text, "\n", 1);
	if (!ret && text->size > BUNDLE_MANIFEST_MAX)
		ret = ERROR_TOO_LARGE;
	buffer_finish(&request);
	json_decref(json);
	return ret;
}

json_t *bundle_manifest_to_json(const struct bundle_manifest *manifest)
{
	json_t *json = head_to_json(manifest), *paths = json_array();
	char digest[APPROVAL_DIGEST_SIZE] = "";

	for (size_t i = 0; i < manifest->files.count; i++)
		json_array_append_new(paths, json_string(manifest->files.items[i].path));
	approvals_digest(&manifest->request, digest);
	json_object_set_new(json, "asks_for", grant_difference(&manifest->request, NULL));
	json_object_set_new(json, "request_digest", json_string(digest));
	json_object_set_new(json, "files", paths);
	json_object_set_new(json, "bytes", json_integer((json_int_t)manifest->files.total));
	return json;
}

/* Reading */

static int refuse(struct error *err, const char *what)
{
	return error_set(err, ERROR_MALFORMED, "the bundle's manifest %s: build the bundle again",
			 what);
}

static int read_file(const json_t *item, struct bundle_files *files, struct error *err)
{
	const char *path, *hex;
	uint8_t sha256[32];
	json_int_t size;
	size_t count;

	if (json_unpack((json_t *)item, "{s:s, s:I, s:s !}", "path", &path, "size", &size, "sha256",
			&hex) ||
	    size < 0 || size > (json_int_t)BUNDLE_BYTES_MAX ||
	    sodium_hex2bin(sha256, sizeof(sha256), hex, strlen(hex), NULL, &count, NULL) ||
	    count != sizeof(sha256))
		return refuse(err, "has a file without a path, size and SHA-256");
	if (bundle_files_add(files, path, (uint64_t)size, sha256))
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading a bundle; this machine needs more "
				 "free memory");
	return 0;
}

static int read_files(const json_t *list, struct bundle_files *files, struct error *err)
{
	int ret = 0;

	if (!json_is_array(list))
		return refuse(err, "has no list of files");
	if (json_array_size(list) > BUNDLE_FILES_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the bundle's manifest lists more than %d files: build the bundle "
				 "with fewer",
				 BUNDLE_FILES_MAX);
	for (size_t i = 0; !ret && i < json_array_size(list); i++)
		ret = read_file(json_array_get(list, i), files, err);
	return ret ? ret : bundle_files_check(files, err);
}

/* The request is its canonical text, so that there is one way to write it. */
static int read_request(const char *text, struct permission *ret_request, struct error *err)
{
	struct buffer canonical;
	bool is_canonical;

	if (strlen(text) > PERMISSION_FILE_SIZE_MAX ||
	    permission_parse(text, strlen(text), "request", ret_request, NULL))
		return refuse(err, "has a `request` that is not a valid permission file");
	buffer_init(&canonical, PERMISSION_FILE_SIZE_MAX);
	permission_print(ret_request, &canonical);
	is_canonical = !canonical.failed && !strcmp(canonical.data ? canonical.data : "", text);
	buffer_finish(&canonical);
	return is_canonical ? 0 : refuse(err, "has a `request` that is not in its canonical form");
}

static int read_head(const json_t *json, struct bundle_manifest *manifest, const char **ret_request,
		     const json_t **ret_files, struct error *err)
{
	const char *name, *version, *host, *expires = NULL, *description = "", *source = "";
	json_int_t format, counter;

	format = json_integer_value(json_object_get(json, "format"));
	if (format > BUNDLE_FORMAT)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the bundle has the format %lld, which a newer version of "
				 "harvester reads: update this node first",
				 (long long)format);
	if (json_unpack((json_t *)json, "{s:I, s:s, s:s, s:I, s:s, s?s, s?s, s?s, s:s, s:o !}",
			"format", &format, "name", &name, "version", &version, "counter", &counter,
			"host", &host, "expires", &expires, "description", &description, "source",
			&source, "request", ret_request, "files", ret_files) ||
	    format != BUNDLE_FORMAT)
		return refuse(err, "lacks a member, or has an unknown one");
	if (!bundle_is_name(name))
		return refuse(err, "has a `name` that no plugin can have");
	if (!bundle_is_version(version) || !bundle_is_version(host))
		return refuse(err, "has a `version` or `host` that is not a version such as 1.2.3");
	if (counter < 1 || counter > (json_int_t)BUNDLE_COUNTER_MAX)
		return refuse(err, "has a `counter` that is out of range");
	if (expires && !bundle_time_parse(expires, &manifest->expires_ms))
		return refuse(
			err,
			"has an `expires` that is not a time in UTC such as 2026-01-31T12:00:00Z");
	if (!bundle_is_text(description) || !bundle_is_text(source))
		return refuse(
			err,
			"has a `description` or `source` that is too long, or is not plain text");
	snprintf(manifest->name, sizeof(manifest->name), "%s", name);
	snprintf(manifest->version, sizeof(manifest->version), "%s", version);
	snprintf(manifest->host, sizeof(manifest->host), "%s", host);
	snprintf(manifest->description, sizeof(manifest->description), "%s", description);
	snprintf(manifest->source, sizeof(manifest->source), "%s", source);
	manifest->counter = (uint64_t)counter;
	return 0;
}

int bundle_manifest_parse(const char *text, size_t size, struct bundle_manifest *ret_manifest,
			  struct error *err)
{
	struct bundle_manifest manifest = {0};
	const json_t *files = NULL;
	const char *request = NULL;
	json_error_t where;
	json_t *json;
	int ret;

	if (size > BUNDLE_MANIFEST_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the bundle's manifest has more than %u bytes: build the bundle "
				 "with fewer files",
				 BUNDLE_MANIFEST_MAX);
	json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
	if (!json)
		return refuse(err, "is not JSON");
	ret = read_head(json, &manifest, &request, &files, err);
	if (!ret)
		ret = read_request(request, &manifest.request, err);
	if (!ret)
		ret = read_files(files, &manifest.files, err);
	json_decref(json);
	if (ret)
		bundle_manifest_finish(&manifest);
	else
		*ret_manifest = manifest;
	return ret;
}
