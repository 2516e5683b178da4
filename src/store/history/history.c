#include "store/history/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/work_queue.h"
#include "reading/reading.h"
#include "store/history/internal.h"
#include "store/history/write.h"

#define CHUNK_SIZE (32u << 10) /* bytes of this node's readings in one chunk */
#define RETRY_MS_MAX 60000u
#define MAINTAIN_MS (15u * 60 * 1000)
#define MAINTAIN_READINGS 8192 /* or after this many readings */

static void start(struct history *history);

/* The buffer */

static void append_write(struct history *history, struct history_write *write)
{
	if (history->last)
		history->last->next = write;
	else
		history->first = write;
	history->last = write;
}

void history_free_writes(struct history *history, struct history_write *writes, int status)
{
	while (writes) {
		struct history_write *write = writes;

		writes = write->next;
		history->pending_size -= write->records.size;
		history->own_size -= write->is_own ? write->records.size : 0;
		history->pending -= write->count;
		if (write->on_done)
			write->on_done(write->arg, status, status ? NULL : &write->result);
		history_write_destroy(write);
	}
}

static void schedule(struct history *history)
{
	uint64_t wait_ms = history->failures_in_a_row
				   ? history->retry_ms
				   : (uint64_t)(history->config.commit_seconds * 1000);

	if (!history->is_closing && !uv_is_active((uv_handle_t *)&history->timer))
		uv_timer_start(&history->timer, history_on_timer, wait_ms, 0);
}

static void wake(struct history *history)
{
	schedule(history);
	if (history->pending_size > HISTORY_PENDING_SIZE_MAX / 2 ||
	    history->pending >= HISTORY_BATCH_MAX)
		history_flush(history);
}

static struct history_write *own_chunk(struct history *history)
{
	if (history->own && history->own->records.size < CHUNK_SIZE)
		return history->own;
	history->own = history_write_create(history->config.node);
	if (!history->own)
		return NULL;
	history->own->is_own = true;
	append_write(history, history->own);
	return history->own;
}

/*
 * Add to the current chunk of this node's readings; returns 0 if the reading was dropped or
 * refused.
 */
static size_t add_own(struct history *history, const struct history_item *item)
{
	struct history_write *chunk = history->is_closing ? NULL : own_chunk(history);
	size_t size;

	if (!chunk) {
		history->counters.dropped++;
		return 0;
	}
	size = chunk->records.size;
	if (history_write_add(chunk, item, NULL)) {
		history->counters.refused++;
		return 0;
	}
	size = chunk->records.size - size;
	history->pending++;
	history->pending_size += size;
	history->own_size += size;
	return size;
}

size_t history_append(struct history *history, const struct reading *reading)
{
	const struct history_item item = {
		.time_ms = reading->timestamp_ms > HISTORY_TIME_MS_MAX ? HISTORY_TIME_MS_MAX
								       : reading->timestamp_ms,
		.sensor = reading->sensor,
		.plugin = reading->plugin,
		.simulated = reading->simulated,
		.data = reading->data,
	};
	size_t size = add_own(history, &item);

	if (!size)
		return 0;
	history_drop(history);
	wake(history);
	return size;
}

static int check_batch(struct history *history, const char *node, size_t count, struct error *err)
{
	if (history->is_closing)
		return error_set(
			err, ERROR_CLOSED,
			"this node is stopping, so it takes no readings: send them again later");
	if (!*node || strlen(node) > READING_NAME_MAX)
		return error_set(err, ERROR_INVALID,
				 "the name of the node is empty or too long: use 1 to %d bytes",
				 READING_NAME_MAX);
	if (!count || count > HISTORY_BATCH_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "a batch has no reading or too many: send 1 to %d",
				 HISTORY_BATCH_MAX);
	return 0;
}

static int fill(struct history_write *write, const struct history_item *items, size_t count,
		struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		int ret = history_write_add(write, &items[i], err);

		if (ret)
			return error_wrap(err, ret, "reading %zu", i + 1);
	}
	return 0;
}

int history_append_remote(struct history *history, const char *node, uint64_t stream,
			  const struct history_item *items, size_t count,
			  history_append_done *on_done, void *arg, struct error *err)
{
	int ret = check_batch(history, node, count, err);
	struct history_write *write;

	if (ret)
		return ret;
	write = history_write_create(node);
	if (!write)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while storing a batch of readings; this machine "
				 "needs more free memory");
	ret = fill(write, items, count, err);
	/*
	 * An empty buffer accepts a batch of any size, or a large batch would be refused forever.
	 */
	if (!ret && history->pending_size &&
	    history->pending_size + write->records.size > HISTORY_PENDING_SIZE_MAX)
		ret = error_set(err, ERROR_BUSY,
				"too many readings wait to be written to the history; send these "
				"again in a few seconds");
	if (ret) {
		history->counters.batches_refused++;
		history_write_destroy(write);
		return ret;
	}
	write->stream = stream & (UINT64_MAX >> 1);
	write->on_done = on_done;
	write->arg = arg;
	append_write(history, write);
	history->own = NULL; /* later readings go behind this batch: start a new chunk */
	history->pending += count;
	history->pending_size += write->records.size;
	wake(history);
	return 0;
}

/* Cursors */

static struct history_cursor *find_cursor(const struct history *history, const char *name)
{
	for (size_t i = 0; i < history->cursors_count; i++)
		if (!strcmp(history->cursors[i].name, name))
			return (struct history_cursor *)&history->cursors[i];
	return NULL;
}

int history_cursor_get(const struct history *history, const char *name, uint64_t *ret_value)
{
	const struct history_cursor *cursor = find_cursor(history, name);

	if (!history->was_opened)
		return ERROR_BUSY;
	if (!cursor)
		return ERROR_NOT_FOUND;
	*ret_value = cursor->value;
	return 0;
}

int history_cursor_set(struct history *history, const char *name, uint64_t value)
{
	struct history_cursor *cursor = find_cursor(history, name);

	if (!*name || strlen(name) > READING_NAME_MAX || value > INT64_MAX)
		return ERROR_INVALID;
	if (!history->was_opened)
		return ERROR_BUSY;
	if (!cursor && history->cursors_count == HISTORY_CURSORS_MAX)
		return ERROR_TOO_LARGE;
	if (!cursor) {
		cursor = &history->cursors[history->cursors_count++];
		snprintf(cursor->name, sizeof(cursor->name), "%s", name);
	} else if (cursor->value == value) {
		return 0;
	}
	cursor->value = value;
	cursor->is_changed = history->has_changed_cursors = true;
	schedule(history);
	return 0;
}

static void take_cursors(struct history *history, const struct history_outcome *outcome)
{
	history->was_opened = true;
	memcpy(history->cursors, outcome->cursors, sizeof(history->cursors));
	history->cursors_count = outcome->cursors_count;
	history->has_changed_cursors = false;
}

/* Mark committed cursors as unchanged, except those that were set again meanwhile. */
static void settle_cursors(struct history *history)
{
	const struct history_job *job = &history->job;

	history->has_changed_cursors = false;
	for (size_t i = 0; i < history->cursors_count; i++) {
		struct history_cursor *cursor = &history->cursors[i];

		if (i < job->cursors_count && cursor->value == job->cursors[i].value)
			cursor->is_changed = false;
		history->has_changed_cursors |= cursor->is_changed;
	}
}

/* The job on the history's thread */

static void note(struct history *history, bool is_failing, const char *text)
{
	if (history->config.on_noted)
		history->config.on_noted(history->config.noted_arg, is_failing, text);
}

static void take_state(struct history *history)
{
	const struct history_outcome *outcome = &history->job.outcome;
	char text[128];

	if (outcome->is_opened)
		take_cursors(history, outcome);
	if (outcome->note.code)
		note(history, true, outcome->note.text);
	if (outcome->bytes)
		history->bytes = outcome->bytes;
	history->trimmed += outcome->trimmed;
	if (outcome->ret) {
		history->counters.failures++;
		history->retry_ms = history->retry_ms ? history->retry_ms * 2 : 1000;
		if (history->retry_ms > RETRY_MS_MAX)
			history->retry_ms = RETRY_MS_MAX;
		if (!history->failures_in_a_row++ || strcmp(history->reason, outcome->err.text)) {
			snprintf(history->reason, sizeof(history->reason), "%s", outcome->err.text);
			note(history, true, history->reason);
		}
	} else if (history->failures_in_a_row) {
		history->failures_in_a_row = 0;
		history->retry_ms = 0;
		snprintf(text, sizeof(text),
			 "works again; %llu readings were dropped since the start",
			 (unsigned long long)history->counters.dropped);
		note(history, false, text);
	}
}

static void take_committed(struct history *history)
{
	struct history_write *writes = history->job.writes;
	uint64_t added = 0;

	history->job.writes = NULL;
	history->counters.commits++;
	for (const struct history_write *write = writes; write; write = write->next) {
		added += write->result.added;
		history->counters.known += write->result.known;
		history->counters.refused += write->result.refused;
	}
	history->counters.committed += added;
	history->unrolled += added;
	if (!history->job.outcome.is_opened || !history->job.outcome.note.code)
		settle_cursors(history);
	history_free_writes(history, writes, 0);
	for (size_t i = 0; added && i < history->subscribers_count; i++)
		history->subscribers[i].on_committed(history->subscribers[i].arg);
}

/* Put the uncommitted chunks back at the front of the buffer. */
static void take_back(struct history *history)
{
	struct history_write *last = history->job.writes;

	history->wants_commit = false; /* the timer starts the next attempt */
	if (!last)
		return;
	while (last->next)
		last = last->next;
	last->next = history->first;
	history->first = history->job.writes;
	if (!history->last)
		history->last = last;
	history->job.writes = NULL;
	history_drop(history);
}

static bool is_maintenance_due(const struct history *history)
{
	return !history->failures_in_a_row &&
	       (history->maintains || history->unrolled >= MAINTAIN_READINGS ||
		uv_now(history->loop) - history->maintained_ms >= MAINTAIN_MS);
}

static void job_done(void *arg, int status)
{
	struct history *history = arg;
	const struct history_outcome *outcome = &history->job.outcome;

	if (status) {
		history->is_working = false;
		history->job.outcome.ret = status;
		take_back(history);
		history->counters.failures++;
		if (history->is_closing)
			history_end(history);
		else
			schedule(history);
		return;
	}
	take_state(history);
	if (history->job.kind == HISTORY_JOB_COMMIT && !outcome->ret)
		take_committed(history);
	else if (history->job.kind == HISTORY_JOB_COMMIT)
		take_back(history);
	if (history->job.kind == HISTORY_JOB_MAINTAIN) {
		history->maintains = !outcome->ret && outcome->more;
		history->maintained_ms = uv_now(history->loop);
	}
	/* Only now: a callback above may have flushed or closed the history, which starts a job. */
	history->is_working = false;
	if (history->is_closing) {
		history_end(history);
		return;
	}
	if (history->first || history->has_changed_cursors)
		wake(history);
	start(history);
}

static void job_work(void *arg)
{
	struct history *history = arg;
	struct history_job *job = &history->job;

	switch (job->kind) {
	case HISTORY_JOB_COMMIT:
		history_worker_commit(&history->worker, job->writes, job->cursors,
				      job->cursors_count, &job->outcome);
		return;
	case HISTORY_JOB_MAINTAIN:
		history_worker_maintain(&history->worker, &job->outcome);
		return;
	case HISTORY_JOB_CLOSE:
		history_worker_close(&history->worker);
		return;
	}
}

/*
 * Remove the oldest chunks from the buffer, up to the size of one transaction, so that no
 * transaction takes long.
 */
static struct history_write *take_writes(struct history *history)
{
	struct history_write *first = history->first, *last = first;
	size_t size = last ? last->records.size : 0;

	while (last && last->next && size + last->next->records.size <= HISTORY_COMMIT_SIZE_MAX) {
		last = last->next;
		size += last->records.size;
	}
	history->first = last ? last->next : NULL;
	if (last)
		last->next = NULL;
	if (!history->first)
		history->last = history->own = NULL;
	return first;
}

void history_submit(struct history *history, enum history_job_kind kind)
{
	struct history_job *job = &history->job;

	job->kind = kind;
	/* No job is running that could read them. */
	history->worker.limits = history->config.limits;
	memset(&job->outcome, 0, sizeof(job->outcome));
	if (kind == HISTORY_JOB_COMMIT) {
		uv_timer_stop(&history->timer);
		job->writes = take_writes(history);
		history->wants_commit = history->first != NULL;
		memcpy(job->cursors, history->cursors, sizeof(job->cursors));
		job->cursors_count = history->cursors_count;
	}
	if (kind == HISTORY_JOB_MAINTAIN)
		history->unrolled = 0;
	history->is_working = true;
	/* If no thread can be started, the job has failed at once. */
	if (work_queue_submit(history->writer, job_work, job_done, history))
		job_done(history, ERROR_BUSY);
}

/* Start the next job if one is due. */
static void start(struct history *history)
{
	if (history->is_working || history->is_closing)
		return;
	if (history->wants_commit && (history->first || history->has_changed_cursors))
		history_submit(history, HISTORY_JOB_COMMIT);
	else if (is_maintenance_due(history))
		history_submit(history, HISTORY_JOB_MAINTAIN);
}

void history_flush(struct history *history)
{
	if (history->failures_in_a_row)
		return;
	history->wants_commit = true;
	start(history);
}

void history_on_timer(uv_timer_t *timer)
{
	struct history *history = timer->data;

	history->wants_commit = true;
	start(history);
}

void history_fail_pending(struct history *history)
{
	struct history_write *writes = history->first;

	history->first = history->last = history->own = NULL;
	history_free_writes(history, writes, ERROR_CLOSED);
}

void history_open_now(struct history *history)
{
	history_worker_open(&history->worker, &history->job.outcome);
	if (!history->job.outcome.ret)
		history_db_size(history->worker.db, &history->bytes, NULL);
	take_state(history);
	if (history->failures_in_a_row)
		schedule(history);
}
