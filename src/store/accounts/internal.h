/*
 * The inside of struct accounts, and its SQLite helpers. Only for the files that implement
 * accounts.h.
 */
#ifndef HARVESTER_STORE_ACCOUNTS_INTERNAL_H
#define HARVESTER_STORE_ACCOUNTS_INTERNAL_H

#include <sqlite3.h>
#include <sys/types.h>

#include "store/accounts/accounts.h"

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

#endif
