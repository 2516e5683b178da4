#include "hardware/bus/w1.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/bus/internal.h"

#define CONVERSION_NS 750000000u

struct sim_w1 {
	char name[W1_NAME_SIZE];
	struct sim_w1_device *device; /* borrowed */
	struct sim_w1 *next;
};

/* A handle: one opening of the bus. */
struct sim_w1_handle {
	struct w1_bus base;
	struct sim_backend *sim;
};

static struct sim_w1 *find_device(const struct sim_backend *sim, const char *name)
{
	struct sim_w1 *w1 = sim->w1;

	while (w1 && strcmp(w1->name, name) != 0)
		w1 = w1->next;
	return w1;
}

int sim_attach_w1(struct backend *backend, const char *name, struct sim_w1_device *device,
		  struct error *err)
{
	struct sim_backend *sim = sim_backend_of(backend);
	struct sim_w1 *w1;

	if (find_device(sim, name))
		return error_set(err, ERROR_EXISTS,
				 "the simulated 1-wire device %s exists already: use another id",
				 name);
	w1 = calloc(1, sizeof(*w1));
	if (!w1)
		return error_set(
			err, ERROR_NO_MEMORY,
			"1-wire device %s: out of memory; this machine needs more free memory",
			name);
	snprintf(w1->name, sizeof(w1->name), "%s", name);
	w1->device = device;
	w1->next = sim->w1;
	sim->w1 = w1;
	return 0;
}

static int handle_list(struct w1_bus *bus, char (*ret_names)[W1_NAME_SIZE], size_t *ret_count,
		       struct error *err)
{
	size_t count = 0;

	(void)err;
	for (const struct sim_w1 *w1 = ((struct sim_w1_handle *)bus)->sim->w1; w1; w1 = w1->next)
		if (count < W1_DEVICES_MAX && w1->device->ops->is_there(w1->device))
			memcpy(ret_names[count++], w1->name, W1_NAME_SIZE);
	*ret_count = count;
	return 0;
}

static int handle_read(struct w1_bus *bus, const char *name, char ret_text[W1_TEXT_SIZE],
		       struct error *err)
{
	struct sim_backend *sim = ((struct sim_w1_handle *)bus)->sim;
	const struct sim_w1 *w1 = find_device(sim, name);
	int rc;

	if (!w1 || !w1->device->ops->is_there(w1->device))
		return error_set(err, ERROR_NOT_FOUND,
				 "no 1-wire device %s is simulated: name one that is, or set "
				 "`w1_backend = \"linux\"` under [hardware]",
				 name);
	if (sim->wire_time)
		clock_sleep_ns(sim->clock, CONVERSION_NS);
	rc = w1->device->ops->read(w1->device, ret_text);
	return rc ? error_set(err, rc, "1-wire device %s: the simulated device cannot be read: %s",
			      name, error_text(rc))
		  : 0;
}

static void handle_close(struct w1_bus *bus)
{
	free(bus);
}

int sim_w1_open(struct backend *backend, const char *root, struct w1_bus **ret_bus,
		struct error *err)
{
	static const struct w1_bus_ops ops = {
		.list = handle_list,
		.read = handle_read,
		.close = handle_close,
	};
	struct sim_w1_handle *handle = calloc(1, sizeof(*handle));

	(void)root;
	if (!handle)
		return error_set(err, ERROR_NO_MEMORY,
				 "the simulated 1-wire bus: out of memory; this machine needs more "
				 "free memory");
	handle->base = (struct w1_bus){.ops = &ops, .simulated = true};
	handle->sim = sim_backend_of(backend);
	*ret_bus = &handle->base;
	return 0;
}

void sim_w1_destroy_all(struct sim_backend *sim)
{
	struct sim_w1 *w1 = sim->w1;

	while (w1) {
		struct sim_w1 *next = w1->next;

		free(w1);
		w1 = next;
	}
}
