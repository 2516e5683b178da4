#include "hardware/bus/i2c.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "simulation/bus/internal.h"

#define SPEED_HZ 100000
#define ADDRESS_FIRST 0x08
#define ADDRESS_LAST 0x77

struct sim_i2c {
	struct sim_backend *sim;
	unsigned number;
	pthread_mutex_t lock;				  /* held during a transaction */
	struct sim_i2c_device *devices[ADDRESS_LAST + 1]; /* borrowed, by address; most are NULL */
	struct sim_i2c *next;
};

/* A handle: one opening of a bus. */
struct sim_i2c_handle {
	struct i2c_bus base;
	struct sim_i2c *bus;
};

static struct sim_i2c *find_bus(struct sim_backend *sim, unsigned number)
{
	struct sim_i2c *bus = sim->buses;

	while (bus && bus->number != number)
		bus = bus->next;
	return bus;
}

static int not_found(const struct sim_backend *sim, unsigned number, struct error *err)
{
	if (!sim->buses)
		return error_set(err, ERROR_NOT_FOUND,
				 "no i2c bus is simulated, so there is no bus %u", number);
	return error_set(
		err, ERROR_NOT_FOUND,
		"i2c bus %u is not simulated, but bus %u is: set `i2c_bus` under [hardware] to %u",
		number, sim->buses->number, sim->buses->number);
}

int sim_add_i2c_bus(struct backend *backend, unsigned number, struct error *err)
{
	struct sim_backend *sim = sim_backend_of(backend);
	struct sim_i2c *bus;

	if (find_bus(sim, number))
		return error_set(err, ERROR_EXISTS,
				 "the simulated i2c bus %u exists already: use another number",
				 number);
	bus = calloc(1, sizeof(*bus));
	if (!bus)
		return error_set(err, ERROR_NO_MEMORY,
				 "i2c bus %u: out of memory; this machine needs more free memory",
				 number);
	bus->sim = sim;
	bus->number = number;
	pthread_mutex_init(&bus->lock, NULL);
	bus->next = sim->buses;
	sim->buses = bus;
	return 0;
}

int sim_attach_i2c(struct backend *backend, unsigned number, uint16_t address,
		   struct sim_i2c_device *device, struct error *err)
{
	struct sim_i2c *bus = find_bus(sim_backend_of(backend), number);

	if (!bus)
		return not_found(sim_backend_of(backend), number, err);
	if (address < ADDRESS_FIRST || address > ADDRESS_LAST)
		return error_set(err, ERROR_INVALID,
				 "i2c address 0x%02x: expected an address from 0x%02x to 0x%02x",
				 address, ADDRESS_FIRST, ADDRESS_LAST);
	if (bus->devices[address])
		return error_set(err, ERROR_EXISTS,
				 "i2c bus %u: another simulated device has the address 0x%02x: use "
				 "another address",
				 number, address);
	bus->devices[address] = device;
	return 0;
}

static bool is_held_low(const struct sim_i2c *bus)
{
	for (unsigned address = ADDRESS_FIRST; address <= ADDRESS_LAST; address++) {
		struct sim_i2c_device *device = bus->devices[address];

		if (device && device->ops->holds_bus && device->ops->holds_bus(device))
			return true;
	}
	return false;
}

static int transfer_message(struct sim_i2c *bus, const struct i2c_message *message)
{
	bool read = message->flags & I2C_MESSAGE_READ;
	struct sim_i2c_device *device = NULL;
	int rc;

	/* No model has a 10-bit address; a 10-bit 0x077 is not the chip at the 7-bit 0x77. */
	if (!(message->flags & I2C_MESSAGE_TEN_BIT))
		device = bus->devices[message->address];
	if (!device)
		return ERROR_NO_ACKNOWLEDGE;
	rc = device->ops->start(device, read);
	if (rc || message->size == 0)
		return rc;
	if (read)
		return device->ops->read(device, message->data, message->size);
	return device->ops->write(device, message->data, message->size);
}

static int report(const struct sim_i2c *bus, const struct i2c_message *message, int rc,
		  struct error *err)
{
	int digits = message->flags & I2C_MESSAGE_TEN_BIT ? 3 : 2;

	return error_set(
		err, rc, "i2c bus %u: address 0x%0*x: %s%s", bus->number, digits, message->address,
		error_text(rc),
		rc == ERROR_NO_ACKNOWLEDGE ? ": check the device's power, wires and address" : "");
}

/* As on Linux, the messages before a failed one have been transferred. */
static int transfer_all(struct sim_i2c *bus, struct i2c_message *messages, size_t count,
			struct error *err)
{
	if (is_held_low(bus))
		return error_set(err, ERROR_BUS,
				 "i2c bus %u: bus error: a device holds the bus low: switch its "
				 "power off and on",
				 bus->number);
	for (size_t i = 0; i < count; i++) {
		int rc = transfer_message(bus, &messages[i]);

		if (rc)
			return report(bus, &messages[i], rc, err);
		/* Each byte, also that of the address, has an acknowledge bit. */
		sim_spend_bits(bus->sim, (messages[i].size + 1u) * 9u, SPEED_HZ);
	}
	return 0;
}

static int handle_transfer(struct i2c_bus *base, struct i2c_message *messages, size_t count,
			   struct error *err)
{
	struct sim_i2c *bus = ((struct sim_i2c_handle *)base)->bus;
	int rc;

	pthread_mutex_lock(&bus->lock);
	rc = transfer_all(bus, messages, count, err);
	pthread_mutex_unlock(&bus->lock);
	return rc;
}

static void handle_close(struct i2c_bus *base)
{
	free(base);
}

int sim_i2c_open(struct backend *backend, unsigned number, struct i2c_bus **ret_bus,
		 struct error *err)
{
	static const struct i2c_bus_ops ops = {.transfer = handle_transfer, .close = handle_close};
	struct sim_i2c *bus = find_bus(sim_backend_of(backend), number);
	struct sim_i2c_handle *handle;

	if (!bus)
		return not_found(sim_backend_of(backend), number, err);
	handle = calloc(1, sizeof(*handle));
	if (!handle)
		return error_set(err, ERROR_NO_MEMORY,
				 "i2c bus %u: out of memory; this machine needs more free memory",
				 number);
	handle->base = (struct i2c_bus){.ops = &ops, .number = number, .simulated = true};
	handle->bus = bus;
	*ret_bus = &handle->base;
	return 0;
}

void sim_i2c_destroy_all(struct sim_backend *sim)
{
	struct sim_i2c *bus = sim->buses;

	while (bus) {
		struct sim_i2c *next = bus->next;

		pthread_mutex_destroy(&bus->lock);
		free(bus);
		bus = next;
	}
}
