/*
 * The state of a candidate: what it sets is stored apart until it takes over. All this runs in the
 * state's work queue, in order with the plugin's own calls.
 */
#include <stdlib.h>
#include <string.h>

#include "base/work_queue.h"
#include "capability/internal.h"

#define LOST                                                                                       \
	"the plugin starts with its old state, since what its new version had set could not be "   \
	"stored: "

typedef int candidate_step(struct capability_state_store *candidate, const char *plugin,
			   struct error *err);

struct candidate_job {
	struct capability_state_store *candidate;
	candidate_step *step;
	capability_promotion_failed *on_failed; /* NULL: a failure loses nothing */
	struct error err;
	char plugin[];
};

static void run(void *arg)
{
	struct candidate_job *job = arg;

	job->err.code = job->step(job->candidate, job->plugin, &job->err);
}

static void done(void *arg, int status)
{
	struct candidate_job *job = arg;
	char text[ERROR_TEXT_SIZE + sizeof(LOST)];

	if (status)
		error_set(&job->err, status,
			  "the node is stopping: reload the plugin after it has started");
	if (job->err.code && job->on_failed) {
		snprintf(text, sizeof(text), LOST "%s", job->err.text);
		job->on_failed(job->plugin, text);
	}
	free(job);
}

static int submit(const struct capability_client *client, candidate_step *step,
		  capability_promotion_failed *on_failed)
{
	struct capability_host *host = client->host;
	size_t size = strlen(client->name) + 1;
	struct candidate_job *job = calloc(1, sizeof(*job) + size);
	int ret;

	if (!job)
		return ERROR_NO_MEMORY;
	job->candidate = host->state->candidate;
	job->step = step;
	job->on_failed = on_failed;
	memcpy(job->plugin, client->name, size);
	ret = work_queue_submit_for(host->state_queue, client->name, run, done, job);
	if (ret)
		free(job);
	return ret;
}

int capability_state_of(struct capability_client *client, struct capability_state_store **ret_store)
{
	struct capability_state_store *state = client->host->state;
	int ret = 0;

	if (!client->is_candidate || !state->candidate) {
		*ret_store = state;
		return 0;
	}
	if (!client->has_candidate_state)
		ret = submit(client, state->candidate->candidate_ops->begin, NULL);
	if (ret)
		return ret;
	client->has_candidate_state = true;
	*ret_store = state->candidate;
	return 0;
}

void capability_state_drop(struct capability_client *client)
{
	/* If the queue is full, the next candidate's begin() drops this state. */
	if (client->has_candidate_state)
		submit(client, client->host->state->candidate->candidate_ops->drop, NULL);
	client->has_candidate_state = false;
}

void capability_state_keep(struct capability_client *client, capability_promotion_failed *on_failed)
{
	if (client->has_candidate_state &&
	    submit(client, client->host->state->candidate->candidate_ops->keep, on_failed))
		on_failed(client->name, LOST
			  "too many calls are waiting for the plugin state: call it less often");
	client->has_candidate_state = false;
}
