#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/bus/internal.h"

#define FORGOTTEN_NS 5000000000u

static bool is_watched(const struct sim_line *line, bool rising)
{
	if (!line->held || line->config.direction != GPIO_INPUT)
		return false;
	return line->config.edges == GPIO_EDGES_BOTH ||
	       line->config.edges == (rising ? GPIO_EDGES_RISING : GPIO_EDGES_FALLING);
}

void sim_line_change_world(struct sim_line *line, enum sim_level level, uint64_t at_ns)
{
	bool was_high = sim_line_is_high(line);
	bool is_high;

	line->world = level;
	is_high = sim_line_is_high(line);
	if (is_high != was_high && is_watched(line, is_high))
		sim_events_push(&line->events, at_ns, is_high);
}

static bool is_scheduled(const struct sim_line *line)
{
	return line->changes_next < line->changes_count;
}

/* The next scheduled change, or the model's next one if nothing is scheduled. */
static bool next_change(const struct sim_line *line, struct sim_line_change *ret_change,
			bool *ret_lost)
{
	*ret_lost = false;
	if (is_scheduled(line)) {
		*ret_change = line->changes[line->changes_next];
		return true;
	}
	return line->model && line->model->ops->next &&
	       line->model->ops->next(line->model, line->told_ns, ret_change, ret_lost);
}

uint64_t sim_line_next_ns(const struct sim_line *line)
{
	struct sim_line_change change;
	bool lost;

	return next_change(line, &change, &lost) ? change.at_ns : UINT64_MAX;
}

/* Apply the changes whose time has come. */
static void catch_up(struct sim_line *line)
{
	uint64_t now = clock_monotonic_ns(line->chip->sim->clock);
	struct sim_line_change change;
	bool lost;

	/* Nobody held the line to see older changes, so skip them. */
	if (!line->held && now > FORGOTTEN_NS && line->told_ns < now - FORGOTTEN_NS)
		line->told_ns = now - FORGOTTEN_NS;
	while (next_change(line, &change, &lost) && change.at_ns <= now) {
		if (is_scheduled(line))
			line->changes_next++;
		else
			line->told_ns = change.at_ns;
		if (lost)
			line->world = change.level;
		else
			sim_line_change_world(line, change.level, change.at_ns);
	}
}

void sim_line_lock(struct sim_line *line)
{
	pthread_mutex_lock(&line->chip->lock);
	catch_up(line);
}

int sim_attach_line(struct backend *backend, unsigned offset, struct sim_line_model *model,
		    struct error *err)
{
	struct sim_chip *chip = sim_chip_of(backend);

	if (offset >= chip->base.line_count)
		return error_set(
			err, ERROR_INVALID,
			"gpio line %u: the chip has %u lines, counted from 0: use another line",
			offset, chip->base.line_count);
	if (chip->lines[offset].model)
		return error_set(err, ERROR_EXISTS,
				 "gpio line %u has a simulated device already: set another "
				 "gpio_pin for one of the two",
				 offset);
	chip->lines[offset].model = model;
	return 0;
}

void sim_line_drive(struct backend *backend, unsigned offset, enum sim_level level)
{
	struct sim_line *line = &sim_chip_of(backend)->lines[offset];

	sim_line_lock(line);
	line->changes_count = 0;
	line->changes_next = 0;
	sim_line_change_world(line, level, clock_monotonic_ns(line->chip->sim->clock));
	pthread_mutex_unlock(&line->chip->lock);
}

static int check_changes(unsigned offset, const struct sim_line_change *changes, size_t count,
			 struct error *err)
{
	if (count > SIM_CHANGES_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "gpio line %u: %zu changes are scheduled, at most %d are "
				 "possible: schedule fewer at a time",
				 offset, count, SIM_CHANGES_MAX);
	for (size_t i = 1; i < count; i++) {
		if (changes[i].at_ns < changes[i - 1].at_ns)
			return error_set(err, ERROR_INVALID,
					 "gpio line %u: change %zu comes before the previous one: "
					 "order them by time",
					 offset, i);
	}
	return 0;
}

int sim_line_schedule(struct backend *backend, unsigned offset,
		      const struct sim_line_change *changes, size_t count, struct error *err)
{
	struct sim_line *line;
	struct sim_line_change *copy;
	int rc = check_changes(offset, changes, count, err);

	if (rc)
		return rc;
	copy = calloc(count + 1,
		      sizeof(copy[0])); /* + 1, since an allocation of size 0 may return NULL */
	if (!copy)
		return error_set(err, ERROR_NO_MEMORY,
				 "gpio line %u: out of memory; this machine needs more free memory",
				 offset);
	memcpy(copy, changes, count * sizeof(copy[0]));
	line = &sim_chip_of(backend)->lines[offset];
	sim_line_lock(line);
	free(line->changes);
	line->changes = copy;
	line->changes_count = count;
	line->changes_next = 0;
	pthread_mutex_unlock(&line->chip->lock);
	return 0;
}
