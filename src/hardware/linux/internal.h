/* Inside bus/linux: how device files are opened and waited for. */
#ifndef HARVESTER_HARDWARE_LINUX_INTERNAL_H
#define HARVESTER_HARDWARE_LINUX_INTERNAL_H

#include "hardware/bus/backend.h"
#include "hardware/linux/linux.h"

struct error;

struct linux_backend {
	struct backend base;
	char *root;	 /* owned */
	char *gpio_chip; /* owned; NULL: found by the usual labels */
};

static inline struct linux_backend *linux_backend_of(struct backend *backend)
{
	return (struct linux_backend *)backend;
}

/* What to tell a person about a device file that does not open. */
struct linux_advice {
	const char *missing; /* "enable i2c: …" */
	const char *group;   /* that may use it */
};

#define LINUX_PATH_SIZE 256

/*
 * Open ROOT/dev/NAME for reading and writing, close-on-exec. ERROR_NOT_FOUND, ERROR_BUSY or
 * ERROR_SYSTEM, with a text that names the file and says what to do.
 */
int linux_device_open(const char *root, const char *name, int flags,
		      const struct linux_advice *advice, int *ret_fd, struct error *err);

/* Are ROOT/dev/A and ROOT/dev/B one device now, whatever links lead there? False if one is not
 * there. */
bool linux_device_is_same(const char *root, const char *a, const char *b);

/*
 * Until fd is ready for `events`, or hung up: 1. 0 when timeout_ns (UINT64_MAX: for ever) has
 * passed, or a negative errno. A signal does not end it.
 */
int linux_device_wait(int fd, short events, uint64_t timeout_ns);

/* A decimal number out of a file of sysfs. 0 or ERROR_NOT_FOUND. */
int linux_read_number(const char *root, const char *path, uint32_t *ret_number);

int linux_i2c_open(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
		   struct error *err);
int linux_spi_open(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
		   struct spi_device **ret_device, struct error *err);
int linux_gpio_open(struct backend *backend, struct gpio_chip **ret_chip, struct error *err);
int linux_uart_open(struct backend *backend, const char *name, uint32_t baud,
		    struct uart_port **ret_port, struct error *err);

#endif
