/*
 * What the parts of the access share. Only for src/store/access*.c.
 */
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
	struct access_job *job;	    /* under way; owned */
	struct access_job *waiting; /* owned, the next one first */
	unsigned log_ins;	    /* of those, with the one under way */
	bool reload_is_wanted;
	bool touch_waits;
	bool is_closing, event_is_closed;
	void (*closed)(void *arg);
	void *closed_arg;
	/* Of the job under way, on its thread. */
	struct accounts *accounts; /* owned; NULL: there is none, or none that can be read */
	bool was_there;
};

/* Do what a job says (access_work.c). Blocks; the one thread that may touch access->accounts. */
void access_work(struct access *access, struct access_job *job);

/* A job of now; NULL without memory. */
struct access_job *access_job_make(struct access *access, enum access_job_kind kind);

/* Put it behind the others; it is freed when it is done. */
void access_job_queue(struct access *access, struct access_job *job);

#endif
