#include "bundle/unpack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "bundle/read.h"

struct unpacking {
	int root; /* the new folder */
	int file; /* being written; -1: none */
	uid_t owner;
	gid_t group;
};

static int fail(struct error *err, const char *path)
{
	return error_set_errno(err, ERROR_SYSTEM, errno,
			       "%s: cannot unpack this file (is the disk full, and may this user "
			       "write to the plugins folder?)",
			       path);
}

/* Give it to the user of the plugins folder, if this is root. */
static int give(const struct unpacking *unpacking, int fd)
{
	return geteuid() ? 0 : fchown(fd, unpacking->owner, unpacking->group);
}

/* Flush the folders on the way to a file too: a folder's name is in its parent. */
static int make_folder(struct unpacking *unpacking, int parent, const char *name)
{
	int fd, ret = 0;

	if (mkdirat(parent, name, 0755) && errno != EEXIST)
		return -1;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && give(unpacking, fd))
		ret = -1;
	if (ret)
		close(fd);
	return ret ? ret : fd;
}

/* Open the folder of the file, creating what is missing. ret_name: the rest of the path. */
static int open_folder(struct unpacking *unpacking, const char *path, const char **ret_name)
{
	int folder = dup(unpacking->root), next;
	char part[BUNDLE_PATH_MAX + 1];

	for (const char *slash; folder >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		next = make_folder(unpacking, folder, part);
		close(folder);
		folder = next;
	}
	*ret_name = path;
	return folder;
}

static int on_begun(void *arg, const struct bundle_file *file, struct error *err)
{
	struct unpacking *unpacking = arg;
	const char *name;
	int folder = open_folder(unpacking, file->path, &name);

	if (folder < 0)
		return fail(err, file->path);
	unpacking->file =
		openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	close(folder);
	if (unpacking->file < 0 || give(unpacking, unpacking->file))
		return fail(err, file->path);
	return 0;
}

static int on_data(void *arg, const void *data, size_t size, struct error *err)
{
	struct unpacking *unpacking = arg;

	return durable_file_write(unpacking->file, data, size) ? fail(err, "a file of the bundle")
							       : 0;
}

static int on_ended(void *arg, struct error *err)
{
	struct unpacking *unpacking = arg;
	int ret = fsync(unpacking->file) ? fail(err, "a file of the bundle") : 0;

	close(unpacking->file);
	unpacking->file = -1;
	return ret;
}

static int on_manifest(void *arg, const struct bundle_manifest *manifest, struct error *err)
{
	(void)arg, (void)manifest, (void)err;
	return 0;
}

static int walk(int fd, bool deletes);

static int visit(int fd, const char *name, bool deletes)
{
	int child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int ret = child >= 0 ? walk(child, deletes) : 0;

	return ret || !deletes ? ret : unlinkat(fd, name, child >= 0 ? AT_REMOVEDIR : 0);
}

/* Flush the folder `fd` and each one below, or delete all that is in it. `fd` is closed. */
static int walk(int fd, bool deletes)
{
	DIR *entries = fdopendir(fd);
	struct dirent *entry;
	int ret = 0;

	if (!entries) {
		close(fd);
		return -1;
	}
	while (!ret && (entry = readdir(entries)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ret = visit(fd, entry->d_name, deletes);
	if (!ret && !deletes)
		ret = fsync(fd);
	closedir(entries);
	return ret;
}

int bundle_unpack(int bundle, int parent, const char *name, struct error *err)
{
	struct unpacking unpacking = {.root = -1, .file = -1};
	const struct bundle_sink sink = {
		.on_manifest = on_manifest,
		.on_begun = on_begun,
		.on_data = on_data,
		.on_ended = on_ended,
		.arg = &unpacking,
	};
	struct bundle_manifest manifest;
	struct stat stat;
	int ret;

	if (fstat(parent, &stat))
		return fail(err, name);
	unpacking.owner = stat.st_uid;
	unpacking.group = stat.st_gid;
	unpacking.root = make_folder(&unpacking, parent, name);
	if (unpacking.root < 0)
		return fail(err, name);
	ret = bundle_read(bundle, &sink, &manifest, err);
	if (!ret)
		bundle_manifest_finish(&manifest);
	if (unpacking.file >= 0)
		close(unpacking.file);
	if (ret)
		close(unpacking.root);
	else if (walk(unpacking.root, false))
		ret = fail(err, name);
	return ret;
}

int bundle_unpack_delete(int parent, const char *name, struct error *err)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || walk(fd, true) || unlinkat(parent, name, AT_REMOVEDIR))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s: cannot delete this folder (check who may write to it)",
				       name);
	return 0;
}
