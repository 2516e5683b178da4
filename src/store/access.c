#include "store/access.h"

#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

enum kind { RELOAD, LOG_IN, SET_UP, LOG_OUT, TOUCH };

struct job {
	struct job *next;
	enum kind kind;
	uint64_t now_ms;
	access_done_cb *done; /* NULL: nobody waits */
	void *arg;
	uint8_t hash[ACCOUNTS_HASH_SIZE];
	char name[ACCOUNTS_NAME_SIZE];
	char password[ACCOUNTS_PASSWORD_MAX + 1];
	/* What comes of it. */
	struct error err;
	char secret[ACCOUNTS_SECRET_SIZE]; /* "": no session */
	struct accounts_list list;	   /* owned */
	bool has_list;
	struct error problem; /* why the accounts cannot be read */
};

struct access {
	char path[PATH_MAX];
	struct clock *clock;
	access_changed_cb *changed;
	void *arg;
	struct accounts_list list;
	struct error problem; /* code 0: none */
	uv_fs_event_t event;
	uv_work_t work;
	struct job *job;     /* under way; owned */
	struct job *waiting; /* owned, the next one first */
	unsigned log_ins;    /* of those, with the one under way */
	bool reload_is_wanted;
	bool touch_waits;
	bool is_closing, event_is_closed;
	void (*closed)(void *arg);
	void *closed_arg;
	/* Of the job under way, on its thread. */
	struct accounts *accounts; /* owned; NULL: there is none, or none that can be read */
	bool was_there;
};

/* On the pool */

/* Open the file unless it is; without `create`, none is no error but leaves none open. */
static int open_accounts(struct access *access, bool create, struct error *err)
{
	int ret;

	if (access->accounts)
		return 0;
	ret = accounts_open(access->path, create, &access->accounts, err);
	if (ret != ERROR_NOT_FOUND)
		access->was_there = true;
	if (ret != ERROR_NOT_FOUND || access->was_there)
		return ret;
	err->code = 0;
	return 0;
}

/* Whether the list has to be read (again). */
static int look(struct access *access, bool *ret_changed, struct error *err)
{
	int ret = 0;

	*ret_changed = true;
	if (access->accounts) {
		ret = accounts_has_changed(access->accounts, ret_changed, err);
		if (!ret && !*ret_changed)
			return 0;
		/* It may be another file by now. */
		accounts_close(access->accounts);
		access->accounts = NULL;
	}
	if (!ret)
		ret = open_accounts(access, false, err);
	if (!ret && access->accounts)
		ret = accounts_has_changed(access->accounts, ret_changed, err);
	*ret_changed = true;
	return ret;
}

static int act(struct access *access, struct job *job, struct error *err)
{
	struct accounts *accounts = access->accounts;
	int ret = 0;

	if (!accounts)
		return job->kind == LOG_IN
			       ? error_set(err, ERROR_NOT_GRANTED, "there is no account yet")
			       : 0;
	if (job->kind == SET_UP)
		ret = accounts_add_user(accounts, job->name, job->password, ACCOUNTS_OPERATOR, true,
					job->now_ms, err);
	if (job->kind == LOG_OUT)
		return accounts_log_out(accounts, job->hash, err);
	if (job->kind == TOUCH)
		return accounts_touch(accounts, job->hash, job->now_ms, err);
	if (!ret && job->kind != RELOAD)
		ret = accounts_log_in(accounts, job->name, job->password, job->now_ms, job->secret,
				      err);
	return ret;
}

static void read_list(struct access *access, struct job *job)
{
	job->has_list =
		!access->accounts || !accounts_read(access->accounts, &job->list, &job->problem);
}

static void run(struct access *access, struct job *job)
{
	bool changed = true;
	int ret;

	if (job->kind == RELOAD) {
		if (!look(access, &changed, &job->problem) && changed)
			read_list(access, job);
		return;
	}
	ret = open_accounts(access, job->kind == SET_UP, &job->err);
	if (!ret)
		ret = act(access, job, &job->err);
	sodium_memzero(job->password, sizeof(job->password));
	if (!ret && job->kind != TOUCH)
		read_list(access, job);
}

/* On the loop */

static void start_next(struct access *access);

static void take_list(struct access *access, struct job *job)
{
	/* Whoever holds the file will change it: that is seen then. */
	if (job->problem.code == ERROR_BUSY)
		return;
	if (!job->has_list && !job->problem.code)
		return;
	accounts_list_finish(&access->list);
	access->list = job->list;
	access->problem = job->problem;
	job->list = (struct accounts_list){0};
	if (access->changed && !access->is_closing)
		access->changed(access->arg);
}

static void finish_job(struct job *job)
{
	if (job->done)
		job->done(job->arg, *job->secret ? job->secret : NULL, &job->err);
	accounts_list_finish(&job->list);
	sodium_memzero(job, sizeof(*job));
	free(job);
}

static bool is_log_in(const struct job *job)
{
	return job->kind == LOG_IN || job->kind == SET_UP;
}

static void count_out(struct access *access, const struct job *job)
{
	access->log_ins -= is_log_in(job);
	if (job->kind == TOUCH)
		access->touch_waits = false;
}

static void end_if_closed(struct access *access)
{
	void (*closed)(void *arg) = access->closed;
	void *arg = access->closed_arg;

	if (!access->is_closing || access->job || !access->event_is_closed)
		return;
	accounts_close(access->accounts);
	accounts_list_finish(&access->list);
	free(access);
	if (closed)
		closed(arg);
}

static void on_work(uv_work_t *work)
{
	struct access *access = work->data;

	run(access, access->job);
}

static void after_work(uv_work_t *work, int status)
{
	struct access *access = work->data;
	struct job *job = access->job;

	(void)status;
	access->job = NULL;
	count_out(access, job);
	take_list(access, job);
	finish_job(job);
	start_next(access);
	end_if_closed(access);
}

static struct job *make_job(struct access *access, enum kind kind)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job) {
		job->kind = kind;
		job->now_ms = clock_unix_ms(access->clock);
	}
	return job;
}

/* A reload goes first: it may take away what somebody should not have any more. */
static void start_next(struct access *access)
{
	struct job *job = NULL;

	if (access->job || access->is_closing)
		return;
	if (access->reload_is_wanted)
		job = make_job(access, RELOAD);
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

static void enqueue(struct access *access, struct job *job)
{
	struct job **end = &access->waiting;

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
	struct job job = {.kind = RELOAD};

	run(access, &job);
	access->list = job.list;
	access->problem = job.problem;
}

int access_create(uv_loop_t *loop, struct clock *clock, const char *folder,
		  access_changed_cb *changed, void *arg, struct access **ret_access,
		  struct error *err)
{
	struct access *access = calloc(1, sizeof(*access));
	int status;

	if (!access || sodium_init() < 0) {
		free(access);
		return error_set(err, ERROR_NO_MEMORY, "%s", error_text(ERROR_NO_MEMORY));
	}
	if (snprintf(access->path, sizeof(access->path), "%s/" ACCOUNTS_FILE, folder) >=
	    (int)sizeof(access->path)) {
		free(access);
		return error_set(err, ERROR_TOO_LARGE, "the data folder's path is too long");
	}
	access->clock = clock;
	access->changed = changed;
	access->arg = arg;
	uv_fs_event_init(loop, &access->event);
	access->event.data = access;
	status = uv_fs_event_start(&access->event, on_event, folder, 0);
	if (status) {
		access_close(access, NULL, NULL);
		return error_set(err, ERROR_SYSTEM, "%s cannot be watched: %s", folder,
				 uv_strerror(status));
	}
	read_first(access);
	*ret_access = access;
	return 0;
}

void access_close(struct access *access, void (*closed)(void *arg), void *arg)
{
	struct job *job;

	access->is_closing = true;
	access->closed = closed;
	access->closed_arg = arg;
	while ((job = access->waiting)) {
		access->waiting = job->next;
		count_out(access, job);
		error_set(&job->err, ERROR_CLOSED, "the node stops");
		finish_job(job);
	}
	uv_close((uv_handle_t *)&access->event, on_event_closed);
}

const char *access_problem(const struct access *access)
{
	return access->problem.code ? access->problem.text : NULL;
}

bool access_has_users(const struct access *access)
{
	return access->list.users_count > 0;
}

/* Look-ups */

static void touch(struct access *access, const uint8_t *hash, uint64_t *used_ms, uint64_t now_ms)
{
	struct job *job;

	if (now_ms < *used_ms + ACCOUNTS_TOUCH_MS || access->is_closing)
		return;
	*used_ms = now_ms;
	/* One that is not written is written with its next use in an hour. */
	job = access->touch_waits ? NULL : make_job(access, TOUCH);
	if (!job)
		return;
	memcpy(job->hash, hash, ACCOUNTS_HASH_SIZE);
	access->touch_waits = true;
	enqueue(access, job);
}

static struct accounts_token *find_token(struct access *access, const uint8_t *hash)
{
	for (size_t i = 0; i < access->list.tokens_count; i++) {
		struct accounts_token *token = &access->list.tokens[i];

		if (!sodium_memcmp(token->hash, hash, ACCOUNTS_HASH_SIZE))
			return token->revoked_ms ? NULL : token;
	}
	return NULL;
}

static struct accounts_session *find_session(struct access *access, const uint8_t *hash,
					     uint64_t now_ms)
{
	for (size_t i = 0; i < access->list.sessions_count; i++) {
		struct accounts_session *session = &access->list.sessions[i];

		if (!sodium_memcmp(session->hash, hash, ACCOUNTS_HASH_SIZE))
			return accounts_session_lives(session, now_ms) ? session : NULL;
	}
	return NULL;
}

static int check(struct access *access, bool is_token, const uint8_t *hash,
		 struct access_ticket *ret_ticket)
{
	struct access_ticket ticket = {.is_token = is_token};
	uint64_t now_ms = clock_unix_ms(access->clock);
	struct accounts_session *session = NULL;
	struct accounts_token *token = NULL;

	if (is_token)
		token = find_token(access, hash);
	else
		session = find_session(access, hash, now_ms);
	if (!token && !session)
		return ERROR_NOT_FOUND;
	memcpy(ticket.hash, hash, sizeof(ticket.hash));
	memcpy(ticket.name, token ? token->name : session->user, sizeof(ticket.name));
	ticket.role = token ? token->role : session->role;
	touch(access, hash, token ? &token->used_ms : &session->used_ms, now_ms);
	*ret_ticket = ticket;
	return 0;
}

int access_check_token(struct access *access, const char *secret, struct access_ticket *ret_ticket)
{
	uint8_t hash[ACCOUNTS_HASH_SIZE];

	accounts_hash_secret(secret, hash);
	return check(access, true, hash, ret_ticket);
}

int access_check_session(struct access *access, const char *secret,
			 struct access_ticket *ret_ticket)
{
	uint8_t hash[ACCOUNTS_HASH_SIZE];

	accounts_hash_secret(secret, hash);
	return check(access, false, hash, ret_ticket);
}

bool access_holds(struct access *access, const struct access_ticket *ticket)
{
	struct access_ticket now;

	return !check(access, ticket->is_token, ticket->hash, &now) && now.role == ticket->role;
}

/* Work */

static int begin(struct access *access, enum kind kind, access_done_cb *done, void *arg,
		 struct job **ret_job)
{
	struct job *job;

	if (access->is_closing)
		return ERROR_CLOSED;
	if (access->log_ins > ACCESS_WAITING_MAX && kind != LOG_OUT)
		return ERROR_BUSY;
	job = make_job(access, kind);
	if (!job)
		return ERROR_NO_MEMORY;
	job->done = done;
	job->arg = arg;
	*ret_job = job;
	return 0;
}

/* A name or password that is too long is nobody's; cut, it might be somebody's. */
static bool fits(const char *name, const char *password)
{
	return strlen(name) < ACCOUNTS_NAME_SIZE && strlen(password) <= ACCOUNTS_PASSWORD_MAX;
}

static int begin_log_in(struct access *access, enum kind kind, const char *name,
			const char *password, access_done_cb *done, void *arg)
{
	struct job *job;
	int ret = begin(access, kind, done, arg, &job);

	if (ret)
		return ret;
	if (fits(name, password)) {
		snprintf(job->name, sizeof(job->name), "%s", name);
		snprintf(job->password, sizeof(job->password), "%s", password);
	}
	enqueue(access, job);
	return 0;
}

int access_log_in(struct access *access, const char *name, const char *password,
		  access_done_cb *done, void *arg)
{
	return begin_log_in(access, LOG_IN, name, password, done, arg);
}

int access_set_up(struct access *access, const char *name, const char *password,
		  access_done_cb *done, void *arg)
{
	return begin_log_in(access, SET_UP, name, password, done, arg);
}

int access_log_out(struct access *access, const struct access_ticket *ticket, access_done_cb *done,
		   void *arg)
{
	struct job *job;
	int ret = begin(access, LOG_OUT, done, arg, &job);

	if (ret)
		return ret;
	memcpy(job->hash, ticket->hash, sizeof(job->hash));
	enqueue(access, job);
	return 0;
}
