/*
 * The authenticator finds out who has sent an HTTP request. The HTTP server asks it about each
 * token, each session and each log-in; the hub asks it which nodes have a token.
 *
 * The users, tokens and sessions are in the accounts file, an SQLite database in the data folder
 * (store/accounts/accounts.h). The authenticator keeps a copy of them in memory, so that the check
 * of a token or session does not wait for the disk. It watches the file, and reads it again after a
 * change. A successful check gives a ticket, which names the sender and the sender's role. What a
 * role may do is decided elsewhere (http/auth/rules.h).
 *
 * A log-in, a log-out and the set-up of the first account take longer: they write to the disk, and
 * the hash of a password (Argon2id) needs much time and memory. They are jobs, which run on the
 * thread pool, one at a time, and end with a callback.
 *
 * Call all functions on the loop thread. Callbacks are called on a later turn of the loop.
 */
#ifndef HARVESTER_STORE_ACCOUNTS_AUTHENTICATOR_H
#define HARVESTER_STORE_ACCOUNTS_AUTHENTICATOR_H

#include <uv.h>

#include "store/accounts/accounts.h"

struct authenticator;
struct clock;

#define AUTHENTICATOR_WAITING_MAX 4 /* log-ins and set-ups that wait for the running job */

/*
 * A ticket: the result of a successful check, which says who has sent the token or session secret.
 * A plain value; authenticator_holds() can check it again later.
 */
struct authenticator_ticket {
	enum accounts_role role;
	/* The name of the user or of the token. A node's token has the name of its node. */
	char name[ACCOUNTS_NAME_SIZE];
	bool is_token;			  /* false: a session */
	uint8_t hash[ACCOUNTS_HASH_SIZE]; /* of the secret of the token or session */
};

/* Called when the accounts may have changed, or have become readable or unreadable. */
typedef void authenticator_changed_cb(void *arg);

/*
 * Read the accounts file in the data folder `folder`, and watch the file. Blocks on the disk. If
 * the file cannot be read, the call succeeds, and authenticator_problem() says why. `clock` and
 * `arg` are borrowed until on_closed().
 * - ERROR_SYSTEM: the folder cannot be watched.
 * - ERROR_TOO_LARGE: the path of the folder is too long.
 * - ERROR_NO_MEMORY.
 */
int authenticator_create(uv_loop_t *loop, struct clock *clock, const char *folder,
			 authenticator_changed_cb *on_changed, void *arg,
			 struct authenticator **ret_authenticator, struct error *err);

/*
 * End the authenticator. The running job finishes; waiting jobs end with ERROR_CLOSED. Then
 * on_closed(arg) is called, on a later turn of the loop.
 */
void authenticator_close(struct authenticator *authenticator, void (*on_closed)(void *arg),
			 void *arg);

/*
 * Returns why the accounts file cannot be read; NULL if the file can be read, or has never existed.
 * A file that has disappeared cannot be read.
 *
 * While the file cannot be read, there are no accounts in memory: no token and no session is valid,
 * and authenticator_has_users() returns false. A node without users lets in requests from its own
 * machine without a log-in. So the caller asks this function before it lets in such a request, and
 * refuses the request if there is a problem (http/auth does this). Otherwise an attacker could get
 * in by damaging the file.
 * Borrowed until the next turn of the loop.
 */
const char *authenticator_problem(const struct authenticator *authenticator);

/* Whether there is at least one user. */
bool authenticator_has_users(const struct authenticator *authenticator);

/* Whether a token for the node `name` was ever made on this node, even if it is revoked now. */
bool authenticator_knows_node(const struct authenticator *authenticator, const char *name);

/*
 * Find the token or session with this secret, and fill *ret_ticket. The accounts file keeps
 * the time at which a token or session was last used; these functions count as a use.
 * ERROR_NOT_FOUND: the secret is unknown, expired or revoked.
 */
int authenticator_check_token(struct authenticator *authenticator, const char *secret,
			      struct authenticator_ticket *ret_ticket);
int authenticator_check_session(struct authenticator *authenticator, const char *secret,
				struct authenticator_ticket *ret_ticket);

/*
 * Whether the token or session of the ticket is still valid and has the same role. For answers that
 * take long, such as a stream of events. Counts as a use of the token or session.
 */
bool authenticator_holds(struct authenticator *authenticator,
			 const struct authenticator_ticket *ticket);

/*
 * Called once when a job has ended. err->code is 0 after success. `secret` is the secret of the new
 * session, borrowed; NULL if the job failed, or was a log-out. The copy in memory is up to date
 * already: the new session is valid, and one that was logged out is not.
 */
typedef void authenticator_done_cb(void *arg, const char *secret, const struct error *err);

/*
 * Start a job. authenticator_log_in() logs a user in. authenticator_set_up() creates the first
 * user, with the role operator, and logs that user in; it fails if there is a user already.
 * authenticator_log_out() ends the session of a ticket; the ticket of a token has no session, and
 * the job succeeds without an effect. Strings are copied. After an error on_done() is not called.
 * - ERROR_BUSY: AUTHENTICATOR_WAITING_MAX log-ins and set-ups wait already. authenticator_log_out()
 * never returns this error.
 * - ERROR_CLOSED, ERROR_NO_MEMORY.
 *
 * on_done() gets the errors of accounts_log_in(), accounts_add_user() and accounts_log_out().
 */
int authenticator_log_in(struct authenticator *authenticator, const char *name,
			 const char *password, authenticator_done_cb *on_done, void *arg);
int authenticator_set_up(struct authenticator *authenticator, const char *name,
			 const char *password, authenticator_done_cb *on_done, void *arg);
int authenticator_log_out(struct authenticator *authenticator,
			  const struct authenticator_ticket *ticket, authenticator_done_cb *on_done,
			  void *arg);

#endif
