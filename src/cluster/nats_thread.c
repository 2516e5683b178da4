#include "cluster/nats_thread.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/error.h"
#include "cluster/nats_connection.h"

#define JOBS_RESERVED 16

struct job {
	STAILQ_ENTRY(job) link;
	enum { JOB_OPEN, JOB_SUBSCRIBE, JOB_SEND } kind;
	uint64_t number;   /* of the request, or of the subscription */
	struct mail *mail; /* owned: the message; NULL for other kinds */
	char subject[ENGINE_SUBJECT_SIZE];
};

struct nats_thread {
	struct nats_connection connection; /* the thread's */

	uv_async_t ended; /* these: the loop's */
	uv_timer_t patience;
	unsigned open_handles;
	void (*on_closed)(void *arg);
	void *closed_arg;

	uv_mutex_t lock; /* protects what follows */
	uv_cond_t woken;
	STAILQ_HEAD(, job) jobs;
	size_t jobs_count;
	bool is_ending, has_ended;
	bool is_left;	  /* the loop's side listens no more: `ended` may not be used */
	unsigned holders; /* thread and loop; the last one frees the struct */
};

static void release(struct nats_thread *thread)
{
	bool is_last;

	uv_mutex_lock(&thread->lock);
	is_last = !--thread->holders;
	uv_mutex_unlock(&thread->lock);
	if (!is_last)
		return;
	uv_cond_destroy(&thread->woken);
	uv_mutex_destroy(&thread->lock);
	free(thread);
}

/* The thread */

static void job_free(struct job *job)
{
	free(job->mail);
	free(job);
}

/* The next job, once there is one; NULL: no further job will come. */
static struct job *next_job(struct nats_thread *thread)
{
	struct job *job;

	uv_mutex_lock(&thread->lock);
	while (!(job = STAILQ_FIRST(&thread->jobs)) && !thread->is_ending)
		uv_cond_wait(&thread->woken, &thread->lock);
	if (job) {
		STAILQ_REMOVE_HEAD(&thread->jobs, link);
		thread->jobs_count--;
	}
	uv_mutex_unlock(&thread->lock);
	return job;
}

static void do_job(struct nats_connection *connection, const struct job *job)
{
	switch (job->kind) {
	case JOB_OPEN:
		nats_connection_end(connection);
		nats_connection_open(connection);
		break;
	case JOB_SUBSCRIBE:
		nats_connection_subscribe(connection, (size_t)job->number, job->subject);
		break;
	case JOB_SEND:
		nats_connection_send(connection, &job->mail->message, job->number);
		break;
	}
}

static void finish_connection(struct nats_thread *thread)
{
	struct mailbox *mailbox = thread->connection.mailbox;

	nats_connection_finish(&thread->connection);
	mailbox_release(mailbox);
}

static void run(void *arg)
{
	struct nats_thread *thread = arg;
	struct job *job;

	while ((job = next_job(thread))) {
		do_job(&thread->connection, job);
		job_free(job);
	}
	nats_connection_end(&thread->connection);
	finish_connection(thread);
	uv_mutex_lock(&thread->lock);
	thread->has_ended = true;
	if (!thread->is_left)
		uv_async_send(&thread->ended);
	uv_mutex_unlock(&thread->lock);
	release(thread);
}

/* The loop */

static void handle_closed(uv_handle_t *handle)
{
	struct nats_thread *thread = handle->data;
	void (*on_closed)(void *arg) = thread->on_closed;
	void *arg = thread->closed_arg;

	if (--thread->open_handles)
		return;
	release(thread);
	if (on_closed)
		on_closed(arg);
}

static void leave(struct nats_thread *thread)
{
	uv_mutex_lock(&thread->lock);
	thread->is_left = true;
	uv_mutex_unlock(&thread->lock);
	if (uv_is_closing((uv_handle_t *)&thread->ended))
		return;
	uv_close((uv_handle_t *)&thread->ended, handle_closed);
	uv_close((uv_handle_t *)&thread->patience, handle_closed);
}

static void on_ended(uv_async_t *async)
{
	leave(async->data);
}

static void on_impatient(uv_timer_t *timer)
{
	leave(timer->data);
}

static int start(struct nats_thread *thread, struct error *err)
{
	uv_thread_t id;
	int ret;

	mailbox_hold(thread->connection.mailbox);
	thread->holders = 2;
	ret = uv_thread_create(&id, run, thread);
	if (!ret) {
		/* Nobody joins it: it may wait for a server, and the node may not wait with it. */
		pthread_detach(id);
		return 0;
	}
	thread->holders = 1;
	finish_connection(thread);
	return error_set(err, ERROR_SYSTEM,
			 "cannot start the thread that talks to the cluster (%s); close other "
			 "programs",
			 uv_strerror(ret));
}

int nats_thread_create(const struct nats_engine_config *config, const char *inbox_subject,
		       struct mailbox *mailbox, struct nats_thread **ret_thread, struct error *err)
{
	struct nats_thread *thread = calloc(1, sizeof(*thread));
	int ret;

	if (!thread)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while connecting to the cluster; this machine "
				 "needs more free memory");
	STAILQ_INIT(&thread->jobs);
	snprintf(thread->connection.inbox_subject, ENGINE_SUBJECT_SIZE, "%s", inbox_subject);
	ret = nats_connection_init(&thread->connection, config, mailbox, err);
	if (ret) {
		nats_connection_finish(&thread->connection);
		free(thread);
		return ret;
	}
	uv_mutex_init(&thread->lock);
	uv_cond_init(&thread->woken);
	uv_async_init(config->loop, &thread->ended, on_ended);
	uv_timer_init(config->loop, &thread->patience);
	thread->ended.data = thread->patience.data = thread;
	thread->open_handles = 2;
	ret = start(thread, err);
	if (ret)
		leave(thread);
	else
		*ret_thread = thread;
	return ret;
}

/* Takes ownership of `mail`. */
static int submit(struct nats_thread *thread, const struct job *model, size_t places)
{
	struct job *job = malloc(sizeof(*job));
	int ret = job ? 0 : ERROR_NO_MEMORY;

	uv_mutex_lock(&thread->lock);
	if (!ret && thread->jobs_count >= places)
		ret = ERROR_BUSY;
	if (!ret) {
		*job = *model;
		STAILQ_INSERT_TAIL(&thread->jobs, job, link);
		thread->jobs_count++;
		uv_cond_signal(&thread->woken);
	}
	uv_mutex_unlock(&thread->lock);
	if (ret) {
		free(model->mail);
		free(job);
	}
	return ret;
}

int nats_thread_open(struct nats_thread *thread)
{
	return submit(thread, &(struct job){.kind = JOB_OPEN}, NATS_JOBS_MAX);
}

int nats_thread_subscribe(struct nats_thread *thread, size_t index, const char *subject)
{
	struct job job = {.kind = JOB_SUBSCRIBE, .number = index};

	snprintf(job.subject, sizeof(job.subject), "%s", subject);
	return submit(thread, &job, NATS_JOBS_MAX);
}

int nats_thread_send(struct nats_thread *thread, struct mail *mail, uint64_t number)
{
	const struct job job = {.kind = JOB_SEND, .number = number, .mail = mail};

	return mail ? submit(thread, &job, NATS_JOBS_MAX - JOBS_RESERVED) : ERROR_NO_MEMORY;
}

void nats_thread_close(struct nats_thread *thread, void (*on_closed)(void *arg), void *arg)
{
	thread->on_closed = on_closed;
	thread->closed_arg = arg;
	uv_mutex_lock(&thread->lock);
	thread->is_ending = true;
	uv_cond_signal(&thread->woken);
	uv_mutex_unlock(&thread->lock);
	uv_timer_start(&thread->patience, on_impatient, NATS_CLOSE_MS, 0);
}
