#include "plugin/process/script_job.h"

#include <stdlib.h>

#include "base/error.h"
#include "plugin/discovery/source.h"

struct script_job {
	uv_work_t work;
	script_job_done *on_done; /* NULL: cancelled */
	void *arg;
	/* Only the thread pool touches these until on_done() is called. */
	struct plugin_source source; /* owned */
	cbor_item_t *files;
	struct error err;
};

static void run(uv_work_t *work)
{
	struct script_job *job = work->data;

	if (plugin_source_read_script(&job->source, &job->files, &job->err))
		job->files = NULL;
}

static void end(uv_work_t *work, int status)
{
	struct script_job *job = work->data;

	if (status)
		error_set(
			&job->err, ERROR_CLOSED,
			"the node is stopping: start the plugin after the node has started again");
	if (job->on_done)
		job->on_done(job->arg, job->files, &job->err);
	else if (job->files)
		cbor_decref(&job->files);
	plugin_source_finish(&job->source);
	free(job);
}

int script_job_start(uv_loop_t *loop, const struct plugin_source *source, script_job_done *on_done,
		     void *arg, struct script_job **ret_job, struct error *err)
{
	struct script_job *job = calloc(1, sizeof(*job));

	if (!job || plugin_source_copy(source, &job->source)) {
		free(job);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading the plugin's files; this machine "
				 "needs more free memory");
	}
	job->work.data = job;
	job->on_done = on_done;
	job->arg = arg;
	uv_queue_work(loop, &job->work, run, end); /* fails only if `run` is NULL */
	*ret_job = job;
	return 0;
}

void script_job_cancel(struct script_job *job)
{
	if (job)
		job->on_done = NULL;
}
