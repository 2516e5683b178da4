#include "file_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct file_calls *calls;

int __real_openat64(int folder, const char *name, int flags, ...);
int __wrap_openat64(int folder, const char *name, int flags, ...);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fchown(int fd, uid_t uid, gid_t gid);
int __wrap_fchown(int fd, uid_t uid, gid_t gid);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __real_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int __wrap_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int __real_unlinkat(int folder, const char *name, int flags);
int __wrap_unlinkat(int folder, const char *name, int flags);

void file_calls_use(struct file_calls *which)
{
	calls = which;
}

static bool fails(void)
{
	if (!calls)
		return false;
	calls->calls++;
	if (!calls->fail_at || calls->calls < calls->fail_at ||
	    (calls->calls > calls->fail_at && !calls->for_ever))
		return false;
	errno = calls->error;
	return true;
}

static ino_t inode_of(int fd)
{
	struct stat found = {0};

	fstat(fd, &found);
	return found.st_ino;
}

static ino_t inode_at(int folder, const char *name)
{
	struct stat found = {0};

	fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW);
	return found.st_ino;
}

static void record(enum file_call call, ino_t inode, const char *from, const char *name,
		   const void *data, size_t size)
{
	struct file_record *made;

	if (!calls || calls->count == FILE_CALLS_MAX)
		return;
	made = &calls->records[calls->count++];
	*made = (struct file_record){.call = call, .inode = inode, .size = size};
	snprintf(made->from, sizeof(made->from), "%s", from);
	snprintf(made->name, sizeof(made->name), "%s", name);
	if (size && size <= sizeof(made->data))
		memcpy(made->data, data, size);
}

/* Only what creates changes something. */
int __wrap_openat64(int folder, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;
	int fd;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
		if (fails())
			return -1;
	}
	fd = __real_openat64(folder, name, flags, mode);
	if (fd >= 0 && flags & O_CREAT)
		record(FILE_CREATE, inode_of(fd), "", name, NULL, 0);
	return fd;
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	ssize_t count;

	if (fails())
		return -1;
	if (calls && calls->is_interrupted && calls->calls % 2) {
		errno = EINTR;
		return -1;
	}
	if (calls && calls->write_max && size > calls->write_max)
		size = calls->write_max;
	count = __real_write(fd, data, size);
	if (count > 0)
		record(FILE_WRITE, inode_of(fd), "", "", data, (size_t)count);
	return count;
}

/* What is recorded is what counts: tests need no real flush. */
int __wrap_fsync(int fd)
{
	if (!calls)
		return __real_fsync(fd);
	if (fails())
		return -1;
	record(FILE_FLUSH, inode_of(fd), "", "", NULL, 0);
	return 0;
}

int __wrap_fchown(int fd, uid_t uid, gid_t gid)
{
	return fails() ? -1 : __real_fchown(fd, uid, gid);
}

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	ino_t inode = inode_at(from_folder, from);

	if (fails() || __real_renameat(from_folder, from, to_folder, to))
		return -1;
	record(FILE_RENAME, inode, from, to, NULL, 0);
	return 0;
}

int __wrap_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
	if (fails() || __real_linkat(from_folder, from, to_folder, to, flags))
		return -1;
	record(FILE_LINK, inode_at(to_folder, to), from, to, NULL, 0);
	return 0;
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
	ino_t inode = inode_at(folder, name);

	if (fails() || __real_unlinkat(folder, name, flags))
		return -1;
	record(FILE_UNLINK, inode, name, "", NULL, 0);
	return 0;
}
