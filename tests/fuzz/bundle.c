/*
 * What comes with a bundle. The first byte says which: 0 the whole bundle, 1 its manifest, 2 a
 * signature, 3 a public key, 4 a secret key, 5 an index of bundles; the rest is its text.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "bundle/index.h"
#include "bundle/manifest.h"
#include "bundle/minisign.h"
#include "bundle/read.h"
#include "fuzz.h"

static void check_error(int ret, const struct error *err)
{
	CHECK(ret < 0 && err->code == ret && *err->text);
}

/* Every path stays below the folder that it is unpacked to, and comes once. */
static void check_files(const struct bundle_files *files)
{
	CHECK(files->count && files->count <= BUNDLE_FILES_MAX && files->total <= BUNDLE_BYTES_MAX);
	for (size_t i = 0; i < files->count; i++) {
		const char *path = files->items[i].path;

		CHECK(*path && *path != '/' && *path != '.' && strlen(path) <= BUNDLE_PATH_MAX);
		CHECK(!strstr(path, "/.") && !strstr(path, "//") && !strpbrk(path, "\\:\n\x1b"));
		CHECK(!i || strcmp(files->items[i - 1].path, path) < 0);
	}
}

/* What was accepted says itself again, and is accepted again. */
static void check_manifest(const struct bundle_manifest *manifest)
{
	struct bundle_manifest again;
	struct buffer text;
	const char *path;

	CHECK(bundle_is_name(manifest->name) && bundle_is_version(manifest->version));
	CHECK(manifest->counter >= 1 && manifest->counter <= BUNDLE_COUNTER_MAX);
	check_files(&manifest->files);
	buffer_init(&text, 2 * BUNDLE_MANIFEST_MAX);
	if (!bundle_manifest_print(manifest, &text)) {
		CHECK(!bundle_manifest_parse(text.data, text.size, &again, NULL));
		CHECK(bundle_files_equal(&manifest->files, &again.files, &path));
		CHECK(again.expires_ms == manifest->expires_ms);
		bundle_manifest_finish(&again);
	}
	buffer_finish(&text);
}

struct content {
	size_t manifests, open, files, bytes;
};

static int on_manifest(void *arg, const struct bundle_manifest *manifest, struct error *err)
{
	(void)manifest, (void)err;
	((struct content *)arg)->manifests++;
	return 0;
}

static int on_begun(void *arg, const struct bundle_file *file, struct error *err)
{
	struct content *content = arg;

	(void)file, (void)err;
	CHECK(content->manifests == 1 && !content->open);
	content->open++;
	return 0;
}

static int on_data(void *arg, const void *data, size_t size, struct error *err)
{
	(void)data, (void)err;
	((struct content *)arg)->bytes += size;
	return 0;
}

static int on_ended(void *arg, struct error *err)
{
	struct content *content = arg;

	(void)err;
	content->open--;
	content->files++;
	return 0;
}

static void read_bundle(const uint8_t *data, size_t size)
{
	struct content content = {0};
	const struct bundle_sink sink = {on_manifest, on_begun, on_data, on_ended, &content};
	struct bundle_manifest manifest;
	struct error err = {0};
	int fd = memfd_create("bundle", MFD_CLOEXEC), ret;

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	ret = bundle_read(fd, &sink, &manifest, &err);
	CHECK(content.bytes <= size);
	if (ret) {
		check_error(ret, &err);
	} else {
		check_manifest(&manifest);
		CHECK(content.files == manifest.files.count && !content.open);
		CHECK(content.bytes == manifest.files.total);
		bundle_manifest_finish(&manifest);
	}
	close(fd);
}

static void read_manifest(const char *text, size_t size)
{
	struct bundle_manifest manifest;
	struct error err = {0};
	int ret = bundle_manifest_parse(text, size, &manifest, &err);

	if (ret) {
		check_error(ret, &err);
		return;
	}
	check_manifest(&manifest);
	bundle_manifest_finish(&manifest);
}

static void read_signature(const char *text, size_t size)
{
	static const struct minisign_public key;
	struct minisign_signature signature;
	uint8_t hash[MINISIGN_HASH_SIZE] = {0};
	struct error err = {0};
	int ret = minisign_signature_parse(text, size, "text", &signature, &err);

	if (ret)
		check_error(ret, &err);
	else
		CHECK(minisign_check(&signature, &key, hash, "text", &err) == ERROR_CHECKSUM);
}

static void read_key(bool is_secret, const char *text, size_t size)
{
	struct minisign_public public_key;
	struct minisign_secret secret;
	struct error err = {0};
	int ret = is_secret ? minisign_secret_parse(text, size, "text", &secret, &err)
			    : minisign_public_parse(text, size, "text", &public_key, &err);

	if (ret)
		check_error(ret, &err);
}

static void check_entry(const struct bundle_index_entry *entry)
{
	CHECK(bundle_is_name(entry->name) && bundle_is_version(entry->version));
	CHECK(bundle_is_digest(entry->digest));
	CHECK(entry->counter >= 1 && entry->counter <= BUNDLE_COUNTER_MAX);
	CHECK(entry->size && entry->size <= BUNDLE_SIZE_MAX);
	/* A plain file of the index's folder. */
	CHECK(*entry->file && *entry->file != '.' && !strchr(entry->file, '/'));
	CHECK(strlen(entry->file) > strlen(BUNDLE_SUFFIX));
}

/* What was accepted says itself again, and is accepted again. */
static void check_index(const struct bundle_index *index)
{
	struct bundle_index again;
	struct buffer text;

	CHECK(index->count <= BUNDLE_INDEX_ENTRIES_MAX);
	CHECK(index->counter >= 1 && index->counter <= BUNDLE_COUNTER_MAX && index->expires_ms);
	for (size_t i = 0; i < index->count; i++)
		check_entry(&index->entries[i]);
	buffer_init(&text, 2 * BUNDLE_INDEX_MAX);
	if (!bundle_index_print(index, &text)) {
		CHECK(!bundle_index_parse(text.data, text.size, "text", &again, NULL));
		CHECK(again.count == index->count && again.counter == index->counter);
		CHECK(again.expires_ms == index->expires_ms);
		bundle_index_finish(&again);
	}
	buffer_finish(&text);
}

static void read_index(const char *text, size_t size)
{
	struct bundle_index index;
	struct error err = {0};
	int ret = bundle_index_parse(text, size, "text", &index, &err);

	if (ret) {
		check_error(ret, &err);
		return;
	}
	check_index(&index);
	bundle_index_finish(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed feed = {data, size};
	unsigned which = feed_u8(&feed) % 6;

	if (which == 0)
		read_bundle(feed.data, feed.size);
	else if (which == 1)
		read_manifest((const char *)feed.data, feed.size);
	else if (which == 2)
		read_signature((const char *)feed.data, feed.size);
	else if (which == 5)
		read_index((const char *)feed.data, feed.size);
	else
		read_key(which == 4, (const char *)feed.data, feed.size);
	return 0;
}
