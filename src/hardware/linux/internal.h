/* Internal to hardware/linux: how device files are opened, and how to wait for them. */
#ifndef HARVESTER_HARDWARE_LINUX_INTERNAL_H
#define HARVESTER_HARDWARE_LINUX_INTERNAL_H

#include "hardware/bus/backend.h"
#include "hardware/linux/linux.h"

struct error;

struct linux_backend {
	struct backend base;
	char *root;	 /* owned */
	char *gpio_chip; /* owned; NULL: search for the usual labels */
};

static inline struct linux_backend *linux_backend_of(struct backend *backend)
{
	return (struct linux_backend *)backend;
}

/* What to tell the user when a device file cannot be opened. */
struct linux_advice {
	const char *missing; /* how to make the device appear: "switch the bus on …" */
	const char *group;   /* whose members may use it */
};

#define LINUX_PATH_SIZE 256

/*
 * Open ROOT/dev/NAME for reading and writing, close-on-exec. ERROR_NOT_FOUND if it does not exist,
 * ERROR_BUSY if another program uses it, ERROR_SYSTEM if this user may not use it, or for any other
 * reason. The text names the file and says what to do. ERROR_TOO_LARGE if the path is too long.
 */
int linux_device_open(const char *root, const char *name, int flags,
		      const struct linux_advice *advice, int *ret_fd, struct error *err);

/* Has the file that fd was opened by been removed, as the kernel does when a device is unplugged?
 */
bool linux_device_is_gone(int fd);

/* Do ROOT/dev/A and ROOT/dev/B, after following links, name the same device? False if one is
 * missing. */
bool linux_device_is_same(const char *root, const char *a, const char *b);

/*
 * Wait until fd is ready for `events` or was hung up. Returns 1 then, 0 after timeout_ns
 * (UINT64_MAX: wait for ever), or a negative errno. Signals do not end the wait.
 */
int linux_device_wait(int fd, short events, uint64_t timeout_ns);

/* Read a decimal number from the sysfs file ROOT/PATH. ERROR_NOT_FOUND if there is none. */
int linux_read_number(const char *root, const char *path, uint32_t *ret_number);

/* The members of backend_ops; see hardware/bus/backend.h. */
int linux_i2c_open(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
		   struct error *err);
int linux_spi_open(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
		   struct spi_device **ret_device, struct error *err);
int linux_gpio_open(struct backend *backend, struct gpio_chip **ret_chip, struct error *err);
int linux_uart_open(struct backend *backend, const char *name, uint32_t baud,
		    struct uart_port **ret_port, struct error *err);

#endif
