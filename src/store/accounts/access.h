/*
 * Who may ask: the accounts (store/accounts/accounts.h) as the loop needs them. All that they say
 * is held in memory, so a look-up waits for nothing; the file is read again when it changes, and
 * what blocks (SQLite, Argon2id) runs on the pool, one piece of work at a time, so that a flood of
 * passwords takes the memory of one.
 *
 * Loop thread. Callbacks come on later turns of the loop.
 */
#ifndef HARVESTER_STORE_ACCOUNTS_ACCESS_H
#define HARVESTER_STORE_ACCOUNTS_ACCESS_H

#include <uv.h>

#include "store/accounts/accounts.h"

struct access;
struct clock;

#define ACCESS_WAITING_MAX 4 /* log-ins that wait for the one under way */

/* Somebody who showed a secret. A plain value, good for access_holds(). */
struct access_ticket {
	enum accounts_role role;
	char name[ACCOUNTS_NAME_SIZE]; /* of the user, or of the token: a node's id */
	bool is_token;		       /* a session otherwise */
	uint8_t hash[ACCOUNTS_HASH_SIZE];
};

/* What the accounts say, or whether they can be read, may be different from before. */
typedef void access_changed_cb(void *arg);

/*
 * Read the accounts of a folder now (this blocks) and from now on. A file that is there and cannot
 * be read is no failure here: see access_problem(). ERROR_SYSTEM: the folder cannot be watched.
 */
int access_create(uv_loop_t *loop, struct clock *clock, const char *folder,
		  access_changed_cb *changed, void *arg, struct access **ret_access,
		  struct error *err);

/*
 * Work under way is waited for, what waits ends with ERROR_CLOSED; then the memory ends, and
 * closed(arg) is called, on a later turn of the loop.
 */
void access_close(struct access *access, void (*closed)(void *arg), void *arg);

/*
 * Why the accounts are not known, or NULL. Nobody may be let in then: there may well be accounts. A
 * file that was never there is no problem, one that went away is.
 */
const char *access_problem(const struct access *access);

bool access_has_users(const struct access *access);

/* Whether a node of that name ever got a token here, be it revoked now. */
bool access_knows_node(const struct access *access, const char *name);

/* ERROR_NOT_FOUND for a secret that counts for nothing (no more). */
int access_check_token(struct access *access, const char *secret, struct access_ticket *ret_ticket);
int access_check_session(struct access *access, const char *secret,
			 struct access_ticket *ret_ticket);

/* Whether who had this ticket would still get it; counts as a use of the token or session. */
bool access_holds(struct access *access, const struct access_ticket *ticket);

/* `secret` is that of a new session; NULL, with the error, where there is none. */
typedef void access_done_cb(void *arg, const char *secret, const struct error *err);

/*
 * All three: 0, and done(arg) comes once, or ERROR_BUSY (too many wait), ERROR_CLOSED,
 * ERROR_NO_MEMORY. The errors that done() gets are those of accounts_log_in(), accounts_add_user()
 * for the first operator, who is logged in then, and accounts_log_out(). Texts are copied.
 */
int access_log_in(struct access *access, const char *name, const char *password,
		  access_done_cb *done, void *arg);
int access_set_up(struct access *access, const char *name, const char *password,
		  access_done_cb *done, void *arg);
int access_log_out(struct access *access, const struct access_ticket *ticket, access_done_cb *done,
		   void *arg);

#endif
