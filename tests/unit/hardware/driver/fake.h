/*
 * Small stand-ins for the buses, which record what they are told and fail when they are told to.
 */
#ifndef TESTS_DRIVER_FAKE_H
#define TESTS_DRIVER_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/spi.h"

#define FAKE_RECORDS 256

/* One line, which is also its chip. */
struct fake_gpio {
	struct gpio_chip chip;
	struct gpio_line line;
	struct gpio_line_config requested, configured;
	unsigned requests, configures, releases;
	bool held;
	int request_result, configure_result, set_result; /* a code to fail with */
	bool sets[FAKE_RECORDS];			  /* logical values */
	size_t set_count;
	struct gpio_edge edges[FAKE_RECORDS]; /* to be read */
	size_t edge_count, edge_next, edge_chunk;
};

static inline struct fake_gpio *fake_of_line(struct gpio_line *line)
{
	return (struct fake_gpio *)((char *)line - offsetof(struct fake_gpio, line));
}

static inline int fake_request(struct gpio_chip *chip, unsigned offset,
			       const struct gpio_line_config *config, struct gpio_line **ret_line,
			       struct error *err)
{
	struct fake_gpio *fake = (struct fake_gpio *)chip;

	if (fake->request_result)
		return error_set(err, fake->request_result, "the fake refuses");
	assert_false(fake->held);
	fake->held = true;
	fake->requests++;
	fake->requested = *config;
	fake->line.offset = offset;
	*ret_line = &fake->line;
	return 0;
}

static inline int fake_set(struct gpio_line *line, bool value, struct error *err)
{
	struct fake_gpio *fake = fake_of_line(line);

	if (fake->set_result)
		return error_set(err, fake->set_result, "the fake refuses");
	assert_true(fake->set_count < FAKE_RECORDS);
	fake->sets[fake->set_count++] = value;
	return 0;
}

static inline int fake_configure(struct gpio_line *line, const struct gpio_line_config *config,
				 struct error *err)
{
	struct fake_gpio *fake = fake_of_line(line);

	if (fake->configure_result)
		return error_set(err, fake->configure_result, "the fake refuses");
	fake->configures++;
	fake->configured = *config;
	fake->edge_next = 0;
	return 0;
}

static inline int fake_read_edges(struct gpio_line *line, struct gpio_edge *ret_edges, size_t max,
				  uint64_t timeout_ns, size_t *ret_count, struct error *err)
{
	struct fake_gpio *fake = fake_of_line(line);
	size_t count = fake->edge_count - fake->edge_next;

	(void)timeout_ns;
	if (!count)
		return error_set(err, ERROR_TIMEOUT, "no edge");
	if (fake->edge_chunk && count > fake->edge_chunk)
		count = fake->edge_chunk;
	if (count > max)
		count = max;
	memcpy(ret_edges, fake->edges + fake->edge_next, count * sizeof(*ret_edges));
	fake->edge_next += count;
	*ret_count = count;
	return 0;
}

static inline void fake_release(struct gpio_line *line)
{
	fake_of_line(line)->held = false;
	fake_of_line(line)->releases++;
}

static inline void fake_gpio_init(struct fake_gpio *fake)
{
	static const struct gpio_chip_ops chip_ops = {.request = fake_request};
	static const struct gpio_line_ops line_ops = {
		.set = fake_set,
		.configure = fake_configure,
		.read_edges = fake_read_edges,
		.release = fake_release,
	};

	*fake = (struct fake_gpio){
		.chip = {.ops = &chip_ops, .line_count = 28},
		.line = {.ops = &line_ops},
	};
}

struct fake_spi {
	struct spi_device device;
	unsigned transfers;
	uint8_t data[SPI_TRANSFER_SIZE_MAX]; /* of the last one */
	size_t size;
	int result; /* a code to fail with */
};

static inline int fake_spi_transfer(struct spi_device *device, const uint8_t *out, uint8_t *ret_in,
				    size_t size, struct error *err)
{
	struct fake_spi *fake = (struct fake_spi *)device;

	(void)ret_in;
	if (fake->result)
		return error_set(err, fake->result, "the fake refuses");
	fake->transfers++;
	memcpy(fake->data, out, size);
	fake->size = size;
	return 0;
}

static inline void fake_spi_init(struct fake_spi *fake)
{
	static const struct spi_device_ops ops = {.transfer = fake_spi_transfer};

	memset(fake, 0, sizeof(*fake));
	fake->device.ops = &ops;
	fake->device.name = "spi0.0";
}

#endif
