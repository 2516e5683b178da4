#include "store/accounts/access.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "store/accounts/internal.h"

/* The queue of jobs */

static void start_next(struct access *access);

static void take_list(struct access *access, struct access_job *job)
{
	/*
	 * The file is locked: whoever locked it is going to change it, which triggers the next
	 * reload.
	 */
	if (job->problem.code == ERROR_BUSY)
		return;
	if (!job->has_list && !job->problem.code)
		return;
	accounts_list_finish(&access->list);
	access->list = job->list;
	access->problem = job->problem;
	job->list = (struct accounts_list){0};
	if (access->on_changed && !access->is_closing)
		access->on_changed(access->arg);
}

static void finish_job(struct access_job *job)
{
	if (job->on_done)
		job->on_done(job->arg, *job->secret ? job->secret : NULL, &job->err);
	accounts_list_finish(&job->list);
	sodium_memzero(job, sizeof(*job));
	free(job);
}

static bool is_log_in(const struct access_job *job)
{
	return job->kind == ACCESS_LOG_IN || job->kind == ACCESS_SET_UP;
}

static void count_out(struct access *access, const struct access_job *job)
{
	access->log_ins -= is_log_in(job);
	if (job->kind == ACCESS_TOUCH)
		access->touch_waits = false;
}

static void end_if_closed(struct access *access)
{
	void (*on_closed)(void *arg) = access->on_closed;
	void *arg = access->closed_arg;

	if (!access->is_closing || access->job || !access->event_is_closed)
		return;
	accounts_close(access->accounts);
	accounts_list_finish(&access->list);
	free(access);
	if (on_closed)
		on_closed(arg);
}

static void on_work(uv_work_t *work)
{
	struct access *access = work->data;

	access_work(access, access->job);
}

static void after_work(uv_work_t *work, int status)
{
	struct access *access = work->data;
	struct access_job *job = access->job;

	(void)status;
	access->job = NULL;
	count_out(access, job);
	take_list(access, job);
	finish_job(job);
	start_next(access);
	end_if_closed(access);
}

struct access_job *access_job_make(struct access *access, enum access_job_kind kind)
{
	struct access_job *job = calloc(1, sizeof(*job));

	if (job) {
		job->kind = kind;
		job->now_ms = clock_unix_ms(access->clock);
	}
	return job;
}

/* A reload goes first: it may revoke what a waiting job still relies on. */
static void start_next(struct access *access)
{
	struct access_job *job = NULL;

	if (access->job || access->is_closing)
		return;
	if (access->reload_is_wanted)
		job = access_job_make(access, ACCESS_RELOAD);
	if (job) {
		access->reload_is_wanted = false;
	} else {
		job = access->waiting;
		if (!job)
			return;
		access->waiting = job->next;
	}
	access->job = job;
	access->work.data = access;
	uv_queue_work(access->event.loop, &access->work, on_work, after_work);
}

void access_job_queue(struct access *access, struct access_job *job)
{
	struct access_job **end = &access->waiting;

	while (*end)
		end = &(*end)->next;
	*end = job;
	access->log_ins += is_log_in(job);
	start_next(access);
}

static void on_event(uv_fs_event_t *event, const char *file, int events, int status)
{
	struct access *access = event->data;

	(void)events;
	if (!status && file && strncmp(file, ACCOUNTS_FILE, strlen(ACCOUNTS_FILE)) != 0)
		return;
	access->reload_is_wanted = true;
	start_next(access);
}

static void on_event_closed(uv_handle_t *handle)
{
	struct access *access = handle->data;

	access->event_is_closed = true;
	end_if_closed(access);
}

static void read_first(struct access *access)
{
	struct access_job job = {.kind = ACCESS_RELOAD};

	access_work(access, &job);
	access->list = job.list;
	access->problem = job.problem;
}

int access_create(uv_loop_t *loop, struct clock *clock, const char *folder,
		  access_changed_cb *on_changed, void *arg, struct access **ret_access,
		  struct error *err)
{
	struct access *access = calloc(1, sizeof(*access));
	int status;

	if (!access || sodium_init() < 0) {
		free(access);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the accounts; this machine needs "
				 "more free memory");
	}
	if (snprintf(access->path, sizeof(access->path), "%s/" ACCOUNTS_FILE, folder) >=
	    (int)sizeof(access->path)) {
		free(access);
		return error_set(err, ERROR_TOO_LARGE,
				 "the path of the data folder is too long; choose a shorter one");
	}
	access->clock = clock;
	access->on_changed = on_changed;
	access->arg = arg;
	uv_fs_event_init(loop, &access->event);
	access->event.data = access;
	status = uv_fs_event_start(&access->event, on_event, folder, 0);
	if (status) {
		access_close(access, NULL, NULL);
		return error_set(err, ERROR_SYSTEM,
				 "cannot watch the data folder %s: %s (check its path and mode)",
				 folder, uv_strerror(status));
	}
	read_first(access);
	*ret_access = access;
	return 0;
}

void access_close(struct access *access, void (*on_closed)(void *arg), void *arg)
{
	struct access_job *job;

	access->is_closing = true;
	access->on_closed = on_closed;
	access->closed_arg = arg;
	while ((job = access->waiting)) {
		access->waiting = job->next;
		count_out(access, job);
		error_set(&job->err, ERROR_CLOSED,
			  "the node is stopping: try again after it has started");
		finish_job(job);
	}
	uv_close((uv_handle_t *)&access->event, on_event_closed);
}

const char *access_problem(const struct access *access)
{
	return access->problem.code ? access->problem.text : NULL;
}

bool access_knows_node(const struct access *access, const char *name)
{
	for (size_t i = 0; i < access->list.tokens_count; i++) {
		const struct accounts_token *token = &access->list.tokens[i];

		if (token->role == ACCOUNTS_NODE && !strcmp(token->name, name))
			return true;
	}
	return false;
}

bool access_has_users(const struct access *access)
{
	return access->list.users_count > 0;
}

/* Jobs */

static int begin(struct access *access, enum access_job_kind kind, access_done_cb *on_done,
		 void *arg, struct access_job **ret_job)
{
	struct access_job *job;

	if (access->is_closing)
		return ERROR_CLOSED;
	if (access->log_ins > ACCESS_WAITING_MAX && kind != ACCESS_LOG_OUT)
		return ERROR_BUSY;
	job = access_job_make(access, kind);
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

static int begin_log_in(struct access *access, enum access_job_kind kind, const char *name,
			const char *password, access_done_cb *on_done, void *arg)
{
	struct access_job *job;
	int ret = begin(access, kind, on_done, arg, &job);

	if (ret)
		return ret;
	if (fits(name, password)) {
		snprintf(job->name, sizeof(job->name), "%s", name);
		snprintf(job->password, sizeof(job->password), "%s", password);
	}
	access_job_queue(access, job);
	return 0;
}

int access_log_in(struct access *access, const char *name, const char *password,
		  access_done_cb *on_done, void *arg)
{
	return begin_log_in(access, ACCESS_LOG_IN, name, password, on_done, arg);
}

int access_set_up(struct access *access, const char *name, const char *password,
		  access_done_cb *on_done, void *arg)
{
	return begin_log_in(access, ACCESS_SET_UP, name, password, on_done, arg);
}

int access_log_out(struct access *access, const struct access_ticket *ticket,
		   access_done_cb *on_done, void *arg)
{
	struct access_job *job;
	int ret = begin(access, ACCESS_LOG_OUT, on_done, arg, &job);

	if (ret)
		return ret;
	memcpy(job->hash, ticket->hash, sizeof(job->hash));
	access_job_queue(access, job);
	return 0;
}
