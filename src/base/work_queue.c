#include "base/work_queue.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/fair_queue.h"

#define STACK_SIZE (1u << 20) /* enough for SQLite; unused pages take no memory */

struct job {
	struct fair_job fair;  /* waits or runs */
	TAILQ_ENTRY(job) link; /* in `held` */
	work_function *work;
	work_done *on_done;
	void *arg;
	bool has_worked; /* guarded by the lock */
};

TAILQ_HEAD(jobs, job);

struct work_queue {
	/* Loop thread */
	uv_async_t wake; /* keeps the loop alive while there are jobs; closed last */
	uv_thread_t thread;
	bool has_thread, closing;
	work_queue_closed *on_closed;
	void *closed_arg;
	uint64_t refused;
	size_t limit, length;
	struct jobs held; /* owned: jobs whose on_done() was not called yet, in order of arrival */

	/* Guarded by the lock */
	uv_mutex_t lock;
	uv_cond_t news;
	struct fair_queue fair;
	bool must_end, has_ended;
};

/* On the queue's thread */

/* Wait for a job; NULL if the queue must end. The caller holds the lock. */
static struct job *wait_for_job(struct work_queue *queue)
{
	struct fair_job *fair;
	uint64_t wait_ns;

	while (!queue->must_end) {
		fair = fair_queue_next(&queue->fair, uv_hrtime(), &wait_ns);
		if (fair)
			return (struct job *)fair; /* its first member */
		if (wait_ns)
			uv_cond_timedwait(&queue->news, &queue->lock, wait_ns);
		else
			uv_cond_wait(&queue->news, &queue->lock);
	}
	return NULL;
}

static void run(void *arg)
{
	struct work_queue *queue = arg;
	struct job *job;

	uv_mutex_lock(&queue->lock);
	while ((job = wait_for_job(queue))) {
		uv_mutex_unlock(&queue->lock);
		job->work(job->arg);
		uv_mutex_lock(&queue->lock);
		fair_queue_end(&queue->fair, uv_hrtime());
		job->has_worked = true;
		uv_async_send(&queue->wake);
	}
	queue->has_ended = true;
	uv_async_send(&queue->wake);
	uv_mutex_unlock(&queue->lock);
}

/* On the loop thread */

static void on_handle_closed(uv_handle_t *handle)
{
	struct work_queue *queue = handle->data;

	if (queue->on_closed)
		queue->on_closed(queue->closed_arg);
	fair_queue_finish(&queue->fair);
	uv_cond_destroy(&queue->news);
	uv_mutex_destroy(&queue->lock);
	free(queue);
}

static void release(struct work_queue *queue, struct job *job)
{
	TAILQ_REMOVE(&queue->held, job, link);
	queue->length--;
	free(job);
}

/* Free the job before on_done(), so that on_done() can submit another job in its place. */
static void tell_one(struct work_queue *queue, struct job *job, int status)
{
	work_done *on_done = job->on_done;
	void *arg = job->arg;

	release(queue, job);
	on_done(arg, status);
}

/* The next job that has run; NULL if there is none. */
static struct job *find_worked(struct work_queue *queue)
{
	struct job *job;

	uv_mutex_lock(&queue->lock);
	TAILQ_FOREACH(job, &queue->held, link)
	{
		if (job->has_worked)
			break;
	}
	uv_mutex_unlock(&queue->lock);
	return job;
}

static void finish_close(struct work_queue *queue)
{
	struct job *job;

	if (queue->has_thread)
		uv_thread_join(&queue->thread);
	while (fair_queue_take(&queue->fair))
		;
	while ((job = TAILQ_FIRST(&queue->held)))
		tell_one(queue, job, job->has_worked ? 0 : ERROR_CLOSED);
	uv_close((uv_handle_t *)&queue->wake, on_handle_closed);
}

static void tell(uv_async_t *wake)
{
	struct work_queue *queue = wake->data;
	struct job *job;
	bool has_ended;

	uv_mutex_lock(&queue->lock);
	has_ended = queue->has_ended;
	uv_mutex_unlock(&queue->lock);
	while ((job = find_worked(queue)))
		tell_one(queue, job, 0);
	if (has_ended)
		finish_close(queue);
	else if (!queue->closing && !queue->length)
		uv_unref((uv_handle_t *)&queue->wake);
}

int work_queue_create_shared(uv_loop_t *loop, size_t limit, size_t owner_limit,
			     struct work_queue **ret_queue, struct error *err)
{
	struct work_queue *queue;

	if (!limit || !owner_limit)
		return error_set(
			err, ERROR_INVALID,
			"a work queue with room for 0 jobs: create it with room for at least one");
	queue = calloc(1, sizeof(*queue));
	if (!queue || uv_async_init(loop, &queue->wake, tell)) {
		free(queue);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting a work queue; this machine needs "
				 "more free memory");
	}
	uv_mutex_init(&queue->lock);
	uv_cond_init(&queue->news);
	fair_queue_init(&queue->fair, owner_limit);
	TAILQ_INIT(&queue->held);
	queue->limit = limit;
	queue->wake.data = queue;
	uv_unref((uv_handle_t *)&queue->wake);
	*ret_queue = queue;
	return 0;
}

int work_queue_create(uv_loop_t *loop, size_t limit, struct work_queue **ret_queue,
		      struct error *err)
{
	return work_queue_create_shared(loop, limit, limit, ret_queue, err);
}

/* Called with the first job, since many queues never get one. */
static int start_thread(struct work_queue *queue)
{
	const uv_thread_options_t options = {
		.flags = UV_THREAD_HAS_STACK_SIZE,
		.stack_size = STACK_SIZE,
	};

	if (!queue->has_thread && uv_thread_create_ex(&queue->thread, &options, run, queue))
		return ERROR_BUSY;
	queue->has_thread = true;
	return 0;
}

/* ERROR_BUSY, ERROR_NO_MEMORY */
static int enqueue(struct work_queue *queue, const char *owner, struct job *job)
{
	int ret;

	uv_mutex_lock(&queue->lock);
	ret = fair_queue_push(&queue->fair, &job->fair, owner, uv_hrtime());
	uv_mutex_unlock(&queue->lock);
	if (ret)
		return ret;
	TAILQ_INSERT_TAIL(&queue->held, job, link);
	queue->length++;
	return 0;
}

int work_queue_submit_for(struct work_queue *queue, const char *owner, work_function *work,
			  work_done *on_done, void *arg)
{
	struct job *job;

	if (queue->closing)
		return ERROR_CLOSED;
	job = queue->length < queue->limit && !start_thread(queue) ? malloc(sizeof(*job)) : NULL;
	if (job)
		*job = (struct job){.work = work, .on_done = on_done, .arg = arg};
	if (!job || enqueue(queue, owner, job)) {
		free(job);
		queue->refused++;
		return ERROR_BUSY;
	}
	uv_ref((uv_handle_t *)&queue->wake);
	/* Signal after unlocking, or the thread would wake only to wait for the lock. */
	uv_cond_signal(&queue->news);
	return 0;
}

int work_queue_submit(struct work_queue *queue, work_function *work, work_done *on_done, void *arg)
{
	return work_queue_submit_for(queue, "", work, on_done, arg);
}

bool work_queue_cancel(struct work_queue *queue, const void *arg)
{
	struct job *job;
	bool is_waiting;

	TAILQ_FOREACH(job, &queue->held, link)
	{
		if (job->arg == arg)
			break;
	}
	if (!job || queue->closing)
		return false;
	uv_mutex_lock(&queue->lock);
	is_waiting = !job->has_worked && &job->fair != queue->fair.running;
	if (is_waiting)
		fair_queue_remove(&queue->fair, &job->fair);
	uv_mutex_unlock(&queue->lock);
	if (!is_waiting)
		return false;
	release(queue, job);
	if (!queue->length)
		uv_unref((uv_handle_t *)&queue->wake);
	return true;
}

size_t work_queue_length(const struct work_queue *queue)
{
	return queue->length;
}

uint64_t work_queue_refused(const struct work_queue *queue)
{
	return queue->refused;
}

void work_queue_close(struct work_queue *queue, work_queue_closed *on_closed, void *arg)
{
	if (!queue)
		return;
	queue->closing = true;
	queue->on_closed = on_closed;
	queue->closed_arg = arg;
	uv_ref((uv_handle_t *)&queue->wake);
	if (!queue->has_thread) {
		finish_close(queue);
		return;
	}
	uv_mutex_lock(&queue->lock);
	queue->must_end = true;
	uv_mutex_unlock(&queue->lock);
	uv_cond_signal(&queue->news);
}
