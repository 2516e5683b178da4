#include "bundle/read.h"

#include <archive.h>
#include <archive_entry.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "bundle/build.h"
#include "config/problem.h"

#define BLOCK_SIZE 65536
#define PERMISSION_NAME "permission.toml"

struct reader {
	struct archive *archive; /* owned */
	struct bundle_manifest *manifest;
	const struct bundle_sink *sink;
	crypto_hash_sha256_state hash; /* of the current file */
	struct buffer permission;      /* the permission file */
	struct error *err;
};

static int refuse(struct reader *reader, const char *what, const char *path)
{
	return error_set(reader->err, ERROR_MALFORMED,
			 "this file is not a bundle, or a damaged one (%s%s%.200s): build it or "
			 "download it again",
			 what, *path ? " " : "", path);
}

/* Only plain entries of the oldest format: no links, devices, sparse files or extensions. */
static bool is_plain(const struct reader *reader, struct archive_entry *entry)
{
	return archive_format(reader->archive) == ARCHIVE_FORMAT_TAR_USTAR &&
	       archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry) &&
	       !archive_entry_symlink(entry) && !archive_entry_sparse_count(entry) &&
	       archive_entry_size_is_set(entry) && archive_entry_size(entry) >= 0;
}

/* The next entry, which must have this path. */
static int next(struct reader *reader, const char *path, struct archive_entry **ret_entry)
{
	const char *found;

	if (archive_read_next_header(reader->archive, ret_entry) != ARCHIVE_OK)
		return refuse(reader, "it ends before", path);
	found = archive_entry_pathname(*ret_entry);
	if (!found || strcmp(found, path) != 0)
		return refuse(reader, "it has another entry in the place of", path);
	return is_plain(reader, *ret_entry)
		       ? 0
		       : refuse(reader, "this entry is not a plain file:", path);
}

static int read_manifest(struct reader *reader)
{
	struct archive_entry *entry;
	struct buffer text;
	char *room;
	int ret = next(reader, BUNDLE_MANIFEST, &entry);
	size_t size;

	if (ret)
		return ret;
	if (archive_entry_size(entry) > BUNDLE_MANIFEST_MAX)
		return error_set(reader->err, ERROR_TOO_LARGE,
				 "the bundle's manifest has more than %u bytes: build the bundle "
				 "with fewer files",
				 BUNDLE_MANIFEST_MAX);
	size = (size_t)archive_entry_size(entry);
	buffer_init(&text, BUNDLE_MANIFEST_MAX + 1);
	room = buffer_reserve(&text, size + 1);
	if (!room)
		ret = error_set(reader->err, ERROR_NO_MEMORY,
				"out of memory while reading a bundle; this machine needs more "
				"free memory");
	else if (archive_read_data(reader->archive, room, size) != (la_ssize_t)size)
		ret = refuse(reader, "it ends inside", BUNDLE_MANIFEST);
	else
		ret = bundle_manifest_parse(room, size, reader->manifest, reader->err);
	buffer_finish(&text);
	return ret;
}

static int take_block(struct reader *reader, const struct bundle_file *file, const void *block,
		      size_t size)
{
	const struct bundle_sink *sink = reader->sink;

	crypto_hash_sha256_update(&reader->hash, block, size);
	if (!strcmp(file->path, PERMISSION_NAME) && buffer_append(&reader->permission, block, size))
		return error_set(reader->err, ERROR_TOO_LARGE,
				 PERMISSION_NAME " of the bundle has more than %d bytes: shorten "
						 "it and build the bundle again",
				 PERMISSION_FILE_SIZE_MAX);
	return sink ? sink->on_data(sink->arg, block, size, reader->err) : 0;
}

static int read_content(struct reader *reader, const struct bundle_file *file)
{
	uint8_t block[BLOCK_SIZE], sha256[32];
	uint64_t total = 0;
	la_ssize_t size;
	int ret = 0;

	crypto_hash_sha256_init(&reader->hash);
	while (!ret && (size = archive_read_data(reader->archive, block, sizeof(block))) != 0) {
		if (size < 0 || total + (uint64_t)size > file->size)
			return refuse(reader, "it ends inside", file->path);
		total += (uint64_t)size;
		ret = take_block(reader, file, block, (size_t)size);
	}
	if (ret)
		return ret;
	crypto_hash_sha256_final(&reader->hash, sha256);
	if (total != file->size || memcmp(sha256, file->sha256, sizeof(sha256)) != 0)
		return error_set(reader->err, ERROR_CHECKSUM,
				 "the bundle's file %s has another content than its manifest "
				 "names: build the bundle again, or download it again",
				 file->path);
	return 0;
}

static int read_file(struct reader *reader, const struct bundle_file *file)
{
	char path[sizeof(BUNDLE_FOLDER) + BUNDLE_PATH_MAX];
	const struct bundle_sink *sink = reader->sink;
	struct archive_entry *entry;
	int ret;

	snprintf(path, sizeof(path), BUNDLE_FOLDER "%s", file->path);
	ret = next(reader, path, &entry);
	if (!ret && (uint64_t)archive_entry_size(entry) != file->size)
		ret = refuse(reader, "it has another size than its manifest names for", path);
	if (!ret && sink)
		ret = sink->on_begun(sink->arg, file, reader->err);
	if (!ret)
		ret = read_content(reader, file);
	if (!ret && sink)
		ret = sink->on_ended(sink->arg, reader->err);
	return ret;
}

/* The permission file must request what the manifest says, since that is what people are shown. */
static int check_request(struct reader *reader)
{
	const struct buffer *text = &reader->permission;
	struct permission request;
	struct buffer one, other;
	bool is_same;

	permission_init(&request);
	if (text->size && permission_parse(text->data, text->size, PERMISSION_NAME, &request, NULL))
		return refuse(reader, "its permission file has errors:", PERMISSION_NAME);
	buffer_init(&one, PERMISSION_FILE_SIZE_MAX);
	buffer_init(&other, PERMISSION_FILE_SIZE_MAX);
	permission_print(&request, &one);
	permission_print(&reader->manifest->request, &other);
	is_same = !one.failed && !other.failed && one.size == other.size &&
		  (!one.size || !memcmp(one.data, other.data, one.size));
	buffer_finish(&one);
	buffer_finish(&other);
	return is_same ? 0
		       : error_set(reader->err, ERROR_CHECKSUM,
				   "the bundle's " PERMISSION_NAME
				   " requests something else than its manifest, which is what was "
				   "signed and shown: build the bundle again");
}

static bool has_main(const struct bundle_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (!strcmp(files->items[i].path, "plugin.py") ||
		    !strcmp(files->items[i].path, "plugin.wasm"))
			return true;
	return false;
}

static int read_files(struct reader *reader)
{
	const struct bundle_files *files = &reader->manifest->files;
	struct archive_entry *entry;
	int ret = 0;

	if (!has_main(files))
		return refuse(reader, "it has neither plugin.py nor plugin.wasm", "");
	if (reader->sink)
		ret = reader->sink->on_manifest(reader->sink->arg, reader->manifest, reader->err);
	for (size_t i = 0; !ret && i < files->count; i++)
		ret = read_file(reader, &files->items[i]);
	if (!ret && archive_read_next_header(reader->archive, &entry) != ARCHIVE_EOF)
		ret = refuse(reader, "it has more entries than its manifest names", "");
	return ret ? ret : check_request(reader);
}

static int open_archive(struct reader *reader, int fd)
{
	reader->archive = archive_read_new();
	if (!reader->archive || lseek(fd, 0, SEEK_SET) ||
	    archive_read_support_format_tar(reader->archive) != ARCHIVE_OK ||
	    archive_read_open_fd(reader->archive, fd, BLOCK_SIZE) != ARCHIVE_OK)
		return refuse(reader, "it is not a tar file", "");
	return 0;
}

static int read_all(int fd, const struct bundle_sink *sink, bool is_whole,
		    struct bundle_manifest *ret_manifest, struct error *err)
{
	struct bundle_manifest manifest = {0};
	struct error own = {0};
	struct reader reader = {.manifest = &manifest, .sink = sink, .err = err ? err : &own};
	int ret;

	buffer_init(&reader.permission, PERMISSION_FILE_SIZE_MAX);
	ret = open_archive(&reader, fd);
	if (!ret)
		ret = read_manifest(&reader);
	if (!ret && is_whole)
		ret = read_files(&reader);
	archive_read_free(reader.archive);
	buffer_finish(&reader.permission);
	if (ret)
		bundle_manifest_finish(&manifest);
	else
		*ret_manifest = manifest;
	return ret;
}

int bundle_read(int fd, const struct bundle_sink *sink, struct bundle_manifest *ret_manifest,
		struct error *err)
{
	return read_all(fd, sink, true, ret_manifest, err);
}

int bundle_read_manifest(int fd, struct bundle_manifest *ret_manifest, struct error *err)
{
	return read_all(fd, NULL, false, ret_manifest, err);
}
