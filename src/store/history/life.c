/* Lifecycle of the history, its subscribers, and its state as JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/work_queue.h"
#include "store/history/internal.h"

static void destroy(struct history *history)
{
	void (*on_closed)(void *arg) = history->on_closed;
	void *arg = history->closed_arg;

	free(history);
	if (on_closed)
		on_closed(arg);
}

static void on_queue_closed(void *arg)
{
	struct history *history = arg;

	if (!--history->open_parts)
		destroy(history);
}

static void on_timer_closed(uv_handle_t *handle)
{
	on_queue_closed(handle->data);
}

static void close_parts(struct history *history)
{
	history->open_parts = 3;
	uv_close((uv_handle_t *)&history->timer, on_timer_closed);
	work_queue_close(history->writer, on_queue_closed, history);
	work_queue_close(history->readers, on_queue_closed, history);
}

static int create_queues(struct history *history, struct error *err)
{
	int ret = work_queue_create(history->loop, 1, &history->writer, err);

	if (!ret)
		ret = work_queue_create(history->loop, HISTORY_QUERIES_MAX, &history->readers, err);
	if (ret)
		work_queue_close(history->writer, NULL, NULL);
	return ret;
}

int history_create(uv_loop_t *loop, const struct history_config *config,
		   struct history **ret_history, struct error *err)
{
	struct history *history = calloc(1, sizeof(*history));
	int ret;

	if (!history)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the history; this machine needs more "
				 "free memory");
	history->config = *config;
	history->loop = loop;
	ret = create_queues(history, err);
	if (ret) {
		free(history);
		return ret;
	}
	uv_timer_init(loop, &history->timer);
	history->timer.data = history;
	history->worker.path = config->path;
	history->worker.clock = config->clock;
	history->maintained_ms = uv_now(loop);
	history->maintains = true; /* an earlier run may have left maintenance to do */
	history_open_now(history);
	*ret_history = history;
	return 0;
}

/*
 * The steps of closing, one job at a time: commit what is in the buffer until a commit fails,
 * close the database, fail what is left.
 */
void history_end(struct history *history)
{
	bool goes_on = history->job.kind == HISTORY_JOB_COMMIT && !history->job.outcome.ret;

	if (!history->is_saved || (history->first && goes_on)) {
		history->is_saved = true;
		history_submit(history, HISTORY_JOB_COMMIT);
		return;
	}
	if (history->job.kind != HISTORY_JOB_CLOSE) {
		history_submit(history, HISTORY_JOB_CLOSE);
		return;
	}
	history_worker_close(&history->worker);
	history_fail_pending(history);
	close_parts(history);
}

void history_close(struct history *history, void (*on_closed)(void *arg), void *arg)
{
	if (!history)
		return;
	history->on_closed = on_closed;
	history->closed_arg = arg;
	history->is_closing = true;
	uv_timer_stop(&history->timer);
	if (!history->is_working)
		history_end(history);
}

void history_configure(struct history *history, double commit_seconds,
		       const struct history_limits *limits)
{
	history->config.commit_seconds = commit_seconds;
	history->config.limits = *limits;
}

int history_subscribe(struct history *history, void (*on_committed)(void *arg), void *arg)
{
	if (history->subscribers_count == HISTORY_SUBSCRIBERS_MAX)
		return ERROR_TOO_LARGE;
	history->subscribers[history->subscribers_count].on_committed = on_committed;
	history->subscribers[history->subscribers_count++].arg = arg;
	return 0;
}

void history_unsubscribe(struct history *history, const void *arg)
{
	for (size_t i = 0; i < history->subscribers_count; i++) {
		if (history->subscribers[i].arg != arg)
			continue;
		history->subscribers[i] = history->subscribers[--history->subscribers_count];
		return;
	}
}

bool history_is_failing(const struct history *history)
{
	return history->failures_in_a_row > 0;
}

struct history_counters history_counters(const struct history *history)
{
	return history->counters;
}

json_t *history_to_json(const struct history *history)
{
	const struct history_counters *counters = &history->counters;
	bool is_failing = history_is_failing(history);

	return json_pack("{s:s, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "state", is_failing ? "failing" : "ok", "reason",
			 is_failing ? history->reason : NULL, "pending",
			 (json_int_t)history->pending, "committed", (json_int_t)counters->committed,
			 "dropped", (json_int_t)counters->dropped, "refused",
			 (json_int_t)counters->refused, "known", (json_int_t)counters->known,
			 "commits", (json_int_t)counters->commits, "failures",
			 (json_int_t)counters->failures, "queries_refused",
			 (json_int_t)counters->queries_refused, "batches_refused",
			 (json_int_t)counters->batches_refused, "bytes", (json_int_t)history->bytes,
			 "trimmed", (json_int_t)history->trimmed);
}
