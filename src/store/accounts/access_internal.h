/* The inside of struct access and its jobs. Only for src/store/accounts/access*.c. */
#ifndef HARVESTER_STORE_ACCOUNTS_ACCESS_INTERNAL_H
#define HARVESTER_STORE_ACCOUNTS_ACCESS_INTERNAL_H

#include <limits.h>

#include "base/error.h"
#include "store/accounts/access.h"

enum access_job_kind { ACCESS_RELOAD, ACCESS_LOG_IN, ACCESS_SET_UP, ACCESS_LOG_OUT, ACCESS_TOUCH };

struct access_job {
	struct access_job *next;
	enum access_job_kind kind;
	uint64_t now_ms;
	access_done_cb *on_done; /* NULL: nobody waits for the result */
	void *arg;
	uint8_t hash[ACCOUNTS_HASH_SIZE];
	char name[ACCOUNTS_NAME_SIZE];
	char password[ACCOUNTS_PASSWORD_MAX + 1];
	/* The result, written by the job. */
	struct error err;
	char secret[ACCOUNTS_SECRET_SIZE]; /* "": no session was made */
	struct accounts_list list;	   /* owned */
	bool has_list;
	struct error problem; /* why the accounts cannot be read */
};

struct access {
	char path[PATH_MAX];
	struct clock *clock;
	access_changed_cb *on_changed;
	void *arg;
	struct accounts_list list;
	struct error problem; /* code 0: the accounts are known */
	uv_fs_event_t event;
	uv_work_t work;
	struct access_job *job;	    /* the running one; owned */
	struct access_job *waiting; /* owned, the next one to run first */
	unsigned log_ins;	    /* how many of the waiting and running jobs check a password */
	bool reload_is_wanted;
	bool touch_waits;
	bool is_closing, event_is_closed;
	void (*on_closed)(void *arg);
	void *closed_arg;
	/* Only the running job touches these, on its thread of the pool. */
	struct accounts *accounts; /* owned; NULL: no file, or an unreadable one */
	bool was_there;
};

/*
 * Run a job (access_work.c). Blocks; call on the thread pool. Only one job runs at a time, and
 * only it may touch access->accounts.
 */
void access_work(struct access *access, struct access_job *job);

/* Create a job with the current time. The caller owns it. NULL without memory. */
struct access_job *access_job_make(struct access *access, enum access_job_kind kind);

/* Append a job to the queue. Takes ownership of `job`. */
void access_job_queue(struct access *access, struct access_job *job);

#endif
