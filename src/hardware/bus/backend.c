#include "hardware/bus/backend.h"

#include <string.h>

#include "base/error.h"
#include "hardware/bus/baud.h"
#include "hardware/bus/w1.h"

#define NAME_SIZE_MAX 32
#define SPI_MODE_LAST 3

/* The name becomes part of a path under /dev, and must not lead out of that folder. */
static int check_name(const char *what, const char *name, struct error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";
	size_t length = strnlen(name, NAME_SIZE_MAX + 1);

	if (length == 0 || length > NAME_SIZE_MAX || name[0] == '.' ||
	    strspn(name, allowed) != length)
		return error_set(err, ERROR_INVALID,
				 "'%.*s' cannot be the name of %s: expected 1 to %d letters, "
				 "digits, '.', '-' or '_', and no '.' first",
				 NAME_SIZE_MAX, name, what, NAME_SIZE_MAX);
	return 0;
}

int backend_open_i2c(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
		     struct error *err)
{
	return backend->ops->open_i2c(backend, number, ret_bus, err);
}

int backend_open_spi(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
		     struct spi_device **ret_device, struct error *err)
{
	int rc = check_name("an spi device", name, err);

	if (rc)
		return rc;
	if (mode > SPI_MODE_LAST)
		return error_set(err, ERROR_INVALID,
				 "%s: spi mode %u: expected a mode from 0 to %d", name, mode,
				 SPI_MODE_LAST);
	if (speed_hz == 0)
		return error_set(err, ERROR_INVALID, "%s: a speed of 0 Hz: expected at least 1 Hz",
				 name);
	return backend->ops->open_spi(backend, name, mode, speed_hz, ret_device, err);
}

int backend_open_gpio(struct backend *backend, struct gpio_chip **ret_chip, struct error *err)
{
	return backend->ops->open_gpio(backend, ret_chip, err);
}

int backend_open_uart(struct backend *backend, const char *name, uint32_t baud,
		      struct uart_port **ret_port, struct error *err)
{
	int rc = check_name("a serial port", name, err);

	if (rc)
		return rc;
	if (!baud_is_known(baud))
		return error_set(
			err, ERROR_INVALID,
			"%s: no such baud rate: %u; use a standard rate from 1200 to 921600", name,
			baud);
	return backend->ops->open_uart(backend, name, baud, ret_port, err);
}

int backend_open_w1(struct backend *backend, const char *root, struct w1_bus **ret_bus,
		    struct error *err)
{
	if (!backend->ops->open_w1)
		return w1_files_open(root, ret_bus, err);
	return backend->ops->open_w1(backend, root, ret_bus, err);
}

bool backend_is_same(struct backend *backend, enum bus_kind kind, const char *a, const char *b)
{
	if (!strcmp(a, b))
		return true;
	return backend->ops->is_same && !check_name("a device", a, NULL) &&
	       !check_name("a device", b, NULL) && backend->ops->is_same(backend, kind, a, b);
}

void backend_destroy(struct backend *backend)
{
	if (backend)
		backend->ops->destroy(backend);
}
