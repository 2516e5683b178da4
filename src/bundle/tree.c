#include "bundle/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "plugin/discovery/file.h"

struct tree {
	const char *root;
	struct bundle_files files;
	unsigned entries;
	struct error *err;
};

static bool is_left_out(const char *name)
{
	return name[0] == '.' || !strcmp(name, "__pycache__") || file_name_ends_in(name, ".pyc") ||
	       file_name_ends_in(name, "~") || file_name_ends_in(name, ".tmp");
}

static int hash_part(void *arg, const uint8_t *data, size_t size)
{
	crypto_hash_sha256_update(arg, data, size);
	return 0;
}

static int add_file(struct tree *tree, int folder, const char *name, const char *path)
{
	crypto_hash_sha256_state hash;
	uint64_t changed_ms, left = BUNDLE_BYTES_MAX - tree->files.total;
	uint8_t sha256[32];
	struct stat stat;
	int fd, ret;

	fd = file_open_regular(folder, name, path, &stat, tree->err);
	if (fd < 0)
		return fd;
	crypto_hash_sha256_init(&hash);
	ret = file_read(fd, path, left, hash_part, &hash, tree->err);
	if (!ret && lseek(fd, 0, SEEK_CUR) != stat.st_size)
		ret = error_set(tree->err, ERROR_BUSY, "%s/%s changed while it was read: try again",
				tree->root, path);
	close(fd);
	if (ret)
		return ret;
	crypto_hash_sha256_final(&hash, sha256);
	changed_ms =
		(uint64_t)stat.st_mtim.tv_sec * 1000 + (uint64_t)stat.st_mtim.tv_nsec / 1000000;
	if (changed_ms > tree->files.newest_ms)
		tree->files.newest_ms = changed_ms;
	return bundle_files_add(&tree->files, path, (uint64_t)stat.st_size, sha256);
}

static int add_folder(struct tree *tree, int fd, const char *prefix, unsigned depth);

static int add_entry(struct tree *tree, int folder, const char *name, const char *prefix,
		     unsigned depth)
{
	char path[BUNDLE_PATH_MAX + 1];
	int fd;

	if (++tree->entries > 2 * BUNDLE_FILES_MAX)
		return error_set(tree->err, ERROR_TOO_LARGE,
				 "%s has more than %d files and folders: move what the plugin does "
				 "not need elsewhere",
				 tree->root, 2 * BUNDLE_FILES_MAX);
	if (snprintf(path, sizeof(path), "%s%s", prefix, name) >= (int)sizeof(path) ||
	    depth > PLUGIN_DEPTH_MAX)
		return error_set(tree->err, ERROR_TOO_LARGE,
				 "%s/%s%s: the path is too long for a bundle, which has at most %d "
				 "bytes and %d parts: shorten it",
				 tree->root, prefix, name, BUNDLE_PATH_MAX, PLUGIN_DEPTH_MAX);
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return add_folder(tree, fd, path, depth);
	return add_file(tree, folder, name, path);
}

/* Takes ownership of `fd`. */
static int add_folder(struct tree *tree, int fd, const char *path, unsigned depth)
{
	char prefix[BUNDLE_PATH_MAX + 2];
	DIR *entries = fdopendir(fd);
	struct dirent *entry;
	int ret = 0;

	if (!entries) {
		close(fd);
		return error_set_errno(tree->err, ERROR_SYSTEM, errno,
				       "%s/%s: cannot read this folder (check its mode and owner)",
				       tree->root, path);
	}
	snprintf(prefix, sizeof(prefix), "%s%s", path, *path ? "/" : "");
	while (!ret && (entry = readdir(entries)))
		if (!is_left_out(entry->d_name))
			ret = add_entry(tree, dirfd(entries), entry->d_name, prefix, depth + 1);
	closedir(entries);
	return ret;
}

int bundle_tree_list(const char *path, struct bundle_files *ret_files, struct error *err)
{
	struct error own = {0};
	struct tree tree = {.root = path, .err = err ? err : &own};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;

	if (fd < 0)
		return error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				       "%s: cannot open this folder (check its path and mode)",
				       path);
	ret = add_folder(&tree, fd, "", 0);
	if (ret && !tree.err->code)
		error_set(err, ret, "%s: cannot list the files of this folder: %s", path,
			  error_text(ret));
	bundle_files_sort(&tree.files);
	if (!ret)
		ret = bundle_files_check(&tree.files, err);
	if (ret)
		bundle_files_finish(&tree.files);
	else
		*ret_files = tree.files;
	return ret;
}

int bundle_tree_open(int folder, const char *path, struct error *err)
{
	struct stat stat;

	return file_open_regular(folder, path, path, &stat, err);
}
