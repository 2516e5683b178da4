/*
 * Where buses come from: bus/linux or bus/sim. One backend is chosen at start; nothing above it
 * needs to know which, except to say so (`simulated`).
 */
#ifndef HARVESTER_HARDWARE_BUS_BACKEND_H
#define HARVESTER_HARDWARE_BUS_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct gpio_chip;
struct i2c_bus;
struct spi_device;
struct uart_port;
struct w1_bus;
struct backend;

enum bus_kind { BUS_SPI, BUS_UART };

struct backend_ops {
	int (*open_i2c)(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
			struct error *err);
	int (*open_spi)(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
			struct spi_device **ret_device, struct error *err);
	int (*open_gpio)(struct backend *backend, struct gpio_chip **ret_chip, struct error *err);
	int (*open_uart)(struct backend *backend, const char *name, uint32_t baud,
			 struct uart_port **ret_port, struct error *err);
	/* NULL: the kernel's files are read. */
	int (*open_w1)(struct backend *backend, const char *root, struct w1_bus **ret_bus,
		       struct error *err);
	/* Do two names that differ lead to one device now? NULL: a device has one name here. */
	bool (*is_same)(struct backend *backend, enum bus_kind kind, const char *a, const char *b);
	void (*destroy)(struct backend *backend);
};

/* The head of each implementation's own struct. */
struct backend {
	const struct backend_ops *ops;
	const char *name; /* "linux" or "sim" */
	bool simulated;
};

/*
 * Each opens one bus or device; the caller closes it before the backend is destroyed.
 * ERROR_NOT_FOUND, with a text that names the device and what to do, where it is not there.
 * `number`: as in /dev/i2c-N. `name`: "spi0.0" as in /dev/spidev0.0, "serial0" as in /dev/serial0.
 */
int backend_open_i2c(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
		     struct error *err);
int backend_open_spi(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
		     struct spi_device **ret_device, struct error *err);
int backend_open_gpio(struct backend *backend, struct gpio_chip **ret_chip, struct error *err);
int backend_open_uart(struct backend *backend, const char *name, uint32_t baud,
		      struct uart_port **ret_port, struct error *err);

/* `root`: the folder of the kernel's files, where the backend has nothing of its own; copied. */
int backend_open_w1(struct backend *backend, const char *root, struct w1_bus **ret_bus,
		    struct error *err);

/*
 * Is it one device? "serial0" is most often a link to another serial port. Asked of the devices
 * that are there at this moment: ask again at each use. A name that leads nowhere is only itself.
 */
bool backend_is_same(struct backend *backend, enum bus_kind kind, const char *a, const char *b);

/* NULL is allowed. */
void backend_destroy(struct backend *backend);

#endif
