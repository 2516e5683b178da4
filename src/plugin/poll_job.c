#include "plugin/poll_job.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/work_queue.h"
#include "plugin/internal.h"
#include "plugin/poll_weight.h"
#include "wire/value.h"

#define POLL_VALUES_MAX 32768 /* twice the values of the largest legal poll */

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

/*
 * A .py plugin returns JSON text (made by the Python runtime), a component a CBOR item. The parser
 * spends a hundred bytes and more on each value, even if "{}," has only three: so count before
 * parsing.
 */
static int parse(const struct poll_job *job, size_t values, json_t **ret_value, struct error *err)
{
	const char *text;
	json_error_t where;
	json_t *value;
	size_t size;

	if (job->is_component)
		return value_to_json(cbor_array_handle(job->frame)[3], ret_value, err);
	if (value_get_text(job->frame, 3, &text, &size))
		return error_set(err, ERROR_MALFORMED,
				 "poll() returned a value that is not text: install harvester "
				 "again, so that its parts have one version");
	if (values > POLL_VALUES_MAX)
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

static struct poll_weight weigh(const struct poll_job *job, size_t limit)
{
	return poll_weigh(cbor_array_handle(job->frame)[3], !job->is_component, limit);
}

/* On the thread, or on the loop for a small answer */
static void run(void *arg)
{
	struct poll_job *job = arg;
	const struct poll_weight weight = weigh(job, SIZE_MAX);
	json_t *value;

	if (parse(job, weight.values, &value, &job->err))
		return;
	job->cost = poll_weight_cost(weight);
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
		error_set(&job->err, ERROR_CLOSED,
			  "the node is stopping, so what poll() returned is dropped");
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

static bool is_small(const struct poll_job *job)
{
	return poll_weight_cost(weigh(job, POLL_JOB_SMALL)) <= POLL_JOB_SMALL;
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
	if (services->conversions && !is_small(job) &&
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
