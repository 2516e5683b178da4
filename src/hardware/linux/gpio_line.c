#include <errno.h>
#include <linux/gpio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "hardware/linux/gpio.h"
#include "hardware/linux/internal.h"

#define CONSUMER "harvester"
#define EVENTS_AT_ONCE 64

struct linux_line {
	struct gpio_line base;
	int fd;
	struct gpio_line_config config;
};

static uint64_t bias_flags(enum gpio_bias bias)
{
	static const uint64_t flags[] = {
		[GPIO_BIAS_AS_IS] = 0,
		[GPIO_BIAS_PULL_UP] = GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
		[GPIO_BIAS_PULL_DOWN] = GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
		[GPIO_BIAS_DISABLED] = GPIO_V2_LINE_FLAG_BIAS_DISABLED,
	};

	return flags[bias];
}

static uint64_t drive_flags(enum gpio_drive drive)
{
	static const uint64_t flags[] = {
		[GPIO_PUSH_PULL] = 0,
		[GPIO_OPEN_DRAIN] = GPIO_V2_LINE_FLAG_OPEN_DRAIN,
		[GPIO_OPEN_SOURCE] = GPIO_V2_LINE_FLAG_OPEN_SOURCE,
	};

	return flags[drive];
}

/* The kernel's edges follow the logical value, ours the physical level. */
static uint64_t edge_flags(enum gpio_edges edges, bool active_low)
{
	const uint64_t rising =
		active_low ? GPIO_V2_LINE_FLAG_EDGE_FALLING : GPIO_V2_LINE_FLAG_EDGE_RISING;
	const uint64_t both = GPIO_V2_LINE_FLAG_EDGE_FALLING | GPIO_V2_LINE_FLAG_EDGE_RISING;

	switch (edges) {
	case GPIO_EDGES_RISING:
		return rising;
	case GPIO_EDGES_FALLING:
		return both & ~rising;
	case GPIO_EDGES_BOTH:
		return both;
	default:
		return 0;
	}
}

/* Clear all of *ret_config first: the kernel refuses padding that is not zero. */
static void translate_config(const struct gpio_line_config *config,
			     struct gpio_v2_line_config *ret_config)
{
	memset(ret_config, 0, sizeof(*ret_config));
	ret_config->flags = bias_flags(config->bias) | drive_flags(config->drive) |
			    edge_flags(config->edges, config->active_low);
	if (config->active_low)
		ret_config->flags |= GPIO_V2_LINE_FLAG_ACTIVE_LOW;
	if (config->direction == GPIO_INPUT) {
		ret_config->flags |= GPIO_V2_LINE_FLAG_INPUT;
		return;
	}
	ret_config->flags |= GPIO_V2_LINE_FLAG_OUTPUT;
	ret_config->num_attrs = 1;
	ret_config->attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
	ret_config->attrs[0].attr.values = config->value;
	ret_config->attrs[0].mask = 1;
}

static int fail(unsigned offset, const char *what, struct error *err)
{
	int number = errno, code = ERROR_SYSTEM;

	if (number == EINVAL)
		code = ERROR_INVALID;
	else if (number == EIO)
		code = ERROR_BUS;
	else if (number == ENODEV)
		code = ERROR_CLOSED;
	return error_set_errno(err, code, number,
			       "gpio line %u: cannot %s (look into the kernel's log with `dmesg`)",
			       offset, what);
}

static int line_get(struct gpio_line *base, bool *ret_value, struct error *err)
{
	struct gpio_v2_line_values values = {.mask = 1};

	if (ioctl(((struct linux_line *)base)->fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values))
		return fail(base->offset, "read it", err);
	*ret_value = values.bits & 1;
	return 0;
}

static int line_set(struct gpio_line *base, bool value, struct error *err)
{
	struct linux_line *line = (struct linux_line *)base;
	struct gpio_v2_line_values values = {.bits = value, .mask = 1};

	if (line->config.direction != GPIO_OUTPUT)
		return error_set(err, ERROR_INVALID,
				 "gpio line %u is an input: set its mode to output first",
				 base->offset);
	if (ioctl(line->fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values))
		return fail(base->offset, "write it", err);
	return 0;
}

static int line_configure(struct gpio_line *base, const struct gpio_line_config *config,
			  struct error *err)
{
	struct linux_line *line = (struct linux_line *)base;
	struct gpio_v2_line_config kernel;

	translate_config(config, &kernel);
	if (ioctl(line->fd, GPIO_V2_LINE_SET_CONFIG_IOCTL, &kernel))
		return fail(base->offset, "configure it", err);
	line->config = *config;
	return 0;
}

static void translate_event(const struct linux_line *line, const struct gpio_v2_line_event *event,
			    struct gpio_edge *ret_edge)
{
	bool active = event->id == GPIO_V2_LINE_EVENT_RISING_EDGE;

	*ret_edge = (struct gpio_edge){
		.timestamp_ns = event->timestamp_ns,
		.sequence = event->line_seqno,
		.rising = active != line->config.active_low,
	};
}

static int line_read_edges(struct gpio_line *base, struct gpio_edge *ret_edges, size_t max,
			   uint64_t timeout_ns, size_t *ret_count, struct error *err)
{
	const struct linux_line *line = (const struct linux_line *)base;
	struct gpio_v2_line_event events[EVENTS_AT_ONCE];
	size_t wanted = max < EVENTS_AT_ONCE ? max : EVENTS_AT_ONCE, count;
	ssize_t size;
	int ready;

	if (line->config.edges == GPIO_EDGES_NONE)
		return error_set(
			err, ERROR_INVALID,
			"gpio line %u does not watch for edges: request it with edges first",
			base->offset);
	ready = linux_device_wait(line->fd, POLLIN, timeout_ns);
	if (ready == 0)
		return error_set(
			err, ERROR_TIMEOUT,
			"gpio line %u: no edge within %.1f ms: check the wiring, or wait longer",
			base->offset, (double)timeout_ns / 1e6);
	if (ready < 0) {
		errno = -ready;
		return fail(base->offset, "wait for an edge", err);
	}
	size = read(line->fd, events, wanted * sizeof(events[0]));
	if (size < 0)
		return fail(base->offset, "read its edges", err);
	count = (size_t)size / sizeof(events[0]);
	if (count == 0) {
		errno = ENODEV;
		return fail(base->offset, "read its edges", err);
	}
	for (size_t i = 0; i < count; i++)
		translate_event(line, &events[i], &ret_edges[i]);
	*ret_count = count;
	return 0;
}

static void line_release(struct gpio_line *base)
{
	close(((struct linux_line *)base)->fd);
	free(base);
}

/* EBUSY says that somebody holds the line; its line info says who. */
static int fail_request(int chip_fd, const char *chip_name, unsigned offset, struct error *err)
{
	struct gpio_v2_line_info info = {.offset = offset};
	int number = errno;

	if (number == EBUSY && !ioctl(chip_fd, GPIO_V2_GET_LINEINFO_IOCTL, &info) &&
	    info.consumer[0])
		return error_set(err, ERROR_BUSY,
				 "gpio line %u of %s is held by \"%.31s\": stop what holds it, or "
				 "use another line",
				 offset, chip_name, info.consumer);
	if (number == EBUSY)
		return error_set(err, ERROR_BUSY,
				 "gpio line %u of %s is held already: stop what holds it, or use "
				 "another line",
				 offset, chip_name);
	if (number == EIO)
		return error_set(err, ERROR_BUSY,
				 "gpio line %u of %s serves the kernel as an interrupt and cannot "
				 "be an output: use another line",
				 offset, chip_name);
	errno = number;
	return fail(offset, "request it", err);
}

int linux_gpio_line_request(int chip_fd, const char *chip_name, unsigned offset,
			    const struct gpio_line_config *config, struct gpio_line **ret_line,
			    struct error *err)
{
	static const struct gpio_line_ops ops = {
		.get = line_get,
		.set = line_set,
		.configure = line_configure,
		.read_edges = line_read_edges,
		.release = line_release,
	};
	struct gpio_v2_line_request request = {
		.offsets = {offset},
		.num_lines = 1,
		.consumer = CONSUMER,
		.event_buffer_size = config->event_buffer_size,
	};
	struct linux_line *line = calloc(1, sizeof(*line));

	if (!line)
		return error_set(err, ERROR_NO_MEMORY,
				 "gpio line %u: out of memory; this machine needs more free memory",
				 offset);
	translate_config(config, &request.config);
	if (ioctl(chip_fd, GPIO_V2_GET_LINE_IOCTL, &request)) {
		free(line);
		return fail_request(chip_fd, chip_name, offset, err);
	}
	line->base = (struct gpio_line){.ops = &ops, .offset = offset};
	line->fd = request.fd;
	line->config = *config;
	*ret_line = &line->base;
	return 0;
}
