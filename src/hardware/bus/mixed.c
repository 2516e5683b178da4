#include "hardware/bus/mixed.h"

#include <stdlib.h>

#include "base/error.h"
#include "hardware/bus/backend.h"

struct mixed {
	struct backend base;
	struct mixed_parts parts;
};

static const struct mixed_parts *parts_of(struct backend *backend)
{
	return &((struct mixed *)backend)->parts;
}

static int open_i2c(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
		    struct error *err)
{
	return backend_open_i2c(parts_of(backend)->i2c, number, ret_bus, err);
}

static int open_spi(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
		    struct spi_device **ret_device, struct error *err)
{
	return backend_open_spi(parts_of(backend)->spi, name, mode, speed_hz, ret_device, err);
}

static int open_gpio(struct backend *backend, struct gpio_chip **ret_chip, struct error *err)
{
	return backend_open_gpio(parts_of(backend)->gpio, ret_chip, err);
}

static int open_uart(struct backend *backend, const char *name, uint32_t baud,
		     struct uart_port **ret_port, struct error *err)
{
	return backend_open_uart(parts_of(backend)->uart, name, baud, ret_port, err);
}

static int open_w1(struct backend *backend, const char *root, struct w1_bus **ret_bus,
		   struct error *err)
{
	return backend_open_w1(parts_of(backend)->w1, root, ret_bus, err);
}

static bool is_same(struct backend *backend, enum bus_kind kind, const char *a, const char *b)
{
	const struct mixed_parts *parts = parts_of(backend);

	return backend_is_same(kind == BUS_SPI ? parts->spi : parts->uart, kind, a, b);
}

static void destroy(struct backend *backend)
{
	free(backend);
}

int mixed_backend_create(const struct mixed_parts *parts, struct backend **ret_backend,
			 struct error *err)
{
	static const struct backend_ops ops = {
		.open_i2c = open_i2c,
		.open_spi = open_spi,
		.open_gpio = open_gpio,
		.open_uart = open_uart,
		.open_w1 = open_w1,
		.is_same = is_same,
		.destroy = destroy,
	};
	struct mixed *mixed = calloc(1, sizeof(*mixed));

	if (!mixed)
		return error_set(err, ERROR_NO_MEMORY,
				 "cannot combine the real and the simulated hardware: out of "
				 "memory; this machine needs more free memory");
	mixed->base = (struct backend){.ops = &ops, .name = "mixed"};
	mixed->parts = *parts;
	*ret_backend = &mixed->base;
	return 0;
}
