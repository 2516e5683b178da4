#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "internal.h"

#define I2C_NAME "i2c-"
#define SPI_NAME "spidev"
#define CHIP_NAME "gpiochip"

#define I2C_TYPE 0x07
#define SPI_TYPE 'k'
#define GPIO_TYPE 0xb4

static int read_self(const struct kernel_process *process, void *to, uint64_t from, size_t size)
{
	(void)process;
	if (!from)
		return -EFAULT;
	memcpy(to, (const void *)(uintptr_t)from, size);
	return 0;
}

static int write_self(const struct kernel_process *process, uint64_t to, const void *from,
		      size_t size)
{
	(void)process;
	if (!to)
		return -EFAULT;
	memcpy((void *)(uintptr_t)to, from, size);
	return 0;
}

static int install_self(const struct kernel_process *process, int fd)
{
	(void)process;
	return fd;
}

const struct kernel_process kernel_self = {
	.read = read_self,
	.write = write_self,
	.install = install_self,
};

struct kernel *kernel_create(struct backend *backend, const struct kernel_options *options)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));

	if (!kernel)
		return NULL;
	kernel->backend = backend;
	if (options)
		kernel->options = *options;
	if (!kernel->options.no_acknowledge)
		kernel->options.no_acknowledge = EREMOTEIO;
	if (!kernel->options.spi_buffer_size)
		kernel->options.spi_buffer_size = 4096;
	if (!kernel->options.gpio_label)
		kernel->options.gpio_label = "pinctrl-bcm2711";
	pthread_mutex_init(&kernel->lock, NULL);
	if (backend_open_gpio(backend, &kernel->chip, NULL)) {
		kernel_destroy(kernel);
		return NULL;
	}
	return kernel;
}

void kernel_destroy(struct kernel *kernel)
{
	if (!kernel)
		return;
	while (kernel->files)
		kernel_file_destroy(kernel, kernel->files);
	gpio_chip_close(kernel->chip);
	pthread_mutex_destroy(&kernel->lock);
	free(kernel);
}

int kernel_file_create(struct kernel *kernel, enum kernel_kind kind, struct kernel_file **ret_file)
{
	struct kernel_file *file = calloc(1, sizeof(*file));
	struct stat stat;
	int ends[2];

	if (!file)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC)) {
		free(file);
		return -errno;
	}
	fstat(ends[0], &stat);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	*file = (struct kernel_file){

		.kernel = kernel,
		.kind = kind,
		.inode = stat.st_ino,
		.end = ends[1],
		.next = kernel->files};
	kernel->files = file;
	kernel->counters.files++;
	*ret_file = file;
	return ends[0];
}

void kernel_file_destroy(struct kernel *kernel, struct kernel_file *file)
{
	struct kernel_file **link = &kernel->files;

	while (*link != file)
		link = &(*link)->next;
	*link = file->next;
	kernel->counters.files--;
	if (file->kind == KERNEL_I2C)
		i2c_bus_close(file->i2c.bus);
	if (file->kind == KERNEL_LINE)
		kernel_line_finish(file);
	close(file->end);
	free(file);
}

static void reap(struct kernel *kernel)
{
	struct kernel_file *next;

	for (struct kernel_file *file = kernel->files; file; file = next) {
		struct pollfd end = {.fd = file->end};

		next = file->next;
		if (poll(&end, 1, 0) == 1 && end.revents & POLLERR)
			kernel_file_destroy(kernel, file);
	}
}

void kernel_reap(struct kernel *kernel)
{
	pthread_mutex_lock(&kernel->lock);
	reap(kernel);
	pthread_mutex_unlock(&kernel->lock);
}

size_t kernel_poll_set(struct kernel *kernel, struct pollfd *ret_set, size_t max)
{
	size_t count = 0;

	pthread_mutex_lock(&kernel->lock);
	for (struct kernel_file *file = kernel->files; file && count < max; file = file->next)
		ret_set[count++] = (struct pollfd){.fd = file->end};
	pthread_mutex_unlock(&kernel->lock);
	return count;
}

int kernel_errno(const struct kernel *kernel, int code)
{
	switch (code) {
	case 0:
		return 0;
	case ERROR_NO_ACKNOWLEDGE:
		return kernel->options.no_acknowledge;
	case ERROR_ARBITRATION_LOST:
		return EAGAIN;
	case ERROR_TIMEOUT:
		return ETIMEDOUT;
	case ERROR_INVALID:
		return EINVAL;
	case ERROR_NOT_FOUND:
		return ENOENT;
	case ERROR_BUSY:
		return EBUSY;
	case ERROR_NO_MEMORY:
		return ENOMEM;
	default:
		return EIO;
	}
}

static bool begins_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* What comes behind /dev/, NULL where nothing does. */
static const char *device_name(const char *path)
{
	const char *found = strstr(path, "/dev/");

	return found ? found + strlen("/dev/") : NULL;
}

bool kernel_has_path(const char *path)
{
	const char *name = device_name(path);

	return name && (begins_with(name, I2C_NAME) || begins_with(name, SPI_NAME) ||
			begins_with(name, CHIP_NAME));
}

bool kernel_has_request(unsigned long request)
{
	unsigned type = _IOC_TYPE(request);

	return type == I2C_TYPE || type == SPI_TYPE || type == GPIO_TYPE;
}

static unsigned number_of(const char *name, const char *start)
{
	return (unsigned)strtoul(name + strlen(start), NULL, 10);
}

static int open_chip(struct kernel *kernel, unsigned number)
{
	struct kernel_file *file;

	if (number != kernel->options.gpio_number)
		return -ENOENT;
	return kernel_file_create(kernel, KERNEL_CHIP, &file);
}

static int open_file(struct kernel *kernel, const char *path)
{
	const char *name = device_name(path);

	reap(kernel);
	if (begins_with(name, I2C_NAME))
		return kernel_i2c_open(kernel, number_of(name, I2C_NAME));
	if (begins_with(name, SPI_NAME))
		return kernel_spi_open(kernel, name + strlen(SPI_NAME));
	return open_chip(kernel, number_of(name, CHIP_NAME));
}

int kernel_open(struct kernel *kernel, const char *path)
{
	int ret;

	pthread_mutex_lock(&kernel->lock);
	ret = open_file(kernel, path);
	pthread_mutex_unlock(&kernel->lock);
	return ret;
}

static int ioctl_file(struct kernel *kernel, struct kernel_file *file,
		      const struct kernel_process *process, unsigned long request,
		      uint64_t argument)
{
	kernel->counters.ioctls++;
	if (kernel->failing && kernel->failing == request) {
		kernel->failing = 0;
		return -kernel->failure;
	}
	switch (file->kind) {
	case KERNEL_I2C:
		return kernel_i2c_ioctl(kernel, file, process, request, argument);
	case KERNEL_SPI:
		return kernel_spi_ioctl(kernel, file, process, request, argument);
	case KERNEL_CHIP:
		return kernel_chip_ioctl(kernel, process, request, argument);
	default:
		return kernel_line_ioctl(kernel, file, process, request, argument);
	}
}

int kernel_ioctl(struct kernel *kernel, const struct kernel_process *process, uint64_t inode,
		 unsigned long request, uint64_t argument)
{
	struct kernel_file *file;
	int ret = -ENOSYS;

	pthread_mutex_lock(&kernel->lock);
	for (file = kernel->files; file && file->inode != inode;)
		file = file->next;
	if (file) {
		/* A line that was closed must be free when it is asked for again. */
		if (file->kind == KERNEL_CHIP)
			reap(kernel);
		ret = ioctl_file(kernel, file, process, request, argument);
	}
	pthread_mutex_unlock(&kernel->lock);
	return ret;
}

void kernel_hold_address(struct kernel *kernel, uint16_t address)
{
	kernel->held_addresses[address] = true;
}

void kernel_hold_line(struct kernel *kernel, unsigned offset, const char *consumer,
		      bool is_interrupt)
{
	snprintf(kernel->held_lines[offset].consumer, sizeof(kernel->held_lines[offset].consumer),
		 "%s", consumer);
	kernel->held_lines[offset].is_interrupt = is_interrupt;
}

void kernel_fail_next(struct kernel *kernel, unsigned long request, int number)
{
	kernel->failing = request;
	kernel->failure = number;
}

struct kernel_counters kernel_counters(struct kernel *kernel)
{
	struct kernel_counters counters;

	pthread_mutex_lock(&kernel->lock);
	reap(kernel);
	counters = kernel->counters;
	counters.edges = kernel->edges;
	pthread_mutex_unlock(&kernel->lock);
	return counters;
}
