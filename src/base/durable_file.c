#include "base/durable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"

#define TEMPORARY_SIZE (NAME_MAX + 1)

static int fail(struct error *err, const char *shown, const char *name)
{
	return error_set_errno(
		err, ERROR_SYSTEM, errno,
		"%s/%s: cannot write this file (check the disk, and who may write to the folder)",
		shown, name);
}

int durable_file_write(int fd, const void *data, size_t size)
{
	const char *next = data;

	while (size) {
		ssize_t count = write(fd, next, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (!count)
			errno = EIO; /* write() sets no errno when it returns 0 */
		if (count <= 0)
			return ERROR_SYSTEM;
		next += count;
		size -= (size_t)count;
	}
	return 0;
}

/* EINVAL: this file system cannot flush a folder. Nothing more can be done then. */
static int flush_folder(int folder)
{
	return fsync(folder) && errno != EINVAL ? ERROR_SYSTEM : 0;
}

static int fill(int fd, const void *data, size_t size, const struct durable_owner *owner)
{
	if (durable_file_write(fd, data, size) || (owner && fchown(fd, owner->uid, owner->gid)) ||
	    fsync(fd))
		return ERROR_SYSTEM;
	return 0;
}

int durable_file_create(int folder, const char *shown, const char *name, const void *data,
			size_t size, const struct durable_owner *owner, struct error *err)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int ret;

	if (fd < 0)
		return fail(err, shown, name);
	ret = fill(fd, data, size, owner);
	if (ret) {
		fail(err, shown, name);
		unlinkat(folder, name, 0);
	}
	close(fd);
	return ret;
}

int durable_file_flush(int folder, const char *shown, const char *name, struct error *err)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), ret = 0;

	if (fd < 0 || fsync(fd))
		ret = fail(err, shown, name);
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Temporary files: .NAME.PID.tmp */

int durable_file_temporary(const char *name, char *ret_temporary, size_t size, struct error *err)
{
	int length = snprintf(ret_temporary, size, ".%s.%d.tmp", name, getpid());

	return length < 0 || (size_t)length >= size || length > NAME_MAX
		       ? error_set(err, ERROR_TOO_LARGE,
				   "%s: the name is too long: choose a shorter one", name)
		       : 0;
}

/* True if `entry` is a temporary file for `name` that no process is writing. This process is not
 * writing it either, since only one thread at a time writes a file. */
static bool is_leftover(const char *entry, const char *name)
{
	size_t length = strlen(name);
	char *end;
	long pid;

	if (entry[0] != '.' || strncmp(entry + 1, name, length) != 0 || entry[length + 1] != '.')
		return false;
	pid = strtol(entry + length + 2, &end, 10);
	if (strcmp(end, ".tmp") != 0 || pid <= 0 || pid > INT_MAX)
		return false;
	return pid == getpid() || (kill((pid_t)pid, 0) && errno == ESRCH);
}

void durable_file_remove_leftovers(int folder, const char *name)
{
	DIR *dir = folder_open_again(folder);
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (is_leftover(entry->d_name, name))
			unlinkat(folder, entry->d_name, 0);
	closedir(dir);
}

/* Publishing */

int durable_file_publish(int folder, const char *shown, const char *temporary, const char *name,
			 struct error *err)
{
	if (renameat(folder, temporary, folder, name)) {
		fail(err, shown, name);
		unlinkat(folder, temporary, 0);
		return ERROR_SYSTEM;
	}
	return flush_folder(folder) ? fail(err, shown, name) : 0;
}

/* linkat() fails if the name exists, so of two concurrent processes the first one wins. */
int durable_file_publish_new(int folder, const char *shown, const char *temporary, const char *name,
			     struct error *err)
{
	int ret = 0;

	if (linkat(folder, temporary, folder, name, 0))
		ret = error_set_errno(err, errno == EEXIST ? ERROR_EXISTS : ERROR_SYSTEM, errno,
				      "%s/%s: cannot create this file (check the disk, and who may "
				      "write to the folder)",
				      shown, name);
	unlinkat(folder, temporary, 0);
	if (!ret && flush_folder(folder))
		ret = fail(err, shown, name);
	return ret;
}

int durable_file_replace(int folder, const char *shown, const char *name, const void *data,
			 size_t size, const struct durable_owner *owner, struct error *err)
{
	char temporary[TEMPORARY_SIZE];
	int ret = durable_file_temporary(name, temporary, sizeof(temporary), err);

	if (ret)
		return ret;
	durable_file_remove_leftovers(folder, name);
	ret = durable_file_create(folder, shown, temporary, data, size, owner, err);
	return ret ? ret : durable_file_publish(folder, shown, temporary, name, err);
}

/* By path */

/* Split `path` into its folder and *ret_name. Returns the folder's descriptor, which the caller
 * closes, or an error code. */
static int open_folder(const char *path, char *ret_shown, size_t size, const char **ret_name,
		       struct error *err)
{
	const char *slash = strrchr(path, '/');
	int length = slash ? (int)(slash - path) : 1, fd;

	if ((size_t)length >= size)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path is too long: use a folder with a shorter path",
				 path);
	snprintf(ret_shown, size, "%.*s", length, slash ? path : ".");
	fd = open(*ret_shown ? ret_shown : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s: cannot open the folder of this file (check its path, mode and owner)",
			path);
	*ret_name = slash ? slash + 1 : path;
	return fd;
}

int durable_file_replace_path(const char *path, const void *data, size_t size, struct error *err)
{
	char shown[PATH_MAX];
	const char *name;
	int ret, folder = open_folder(path, shown, sizeof(shown), &name, err);

	if (folder < 0)
		return folder;
	ret = durable_file_replace(folder, shown, name, data, size, NULL, err);
	close(folder);
	return ret;
}

int durable_file_publish_path(const char *temporary, const char *path, struct error *err)
{
	const char *slash = strrchr(temporary, '/'), *name;
	char shown[PATH_MAX];
	int ret, folder = open_folder(path, shown, sizeof(shown), &name, err);

	if (folder < 0)
		return folder;
	ret = durable_file_publish(folder, shown, slash ? slash + 1 : temporary, name, err);
	close(folder);
	return ret;
}
