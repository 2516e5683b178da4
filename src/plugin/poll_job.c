#include "plugin/poll_job.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/work_queue.h"
#include "plugin/internal.h"
#include "wire/value.h"

#define POLL_VALUES_MAX 32768 /* twice the values of the largest legal poll */
#define WEIGHT_OF_A_VALUE 16

struct poll_job {
	const struct plugin_events *events; /* borrowed, as events_arg */
	void *events_arg;
	struct plugin_poll poll; /* name and absent are owned */
	bool is_component;
	cbor_item_t *frame;	/* owned reference; the thread only reads it */
	poll_job_done *on_done; /* NULL: cancelled */
	void *arg;
	/* Set by run() */
	struct plugin_result *result;
	size_t cost;
	struct error err;
};

static size_t weigh_pairs(const cbor_item_t *map, size_t limit)
{
	size_t weight = 0;

	for (size_t i = 0; i < cbor_map_size(map) && weight <= limit; i++) {
		const struct cbor_pair *pair = &cbor_map_handle(map)[i];

		weight += poll_job_weigh(pair->key, limit - weight);
		if (weight <= limit)
			weight += poll_job_weigh(pair->value, limit - weight);
	}
	return weight;
}

/* The depth has a limit: FRAME_DEPTH_MAX. */
size_t poll_job_weigh(const cbor_item_t *value, size_t limit)
{
	size_t weight = WEIGHT_OF_A_VALUE;

	if (cbor_isa_string(value))
		return weight + cbor_string_length(value);
	if (weight > limit)
		return weight;
	if (cbor_isa_map(value))
		return weight + weigh_pairs(value, limit - weight);
	if (cbor_isa_array(value)) {
		for (size_t i = 0; i < cbor_array_size(value) && weight <= limit; i++)
			weight += poll_job_weigh(cbor_array_handle(value)[i], limit - weight);
	}
	return weight;
}

/*
 * The parser spends a hundred bytes and more on each value, even if "{}," has only three: so count
 * before parsing. Outside of strings there are at least as many commas and brackets as values.
 */
static bool has_too_many_values(const char *text, size_t size)
{
	bool in_text = false;
	size_t values = 0;

	for (size_t i = 0; i < size; i++) {
		if (in_text && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_text = !in_text;
		else if (!in_text && (text[i] == ',' || text[i] == '[' || text[i] == '{'))
			values++;
	}
	return values > POLL_VALUES_MAX;
}

/* A .py plugin returns JSON text (made by the Python runtime), a component a CBOR item. */
static int parse(const struct poll_job *job, json_t **ret_value, struct error *err)
{
	const char *text;
	json_error_t where;
	json_t *value;
	size_t size;

	if (job->is_component)
		return value_to_json(cbor_array_handle(job->frame)[3], ret_value, err);
	if (value_get_text(job->frame, 3, &text, &size))
		return error_set(err, ERROR_MALFORMED, "poll() returned no text");
	if (has_too_many_values(text, size))
		return error_set(err, ERROR_TOO_LARGE,
				 "poll() returned more than %d values; return fewer",
				 POLL_VALUES_MAX);
	value = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);
	if (!value)
		return error_set(err, ERROR_MALFORMED,
				 "poll() returned a value that is not JSON: %s", where.text);
	*ret_value = value;
	return 0;
}

/* On the thread, or on the loop for a small answer */
static void run(void *arg)
{
	struct poll_job *job = arg;
	json_t *value;

	if (parse(job, &value, &job->err))
		return;
	job->cost = plugin_pace_cost(value);
	job->poll.value = value;
	job->result = job->events->convert(job->events_arg, &job->poll);
	if (!job->result)
		error_set(&job->err, ERROR_NO_MEMORY,
			  "out of memory while converting what poll() returned; this machine needs "
			  "more free memory");
	json_decref(value);
}

static void destroy(struct poll_job *job)
{
	if (job->frame)
		cbor_decref(&job->frame);
	free((char *)(uintptr_t)job->poll.name);
	free((char *)(uintptr_t)job->poll.absent);
	free(job);
}

/* After run(), on the loop */
static void end(void *arg, int status)
{
	struct poll_job *job = arg;

	if (status)
		error_set(&job->err, ERROR_CLOSED, "the node is stopping");
	if (job->on_done)
		job->on_done(job->arg, job->result, job->cost, &job->err);
	else if (job->result)
		job->events->forget(job->events_arg, job->result);
	destroy(job);
}

static struct poll_job *create(const struct plugin_services *services,
			       const struct plugin_poll *poll, const cbor_item_t *frame)
{
	struct poll_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->events = services->events;
	job->events_arg = services->events_arg;
	job->poll = *poll;
	job->poll.name = strdup(poll->name);
	job->poll.absent = strdup(poll->absent);
	/* Counting a reference does not change the item's value, so the const may go. */
	job->frame = cbor_incref((cbor_item_t *)(uintptr_t)frame);
	if (job->poll.name && job->poll.absent)
		return job;
	destroy(job);
	return NULL;
}

static bool is_small(const cbor_item_t *frame)
{
	return poll_job_weigh(cbor_array_handle(frame)[3], POLL_JOB_SMALL) <= POLL_JOB_SMALL;
}

void poll_job_start(const struct plugin_services *services, const struct plugin_poll *poll,
		    bool is_component, const cbor_item_t *frame, poll_job_done *on_done, void *arg,
		    struct poll_job **ret_job)
{
	struct poll_job *job = create(services, poll, frame);
	struct error err;

	*ret_job = NULL;
	if (!job) {
		error_set(&err, ERROR_NO_MEMORY,
			  "out of memory while converting what poll() returned; this machine needs "
			  "more free memory");
		on_done(arg, NULL, 0, &err);
		return;
	}
	job->is_component = is_component;
	job->on_done = on_done;
	job->arg = arg;
	if (services->conversions && !is_small(frame) &&
	    !work_queue_submit_for(services->conversions, poll->name, run, end, job)) {
		*ret_job = job;
		return;
	}
	run(job);
	end(job, 0);
}

void poll_job_cancel(struct poll_job *job)
{
	if (job)
		job->on_done = NULL;
}
