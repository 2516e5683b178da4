/* The life of a call's job: it waits in a bus's queue, runs on the bus, and is answered or
 * abandoned. */
#include <stdlib.h>

#include "base/work_queue.h"
#include "capability/internal.h"

#define NS_PER_S 1000000000ull

/* When the job began, or now if it is still waiting. */
static uint64_t waited_until(const struct capability_job *job, uint64_t now_ns)
{
	uint64_t began_ns = atomic_load(&job->began_ns);

	return began_ns ? began_ns : now_ns;
}

static void destroy(struct capability_job *job)
{
	if (job->finish)
		job->finish(job);
	free(job);
}

static void run_job(void *arg)
{
	struct capability_job *job = arg;

	atomic_store(&job->began_ns, uv_hrtime());
	job->result = job->run(job, &job->error);
}

/* End the job before the answer: the answer may start or abandon other calls. */
static void end_job(struct capability_job *job)
{
	struct capability_call *call = job->call;
	cbor_item_t *value = call ? job->answer(job) : NULL;
	uint64_t waited_ns = waited_until(job, job->submitted_ns) - job->submitted_ns;

	destroy(job);
	if (!call)
		return;
	call->job = NULL;
	call->client->waited_ns += waited_ns;
	capability_reply(call, value);
}

static void on_job_done(void *arg, int status)
{
	struct capability_job *job = arg;

	TAILQ_REMOVE(&job->host->jobs, job, link);
	if (status)
		job->result = error_set(&job->error, status,
					"the node is stopping: call again after it has started");
	end_job(job);
}

int capability_submit(struct capability_call *call, struct work_queue *queue,
		      struct capability_job *job)
{
	int ret;

	if (!job)
		return ERROR_NO_MEMORY;
	job->call = call;
	job->host = call->host;
	job->queue = queue;
	job->submitted_ns = uv_hrtime();
	ret = work_queue_submit_for(queue, call->client->name, run_job, on_job_done, job);
	if (ret) {
		job->result = error_set(
			&job->error, ret,
			ret == ERROR_BUSY
				? "too many calls of this plugin wait for this bus: wait for their "
				  "answers first"
				: "the node is stopping: call again after it has started");
		end_job(job);
		return 0;
	}
	call->job = job;
	TAILQ_INSERT_TAIL(&call->host->jobs, job, link);
	return 0;
}

/* Cancel and free a job that has not begun. False if it has. */
static bool withdraw(struct capability_job *job)
{
	if (!work_queue_cancel(job->queue, job))
		return false;
	TAILQ_REMOVE(&job->host->jobs, job, link);
	destroy(job);
	return true;
}

void capability_job_abandon(struct capability_job *job)
{
	job->call = NULL;
	if (!job->must_end)
		withdraw(job);
}

uint64_t capability_call_waited_ns(const struct capability_call *call)
{
	const struct capability_job *job = call->job;

	return job ? waited_until(job, uv_hrtime()) - job->submitted_ns : 0;
}

#define TEXT(number) #number
#define SECONDS(number) TEXT(number) " s"

/* Why the call timed out; NULL: it did not. */
static const char *find_timeout(const struct capability_job *job, uint64_t now_ns)
{
	uint64_t began_ns = atomic_load(&job->began_ns);

	if (!job->call || job->must_end)
		return NULL;
	if (!began_ns && now_ns > job->submitted_ns + CAPABILITY_WAIT_SECONDS_MAX * NS_PER_S)
		return "timeout: other plugins kept the bus busy for " SECONDS(
			CAPABILITY_WAIT_SECONDS_MAX) "; poll less often";
	if (began_ns && now_ns > began_ns + CAPABILITY_TRANSFER_SECONDS_MAX * NS_PER_S)
		return "timeout: the transfer took longer than " SECONDS(
			CAPABILITY_TRANSFER_SECONDS_MAX) "; check the device and its wires";
	return NULL;
}

static struct capability_job *find_late(const struct capability_host *host, uint64_t now_ns)
{
	struct capability_job *job;

	TAILQ_FOREACH(job, &host->jobs, link)
	{
		if (find_timeout(job, now_ns))
			break;
	}
	return job;
}

/* A transfer that is on the bus stays there until the kernel ends it. */
static void answer_late(struct capability_job *job, uint64_t now_ns)
{
	const char *text = job->timeout_name ? job->timeout_name : find_timeout(job, now_ns);
	struct capability_call *call = job->call;

	job->call = NULL;
	call->job = NULL;
	call->client->waited_ns += waited_until(job, now_ns) - job->submitted_ns;
	withdraw(job);
	capability_reply_failure(call, text);
}

/* Search from the start after each answer, since the answer may change the list. */
void capability_jobs_check(struct capability_host *host, uint64_t now_ns)
{
	struct capability_job *job;

	while ((job = find_late(host, now_ns)))
		answer_late(job, now_ns);
}
