#include "hardware/bus/spi.h"

#include <stdlib.h>
#include <string.h>

#include "base/work_queue.h"
#include "capability/internal.h"
#include "config/config.h"
#include "hardware/bus/backend.h"

#define DEFAULT_NAME "spi0.0"
#define MODE 0
/* slow enough for slow devices: an MCP3008 at 2.7 V allows 1.35 MHz */
#define SPEED_HZ 1000000

static int open_port(struct capability_host *host, const char *name,
		     struct capability_port **ret_port, struct error *err)
{
	struct capability_port *port =
		capability_find_port(host, BUS_SPI, host->spis, host->spis_count, name);
	int ret;

	if (port) {
		*ret_port = port;
		return 0;
	}
	if (host->leds && backend_is_same(host->backend, BUS_SPI, name, host->config->leds.spi))
		return error_set(err, ERROR_BUSY,
				 "%s drives the LEDs of this node: use another spi device", name);
	if (host->spis_count == PORTS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "cannot open %s: plugins use %d other spi devices already, the "
				 "limit: use one of those",
				 name, PORTS_MAX);
	port = &host->spis[host->spis_count];
	ret = backend_open_spi(host->backend, name, MODE, SPEED_HZ, &port->spi, err);
	if (ret)
		return ret;
	ret = work_queue_create_shared(host->loop, QUEUE_LIMIT, OWNER_LIMIT, &port->queue, err);
	if (ret) {
		spi_device_close(port->spi);
		return ret;
	}
	snprintf(port->name, sizeof(port->name), "%s", name);
	host->spis_count++;
	*ret_port = port;
	return 0;
}

struct spi_job {
	struct capability_job job;
	struct spi_device *device;
	size_t size;
	uint8_t *in; /* after `out` */
	uint8_t out[];
};

static int run(struct capability_job *job, struct error *err)
{
	struct spi_job *self = (struct spi_job *)job;

	return spi_device_transfer(self->device, self->out, self->in, self->size, err);
}

static cbor_item_t *answer(struct capability_job *job)
{
	struct spi_job *self = (struct spi_job *)job;

	if (job->result)
		return capability_failure(job);
	return value_ok(value_bytes(self->in, self->size));
}

static int transfer_on(struct capability_call *call, const char *name, size_t name_size,
		       const uint8_t *data, size_t size)
{
	struct capability_client *client = capability_call_client(call);
	char device[DEVICE_NAME_SIZE];
	struct capability_port *port = NULL;
	struct spi_job *job;
	struct error err;

	if (!capability_device_name(name, name_size, device))
		return capability_reply_failure(call,
						"no valid name of an spi device: expected 1 to 31 "
						"letters, digits, '.', '-' or '_'");
	if (!permission_has_spi(client->permission, device) ||
	    capability_is_denied_alias(call, BUS_SPI, device)) {
		capability_deny_spi(call, device);
		return capability_reply_denied(call);
	}
	if (size > SPI_TRANSFER_SIZE_MAX)
		return capability_reply_failure(
			call, "an spi transfer has at most 4096 bytes: make several");
	if (open_port(capability_call_host(call), device, &port, &err))
		return capability_reply_failure(call, err.text);
	job = calloc(1, sizeof(*job) + 2 * size);
	if (!job)
		return ERROR_NO_MEMORY;
	job->job.run = run;
	job->job.answer = answer;
	job->device = port->spi;
	job->size = size;
	job->in = job->out + size;
	if (size)
		memcpy(job->out, data, size);
	client->touched_simulated |= port->spi->simulated;
	return capability_submit(call, port->queue, &job->job);
}

static int transfer(struct capability_call *call, const cbor_item_t *args)
{
	const uint8_t *data;
	size_t size;

	if (value_get_bytes(args, 0, &data, &size))
		return ERROR_MALFORMED;
	return transfer_on(call, DEFAULT_NAME, strlen(DEFAULT_NAME), data, size);
}

static int transfer_device(struct capability_call *call, const cbor_item_t *args)
{
	const uint8_t *data;
	const char *name;
	size_t name_size, size;

	if (value_get_text(args, 0, &name, &name_size) || value_get_bytes(args, 1, &data, &size))
		return ERROR_MALFORMED;
	return transfer_on(call, name, name_size, data, size);
}

static const struct capability_function functions[] = {
	{"transfer", 1, transfer, "func(data: list<u8>) -> result<list<u8>, string>"},
	{"transfer-device", 2, transfer_device,
	 "func(device: string, data: list<u8>) -> result<list<u8>, string>"},
	{0},
};

const struct capability_interface capability_spi = {"spi", functions};
