/*
 * Who may use this node over HTTP: people with a password, programs with a token, and the sessions
 * of people who are logged in. A SQLite file of mode 0600, which `harvester user` and `harvester
 * token` change while the daemon reads it.
 *
 * Passwords are kept as Argon2id hashes, the random secrets of tokens and sessions as BLAKE2b-256
 * hashes: who reads the file can log in with nothing of it (docs/decisions/0024-accounts.md).
 *
 * Every function blocks, on the disk or on Argon2id. Any thread may call, one at a time for one
 * store. Errors of all: ERROR_SYSTEM for a disk that is full, read-only or failing, ERROR_MALFORMED
 * for a damaged file, ERROR_BUSY where another program holds it, ERROR_NO_MEMORY.
 */
#ifndef HARVESTER_STORE_ACCOUNTS_ACCOUNTS_H
#define HARVESTER_STORE_ACCOUNTS_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCOUNTS_FILE "accounts.db" /* in the data folder */
#define ACCOUNTS_USERS_MAX 64
#define ACCOUNTS_TOKENS_MAX 256
#define ACCOUNTS_SESSIONS_MAX 512     /* of all; the one used longest ago gives way */
#define ACCOUNTS_USER_SESSIONS_MAX 16 /* of one user; likewise */
#define ACCOUNTS_NAME_SIZE 65	      /* with its terminator; see RULE_LABEL */
#define ACCOUNTS_PASSWORD_MIN 8	      /* characters */
#define ACCOUNTS_PASSWORD_MAX 256     /* bytes */
#define ACCOUNTS_SECRET_SIZE 48	      /* 256 random bits as text, with its terminator */
#define ACCOUNTS_HASH_SIZE 32
#define ACCOUNTS_IDLE_MS (14ull * 24 * 3600 * 1000)    /* a session that is not used ends */
#define ACCOUNTS_SESSION_MS (90ull * 24 * 3600 * 1000) /* any session ends */
#define ACCOUNTS_TOUCH_MS (3600ull * 1000) /* how exact a time of last use is: a card wears */

struct accounts;
struct error;

/* In ascending order of what a person may do; a node is no person. */
enum accounts_role { ACCOUNTS_NOBODY, ACCOUNTS_NODE, ACCOUNTS_VIEWER, ACCOUNTS_OPERATOR };

struct accounts_user {
	char name[ACCOUNTS_NAME_SIZE];
	enum accounts_role role;
	uint64_t created_ms; /* Unix, as all here */
};

struct accounts_token {
	char name[ACCOUNTS_NAME_SIZE]; /* a node's token has the node's id */
	enum accounts_role role;
	uint8_t hash[ACCOUNTS_HASH_SIZE];
	uint64_t created_ms;
	uint64_t used_ms;    /* 0: never */
	uint64_t revoked_ms; /* 0: it counts */
};

struct accounts_session {
	char user[ACCOUNTS_NAME_SIZE];
	enum accounts_role role; /* that of the user */
	uint8_t hash[ACCOUNTS_HASH_SIZE];
	uint64_t created_ms;
	uint64_t used_ms;
};

/* All that the file says, in memory; users and tokens by name. A plain value. */
struct accounts_list {
	struct accounts_user *users; /* owned, as the other two */
	size_t users_count;
	struct accounts_token *tokens;
	size_t tokens_count;
	struct accounts_session *sessions; /* some may have ended: accounts_session_lives() */
	size_t sessions_count;
};

/*
 * Open the file, or start one where `create` says so (ERROR_NOT_FOUND otherwise); it appears whole,
 * also to a daemon that looks at this moment. A damaged one, or one that was emptied, is left as it
 * is, ERROR_MALFORMED: with a new one in its place nobody would be asked for a password.
 * ERROR_UNSUPPORTED for a file of a newer version.
 */
int accounts_open(const char *path, bool create, struct accounts **ret_accounts, struct error *err);
void accounts_close(struct accounts *accounts); /* NULL is allowed */

/* Whether somebody else has changed the file since the last call, or it is another file now. */
int accounts_has_changed(struct accounts *accounts, bool *ret_changed, struct error *err);

/* The caller owns *ret_list. */
int accounts_read(struct accounts *accounts, struct accounts_list *ret_list, struct error *err);
void accounts_list_finish(struct accounts_list *list);

/* "viewer", "operator", "node"; ERROR_INVALID otherwise. */
int accounts_role_parse(const char *text, enum accounts_role *ret_role);
const char *accounts_role_name(enum accounts_role role); /* "nobody" for the first */

/* Whether the name and password are fit for a new account: ERROR_INVALID or ERROR_TOO_LARGE. */
int accounts_check_password(const char *name, const char *password, struct error *err);

/*
 * `first`: only where there is no user yet, ERROR_NOT_GRANTED otherwise. ERROR_EXISTS for a name
 * that is taken, ERROR_TOO_LARGE for one user too many, ERROR_INVALID for a name, password or role
 * that may not be.
 */
int accounts_add_user(struct accounts *accounts, const char *name, const char *password,
		      enum accounts_role role, bool first, uint64_t now_ms, struct error *err);

/* Both end the user's sessions. ERROR_NOT_FOUND. */
int accounts_set_password(struct accounts *accounts, const char *name, const char *password,
			  struct error *err);
int accounts_remove_user(struct accounts *accounts, const char *name, struct error *err);

/*
 * A token's secret is shown this once. ERROR_EXISTS while one of that name counts, ERROR_TOO_LARGE
 * for one too many, ERROR_INVALID.
 */
int accounts_add_token(struct accounts *accounts, const char *name, enum accounts_role role,
		       uint64_t now_ms, char ret_secret[ACCOUNTS_SECRET_SIZE], struct error *err);
int accounts_revoke_token(struct accounts *accounts, const char *name, uint64_t now_ms,
			  struct error *err); /* ERROR_NOT_FOUND */

/*
 * A new session for who knows the password. ERROR_NOT_GRANTED otherwise, after the same time
 * whether the name is known or not.
 */
int accounts_log_in(struct accounts *accounts, const char *name, const char *password,
		    uint64_t now_ms, char ret_secret[ACCOUNTS_SECRET_SIZE], struct error *err);
int accounts_log_out(struct accounts *accounts, const uint8_t hash[ACCOUNTS_HASH_SIZE],
		     struct error *err); /* one that has ended is no error */

/* Note that a token or session was used. One that has ended is no error. */
int accounts_touch(struct accounts *accounts, const uint8_t hash[ACCOUNTS_HASH_SIZE],
		   uint64_t now_ms, struct error *err);

/* 256 random bits as text, and the hash of such a text. Neither blocks nor fails. */
void accounts_make_secret(char ret_secret[ACCOUNTS_SECRET_SIZE]);
void accounts_hash_secret(const char *secret, uint8_t ret_hash[ACCOUNTS_HASH_SIZE]);

/* Whether it has not ended of itself; a clock that stepped back makes no session longer than a
 * day. */
bool accounts_session_lives(const struct accounts_session *session, uint64_t now_ms);

#endif
