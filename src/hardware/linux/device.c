#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "hardware/linux/internal.h"

#define NS_PER_S 1000000000u

static int fail(const char *path, const struct linux_advice *advice, int number, struct error *err)
{
	switch (number) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return error_set(err, ERROR_NOT_FOUND, "no %s: %s", path, advice->missing);
	case EACCES:
	case EPERM:
		return error_set(err, ERROR_SYSTEM,
				 "%s may not be used by this user: add it to the group %s (sudo "
				 "usermod -aG %s USER) and log in again",
				 path, advice->group, advice->group);
	case EBUSY:
		return error_set(err, ERROR_BUSY,
				 "%s is in use by another program: stop that program (`sudo fuser "
				 "-v %s` finds it)",
				 path, path);
	default:
		return error_set_errno(err, ERROR_SYSTEM, number,
				       "cannot open %s (look into the kernel's log with `dmesg`)",
				       path);
	}
}

int linux_device_open(const char *root, const char *name, int flags,
		      const struct linux_advice *advice, int *ret_fd, struct error *err)
{
	char path[LINUX_PATH_SIZE];
	int fd;

	if (snprintf(path, sizeof(path), "%s/dev/%s", root, name) >= (int)sizeof(path))
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path of this device is too long: use a shorter name",
				 name);
	do {
		fd = open(path, O_RDWR | O_CLOEXEC | flags);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return fail(path, advice, errno, err);
	*ret_fd = fd;
	return 0;
}

bool linux_device_is_gone(int fd)
{
	struct stat found;

	return !fstat(fd, &found) && !found.st_nlink;
}

static bool look(const char *root, const char *name, struct stat *ret_found)
{
	char path[LINUX_PATH_SIZE];

	return snprintf(path, sizeof(path), "%s/dev/%s", root, name) < (int)sizeof(path) &&
	       !stat(path, ret_found);
}

bool linux_device_is_same(const char *root, const char *a, const char *b)
{
	struct stat first, second;

	if (!look(root, a, &first) || !look(root, b, &second))
		return false;
	if (S_ISCHR(first.st_mode) && S_ISCHR(second.st_mode))
		return first.st_rdev == second.st_rdev; /* two files may be one device */
	return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

int linux_device_wait(int fd, short events, uint64_t timeout_ns)
{
	struct pollfd wanted = {.fd = fd, .events = events};
	uint64_t start = now_ns(), left = timeout_ns;

	for (;;) {
		const struct timespec timeout = {.tv_sec = (time_t)(left / NS_PER_S),
						 .tv_nsec = (long)(left % NS_PER_S)};
		int ready = ppoll(&wanted, 1, left == UINT64_MAX ? NULL : &timeout, NULL);
		uint64_t passed;

		if (ready >= 0)
			return ready;
		if (errno != EINTR)
			return -errno;
		passed = now_ns() - start;
		if (timeout_ns != UINT64_MAX)
			left = passed < timeout_ns ? timeout_ns - passed : 0;
	}
}

int linux_read_number(const char *root, const char *path, uint32_t *ret_number)
{
	char whole[LINUX_PATH_SIZE], text[32], *end;
	unsigned long number;
	ssize_t size;
	int fd;

	if (snprintf(whole, sizeof(whole), "%s%s", root, path) >= (int)sizeof(whole))
		return ERROR_NOT_FOUND;
	fd = open(whole, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ERROR_NOT_FOUND;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (size <= 0)
		return ERROR_NOT_FOUND;
	text[size] = '\0';
	number = strtoul(text, &end, 10);
	if (end == text || number > UINT32_MAX)
		return ERROR_NOT_FOUND;
	*ret_number = (uint32_t)number;
	return 0;
}
