#include "hardware/bus/i2c.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "capability/internal.h"
#include "config/config.h"

#define SEVEN_BIT_MAX 0x7F
/*
 * How many bytes one call may write and read together. At 100 kHz they take 0.23 s (9 bits each),
 * and nobody else can use the bus meanwhile, since a transaction cannot be interrupted.
 */
#define CALL_SIZE_MAX 2560
#define TOO_LARGE "an i2c call writes and reads at most 2560 bytes together; make several calls"

/* One transaction: a write, and a read after a repeated start; either may be empty. */
struct i2c_job {
	struct capability_job job;
	struct i2c_bus *bus;
	uint16_t address;
	size_t out_size, in_size;
	uint8_t *in; /* after `out` */
	uint8_t out[];
};

static int run(struct capability_job *job, struct error *err)
{
	struct i2c_job *self = (struct i2c_job *)job;
	uint16_t flags = self->address > SEVEN_BIT_MAX ? I2C_MESSAGE_TEN_BIT : 0;
	struct i2c_message messages[2];
	size_t count = 0;

	/* If both are empty, an empty write checks whether a device answers. */
	if (self->out_size || !self->in_size)
		messages[count++] = (struct i2c_message){
			.address = self->address,
			.flags = flags,
			.size = (uint16_t)self->out_size,
			.data = self->out,
		};
	if (self->in_size)
		messages[count++] = (struct i2c_message){
			.address = self->address,
			.flags = flags | I2C_MESSAGE_READ,
			.size = (uint16_t)self->in_size,
			.data = self->in,
		};
	return i2c_bus_transfer(self->bus, messages, count, err);
}

static struct i2c_job *create_job(struct i2c_bus *bus, uint64_t address, size_t out_size,
				  size_t in_size, cbor_item_t *(*answer)(struct capability_job *))
{
	struct i2c_job *job = calloc(1, sizeof(*job) + out_size + in_size);

	if (!job)
		return NULL;
	job->job.run = run;
	job->job.answer = answer;
	job->bus = bus;
	job->address = (uint16_t)address;
	job->out_size = out_size;
	job->in_size = in_size;
	job->in = job->out + out_size;
	return job;
}

static bool may_use(struct capability_call *call, uint64_t bus, uint64_t address)
{
	const struct permission *permission = capability_call_client(call)->permission;
	unsigned usual = capability_call_host(call)->config->hardware.i2c_bus;

	if (!permission_has_i2c(permission, (uint16_t)address)) {
		capability_deny_i2c(call, address);
		return false;
	}
	if (!permission_has_i2c_bus(permission, (unsigned)bus, usual)) {
		capability_deny_i2c_bus(call, bus);
		return false;
	}
	return true;
}

static cbor_item_t *answer_hex(struct capability_job *job)
{
	struct i2c_job *self = (struct i2c_job *)job;
	size_t size = 2 * self->in_size + 1;
	cbor_item_t *value = NULL;
	char *text;

	if (job->result)
		return capability_failure(job);
	text = malloc(size);
	if (text)
		value = value_ok(value_text(sodium_bin2hex(text, size, self->in, self->in_size)));
	free(text);
	return value;
}

static int transfer(struct capability_call *call, const cbor_item_t *args)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_host *host = capability_call_host(call);
	struct i2c_job *job;
	const char *hex;
	size_t hex_size;
	uint64_t address, in_size;

	if (value_get_unsigned(args, 0, UINT8_MAX, &address) ||
	    value_get_text(args, 1, &hex, &hex_size) ||
	    value_get_unsigned(args, 2, UINT32_MAX, &in_size))
		return ERROR_MALFORMED;
	if (!may_use(call, host->config->hardware.i2c_bus, address))
		return capability_reply_denied(call);
	if (!host->i2c)
		return capability_reply_failure(call, host->missing[DEVICE_I2C]);
	if (hex_size / 2 + in_size > CALL_SIZE_MAX)
		return capability_reply_failure(call, TOO_LARGE);
	job = create_job(host->i2c, address, hex_size / 2, in_size, answer_hex);
	if (!job)
		return ERROR_NO_MEMORY;
	if (sodium_hex2bin(job->out, job->out_size, hex, hex_size, NULL, NULL, NULL)) {
		free(job);
		return capability_reply_failure(call, "write-data: expected pairs of hex digits");
	}
	client->touched_simulated |= host->i2c->simulated;
	return capability_submit(call, host->i2c_queue, &job->job);
}

/* The cases of the WIT's enum i2c-error. */
static const char *error_name(int code)
{
	switch (code) {
	case ERROR_NO_ACKNOWLEDGE:
		return "no-acknowledge";
	case ERROR_ARBITRATION_LOST:
		return "arbitration-loss";
	case ERROR_TIMEOUT:
	case ERROR_BUSY:
		return "timeout";
	case ERROR_NOT_GRANTED:
		return "not-granted";
	case ERROR_INVALID:
	case ERROR_TOO_LARGE:
	case ERROR_NOT_FOUND: /* the bus is gone: check-bus says why */
		return "invalid";
	default:
		return "bus";
	}
}

static cbor_item_t *answer_bytes(struct capability_job *job)
{
	struct i2c_job *self = (struct i2c_job *)job;

	if (job->result)
		return value_error(value_text(error_name(job->result)));
	return value_ok(value_bytes(self->in, self->in_size));
}

static int reply_code(struct capability_call *call, int code)
{
	return capability_reply_failure(call, error_name(code));
}

static int write_read(struct capability_call *call, const cbor_item_t *args)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_host *host = capability_call_host(call);
	const uint8_t *out;
	struct i2c_job *job;
	size_t out_size;
	uint64_t bus, address, in_size;

	if (value_get_unsigned(args, 0, UINT8_MAX, &bus) ||
	    value_get_unsigned(args, 1, UINT16_MAX, &address) ||
	    value_get_bytes(args, 2, &out, &out_size) ||
	    value_get_unsigned(args, 3, UINT32_MAX, &in_size))
		return ERROR_MALFORMED;
	if (!may_use(call, bus, address))
		return reply_code(call, ERROR_NOT_GRANTED);
	/* The enum has no case for a missing bus; check-bus explains it in words. */
	if (!host->i2c)
		return reply_code(call, ERROR_INVALID);
	if (bus != host->config->hardware.i2c_bus || out_size + in_size > CALL_SIZE_MAX)
		return reply_code(call, ERROR_INVALID);
	job = create_job(host->i2c, address, out_size, in_size, answer_bytes);
	if (!job)
		return ERROR_NO_MEMORY;
	job->job.timeout_name = error_name(ERROR_TIMEOUT);
	if (out_size)
		memcpy(job->out, out, out_size);
	client->touched_simulated |= host->i2c->simulated;
	return capability_submit(call, host->i2c_queue, &job->job);
}

static int check_bus(struct capability_call *call, const cbor_item_t *args)
{
	const struct capability_host *host = capability_call_host(call);
	unsigned usual = host->config->hardware.i2c_bus;
	struct error err = {0};
	uint64_t bus;

	if (value_get_unsigned(args, 0, UINT8_MAX, &bus))
		return ERROR_MALFORMED;
	if (bus != usual) {
		error_set(&err, ERROR_NOT_FOUND,
			  "plugins cannot use i2c bus %" PRIu64
			  ", only bus %u (set `i2c_bus` under [hardware] to change it)",
			  bus, usual);
		return capability_reply_failure(call, err.text);
	}
	if (!host->i2c)
		return capability_reply_failure(call, host->missing[DEVICE_I2C]);
	if (i2c_bus_check(host->i2c, &err))
		return capability_reply_failure(call, err.text);
	return capability_reply(call, value_ok(value_null()));
}

static const struct capability_function functions[] = {
	{"transfer", 3, transfer,
	 "func(addr: u8, write-data: string, read-len: u32) -> result<string, string>"},
	{"write-read", 4, write_read,
	 "func(bus: u8, address: u16, data: list<u8>, read-len: u32) -> result<list<u8>, "
	 "enum{no-acknowledge, bus, arbitration-loss, timeout, not-granted, invalid}>"},
	{"check-bus", 1, check_bus, "func(bus: u8) -> result<_, string>"},
	{0},
};

const struct capability_interface capability_i2c = {"i2c", functions};
