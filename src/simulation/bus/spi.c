#include "hardware/bus/spi.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "simulation/bus/internal.h"

/* A chip select and its device. */
struct sim_spi {
	struct sim_backend *sim;
	char *name;		       /* owned */
	struct sim_spi_device *device; /* borrowed */
	pthread_mutex_t lock;	       /* held during a transfer */
	struct sim_spi *next;
};

/* A handle: one opening of a chip select. */
struct sim_spi_handle {
	struct spi_device base;
	struct sim_spi *select;
};

static struct sim_spi *find_select(struct sim_backend *sim, const char *name)
{
	struct sim_spi *select = sim->selects;

	while (select && strcmp(select->name, name) != 0)
		select = select->next;
	return select;
}

int sim_attach_spi(struct backend *backend, const char *name, struct sim_spi_device *device,
		   struct error *err)
{
	struct sim_backend *sim = sim_backend_of(backend);
	struct sim_spi *select;

	if (find_select(sim, name))
		return error_set(err, ERROR_EXISTS,
				 "the simulated spi device %s exists already: use another name",
				 name);
	select = calloc(1, sizeof(*select));
	if (select)
		select->name = strdup(name);
	if (!select || !select->name) {
		free(select);
		return error_set(
			err, ERROR_NO_MEMORY,
			"spi device %s: out of memory; this machine needs more free memory", name);
	}
	select->sim = sim;
	select->device = device;
	pthread_mutex_init(&select->lock, NULL);
	select->next = sim->selects;
	sim->selects = select;
	return 0;
}

static int handle_transfer(struct spi_device *base, const uint8_t *out, uint8_t *ret_in,
			   size_t size, struct error *err)
{
	struct sim_spi *select = ((struct sim_spi_handle *)base)->select;
	uint8_t sent[SPI_TRANSFER_SIZE_MAX] = {0};
	uint8_t got[SPI_TRANSFER_SIZE_MAX] = {0};
	int rc;

	if (out)
		memcpy(sent, out, size);
	pthread_mutex_lock(&select->lock);
	rc = select->device->ops->transfer(select->device, base->mode, base->speed_hz, sent, got,
					   size);
	sim_spend_bits(select->sim, size * 8, base->speed_hz);
	pthread_mutex_unlock(&select->lock);
	if (rc)
		return error_set(
			err, rc,
			"the simulated spi device %s failed: %s: check the device and its wires",
			select->name, error_text(rc));
	if (ret_in)
		memcpy(ret_in, got, size);
	return 0;
}

static void handle_close(struct spi_device *base)
{
	free(base);
}

int sim_spi_open(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
		 struct spi_device **ret_device, struct error *err)
{
	static const struct spi_device_ops ops = {
		.transfer = handle_transfer,
		.close = handle_close,
	};
	struct sim_spi *select = find_select(sim_backend_of(backend), name);
	struct sim_spi_handle *handle;

	if (!select)
		return error_set(err, ERROR_NOT_FOUND,
				 "no spi device %s is simulated: name one that is, or set "
				 "`spi_backend = \"linux\"` under [hardware]",
				 name);
	handle = calloc(1, sizeof(*handle));
	if (!handle)
		return error_set(
			err, ERROR_NO_MEMORY,
			"spi device %s: out of memory; this machine needs more free memory", name);
	handle->base = (struct spi_device){
		.ops = &ops,
		.name = select->name,
		.speed_hz = speed_hz,
		.mode = mode,
		.simulated = true,
	};
	handle->select = select;
	*ret_device = &handle->base;
	return 0;
}

void sim_spi_destroy_all(struct sim_backend *sim)
{
	struct sim_spi *select = sim->selects;

	while (select) {
		struct sim_spi *next = select->next;

		pthread_mutex_destroy(&select->lock);
		free(select->name);
		free(select);
		select = next;
	}
}
