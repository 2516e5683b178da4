#include "driver/work_queue.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"

#define STACK_SIZE (1u << 20) /* SQLite is among the work; only what is used takes memory */

struct job {
	work_function *work;
	work_done *done;
	void *arg;
};

/*
 * Jobs lie in a ring by their number: those before `told` are over, those before `worked` have run, the
 * one after that may be running, and those before `submitted` wait.
 */
struct work_queue {
	/* Loop thread */
	uv_async_t wake; /* keeps the loop alive while a job is held; its closing ends the queue */
	uv_thread_t thread;
	bool has_thread, closing;
	work_queue_closed *closed;
	void *closed_arg;
	uint64_t refused, told;
	size_t limit;

	/* Under the lock */
	uv_mutex_t lock;
	uv_cond_t news;
	uint64_t worked, submitted;
	bool must_end, has_ended;
	struct job jobs[];
};

static struct job *job_at(struct work_queue *queue, uint64_t number)
{
	return &queue->jobs[number % queue->limit];
}

/* The queue's own thread */

static void run(void *arg)
{
	struct work_queue *queue = arg;
	struct job job;

	uv_mutex_lock(&queue->lock);
	for (;;) {
		while (!queue->must_end && queue->worked == queue->submitted)
			uv_cond_wait(&queue->news, &queue->lock);
		if (queue->must_end)
			break;
		job = *job_at(queue, queue->worked);
		uv_mutex_unlock(&queue->lock);
		job.work(job.arg);
		uv_mutex_lock(&queue->lock);
		queue->worked++;
		uv_async_send(&queue->wake);
	}
	queue->has_ended = true;
	uv_async_send(&queue->wake);
	uv_mutex_unlock(&queue->lock);
}

/* The loop's */

static void on_closed(uv_handle_t *handle)
{
	struct work_queue *queue = handle->data;

	if (queue->closed)
		queue->closed(queue->closed_arg);
	uv_cond_destroy(&queue->news);
	uv_mutex_destroy(&queue->lock);
	free(queue);
}

static void finish_close(struct work_queue *queue)
{
	if (queue->has_thread)
		uv_thread_join(&queue->thread);
	while (queue->told < queue->submitted) {
		struct job job = *job_at(queue, queue->told++);

		job.done(job.arg, ERROR_CLOSED);
	}
	uv_close((uv_handle_t *)&queue->wake, on_closed);
}

static void tell(uv_async_t *wake)
{
	struct work_queue *queue = wake->data;
	bool has_ended;
	uint64_t worked;

	uv_mutex_lock(&queue->lock);
	worked = queue->worked;
	has_ended = queue->has_ended;
	uv_mutex_unlock(&queue->lock);
	while (queue->told < worked) {
		/* Its place is free for a job that done() submits. */
		struct job job = *job_at(queue, queue->told++);

		job.done(job.arg, 0);
	}
	if (has_ended)
		finish_close(queue);
	else if (!queue->closing && !work_queue_length(queue))
		uv_unref((uv_handle_t *)&queue->wake);
}

int work_queue_create(uv_loop_t *loop, size_t limit, struct work_queue **ret_queue,
		      struct error *err)
{
	struct work_queue *queue;

	if (!limit)
		return error_set(err, ERROR_INVALID, "a work queue needs room for a job");
	queue = calloc(1, sizeof(*queue) + limit * sizeof(queue->jobs[0]));
	if (!queue || uv_async_init(loop, &queue->wake, tell)) {
		free(queue);
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	}
	uv_mutex_init(&queue->lock);
	uv_cond_init(&queue->news);
	queue->limit = limit;
	queue->wake.data = queue;
	uv_unref((uv_handle_t *)&queue->wake);
	*ret_queue = queue;
	return 0;
}

/* With the first job: many a queue never has one. */
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

int work_queue_submit(struct work_queue *queue, work_function *work, work_done *done, void *arg)
{
	if (queue->closing)
		return ERROR_CLOSED;
	if (work_queue_length(queue) == queue->limit || start_thread(queue)) {
		queue->refused++;
		return ERROR_BUSY;
	}
	uv_ref((uv_handle_t *)&queue->wake);
	uv_mutex_lock(&queue->lock);
	*job_at(queue, queue->submitted++) = (struct job){work, done, arg};
	uv_mutex_unlock(&queue->lock);
	/* Not under the lock, which the thread would run into as it wakes. */
	uv_cond_signal(&queue->news);
	return 0;
}

size_t work_queue_length(const struct work_queue *queue)
{
	/* Only this thread submits. */
	return (size_t)(queue->submitted - queue->told);
}

uint64_t work_queue_refused(const struct work_queue *queue)
{
	return queue->refused;
}

void work_queue_close(struct work_queue *queue, work_queue_closed *closed, void *arg)
{
	if (!queue)
		return;
	queue->closing = true;
	queue->closed = closed;
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
