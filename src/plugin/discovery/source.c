#include "plugin/discovery/source.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "plugin/discovery/file.h"
#include "plugin/discovery/source_files.h"
#include "wire/value.h"

void plugin_source_finish(struct plugin_source *source)
{
	free(source->path);
	free(source->main_path);
	free(source->permission_path);
	*source = (struct plugin_source){0};
}

int plugin_source_copy(const struct plugin_source *source, struct plugin_source *ret_copy)
{
	struct plugin_source copy = *source;

	copy.path = strdup(source->path);
	copy.main_path = strdup(source->main_path);
	copy.permission_path = strdup(source->permission_path);
	if (!copy.path || !copy.main_path || !copy.permission_path) {
		plugin_source_finish(&copy);
		return ERROR_NO_MEMORY;
	}
	*ret_copy = copy;
	return 0;
}

static cbor_item_t *make_item(const struct source_file *file)
{
	const char *text = file->text.data ? file->text.data : "";

	return value_array(2, value_text(file->path), cbor_build_stringn(text, file->text.size));
}

int plugin_source_read_script(const struct plugin_source *source, cbor_item_t **ret_files,
			      struct error *err)
{
	struct source_files list;
	cbor_item_t *files;
	int ret;

	if (source->kind != PLUGIN_SCRIPT)
		return error_set(
			err, ERROR_INVALID,
			"%s is not a .py plugin: name a .py file, or a folder with plugin.py",
			source->path);
	ret = source_files_list(source, true, &list, err);
	if (ret)
		return ret;
	files = cbor_new_definite_array(list.count);
	for (size_t i = 0; files && i < list.count; i++) {
		cbor_item_t *item = make_item(&list.items[i]);

		if (!item || !cbor_array_push(files, cbor_move(item)))
			cbor_decref(&files); /* sets it to NULL */
	}
	source_files_finish(&list);
	if (!files)
		return error_set(err, ERROR_NO_MEMORY, "%s: cannot read this plugin: %s",
				 source->path, error_text(ERROR_NO_MEMORY));
	*ret_files = files;
	return 0;
}

static int hash_chunk(void *arg, const uint8_t *data, size_t size)
{
	crypto_hash_sha256_update(arg, data, size);
	return 0;
}

static void hash_sized(crypto_hash_sha256_state *hash, const void *data, size_t size)
{
	uint8_t length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t)((uint64_t)size >> (8 * i));
	crypto_hash_sha256_update(hash, length, sizeof(length));
	crypto_hash_sha256_update(hash, data, size);
}

static int hash_component(crypto_hash_sha256_state *hash, const char *path, struct error *err)
{
	struct stat stat;
	int fd = file_open_regular(AT_FDCWD, path, path, &stat, err);
	int ret;

	if (fd < 0)
		return fd;
	ret = file_read(fd, path, PLUGIN_COMPONENT_SIZE_MAX, hash_chunk, hash, err);
	close(fd);
	return ret;
}

static int hash_script(crypto_hash_sha256_state *hash, const struct plugin_source *source,
		       struct error *err)
{
	struct source_files list;
	int ret = source_files_list(source, true, &list, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < list.count; i++) {
		const struct buffer *text = &list.items[i].text;

		hash_sized(hash, list.items[i].path, strlen(list.items[i].path));
		hash_sized(hash, text->data ? text->data : "", text->size);
	}
	source_files_finish(&list);
	return 0;
}

int plugin_source_digest(const struct plugin_source *source, uint8_t ret_sha256[32],
			 struct error *err)
{
	crypto_hash_sha256_state hash;
	int ret;

	crypto_hash_sha256_init(&hash);
	if (source->kind == PLUGIN_COMPONENT)
		ret = hash_component(&hash, source->main_path, err);
	else
		ret = hash_script(&hash, source, err);
	if (!ret)
		crypto_hash_sha256_final(&hash, ret_sha256);
	return ret;
}

static void mix_stat(crypto_generichash_state *hash, const struct stat *stat)
{
	const uint64_t numbers[] = {
		stat->st_mode,
		(uint64_t)stat->st_size,
		(uint64_t)stat->st_mtim.tv_sec,
		(uint64_t)stat->st_mtim.tv_nsec,
		/* Changes with every write, even if size and modification time are set back
		   afterwards. */
		(uint64_t)stat->st_ctim.tv_sec,
		(uint64_t)stat->st_ctim.tv_nsec,
		stat->st_ino,
	};

	crypto_generichash_update(hash, (const uint8_t *)numbers, sizeof(numbers));
}

int plugin_source_fingerprint(const struct plugin_source *source,
			      struct plugin_fingerprint *ret_fingerprint)
{
	struct source_files list;
	crypto_generichash_state hash;
	struct stat permission = {0};
	int ret = source_files_list(source, false, &list, NULL);

	if (ret)
		return ret;
	crypto_generichash_init(&hash, NULL, 0, sizeof(ret_fingerprint->bytes));
	for (size_t i = 0; i < list.count; i++) {
		const char *path = list.items[i].path;

		crypto_generichash_update(&hash, (const uint8_t *)path, strlen(path) + 1);
		mix_stat(&hash, &list.items[i].stat);
	}
	if (lstat(source->permission_path, &permission))
		permission = (struct stat){0};
	mix_stat(&hash, &permission);
	crypto_generichash_final(&hash, ret_fingerprint->bytes, sizeof(ret_fingerprint->bytes));
	source_files_finish(&list);
	return 0;
}
