#include "wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "kernel.h"

static struct kernel *the_kernel;
static int refusal;
static bool is_unplugged;

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
/* What open() becomes with _FORTIFY_SOURCE where the flags are no constant. */
int __wrap___open64_2(const char *path, int flags);
int __real_fstat64(int fd, struct stat *ret_stat);
int __wrap_fstat64(int fd, struct stat *ret_stat);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

void wrap_use(struct kernel *kernel)
{
	the_kernel = kernel;
}

void wrap_refuse(int number)
{
	refusal = number;
}

void wrap_unplug(void)
{
	is_unplugged = true;
}

static int result(int ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

int __wrap_open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (the_kernel && kernel_has_path(path)) {
		is_unplugged = is_unplugged && refusal;
		return result(refusal ? -refusal : kernel_open(the_kernel, path));
	}
	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return __real_open64(path, flags, mode);
}

int __wrap___open64_2(const char *path, int flags)
{
	return __wrap_open64(path, flags);
}

/* The descriptors of the kernel that is not there are pipes. */
int __wrap_fstat64(int fd, struct stat *ret_stat)
{
	int ret = __real_fstat64(fd, ret_stat);

	if (!ret && is_unplugged && S_ISFIFO(ret_stat->st_mode))
		ret_stat->st_nlink = 0;
	return ret;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct stat stat;
	uint64_t argument;
	va_list args;
	int ret = -ENOSYS;

	va_start(args, request);
	argument = va_arg(args, unsigned long);
	va_end(args);
	if (the_kernel && kernel_has_request(request) && !fstat(fd, &stat))
		ret = kernel_ioctl(the_kernel, &kernel_self, stat.st_ino, request, argument);
	return ret == -ENOSYS ? __real_ioctl(fd, request, argument) : result(ret);
}
