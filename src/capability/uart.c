#include "hardware/bus/uart.h"

#include <stdlib.h>
#include <string.h>

#include "base/work_queue.h"
#include "capability/internal.h"
#include "hardware/bus/backend.h"

#define DEFAULT_NAME "serial0"
#define WRITE_SIZE_MAX 4096 /* bytes of one call; it writes no more than takes: */
#define WRITE_SECONDS_MAX 0.25
#define WRITE_SIZE_MIN 32 /* bytes, however slow the rate */
#define BITS_PER_BYTE 10  /* with a start and a stop bit */

static int open_port(struct capability_host *host, const char *name,
		     struct capability_port **ret_port, struct error *err)
{
	struct capability_port *port =
		capability_find_port(host, BUS_UART, host->uarts, host->uarts_count, name);
	int ret;

	if (port) {
		*ret_port = port;
		return 0;
	}
	if (host->uarts_count == PORTS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "cannot open %s: plugins use %d other serial ports already, the "
				 "limit: use one of those",
				 name, PORTS_MAX);
	port = &host->uarts[host->uarts_count];
	ret = backend_open_uart(host->backend, name, UART_DEFAULT_BAUD, &port->uart, err);
	if (ret)
		return ret;
	ret = work_queue_create_shared(host->loop, QUEUE_LIMIT, OWNER_LIMIT, &port->queue, err);
	if (ret) {
		uart_port_close(port->uart);
		return ret;
	}
	snprintf(port->name, sizeof(port->name), "%s", name);
	host->uarts_count++;
	*ret_port = port;
	return 0;
}

struct uart_job {
	struct capability_job job;
	struct uart_port *port;
	uint32_t baud;
	size_t size;  /* of `data`: bytes to write, or room to read into */
	size_t count; /* bytes read or written */
	uint8_t data[];
};

/* Read what has arrived, without waiting, so that a silent device delays nobody. */
static int run_read(struct capability_job *job, struct error *err)
{
	struct uart_job *self = (struct uart_job *)job;

	return uart_port_read(self->port, self->data, self->size, 0, &self->count, err);
}

static cbor_item_t *answer_read(struct capability_job *job)
{
	struct uart_job *self = (struct uart_job *)job;

	if (job->result)
		return capability_failure(job);
	return value_ok(value_bytes(self->data, self->count));
}

/* Others wait for the port meanwhile, so write at most what takes WRITE_SECONDS_MAX. */
static int run_write(struct capability_job *job, struct error *err)
{
	struct uart_job *self = (struct uart_job *)job;
	size_t most = (size_t)(self->port->baud / BITS_PER_BYTE * WRITE_SECONDS_MAX);

	most = most < WRITE_SIZE_MIN ? WRITE_SIZE_MIN : most;
	return uart_port_write(self->port, self->data, self->size < most ? self->size : most,
			       &self->count, err);
}

static cbor_item_t *answer_write(struct capability_job *job)
{
	struct uart_job *self = (struct uart_job *)job;

	if (job->result)
		return capability_failure(job);
	return value_ok(value_unsigned(self->count));
}

static int run_set_baud(struct capability_job *job, struct error *err)
{
	struct uart_job *self = (struct uart_job *)job;

	return uart_port_set_baud(self->port, self->baud, err);
}

static cbor_item_t *answer_set_baud(struct capability_job *job)
{
	return job->result ? capability_failure(job) : value_ok(value_null());
}

/* Start a call on the named port. `model` says what to do; `data`, to write, may be NULL. */
static int start(struct capability_call *call, const char *name, size_t name_size,
		 const struct uart_job *model, const uint8_t *data)
{
	struct capability_client *client = capability_call_client(call);
	char device[DEVICE_NAME_SIZE];
	struct capability_port *port = NULL;
	struct uart_job *job;
	struct error err;

	if (!capability_device_name(name, name_size, device))
		return capability_reply_failure(call,
						"no valid name of a serial port: expected 1 to 31 "
						"letters, digits, '.', '-' or '_'");
	if (!permission_has_uart(client->permission, device) ||
	    capability_is_denied_alias(call, BUS_UART, device)) {
		capability_deny_uart(call, device);
		return capability_reply_denied(call);
	}
	if (open_port(capability_call_host(call), device, &port, &err))
		return capability_reply_failure(call, err.text);
	job = calloc(1, sizeof(*job) + model->size);
	if (!job)
		return ERROR_NO_MEMORY;
	*job = *model;
	job->port = port->uart;
	if (data && model->size)
		memcpy(job->data, data, model->size);
	client->touched_simulated |= port->uart->simulated;
	capability_uart_use(port, client);
	if (client->is_candidate && model->job.run == run_set_baud &&
	    capability_uart_defer(port, client, model->baud)) {
		free(job);
		return capability_reply(call, value_ok(value_null()));
	}
	return capability_submit(call, port->queue, &job->job);
}

/* Each function exists twice: for the default port, and with the port's name as first argument. */
static int get_name(const cbor_item_t *args, bool is_named, const char **ret_name, size_t *ret_size)
{
	if (is_named)
		return value_get_text(args, 0, ret_name, ret_size);
	*ret_name = DEFAULT_NAME;
	*ret_size = strlen(DEFAULT_NAME);
	return 0;
}

static int start_read(struct capability_call *call, const cbor_item_t *args, bool is_named)
{
	struct uart_job model = {.job = {.run = run_read, .answer = answer_read}};
	const char *name;
	size_t name_size;
	uint64_t max;

	if (get_name(args, is_named, &name, &name_size) ||
	    value_get_unsigned(args, is_named, UINT32_MAX, &max))
		return ERROR_MALFORMED;
	/* A read returns no more than this anyway, so allocate no more. */
	model.size = max < UART_READ_SIZE_MAX ? max : UART_READ_SIZE_MAX;
	return start(call, name, name_size, &model, NULL);
}

static int start_write(struct capability_call *call, const cbor_item_t *args, bool is_named)
{
	struct uart_job model = {.job = {.run = run_write, .answer = answer_write}};
	const uint8_t *data;
	const char *name;
	size_t name_size;

	if (get_name(args, is_named, &name, &name_size) ||
	    value_get_bytes(args, is_named, &data, &model.size))
		return ERROR_MALFORMED;
	if (model.size > WRITE_SIZE_MAX)
		return capability_reply_failure(
			call, "a write to a serial port has at most 4096 bytes: make several");
	return start(call, name, name_size, &model, data);
}

static int start_set_baud(struct capability_call *call, const cbor_item_t *args, bool is_named)
{
	struct uart_job model = {.job = {.run = run_set_baud, .answer = answer_set_baud}};
	const char *name;
	size_t name_size;
	uint64_t baud;

	if (get_name(args, is_named, &name, &name_size) ||
	    value_get_unsigned(args, is_named, UINT32_MAX, &baud))
		return ERROR_MALFORMED;
	model.baud = (uint32_t)baud;
	return start(call, name, name_size, &model, NULL);
}

static int read_first(struct capability_call *call, const cbor_item_t *args)
{
	return start_read(call, args, false);
}

static int write_first(struct capability_call *call, const cbor_item_t *args)
{
	return start_write(call, args, false);
}

static int set_baud_first(struct capability_call *call, const cbor_item_t *args)
{
	return start_set_baud(call, args, false);
}

static int read_port(struct capability_call *call, const cbor_item_t *args)
{
	return start_read(call, args, true);
}

static int write_port(struct capability_call *call, const cbor_item_t *args)
{
	return start_write(call, args, true);
}

static int set_port_baud(struct capability_call *call, const cbor_item_t *args)
{
	return start_set_baud(call, args, true);
}

static const struct capability_function functions[] = {
	{"read", 1, read_first, "func(max-len: u32) -> result<list<u8>, string>"},
	{"write", 1, write_first, "func(data: list<u8>) -> result<u32, string>"},
	{"set-baud", 1, set_baud_first, "func(rate: u32) -> result<_, string>"},
	{"read-port", 2, read_port, "func(port: string, max-len: u32) -> result<list<u8>, string>"},
	{"write-port", 2, write_port, "func(port: string, data: list<u8>) -> result<u32, string>"},
	{"set-port-baud", 2, set_port_baud, "func(port: string, rate: u32) -> result<_, string>"},
	{0},
};

const struct capability_interface capability_uart = {"uart", functions};
