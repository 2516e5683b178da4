#include "store/accounts/authenticator.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "store/accounts/internal.h"

/* The queue of jobs */

static void start_next(struct authenticator *authenticator);

static void take_list(struct authenticator *authenticator, struct authenticator_job *job)
{
	/*
	 * The file is locked: whoever locked it is going to change it, which triggers the next
	 * reload.
	 */
	if (job->problem.code == ERROR_BUSY)
		return;
	if (!job->has_list && !job->problem.code)
		return;
	accounts_list_finish(&authenticator->list);
	authenticator->list = job->list;
	authenticator->problem = job->problem;
	job->list = (struct accounts_list){0};
	if (authenticator->on_changed && !authenticator->is_closing)
		authenticator->on_changed(authenticator->arg);
}

static void finish_job(struct authenticator_job *job)
{
	if (job->on_done)
		job->on_done(job->arg, *job->secret ? job->secret : NULL, &job->err);
	accounts_list_finish(&job->list);
	sodium_memzero(job, sizeof(*job));
	free(job);
}

static bool is_log_in(const struct authenticator_job *job)
{
	return job->kind == AUTHENTICATOR_LOG_IN || job->kind == AUTHENTICATOR_SET_UP;
}

static void count_out(struct authenticator *authenticator, const struct authenticator_job *job)
{
	authenticator->log_ins -= is_log_in(job);
	if (job->kind == AUTHENTICATOR_TOUCH)
		authenticator->touch_waits = false;
}

static void end_if_closed(struct authenticator *authenticator)
{
	void (*on_closed)(void *arg) = authenticator->on_closed;
	void *arg = authenticator->closed_arg;

	if (!authenticator->is_closing || authenticator->job || !authenticator->event_is_closed)
		return;
	accounts_close(authenticator->accounts);
	accounts_list_finish(&authenticator->list);
	free(authenticator);
	if (on_closed)
		on_closed(arg);
}

static void on_work(uv_work_t *work)
{
	struct authenticator *authenticator = work->data;

	authenticator_work(authenticator, authenticator->job);
}

static void after_work(uv_work_t *work, int status)
{
	struct authenticator *authenticator = work->data;
	struct authenticator_job *job = authenticator->job;

	(void)status;
	authenticator->job = NULL;
	count_out(authenticator, job);
	take_list(authenticator, job);
	finish_job(job);
	start_next(authenticator);
	end_if_closed(authenticator);
}

struct authenticator_job *authenticator_job_make(struct authenticator *authenticator,
						 enum authenticator_job_kind kind)
{
	struct authenticator_job *job = calloc(1, sizeof(*job));

	if (job) {
		job->kind = kind;
		job->now_ms = clock_unix_ms(authenticator->clock);
	}
	return job;
}

/* A reload goes first: it may revoke what a waiting job still relies on. */
static void start_next(struct authenticator *authenticator)
{
	struct authenticator_job *job = NULL;

	if (authenticator->job || authenticator->is_closing)
		return;
	if (authenticator->reload_is_wanted)
		job = authenticator_job_make(authenticator, AUTHENTICATOR_RELOAD);
	if (job) {
		authenticator->reload_is_wanted = false;
	} else {
		job = authenticator->waiting;
		if (!job)
			return;
		authenticator->waiting = job->next;
	}
	authenticator->job = job;
	authenticator->work.data = authenticator;
	uv_queue_work(authenticator->event.loop, &authenticator->work, on_work, after_work);
}

void authenticator_job_queue(struct authenticator *authenticator, struct authenticator_job *job)
{
	struct authenticator_job **end = &authenticator->waiting;

	while (*end)
		end = &(*end)->next;
	*end = job;
	authenticator->log_ins += is_log_in(job);
	start_next(authenticator);
}

static void on_event(uv_fs_event_t *event, const char *file, int events, int status)
{
	struct authenticator *authenticator = event->data;

	(void)events;
	if (!status && file && strncmp(file, ACCOUNTS_FILE, strlen(ACCOUNTS_FILE)) != 0)
		return;
	authenticator->reload_is_wanted = true;
	start_next(authenticator);
}

static void on_event_closed(uv_handle_t *handle)
{
	struct authenticator *authenticator = handle->data;

	authenticator->event_is_closed = true;
	end_if_closed(authenticator);
}

static void read_first(struct authenticator *authenticator)
{
	struct authenticator_job job = {.kind = AUTHENTICATOR_RELOAD};

	authenticator_work(authenticator, &job);
	authenticator->list = job.list;
	authenticator->problem = job.problem;
}

int authenticator_create(uv_loop_t *loop, struct clock *clock, const char *folder,
			 authenticator_changed_cb *on_changed, void *arg,
			 struct authenticator **ret_authenticator, struct error *err)
{
	struct authenticator *authenticator = calloc(1, sizeof(*authenticator));
	int status;

	if (!authenticator || sodium_init() < 0) {
		free(authenticator);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the accounts; this machine needs "
				 "more free memory");
	}
	if (snprintf(authenticator->path, sizeof(authenticator->path), "%s/" ACCOUNTS_FILE,
		     folder) >= (int)sizeof(authenticator->path)) {
		free(authenticator);
		return error_set(err, ERROR_TOO_LARGE,
				 "the path of the data folder is too long; choose a shorter one");
	}
	authenticator->clock = clock;
	authenticator->on_changed = on_changed;
	authenticator->arg = arg;
	uv_fs_event_init(loop, &authenticator->event);
	authenticator->event.data = authenticator;
	status = uv_fs_event_start(&authenticator->event, on_event, folder, 0);
	if (status) {
		authenticator_close(authenticator, NULL, NULL);
		return error_set(err, ERROR_SYSTEM,
				 "cannot watch the data folder %s: %s (check its path and mode)",
				 folder, uv_strerror(status));
	}
	read_first(authenticator);
	*ret_authenticator = authenticator;
	return 0;
}

void authenticator_close(struct authenticator *authenticator, void (*on_closed)(void *arg),
			 void *arg)
{
	struct authenticator_job *job;

	authenticator->is_closing = true;
	authenticator->on_closed = on_closed;
	authenticator->closed_arg = arg;
	while ((job = authenticator->waiting)) {
		authenticator->waiting = job->next;
		count_out(authenticator, job);
		error_set(&job->err, ERROR_CLOSED,
			  "the node is stopping: try again after it has started");
		finish_job(job);
	}
	uv_close((uv_handle_t *)&authenticator->event, on_event_closed);
}

const char *authenticator_problem(const struct authenticator *authenticator)
{
	return authenticator->problem.code ? authenticator->problem.text : NULL;
}

bool authenticator_knows_node(const struct authenticator *authenticator, const char *name)
{
	for (size_t i = 0; i < authenticator->list.tokens_count; i++) {
		const struct accounts_token *token = &authenticator->list.tokens[i];

		if (token->role == ACCOUNTS_NODE && !strcmp(token->name, name))
			return true;
	}
	return false;
}

bool authenticator_has_users(const struct authenticator *authenticator)
{
	return authenticator->list.users_count > 0;
}

/* Jobs */

static int begin(struct authenticator *authenticator, enum authenticator_job_kind kind,
		 authenticator_done_cb *on_done, void *arg, struct authenticator_job **ret_job)
{
	struct authenticator_job *job;

	if (authenticator->is_closing)
		return ERROR_CLOSED;
	if (authenticator->log_ins > AUTHENTICATOR_WAITING_MAX && kind != AUTHENTICATOR_LOG_OUT)
		return ERROR_BUSY;
	job = authenticator_job_make(authenticator, kind);
	if (!job)
		return ERROR_NO_MEMORY;
	job->on_done = on_done;
	job->arg = arg;
	*ret_job = job;
	return 0;
}

/* A name or password that is too long belongs to nobody; cut to size, it might be somebody's. */
static bool fits(const char *name, const char *password)
{
	return strlen(name) < ACCOUNTS_NAME_SIZE && strlen(password) <= ACCOUNTS_PASSWORD_MAX;
}

static int begin_log_in(struct authenticator *authenticator, enum authenticator_job_kind kind,
			const char *name, const char *password, authenticator_done_cb *on_done,
			void *arg)
{
	struct authenticator_job *job;
	int ret = begin(authenticator, kind, on_done, arg, &job);

	if (ret)
		return ret;
	if (fits(name, password)) {
		snprintf(job->name, sizeof(job->name), "%s", name);
		snprintf(job->password, sizeof(job->password), "%s", password);
	}
	authenticator_job_queue(authenticator, job);
	return 0;
}

int authenticator_log_in(struct authenticator *authenticator, const char *name,
			 const char *password, authenticator_done_cb *on_done, void *arg)
{
	return begin_log_in(authenticator, AUTHENTICATOR_LOG_IN, name, password, on_done, arg);
}

int authenticator_set_up(struct authenticator *authenticator, const char *name,
			 const char *password, authenticator_done_cb *on_done, void *arg)
{
	return begin_log_in(authenticator, AUTHENTICATOR_SET_UP, name, password, on_done, arg);
}

int authenticator_log_out(struct authenticator *authenticator,
			  const struct authenticator_ticket *ticket, authenticator_done_cb *on_done,
			  void *arg)
{
	struct authenticator_job *job;
	int ret = begin(authenticator, AUTHENTICATOR_LOG_OUT, on_done, arg, &job);

	if (ret)
		return ret;
	memcpy(job->hash, ticket->hash, sizeof(job->hash));
	authenticator_job_queue(authenticator, job);
	return 0;
}
