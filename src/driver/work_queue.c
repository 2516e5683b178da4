#include "driver/work_queue.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"

struct job {
	work_function *work;
	work_done *done;
	void *arg;
};

struct work_queue {
	uv_loop_t *loop; /* borrowed */
	uv_work_t request;
	uv_timer_t
		handle; /* never started: its closing ends the queue, as libuv's own objects end */
	bool in_flight; /* `running` is at the pool */
	bool closing;
	work_queue_closed *closed;
	void *closed_arg;
	uint64_t refused;
	struct job running;
	size_t limit;
	size_t first; /* of the waiting jobs */
	size_t count; /* of the waiting jobs */
	struct job waiting[];
};

int work_queue_create(uv_loop_t *loop, size_t limit, struct work_queue **ret_queue,
		      struct error *err)
{
	struct work_queue *queue;

	if (!limit)
		return error_set(err, ERROR_INVALID, "a work queue needs room for a job");
	queue = calloc(1, sizeof(*queue) + limit * sizeof(queue->waiting[0]));
	if (!queue)
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	queue->loop = loop;
	queue->limit = limit;
	queue->request.data = queue;
	uv_timer_init(loop, &queue->handle);
	queue->handle.data = queue;
	*ret_queue = queue;
	return 0;
}

static void run(uv_work_t *request)
{
	struct work_queue *queue = request->data;

	queue->running.work(queue->running.arg);
}

static struct job take(struct work_queue *queue)
{
	struct job job = queue->waiting[queue->first];

	queue->first = (queue->first + 1) % queue->limit;
	queue->count--;
	return job;
}

static void on_closed(uv_handle_t *handle)
{
	struct work_queue *queue = handle->data;

	if (queue->closed)
		queue->closed(queue->closed_arg);
	free(queue);
}

static void finish_close(struct work_queue *queue)
{
	while (queue->count) {
		struct job job = take(queue);

		job.done(job.arg, ERROR_CLOSED);
	}
	uv_close((uv_handle_t *)&queue->handle, on_closed);
}

static void on_done(uv_work_t *request, int status);

static void start_next(struct work_queue *queue)
{
	if (queue->in_flight || !queue->count)
		return;
	queue->running = take(queue);
	queue->in_flight = true;
	/* Fails for a missing work function only. */
	uv_queue_work(queue->loop, &queue->request, run, on_done);
}

static void on_done(uv_work_t *request, int status)
{
	struct work_queue *queue = request->data;
	struct job job = queue->running;
	bool closing = queue->closing; /* done() may begin the close, and that ends by itself */

	queue->in_flight = false;
	/* The bus works on while done() runs, and a job that done() submits comes after the others. */
	if (!closing)
		start_next(queue);
	job.done(job.arg, status == UV_ECANCELED ? ERROR_CLOSED : 0);
	if (closing)
		finish_close(queue);
}

int work_queue_submit(struct work_queue *queue, work_function *work, work_done *done, void *arg)
{
	size_t end;

	if (queue->closing)
		return ERROR_CLOSED;
	if (work_queue_length(queue) == queue->limit) {
		queue->refused++;
		return ERROR_BUSY;
	}
	end = (queue->first + queue->count) % queue->limit;
	queue->waiting[end] = (struct job){.work = work, .done = done, .arg = arg};
	queue->count++;
	start_next(queue);
	return 0;
}

size_t work_queue_length(const struct work_queue *queue)
{
	return queue->count + queue->in_flight;
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
	if (!queue->in_flight)
		finish_close(queue);
	else
		uv_cancel((uv_req_t *)&queue->request); /* if the pool has not begun it yet */
}
