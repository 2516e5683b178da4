/*
 * What the parts of the accounts share. Only for src/store/accounts*.c.
 */
#ifndef HARVESTER_STORE_ACCOUNTS_INTERNAL_H
#define HARVESTER_STORE_ACCOUNTS_INTERNAL_H

#include <sqlite3.h>
#include <sys/types.h>

#include "store/accounts/accounts.h"

struct accounts {
	sqlite3 *db;
	char *path;   /* owned */
	dev_t device; /* of the file that is open */
	ino_t inode;
	int version; /* PRAGMA data_version at the last look */
};

/* Fill *err for a code of SQLite. Returns ours. */
int accounts_fail(int code, struct error *err);

/* Statements without rows and arguments. */
int accounts_exec(sqlite3 *db, const char *text, struct error *err);

/* Of every connection. */
extern const char accounts_settings[];

/* Start a file that has no account, unless there is one (create.c). */
int accounts_create_file(const char *path, struct error *err);

/*
 * Run one statement that gives no row. `types`, a letter an argument, ?1 first: t text, i a number
 * (uint64_t), b a hash. *ret_changed, unless NULL: how many rows.
 */
int accounts_run(struct accounts *accounts, int *ret_changed, struct error *err, const char *text,
		 const char *types, ...);

/* The first column of the first row as a number; 0 where there is none. */
int accounts_count(struct accounts *accounts, const char *text, uint64_t *ret_count,
		   struct error *err);

/* A transaction: commit where ret is 0, else roll back. Returns ret, or why it did not commit. */
int accounts_begin(struct accounts *accounts, struct error *err);
int accounts_end(struct accounts *accounts, int ret, struct error *err);

/* ERROR_INVALID unless the name is RULE_LABEL; `what`: "user", "token". */
int accounts_check_name(const char *what, const char *name, struct error *err);

/* A session for a user, whoever checked that (session.c). */
int accounts_add_session(struct accounts *accounts, const char *user, uint64_t now_ms,
			 char ret_secret[ACCOUNTS_SECRET_SIZE], struct error *err);

#endif
