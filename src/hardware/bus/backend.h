/*
 * A backend opens buses and devices. There are three: the Linux kernel's (hardware/linux/), a
 * simulated one (simulation/bus/), and a mix of both (mixed.h). The daemon chooses one at its
 * start. The code above a backend asks which one it is only to mark readings as simulated.
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

/* What an implementation provides. The functions below check the arguments, then call these. */
struct backend_ops {
	int (*open_i2c)(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
			struct error *err);
	int (*open_spi)(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
			struct spi_device **ret_device, struct error *err);
	int (*open_gpio)(struct backend *backend, struct gpio_chip **ret_chip, struct error *err);
	int (*open_uart)(struct backend *backend, const char *name, uint32_t baud,
			 struct uart_port **ret_port, struct error *err);
	/* NULL: backend_open_w1() reads the kernel's files. */
	int (*open_w1)(struct backend *backend, const char *root, struct w1_bus **ret_bus,
		       struct error *err);
	/*
	 * Whether two different names lead to the same device now. NULL: each device has one name.
	 */
	bool (*is_same)(struct backend *backend, enum bus_kind kind, const char *a, const char *b);
	void (*destroy)(struct backend *backend);
};

/* The first member of each implementation's own struct. */
struct backend {
	const struct backend_ops *ops;
	const char *name; /* "linux" or "sim" */
	bool simulated;
};

/*
 * Open one bus or device. The caller owns the result, and closes it before destroying the backend.
 * `number` is N of /dev/i2c-N. `name` is "spi0.0" for /dev/spidev0.0, or "serial0" for
 * /dev/serial0.
 * - ERROR_NOT_FOUND: there is no such device; the text names the device and says what to do.
 * - ERROR_INVALID: the name, mode, speed or baud rate is wrong.
 * - ERROR_BUSY: another program uses the device.
 * - ERROR_SYSTEM: any other failure of the kernel.
 * - ERROR_NO_MEMORY.
 */
int backend_open_i2c(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
		     struct error *err);
int backend_open_spi(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
		     struct spi_device **ret_device, struct error *err);
int backend_open_gpio(struct backend *backend, struct gpio_chip **ret_chip, struct error *err);
int backend_open_uart(struct backend *backend, const char *name, uint32_t baud,
		      struct uart_port **ret_port, struct error *err);

/*
 * Open the 1-Wire bus. `root` is the folder of the kernel's files (W1_ROOT), which is copied. A
 * simulated bus ignores `root`. ERROR_NO_MEMORY.
 */
int backend_open_w1(struct backend *backend, const char *root, struct w1_bus **ret_bus,
		    struct error *err);

/*
 * Whether both names lead to the same device: "serial0" is usually a link to another serial port.
 * The answer holds for the devices that exist now, so ask again at each use. A name without a
 * device is the same only as itself.
 */
bool backend_is_same(struct backend *backend, enum bus_kind kind, const char *a, const char *b);

/* Free the backend. Close everything that it has opened first. NULL is allowed. */
void backend_destroy(struct backend *backend);

#endif
