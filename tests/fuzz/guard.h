/*
 * A backend around another one, which ends the process when something is touched that the plugin
 * was not granted. What was granted is kept here by itself, not asked of the code under test.
 */
#ifndef TESTS_FUZZ_GUARD_H
#define TESTS_FUZZ_GUARD_H

#include "fuzz.h"
#include "hardware/bus/backend.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/i2c.h"

#define GUARD_NAMES_MAX 4

struct guard {
	struct backend base;
	struct backend *inner; /* borrowed */
	bool is_armed;	       /* before, the host opens what is its own */
	bool i2c[0x80], gpio[256];
	const char *names[GUARD_NAMES_MAX]; /* of spi devices and serial ports */
	size_t names_count;
};

struct guard_i2c {
	struct i2c_bus base;
	struct guard *guard;
	struct i2c_bus *inner; /* owned */
};

struct guard_gpio {
	struct gpio_chip base;
	struct guard *guard;
	struct gpio_chip *inner; /* owned */
};

static inline struct guard *guard_of(struct backend *backend)
{
	return (struct guard *)backend;
}

static inline bool guard_allows_name(const struct guard *guard, const char *name)
{
	for (size_t i = 0; i < guard->names_count; i++) {
		if (!strcmp(guard->names[i], name))
			return true;
	}
	return !guard->is_armed;
}

static inline int guard_i2c_transfer(struct i2c_bus *bus, struct i2c_message *messages,
				     size_t count, struct error *err)
{
	struct guard_i2c *self = (struct guard_i2c *)bus;

	for (size_t i = 0; i < count; i++) {
		CHECK(!(messages[i].flags & I2C_MESSAGE_TEN_BIT));
		CHECK(messages[i].address < 0x80 && self->guard->i2c[messages[i].address]);
	}
	return i2c_bus_transfer(self->inner, messages, count, err);
}

static inline void guard_i2c_close(struct i2c_bus *bus)
{
	i2c_bus_close(((struct guard_i2c *)bus)->inner);
	free(bus);
}

static inline int guard_open_i2c(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
				 struct error *err)
{
	static const struct i2c_bus_ops ops = {.transfer = guard_i2c_transfer,
					       .close = guard_i2c_close};
	struct guard_i2c *self = calloc(1, sizeof(*self));
	int ret;

	CHECK(self);
	ret = backend_open_i2c(guard_of(backend)->inner, number, &self->inner, err);
	if (ret) {
		free(self);
		return ret;
	}
	self->base = *self->inner;
	self->base.ops = &ops;
	self->guard = guard_of(backend);
	*ret_bus = &self->base;
	return 0;
}

static inline int guard_gpio_request(struct gpio_chip *chip, unsigned offset,
				     const struct gpio_line_config *config,
				     struct gpio_line **ret_line, struct error *err)
{
	struct guard_gpio *self = (struct guard_gpio *)chip;

	CHECK(!self->guard->is_armed || self->guard->gpio[offset]);
	return gpio_chip_request(self->inner, offset, config, ret_line, err);
}

static inline void guard_gpio_close(struct gpio_chip *chip)
{
	gpio_chip_close(((struct guard_gpio *)chip)->inner);
	free(chip);
}

static inline int guard_open_gpio(struct backend *backend, struct gpio_chip **ret_chip,
				  struct error *err)
{
	static const struct gpio_chip_ops ops = {guard_gpio_request, guard_gpio_close};
	struct guard_gpio *self = calloc(1, sizeof(*self));
	int ret;

	CHECK(self);
	ret = backend_open_gpio(guard_of(backend)->inner, &self->inner, err);
	if (ret) {
		free(self);
		return ret;
	}
	self->base = *self->inner;
	self->base.ops = &ops;
	self->guard = guard_of(backend);
	*ret_chip = &self->base;
	return 0;
}

static inline int guard_open_spi(struct backend *backend, const char *name, uint8_t mode,
				 uint32_t speed_hz, struct spi_device **ret_device,
				 struct error *err)
{
	CHECK(guard_allows_name(guard_of(backend), name));
	return backend_open_spi(guard_of(backend)->inner, name, mode, speed_hz, ret_device, err);
}

static inline int guard_open_uart(struct backend *backend, const char *name, uint32_t baud,
				  struct uart_port **ret_port, struct error *err)
{
	CHECK(guard_allows_name(guard_of(backend), name));
	return backend_open_uart(guard_of(backend)->inner, name, baud, ret_port, err);
}

/* Nothing is granted yet. */
static inline void guard_init(struct guard *guard, struct backend *inner)
{
	static const struct backend_ops ops = {
		.open_i2c = guard_open_i2c,
		.open_spi = guard_open_spi,
		.open_gpio = guard_open_gpio,
		.open_uart = guard_open_uart,
	};

	*guard = (struct guard){
		.base = {.ops = &ops, .name = inner->name, .simulated = inner->simulated},
		.inner = inner,
	};
}

#endif
