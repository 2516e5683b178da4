/*
 * LD_PRELOAD: open() and ioctl() of any dynamically linked program, for the bench. The models
 * behind it answer at once: i2c bus 1 with a BH1750 at 0x23. At its end a process that opened a
 * device writes the median time of its I2C_RDWR, in nanoseconds, to the file that KERNEL_TIMES
 * names.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel.h"
#include "simulation/world.h"

#define TIMES_MAX 200000

int open64(const char *path, int flags, ...);
int __open64_2(const char *path, int flags);
int ioctl(int fd, unsigned long request, ...);

static struct kernel *the_kernel;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint32_t times[TIMES_MAX];
static _Atomic size_t times_count;

static void create(void)
{
	const struct world_config config = {
		.seed = 1,
		.i2c_bus = 1,
		.dht22_pin = WORLD_PIN_NONE,
		.buzzer_pin = WORLD_PIN_NONE,
		.fan_pin = WORLD_PIN_NONE,
	};
	struct world *world;

	if (!world_create(&config, clock_system(), &world, NULL))
		the_kernel = kernel_create(world_backend(world), NULL);
}

static int result(int ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

static int open_any(const char *path, int flags, mode_t mode)
{
	if (kernel_has_path(path)) {
		pthread_once(&once, create);
		if (the_kernel)
			return result(kernel_open(the_kernel, path));
	}
	return openat(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	return open_any(path, flags, mode);
}

/* What open() becomes with _FORTIFY_SOURCE where the flags are no constant. */
int __open64_2(const char *path, int flags)
{
	return open_any(path, flags, 0);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int ioctl_here(int fd, unsigned long request, uint64_t argument)
{
	uint64_t start = now_ns();
	struct stat stat;
	size_t index;
	int ret;

	if (fstat(fd, &stat))
		return -EBADF;
	ret = kernel_ioctl(the_kernel, &kernel_self, stat.st_ino, request, argument);
	if (request == I2C_RDWR && ret >= 0) {
		index = times_count++;
		if (index < TIMES_MAX)
			times[index] = (uint32_t)(now_ns() - start);
	}
	return ret;
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*linux_ioctl)(int, unsigned long, ...);
	uint64_t argument;
	va_list args;
	int ret = -ENOSYS;

	va_start(args, request);
	argument = va_arg(args, unsigned long);
	va_end(args);
	if (the_kernel && kernel_has_request(request))
		ret = ioctl_here(fd, request, argument);
	if (ret != -ENOSYS)
		return result(ret);
	if (!linux_ioctl)
		*(void **)&linux_ioctl = dlsym(RTLD_NEXT, "ioctl");
	return linux_ioctl(fd, request, argument);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

__attribute__((destructor)) static void write_times(void)
{
	const char *path = getenv("KERNEL_TIMES");
	size_t count = times_count < TIMES_MAX ? times_count : TIMES_MAX;
	FILE *file;

	if (!path || !count)
		return;
	qsort(times, count, sizeof(times[0]), compare);
	file = fopen(path, "we");
	if (!file)
		return;
	fprintf(file, "%u\n", times[count / 2]);
	fclose(file);
}
