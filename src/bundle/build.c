#include "bundle/build.h"

#include <archive.h>
#include <archive_entry.h>
#include <cbor.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "bundle/tree.h"
#include "config/problem.h"
#include "config/schema.h"
#include "plugin/discovery/source.h"

#define LABEL_SIZE_MAX 16384
#define COPY_SIZE 65536
#define MODE 0644

/* bundle.toml */
struct label {
	char *version, *host, *expires, *description, *source; /* owned */
	uint64_t counter;
};

static bool is_time(const char *text)
{
	uint64_t ms;

	return bundle_time_parse(text, &ms);
}

#define VERSION_RULE "1 to 32 letters, digits, \".\", \"-\", \"+\" and \"_\""
#define TIME_RULE "a time, such as \"2027-01-31\" or \"2027-01-31T12:00:00Z\""
#define TEXT(key, field, rule, words)                                                              \
	{                                                                                          \
		.name = key, .kind = SCHEMA_STRING, .offset = offsetof(struct label, field),       \
		.valid = rule, .expected = words                                                   \
	}

static const struct schema_key label_keys[] = {
	TEXT("version", version, bundle_is_version, VERSION_RULE),
	TEXT("host", host, bundle_is_version, VERSION_RULE),
	TEXT("expires", expires, is_time, TIME_RULE),
	TEXT("description", description, NULL, NULL),
	TEXT("source", source, NULL, NULL),
	{.name = "counter",
	 .kind = SCHEMA_UINT64,
	 .offset = offsetof(struct label, counter),
	 .low = 1,
	 .high = (double)BUNDLE_COUNTER_MAX},
	{0},
};

static void finish_label(struct label *label)
{
	free(label->version);
	free(label->host);
	free(label->expires);
	free(label->description);
	free(label->source);
}

/* The first problem becomes the error's text. */
static int take_problems(int ret, const struct problem_list *problems, const char *path,
			 struct error *err)
{
	return error_set(err, ret, "%s", problems->count ? problems->items[0].text : path);
}

static int read_label(const char *folder, struct label *ret_label, struct error *err)
{
	struct problem_list problems;
	char path[PATH_MAX];
	struct schema_file file = {
		.name = path,
		.size_max = LABEL_SIZE_MAX,
		.keys = label_keys,
		.target = ret_label,
		.problems = &problems,
	};
	int ret;

	if (snprintf(path, sizeof(path), "%s/%s", folder, BUNDLE_LABEL) >= (int)sizeof(path))
		return error_set(err, ERROR_TOO_LARGE, "%s: the path is too long: shorten it",
				 folder);
	problem_list_init(&problems);
	ret = schema_load(&file, true);
	if (ret == ERROR_NOT_FOUND)
		ret = 0;
	else if (ret)
		take_problems(ret, &problems, path, err);
	problem_list_finish(&problems);
	return ret;
}

static int read_request(const struct plugin_source *source, struct permission *ret_request,
			struct error *err)
{
	struct problem_list problems;
	int ret;

	permission_init(ret_request);
	problem_list_init(&problems);
	ret = permission_load(source->permission_path, ret_request, &problems);
	if (ret == ERROR_NOT_FOUND)
		ret = 0;
	else if (ret)
		take_problems(ret, &problems, source->permission_path, err);
	problem_list_finish(&problems);
	return ret;
}

static void put(char *ret_text, size_t size, const char *text, const char *otherwise)
{
	snprintf(ret_text, size, "%s", text ? text : otherwise);
}

static void fill(struct bundle_manifest *manifest, const struct label *label, uint64_t counter)
{
	put(manifest->version, sizeof(manifest->version), label->version, "0");
	put(manifest->host, sizeof(manifest->host), label->host, "0");
	put(manifest->description, sizeof(manifest->description), label->description, "");
	put(manifest->source, sizeof(manifest->source), label->source, "");
	if (label->expires)
		bundle_time_parse(label->expires, &manifest->expires_ms);
	manifest->counter = counter	     ? counter
			    : label->counter ? label->counter
					     : manifest->files.newest_ms;
}

/* Check what a node would refuse, so that the author sees it. */
static int check_script(const struct plugin_source *source, struct error *err)
{
	cbor_item_t *files = NULL;
	int ret;

	if (source->kind != PLUGIN_SCRIPT)
		return 0;
	ret = plugin_source_read_script(source, &files, err);
	if (!ret)
		cbor_decref(&files);
	return ret;
}

static int describe(const char *folder, uint64_t counter, struct bundle_manifest *manifest,
		    struct error *err)
{
	struct plugin_source source = {0};
	struct label label = {0};
	int ret = plugin_source_open(folder, &source, err);

	if (ret)
		return ret;
	snprintf(manifest->name, sizeof(manifest->name), "%s", source.name);
	if (!source.is_folder)
		ret = error_set(
			err, ERROR_INVALID,
			"%s is a file; a bundle is made of a folder: move it to %s/plugin.py",
			folder, source.name);
	if (!ret)
		ret = check_script(&source, err);
	if (!ret)
		ret = read_request(&source, &manifest->request, err);
	if (!ret)
		ret = read_label(folder, &label, err);
	if (!ret)
		ret = bundle_tree_list(folder, &manifest->files, err);
	if (!ret)
		fill(manifest, &label, counter);
	finish_label(&label);
	plugin_source_finish(&source);
	return ret;
}

/* Writing */

static int fail(struct archive *archive, struct error *err)
{
	const char *text = archive_error_string(archive);

	return error_set(err, ERROR_SYSTEM, "cannot write the bundle (is the disk full?): %s",
			 text ? text : "unknown error");
}

static int begin_entry(struct archive *archive, const char *path, uint64_t size, struct error *err)
{
	struct archive_entry *entry = archive_entry_new();
	int ret = 0;

	if (!entry)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while building a bundle; this machine needs more "
				 "free memory");
	archive_entry_set_pathname(entry, path);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, MODE);
	archive_entry_set_mtime(entry, 0, 0);
	if (archive_write_header(archive, entry) != ARCHIVE_OK)
		ret = fail(archive, err);
	archive_entry_free(entry);
	return ret;
}

static int copy(struct archive *archive, int fd, struct error *err)
{
	char part[COPY_SIZE];
	ssize_t count;

	while ((count = read(fd, part, sizeof(part))) > 0)
		if (archive_write_data(archive, part, (size_t)count) != count)
			return fail(archive, err);
	return count < 0 ? error_set(err, ERROR_SYSTEM,
				     "cannot read one of the plugin's files (check the disk, and "
				     "who may read them)")
			 : 0;
}

static int write_file(struct archive *archive, int folder, const struct bundle_file *file,
		      struct error *err)
{
	char path[sizeof(BUNDLE_FOLDER) + BUNDLE_PATH_MAX];
	int fd = bundle_tree_open(folder, file->path, err), ret;

	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), BUNDLE_FOLDER "%s", file->path);
	ret = begin_entry(archive, path, file->size, err);
	if (!ret)
		ret = copy(archive, fd, err);
	close(fd);
	return ret;
}

static int write_all(struct archive *archive, int folder, const struct bundle_manifest *manifest,
		     struct error *err)
{
	struct buffer text;
	int ret;

	buffer_init(&text, BUNDLE_MANIFEST_MAX);
	ret = bundle_manifest_print(manifest, &text);
	if (ret)
		error_set(err, ret, "cannot write the bundle's manifest: %s", error_text(ret));
	else
		ret = begin_entry(archive, BUNDLE_MANIFEST, text.size, err);
	if (!ret && archive_write_data(archive, text.data, text.size) != (la_ssize_t)text.size)
		ret = fail(archive, err);
	buffer_finish(&text);
	for (size_t i = 0; !ret && i < manifest->files.count; i++)
		ret = write_file(archive, folder, &manifest->files.items[i], err);
	if (!ret && archive_write_close(archive) != ARCHIVE_OK)
		ret = fail(archive, err);
	return ret;
}

static int write_bundle(const char *folder, int out, const struct bundle_manifest *manifest,
			struct error *err)
{
	struct archive *archive = archive_write_new();
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;

	if (!archive || fd < 0 || archive_write_set_format_ustar(archive) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
	    archive_write_open_fd(archive, out) != ARCHIVE_OK)
		ret = error_set(err, ERROR_SYSTEM,
				"%s: cannot start the bundle of this folder: close other programs, "
				"or free some memory",
				folder);
	else
		ret = write_all(archive, fd, manifest, err);
	archive_write_free(archive);
	if (fd >= 0)
		close(fd);
	return ret;
}

int bundle_build(const char *folder, uint64_t counter, int out,
		 struct bundle_manifest *ret_manifest, struct error *err)
{
	struct bundle_manifest manifest = {0};
	char path[PATH_MAX];
	int ret;

	if (!realpath(folder, path))
		return error_set(err, ERROR_NOT_FOUND,
				 "%s: there is no such folder: name the folder of a plugin",
				 folder);
	ret = describe(path, counter, &manifest, err);
	if (!ret)
		ret = write_bundle(path, out, &manifest, err);
	if (ret)
		bundle_manifest_finish(&manifest);
	else
		*ret_manifest = manifest;
	return ret;
}
