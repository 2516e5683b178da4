#include "hardware/bus/gpio.h"

#include "base/error.h"

/* The values come from outside and may be any number, also negative: hence the casts. */
static bool in_range(const struct gpio_line_config *config)
{
	return (unsigned)config->direction <= GPIO_OUTPUT &&
	       (unsigned)config->bias <= GPIO_BIAS_DISABLED &&
	       (unsigned)config->drive <= GPIO_OPEN_SOURCE &&
	       (unsigned)config->edges <= GPIO_EDGES_BOTH;
}

/* The kernel refuses the same combinations with EINVAL. */
static int check_config(unsigned offset, const struct gpio_line_config *config, struct error *err)
{
	if (!in_range(config))
		return error_set(err, ERROR_INVALID,
				 "gpio line %u: unknown direction, bias, drive or edge setting: "
				 "use a value of gpio.h",
				 offset);
	if (config->direction == GPIO_OUTPUT && config->edges != GPIO_EDGES_NONE)
		return error_set(
			err, ERROR_INVALID,
			"gpio line %u: an output cannot watch for edges: make the line an input",
			offset);
	if (config->direction == GPIO_INPUT && config->drive != GPIO_PUSH_PULL)
		return error_set(err, ERROR_INVALID,
				 "gpio line %u: an input cannot have a drive setting: use "
				 "GPIO_PUSH_PULL, the default",
				 offset);
	return 0;
}

int gpio_chip_request(struct gpio_chip *chip, unsigned offset,
		      const struct gpio_line_config *config, struct gpio_line **ret_line,
		      struct error *err)
{
	int rc;

	if (offset >= chip->line_count)
		return error_set(
			err, ERROR_INVALID,
			"gpio line %u: the chip has %u lines, counted from 0: use another line",
			offset, chip->line_count);
	rc = check_config(offset, config, err);
	return rc ? rc : chip->ops->request(chip, offset, config, ret_line, err);
}

void gpio_chip_close(struct gpio_chip *chip)
{
	if (chip)
		chip->ops->close(chip);
}

int gpio_line_get(struct gpio_line *line, bool *ret_value, struct error *err)
{
	return line->ops->get(line, ret_value, err);
}

int gpio_line_set(struct gpio_line *line, bool value, struct error *err)
{
	return line->ops->set(line, value, err);
}

int gpio_line_configure(struct gpio_line *line, const struct gpio_line_config *config,
			struct error *err)
{
	int rc = check_config(line->offset, config, err);

	return rc ? rc : line->ops->configure(line, config, err);
}

int gpio_line_read_edges(struct gpio_line *line, struct gpio_edge *ret_edges, size_t max,
			 uint64_t timeout_ns, size_t *ret_count, struct error *err)
{
	if (max == 0)
		return error_set(err, ERROR_INVALID,
				 "gpio line %u: asked for at most 0 edges: ask for 1 or more",
				 line->offset);
	return line->ops->read_edges(line, ret_edges, max, timeout_ns, ret_count, err);
}

void gpio_line_release(struct gpio_line *line)
{
	if (line)
		line->ops->release(line);
}
