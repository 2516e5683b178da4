#include <stdlib.h>
#include <string.h>

#include "capability/internal.h"
#include "config/rules.h"
#include "hardware/bus/w1.h"
#include "hardware/driver/w1.h"

struct w1_job {
	struct capability_job job;
	struct w1_bus *bus;
	char id[W1_NAME_SIZE]; /* of the device to read */
	double temperature_c;
	char names[W1_DEVICES_MAX][W1_NAME_SIZE];
	size_t count;
};

static int run_list(struct capability_job *job, struct error *err)
{
	struct w1_job *self = (struct w1_job *)job;

	return w1_bus_list(self->bus, self->names, &self->count, err);
}

/* A plugin sees only the devices that it may read. */
static void keep_granted(struct w1_job *self)
{
	const struct permission *permission = capability_call_client(self->job.call)->permission;
	size_t kept = 0;

	for (size_t i = 0; i < self->count; i++)
		if (permission_has_w1(permission, self->names[i]))
			memmove(self->names[kept++], self->names[i], W1_NAME_SIZE);
	self->count = kept;
}

static cbor_item_t *answer_list(struct capability_job *job)
{
	struct w1_job *self = (struct w1_job *)job;
	cbor_item_t *array;
	bool whole;

	if (job->result)
		return capability_failure(job);
	keep_granted(self);
	array = cbor_new_definite_array(self->count);
	whole = array != NULL;
	for (size_t i = 0; whole && i < self->count; i++) {
		cbor_item_t *name = value_text(self->names[i]);

		whole = name && cbor_array_push(array, name);
		if (name)
			cbor_decref(&name);
	}
	if (!whole && array)
		cbor_decref(&array);
	return value_ok(whole ? array : NULL);
}

static int run_read(struct capability_job *job, struct error *err)
{
	struct w1_job *self = (struct w1_job *)job;

	return w1_read_temperature(self->bus, self->id, &self->temperature_c, err);
}

static cbor_item_t *answer_read(struct capability_job *job)
{
	if (job->result)
		return capability_failure(job);
	return value_ok(value_f32((float)((struct w1_job *)job)->temperature_c));
}

/* `model` has the functions to run and to answer, and the id. */
static int start(struct capability_call *call, const struct w1_job *model)
{
	struct capability_host *host = capability_call_host(call);
	struct w1_job *job;

	if (!host->w1)
		return capability_reply_failure(call, host->missing[DEVICE_W1]);
	job = calloc(1, sizeof(*job));
	if (!job)
		return ERROR_NO_MEMORY;
	*job = *model;
	job->bus = host->w1;
	capability_call_client(call)->touched_simulated |= host->w1->simulated;
	return capability_submit(call, host->w1_queue, &job->job);
}

static int devices(struct capability_call *call, const cbor_item_t *args)
{
	const struct w1_job model = {.job = {.run = run_list, .answer = answer_list}};

	(void)args;
	if (!capability_call_client(call)->permission->w1_count) {
		capability_deny_w1(call, "*");
		return capability_reply_denied(call);
	}
	return start(call, &model);
}

static int read_temperature(struct capability_call *call, const cbor_item_t *args)
{
	struct w1_job model = {.job = {.run = run_read, .answer = answer_read}};
	const char *id;
	size_t size;

	if (value_get_text(args, 0, &id, &size))
		return ERROR_MALFORMED;
	if (size >= sizeof(model.id) || memchr(id, '\0', size))
		return capability_reply_failure(call, "expected " RULE_W1);
	if (size)
		memcpy(model.id, id, size);
	if (!rule_is_w1(model.id))
		return capability_reply_failure(call, "expected " RULE_W1);
	if (!permission_has_w1(capability_call_client(call)->permission, model.id)) {
		capability_deny_w1(call, model.id);
		return capability_reply_denied(call);
	}
	return start(call, &model);
}

static const struct capability_function functions[] = {
	{"devices", 0, devices, "func() -> result<list<string>, string>"},
	{"read-temperature", 1, read_temperature, "func(id: string) -> result<f32, string>"},
	{0},
};

const struct capability_interface capability_one_wire = {"one-wire", functions};
