#include "hardware/bus/gpio.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/bus/internal.h"

/* How the host drives the wire. */
static enum sim_level host_level(const struct sim_line *line)
{
	bool high;

	if (!line->held || line->config.direction == GPIO_INPUT)
		return SIM_FLOATING;
	high = line->config.value != line->config.active_low;
	if (line->config.drive == (high ? GPIO_OPEN_DRAIN : GPIO_OPEN_SOURCE))
		return SIM_FLOATING;
	return high ? SIM_HIGH : SIM_LOW;
}

bool sim_line_is_high(const struct sim_line *line)
{
	enum sim_level host = host_level(line);

	if (host != SIM_FLOATING)
		return host == SIM_HIGH;
	if (line->world != SIM_FLOATING)
		return line->world == SIM_HIGH;
	return line->held && line->config.bias == GPIO_BIAS_PULL_UP;
}

static struct sim_line *lock_line(struct gpio_line *base)
{
	struct sim_line *line = (struct sim_line *)base;

	sim_line_lock(line);
	return line;
}

/* Unlock, then tell the model if the host's side changed. */
static void unlock_and_tell(struct sim_line *line, enum sim_level before)
{
	enum sim_level host = host_level(line);
	uint64_t now = clock_monotonic_ns(line->chip->sim->clock);

	pthread_mutex_unlock(&line->chip->lock);
	if (line->model && host != before)
		line->model->ops->on_host_changed(line->model, host, now);
}

static int line_get(struct gpio_line *base, bool *ret_value, struct error *err)
{
	struct sim_line *line = lock_line(base);

	(void)err;
	*ret_value = sim_line_is_high(line) != line->config.active_low;
	pthread_mutex_unlock(&line->chip->lock);
	return 0;
}

static int line_set(struct gpio_line *base, bool value, struct error *err)
{
	struct sim_line *line = lock_line(base);
	enum sim_level before = host_level(line);

	if (line->config.direction != GPIO_OUTPUT) {
		pthread_mutex_unlock(&line->chip->lock);
		return error_set(err, ERROR_INVALID,
				 "gpio line %u is an input: set its mode to output first",
				 base->offset);
	}
	line->config.value = value;
	unlock_and_tell(line, before);
	return 0;
}

static int line_configure(struct gpio_line *base, const struct gpio_line_config *config,
			  struct error *err)
{
	struct sim_line *line = lock_line(base);
	enum sim_level before = host_level(line);

	(void)err;
	line->config = *config;
	unlock_and_tell(line, before);
	return 0;
}

static int line_read_edges(struct gpio_line *base, struct gpio_edge *ret_edges, size_t max,
			   uint64_t timeout_ns, size_t *ret_count, struct error *err)
{
	struct sim_backend *sim = ((struct sim_line *)base)->chip->sim;
	uint64_t deadline = sim_deadline(sim, timeout_ns);
	uint64_t next;

	do {
		struct sim_line *line = lock_line(base);
		size_t count = sim_events_take(&line->events, ret_edges, max);
		bool watched = line->config.edges != GPIO_EDGES_NONE;

		next = sim_line_next_ns(line);
		pthread_mutex_unlock(&line->chip->lock);
		if (count > 0) {
			*ret_count = count;
			return 0;
		}
		if (!watched)
			return error_set(err, ERROR_INVALID,
					 "gpio line %u does not watch for edges: request it with "
					 "edges first",
					 base->offset);
	} while (sim_wait(sim, next, deadline));
	return error_set(err, ERROR_TIMEOUT,
			 "gpio line %u: no edge within %.1f ms: check the wiring, or wait longer",
			 base->offset, (double)timeout_ns / 1e6);
}

static void line_release(struct gpio_line *base)
{
	struct sim_line *line = lock_line(base);
	enum sim_level before = host_level(line);

	line->held = false;
	sim_events_finish(&line->events);
	unlock_and_tell(line, before);
}

static int hold(struct sim_line *line, const struct gpio_line_config *config, struct error *err)
{
	if (line->held)
		return error_set(
			err, ERROR_BUSY,
			"gpio line %u is held already: release it first, or use another line",
			line->base.offset);
	if (sim_events_init(&line->events, config->event_buffer_size))
		return error_set(err, ERROR_NO_MEMORY,
				 "gpio line %u: out of memory; this machine needs more free memory",
				 line->base.offset);
	line->config = *config;
	line->held = true;
	return 0;
}

static int chip_request(struct gpio_chip *base, unsigned offset,
			const struct gpio_line_config *config, struct gpio_line **ret_line,
			struct error *err)
{
	struct sim_line *line = lock_line(&((struct sim_chip *)base)->lines[offset].base);
	int rc = hold(line, config, err);

	if (rc) {
		pthread_mutex_unlock(&line->chip->lock);
		return rc;
	}
	unlock_and_tell(line, SIM_FLOATING);
	*ret_line = &line->base;
	return 0;
}

static void chip_close(struct gpio_chip *base)
{
	(void)base; /* the chip lives as long as its backend */
}

int sim_chip_open(struct backend *backend, struct gpio_chip **ret_chip, struct error *err)
{
	(void)err;
	*ret_chip = &sim_chip_of(backend)->base;
	return 0;
}

int sim_chip_create(struct sim_backend *sim, unsigned lines, struct sim_chip **ret_chip)
{
	static const struct gpio_chip_ops chip_ops = {
		.request = chip_request,
		.close = chip_close,
	};
	static const struct gpio_line_ops line_ops = {
		.get = line_get,
		.set = line_set,
		.configure = line_configure,
		.read_edges = line_read_edges,
		.release = line_release,
	};
	struct sim_chip *chip = calloc(1, sizeof(*chip) + lines * sizeof(chip->lines[0]));

	if (!chip)
		return ERROR_NO_MEMORY;
	chip->base = (struct gpio_chip){.ops = &chip_ops, .line_count = lines, .simulated = true};
	chip->sim = sim;
	pthread_mutex_init(&chip->lock, NULL);
	for (unsigned i = 0; i < lines; i++) {
		chip->lines[i].base =
			(struct gpio_line){.ops = &line_ops, .offset = i, .simulated = true};
		chip->lines[i].chip = chip;
		chip->lines[i].world = SIM_FLOATING;
	}
	*ret_chip = chip;
	return 0;
}

void sim_chip_destroy(struct sim_chip *chip)
{
	for (unsigned i = 0; i < chip->base.line_count; i++) {
		sim_events_finish(&chip->lines[i].events);
		free(chip->lines[i].changes);
	}
	pthread_mutex_destroy(&chip->lock);
	free(chip);
}
