/*
 * A kernel that is not there: the device files of i2c-dev, spidev and the gpio character device
 * (version 2), in front of a simulated backend with its models of devices. It takes the same
 * structs as Linux and refuses what Linux refuses, so that the code that fills them can be run on
 * any machine.
 *
 * Three doors lead here: wrap.c (functions replaced at link time, for unit tests), preload.c
 * (LD_PRELOAD) and supervisor.c (seccomp, for a program as it is shipped).
 *
 * A file is a pipe: whoever opened it has the end to read from. Edges come through it, and that it
 * was closed is seen here at the other end. The functions may be called from any thread.
 */
#ifndef TESTS_KERNEL_KERNEL_H
#define TESTS_KERNEL_KERNEL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;
struct kernel;

struct kernel_options {
	unsigned long i2c_functions; /* I2C_FUNC_…; 0: those of a Raspberry Pi's adapter */
	int no_acknowledge;	     /* ENXIO or EREMOTEIO; 0: EREMOTEIO, as on a Raspberry Pi */
	uint32_t spi_buffer_size;    /* 0: 4096 */
	unsigned gpio_number;	     /* of the one chip */
	const char *gpio_label;	     /* NULL: "pinctrl-bcm2711" */
};

/* The process that calls: its memory, and how a new descriptor gets into it. 0 or a negative errno.
 */
struct kernel_process {
	int (*read)(const struct kernel_process *process, void *to, uint64_t from, size_t size);
	int (*write)(const struct kernel_process *process, uint64_t to, const void *from,
		     size_t size);
	/* Takes fd; its number there, or a negative errno. */
	int (*install)(const struct kernel_process *process, int fd);
	void *arg;
};

/* The one that this is. */
extern const struct kernel_process kernel_self;

/* `backend` is a simulated one, borrowed. NULL without memory. */
struct kernel *kernel_create(struct backend *backend, const struct kernel_options *options);
void kernel_destroy(struct kernel *kernel);

/* Is it the path of a device that could be here? Also below a folder that stands for /. */
bool kernel_has_path(const char *path);

/* Is it an ioctl of those devices? */
bool kernel_has_request(unsigned long request);

/* A descriptor for a path of these, close-on-exec, or a negative errno. */
int kernel_open(struct kernel *kernel, const char *path);

/*
 * An ioctl on a file, which is told by the inode of its descriptor. The result, or a negative
 * errno; -ENOSYS for an inode that is none of its files.
 */
int kernel_ioctl(struct kernel *kernel, const struct kernel_process *process, uint64_t inode,
		 unsigned long request, uint64_t argument);

/* Let go of files that were closed. It also happens at each call of the two above. */
void kernel_reap(struct kernel *kernel);

/* What a poll() sleeps on until a file is closed. Up to max; returns how many. */
size_t kernel_poll_set(struct kernel *kernel, struct pollfd *ret_set, size_t max);

/* For tests: somebody else in the kernel has these. */
void kernel_hold_address(struct kernel *kernel, uint16_t address);
/* is_interrupt: it may be read by others, and refuses to become an output. */
void kernel_hold_line(struct kernel *kernel, unsigned offset, const char *consumer,
		      bool is_interrupt);

/* For tests: the next ioctl of this request fails so; once. */
void kernel_fail_next(struct kernel *kernel, unsigned long request, int number);

struct kernel_counters {
	uint64_t ioctls;
	uint64_t forced; /* I2C_SLAVE_FORCE, which nobody may use */
	uint64_t spi_transfers;
	uint64_t configs; /* GPIO_V2_LINE_SET_CONFIG */
	uint64_t edges;	  /* handed on, the dropped ones too */
	unsigned files;	  /* open now */
};

struct kernel_counters kernel_counters(struct kernel *kernel);

#endif
