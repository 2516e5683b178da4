#include <stdlib.h>
#include <string.h>

#include "base/work_queue.h"
#include "capability/internal.h"

/* One call of the store. The plugin may have ended when it runs, so it has a copy of its name. */
struct state_job {
	struct capability_job job;
	struct capability_state_store *store;
	size_t quota;
	const char *plugin, *key; /* in `data`, like the value to set */
	const uint8_t *value;
	size_t size;	/* of `value` or of `found` */
	uint8_t *found; /* owned; the value that was read */
	json_t *keys;	/* owned */
	char data[];
};

static int run_get(struct capability_job *job, struct error *err)
{
	struct state_job *self = (struct state_job *)job;

	return self->store->ops->get(self->store, self->plugin, self->key, &self->found,
				     &self->size, err);
}

static cbor_item_t *answer_get(struct capability_job *job)
{
	struct state_job *self = (struct state_job *)job;

	if (job->result == ERROR_NOT_FOUND)
		return value_ok(value_null());
	if (job->result)
		return capability_failure(job);
	return value_ok(value_bytes(self->found, self->size));
}

static int run_set(struct capability_job *job, struct error *err)
{
	struct state_job *self = (struct state_job *)job;

	return self->store->ops->set(self->store, self->plugin, self->key, self->value, self->size,
				     self->quota, err);
}

static int run_remove(struct capability_job *job, struct error *err)
{
	struct state_job *self = (struct state_job *)job;

	return self->store->ops->remove(self->store, self->plugin, self->key, err);
}

static cbor_item_t *answer_nothing(struct capability_job *job)
{
	return job->result ? capability_failure(job) : value_ok(value_null());
}

static int run_keys(struct capability_job *job, struct error *err)
{
	struct state_job *self = (struct state_job *)job;

	return self->store->ops->keys(self->store, self->plugin, &self->keys, err);
}

static cbor_item_t *answer_keys(struct capability_job *job)
{
	struct state_job *self = (struct state_job *)job;
	cbor_item_t *array;
	bool whole;

	if (job->result)
		return capability_failure(job);
	array = cbor_new_definite_array(json_array_size(self->keys));
	whole = array != NULL;
	for (size_t i = 0; whole && i < json_array_size(self->keys); i++) {
		cbor_item_t *key = value_text(json_string_value(json_array_get(self->keys, i)));

		whole = key && cbor_array_push(array, key);
		if (key)
			cbor_decref(&key);
	}
	if (!whole && array)
		cbor_decref(&array);
	return value_ok(whole ? array : NULL);
}

static void finish(struct capability_job *job)
{
	struct state_job *self = (struct state_job *)job;

	free(self->found);
	json_decref(self->keys);
}

/* `model` has the functions to run and to answer, and the value. `key` has no 0 byte at its end. */
static int start(struct capability_call *call, const struct state_job *model, const char *key,
		 size_t key_size)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_state_store *store;
	struct capability_host *host = capability_call_host(call);
	size_t name_size = strlen(client->name) + 1;
	struct state_job *job;

	if (!host->state)
		return capability_reply_failure(call, "this node stores no plugin state: its log "
						      "says why its data folder cannot be used");
	if (key_size && memchr(key, '\0', key_size))
		return capability_reply_failure(
			call, "a state key cannot contain a 0 byte: choose another key");
	if (capability_state_of(client, &store))
		return capability_reply_failure(
			call,
			"too many calls are waiting for the plugin state: call it less often");
	job = calloc(1, sizeof(*job) + name_size + key_size + 1 + model->size);
	if (!job)
		return ERROR_NO_MEMORY;
	*job = *model;
	job->job.finish = finish;
	job->job.must_end = true;
	job->store = store;
	job->quota = client->state_quota;
	job->plugin = memcpy(job->data, client->name, name_size);
	job->key = job->data + name_size;
	if (key_size)
		memcpy(job->data + name_size, key, key_size);
	job->value = (uint8_t *)job->data + name_size + key_size + 1;
	if (model->size)
		memcpy(job->data + name_size + key_size + 1, model->value, model->size);
	return capability_submit(call, host->state_queue, &job->job);
}

static int get(struct capability_call *call, const cbor_item_t *args)
{
	const struct state_job model = {.job = {.run = run_get, .answer = answer_get}};
	const char *key;
	size_t key_size;

	if (value_get_text(args, 0, &key, &key_size))
		return ERROR_MALFORMED;
	return start(call, &model, key, key_size);
}

static int set(struct capability_call *call, const cbor_item_t *args)
{
	struct state_job model = {.job = {.run = run_set, .answer = answer_nothing}};
	const char *key;
	size_t key_size;

	if (value_get_text(args, 0, &key, &key_size) ||
	    value_get_bytes(args, 1, &model.value, &model.size))
		return ERROR_MALFORMED;
	return start(call, &model, key, key_size);
}

static int delete_key(struct capability_call *call, const cbor_item_t *args)
{
	const struct state_job model = {.job = {.run = run_remove, .answer = answer_nothing}};
	const char *key;
	size_t key_size;

	if (value_get_text(args, 0, &key, &key_size))
		return ERROR_MALFORMED;
	return start(call, &model, key, key_size);
}

static int keys(struct capability_call *call, const cbor_item_t *args)
{
	const struct state_job model = {.job = {.run = run_keys, .answer = answer_keys}};

	(void)args;
	return start(call, &model, "", 0);
}

static const struct capability_function functions[] = {
	{"get", 1, get, "func(key: string) -> result<option<list<u8>>, string>"},
	{"set", 2, set, "func(key: string, value: list<u8>) -> result<_, string>"},
	{"delete", 1, delete_key, "func(key: string) -> result<_, string>"},
	{"keys", 0, keys, "func() -> result<list<string>, string>"},
	{0},
};

const struct capability_interface capability_state = {"state", functions};
