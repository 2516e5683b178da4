#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "hardware/linux/internal.h"

static void destroy(struct backend *backend)
{
	struct linux_backend *self = linux_backend_of(backend);

	free(self->root);
	free(self->gpio_chip);
	free(self);
}

/* The file in /dev: "spidev0.0" for "spi0.0", else the name itself. */
static void file_of(enum bus_kind kind, const char *name, char *ret_file, size_t size)
{
	static const char prefix[] = "spi";

	if (kind == BUS_SPI && !strncmp(name, prefix, sizeof(prefix) - 1))
		snprintf(ret_file, size, "spidev%s", name + sizeof(prefix) - 1);
	else
		snprintf(ret_file, size, "%s", name);
}

static bool is_same(struct backend *backend, enum bus_kind kind, const char *a, const char *b)
{
	char first[64], second[64];

	file_of(kind, a, first, sizeof(first));
	file_of(kind, b, second, sizeof(second));
	return linux_device_is_same(linux_backend_of(backend)->root, first, second);
}

int linux_backend_create(const struct linux_options *options, struct backend **ret_backend,
			 struct error *err)
{
	static const struct backend_ops ops = {
		.open_i2c = linux_i2c_open,
		.open_spi = linux_spi_open,
		.open_gpio = linux_gpio_open,
		.open_uart = linux_uart_open,
		.is_same = is_same,
		.destroy = destroy,
	};
	struct linux_backend *self = calloc(1, sizeof(*self));

	if (!self)
		goto no_memory;
	self->base = (struct backend){.ops = &ops, .name = "linux"};
	self->root = strdup(options->root);
	if (options->gpio_chip)
		self->gpio_chip = strdup(options->gpio_chip);
	if (!self->root || (options->gpio_chip && !self->gpio_chip))
		goto out_self;
	*ret_backend = &self->base;
	return 0;

out_self:
	destroy(&self->base);
no_memory:
	return error_set(err, ERROR_NO_MEMORY,
			 "cannot open this machine's devices: out of memory; this machine needs "
			 "more free memory");
}
