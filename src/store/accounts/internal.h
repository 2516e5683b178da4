/*
 * The inside of struct accounts and its SQLite helpers, for the files that implement accounts.h,
 * and of struct authenticator and its jobs, for authenticator*.c.
 */
#ifndef HARVESTER_STORE_ACCOUNTS_INTERNAL_H
#define HARVESTER_STORE_ACCOUNTS_INTERNAL_H

#include <limits.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "base/error.h"
#include "store/accounts/accounts.h"
#include "store/accounts/authenticator.h"

struct accounts {
	sqlite3 *db;
	char *path;   /* owned */
	dev_t device; /* device and inode of the open file */
	ino_t inode;
	int version; /* PRAGMA data_version when last checked */
};

/* Fill *err for a SQLite result code. Returns the translated code. */
int accounts_fail(int code, struct error *err);

/* Run SQL statements that take no arguments and return no rows. */
int accounts_exec(sqlite3 *db, const char *text, struct error *err);

/* The PRAGMA statements that every connection runs first. */
extern const char accounts_settings[];

/* Create a file without accounts at `path`; succeeds if it exists already (create.c). */
int accounts_create_file(const char *path, struct error *err);

/*
 * Run one statement that returns no row. `types` has one letter for each argument, beginning with
 * ?1: t for text, i for a uint64_t, b for a hash. If ret_changed is not NULL, *ret_changed is the
 * number of changed rows.
 */
int accounts_run(struct accounts *accounts, int *ret_changed, struct error *err, const char *text,
		 const char *types, ...);

/* Read the first column of the first row as a number; 0 if there is no row. */
int accounts_count(struct accounts *accounts, const char *text, uint64_t *ret_count,
		   struct error *err);

/*
 * Begin a transaction, and end it: commit if `ret` is 0, else roll back. accounts_end() returns
 * `ret`, or the error of a failed commit.
 */
int accounts_begin(struct accounts *accounts, struct error *err);
int accounts_end(struct accounts *accounts, int ret, struct error *err);

/*
 * ERROR_INVALID unless `name` is as RULE_LABEL says. `what` is "user" or "token", for the message.
 */
int accounts_check_name(const char *what, const char *name, struct error *err);

/* Start a session for `user`, whose password the caller has checked (session.c). */
int accounts_add_session(struct accounts *accounts, const char *user, uint64_t now_ms,
			 char ret_secret[ACCOUNTS_SECRET_SIZE], struct error *err);

enum authenticator_job_kind {
	AUTHENTICATOR_RELOAD,
	AUTHENTICATOR_LOG_IN,
	AUTHENTICATOR_SET_UP,
	AUTHENTICATOR_LOG_OUT,
	AUTHENTICATOR_TOUCH
};

struct authenticator_job {
	struct authenticator_job *next;
	enum authenticator_job_kind kind;
	uint64_t now_ms;
	authenticator_done_cb *on_done; /* NULL: nobody waits for the result */
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

struct authenticator {
	char path[PATH_MAX];
	struct clock *clock;
	authenticator_changed_cb *on_changed;
	void *arg;
	struct accounts_list list;
	struct error problem; /* code 0: the accounts are known */
	uv_fs_event_t event;
	uv_work_t work;
	struct authenticator_job *job;	   /* the running one; owned */
	struct authenticator_job *waiting; /* owned, the next one to run first */
	unsigned log_ins; /* how many of the waiting and running jobs check a password */
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
 * Run a job (authenticator_work.c). Blocks; call on the thread pool. Only one job runs at a time,
 * and only it may touch authenticator->accounts.
 */
void authenticator_work(struct authenticator *authenticator, struct authenticator_job *job);

/* Create a job with the current time. The caller owns it. NULL without memory. */
struct authenticator_job *authenticator_job_make(struct authenticator *authenticator,
						 enum authenticator_job_kind kind);

/* Append a job to the queue. Takes ownership of `job`. */
void authenticator_job_queue(struct authenticator *authenticator, struct authenticator_job *job);

#endif
