/*
 * Checks tokens, sessions and log-ins against the accounts (store/accounts/accounts.h) without
 * blocking the loop.
 *
 * All users, tokens and sessions are held in memory, so a check needs no disk. The file is read
 * again when it changes. SQLite and Argon2id block, so they run on the thread pool, one job at a
 * time: a flood of log-ins needs no more memory than one log-in.
 *
 * Loop thread. Callbacks are called on a later turn of the loop.
 */
#ifndef HARVESTER_STORE_ACCOUNTS_ACCESS_H
#define HARVESTER_STORE_ACCOUNTS_ACCESS_H

#include <uv.h>

#include "store/accounts/accounts.h"

struct access;
struct clock;

#define ACCESS_WAITING_MAX 4 /* log-ins that wait for the running one */

/*
 * The result of a successful check: who showed the token or session secret. A plain value, which
 * access_holds() can check again later.
 */
struct access_ticket {
	enum accounts_role role;
	/* Of the user, or of the token; a node's token has the name of its node. */
	char name[ACCOUNTS_NAME_SIZE];
	bool is_token; /* false: a session */
	uint8_t hash[ACCOUNTS_HASH_SIZE];
};

/* Called when the accounts may have changed, or when they have become readable or unreadable. */
typedef void access_changed_cb(void *arg);

/*
 * Read the accounts file in `folder` (the data folder) now, which blocks, and watch it for
 * changes. If the file exists and cannot be read, succeed; access_problem() then says why. `clock`
 * and `arg` are borrowed until on_closed(). ERROR_SYSTEM if the folder cannot be watched,
 * ERROR_TOO_LARGE if its path is too long, ERROR_NO_MEMORY.
 */
int access_create(uv_loop_t *loop, struct clock *clock, const char *folder,
		  access_changed_cb *on_changed, void *arg, struct access **ret_access,
		  struct error *err);

/*
 * Let the running job finish, end the waiting ones with ERROR_CLOSED, free the memory, then call
 * on_closed(arg) on a later turn of the loop.
 */
void access_close(struct access *access, void (*on_closed)(void *arg), void *arg);

/*
 * Why the accounts cannot be read, or NULL if they can. While there is a problem, let nobody in,
 * not even on loopback: there may be accounts that cannot be read. A file that never existed is no
 * problem; one that disappeared is. Borrowed until the next turn of the loop.
 */
const char *access_problem(const struct access *access);

bool access_has_users(const struct access *access);

/* Whether a token for the node `name` was ever made here, even if it is revoked now. */
bool access_knows_node(const struct access *access, const char *name);

/*
 * Look up the holder of a token or of a session. ERROR_NOT_FOUND if the secret is unknown, expired
 * or revoked.
 */
int access_check_token(struct access *access, const char *secret, struct access_ticket *ret_ticket);
int access_check_session(struct access *access, const char *secret,
			 struct access_ticket *ret_ticket);

/*
 * Whether the token or session of this ticket is still valid, with the same role. Counts as a use
 * of it.
 */
bool access_holds(struct access *access, const struct access_ticket *ticket);

/*
 * Called once when a job is done. `secret` is the secret of the new session, borrowed for the
 * call; NULL if the job failed or makes no session. err->code is 0 on success.
 */
typedef void access_done_cb(void *arg, const char *secret, const struct error *err);

/*
 * access_log_in() logs a user in. access_set_up() creates the first operator and logs in as that
 * one. access_log_out() ends the session of a ticket. Each returns 0 and calls on_done() once,
 * later, or returns ERROR_BUSY (ACCESS_WAITING_MAX log-ins wait already), ERROR_CLOSED or
 * ERROR_NO_MEMORY and never calls on_done(). on_done() gets the errors of accounts_log_in(),
 * accounts_add_user() and accounts_log_out(). Strings are copied.
 */
int access_log_in(struct access *access, const char *name, const char *password,
		  access_done_cb *on_done, void *arg);
int access_set_up(struct access *access, const char *name, const char *password,
		  access_done_cb *on_done, void *arg);
int access_log_out(struct access *access, const struct access_ticket *ticket,
		   access_done_cb *on_done, void *arg);

#endif
