/*
 * The accounts file: who may use this node over HTTP. It holds people with a password, programs
 * and nodes with a token, and the sessions of people who are logged in. It is a SQLite file of
 * mode 0600, which `harvester user` and `harvester token` change while the daemon reads it.
 *
 * Passwords are stored as Argon2id hashes, the random secrets of tokens and sessions as
 * BLAKE2b-256 hashes: nobody can log in with what the file holds
 * (docs/decisions/0024-accounts.md).
 *
 * Every function with an `err` blocks, on the disk or on Argon2id; in the daemon, call it on the
 * thread pool. Any thread, one at a time for one struct accounts. Each of these can return
 * ERROR_SYSTEM (the disk is full, read-only or failing), ERROR_MALFORMED (the file is damaged),
 * ERROR_BUSY (another program has locked the file) and ERROR_NO_MEMORY; further codes are named at
 * the function.
 */
#ifndef HARVESTER_STORE_ACCOUNTS_ACCOUNTS_H
#define HARVESTER_STORE_ACCOUNTS_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCOUNTS_FILE "accounts.db" /* in the data folder */
#define ACCOUNTS_USERS_MAX 64
/* More than HUB_NODES_MAX: a full hub has room for tokens of people and of commands. */
#define ACCOUNTS_TOKENS_MAX (2048 + 256)
/* Sessions of all users, and of one user; a new one replaces the least recently used. */
#define ACCOUNTS_SESSIONS_MAX 512
#define ACCOUNTS_USER_SESSIONS_MAX 16
/* With its terminator; RULE_LABEL says which names are valid. */
#define ACCOUNTS_NAME_SIZE 65
#define ACCOUNTS_PASSWORD_MIN 8	  /* characters */
#define ACCOUNTS_PASSWORD_MAX 256 /* bytes */
#define ACCOUNTS_SECRET_SIZE 48	  /* 256 random bits as text, with its terminator */
#define ACCOUNTS_HASH_SIZE 32
#define ACCOUNTS_IDLE_MS (14ull * 24 * 3600 * 1000)    /* an unused session ends after this time */
#define ACCOUNTS_SESSION_MS (90ull * 24 * 3600 * 1000) /* every session ends after this time */
/* Granularity of the time of last use: to spare the SD card, not every use is written. */
#define ACCOUNTS_TOUCH_MS (3600ull * 1000)

struct accounts;
struct error;

/* In ascending order of rights. ACCOUNTS_NODE is for spokes, not for people. */
enum accounts_role { ACCOUNTS_NOBODY, ACCOUNTS_NODE, ACCOUNTS_VIEWER, ACCOUNTS_OPERATOR };

struct accounts_user {
	char name[ACCOUNTS_NAME_SIZE];
	enum accounts_role role;
	uint64_t created_ms; /* Unix time, like all times here */
};

struct accounts_token {
	char name[ACCOUNTS_NAME_SIZE]; /* for a node's token, the node's id */
	enum accounts_role role;
	uint8_t hash[ACCOUNTS_HASH_SIZE];
	uint64_t created_ms;
	uint64_t used_ms;    /* 0: never */
	uint64_t revoked_ms; /* 0: valid */
};

struct accounts_session {
	char user[ACCOUNTS_NAME_SIZE];
	enum accounts_role role; /* the user's role */
	uint8_t hash[ACCOUNTS_HASH_SIZE];
	uint64_t created_ms;
	uint64_t used_ms;
};

/* The whole content of the file in memory; users and tokens are sorted by name. A plain value. */
struct accounts_list {
	struct accounts_user *users; /* owned, as the other two */
	size_t users_count;
	struct accounts_token *tokens;
	size_t tokens_count;
	/* May include ended ones: see accounts_session_lives(). */
	struct accounts_session *sessions;
	size_t sessions_count;
};

/*
 * Open the accounts file; if it does not exist, create it if `create` is true, else fail with
 * ERROR_NOT_FOUND. A new file appears complete, so a daemon never sees half of it. A damaged or
 * empty file is left as it is, with ERROR_MALFORMED: replacing it would let everybody in without a
 * password. ERROR_UNSUPPORTED if a newer version of harvester made the file.
 */
int accounts_open(const char *path, bool create, struct accounts **ret_accounts, struct error *err);
void accounts_close(struct accounts *accounts); /* NULL is allowed */

/*
 * Set *ret_changed to whether another program has changed or replaced the file since the last
 * call.
 */
int accounts_has_changed(struct accounts *accounts, bool *ret_changed, struct error *err);

/* Read everything. The caller frees *ret_list with accounts_list_finish(). */
int accounts_read(struct accounts *accounts, struct accounts_list *ret_list, struct error *err);
void accounts_list_finish(struct accounts_list *list);

/* Parse "viewer", "operator" or "node". ERROR_INVALID for any other text. */
int accounts_role_parse(const char *text, enum accounts_role *ret_role);
/* Static string; "nobody" for ACCOUNTS_NOBODY. */
const char *accounts_role_name(enum accounts_role role);

/*
 * Check a name and password for a new account. ERROR_INVALID for a bad name, or a password that is
 * too short or equal to the name; ERROR_TOO_LARGE for a password that is too long. Does not block.
 */
int accounts_check_password(const char *name, const char *password, struct error *err);

/*
 * Add a viewer or operator. With `first`, fail with ERROR_NOT_GRANTED if there is a user already.
 * ERROR_EXISTS if the name is in use, ERROR_TOO_LARGE if there are ACCOUNTS_USERS_MAX users or the
 * password is too long, ERROR_INVALID for a bad name, password or role.
 */
int accounts_add_user(struct accounts *accounts, const char *name, const char *password,
		      enum accounts_role role, bool first, uint64_t now_ms, struct error *err);

/*
 * Change a password, or remove a user; both end the user's sessions. ERROR_NOT_FOUND if there is
 * no such user. accounts_set_password() also fails as accounts_check_password().
 */
int accounts_set_password(struct accounts *accounts, const char *name, const char *password,
			  struct error *err);
int accounts_remove_user(struct accounts *accounts, const char *name, struct error *err);

/*
 * Add a token and return its secret, which cannot be read again. ERROR_EXISTS if an unrevoked
 * token has this name, ERROR_TOO_LARGE if there are ACCOUNTS_TOKENS_MAX tokens, ERROR_INVALID for
 * a bad name or role.
 */
int accounts_add_token(struct accounts *accounts, const char *name, enum accounts_role role,
		       uint64_t now_ms, char ret_secret[ACCOUNTS_SECRET_SIZE], struct error *err);
int accounts_revoke_token(struct accounts *accounts, const char *name, uint64_t now_ms,
			  struct error *err); /* ERROR_NOT_FOUND if no valid token has this name */

/*
 * Check a password and start a session. ERROR_NOT_GRANTED if the user is unknown or the password
 * is wrong; both take the same time, so that names cannot be guessed.
 */
int accounts_log_in(struct accounts *accounts, const char *name, const char *password,
		    uint64_t now_ms, char ret_secret[ACCOUNTS_SECRET_SIZE], struct error *err);
int accounts_log_out(struct accounts *accounts, const uint8_t hash[ACCOUNTS_HASH_SIZE],
		     struct error *err); /* succeeds if there is no such session */

/* Record that a token or session was used. Succeeds if there is none with this hash. */
int accounts_touch(struct accounts *accounts, const uint8_t hash[ACCOUNTS_HASH_SIZE],
		   uint64_t now_ms, struct error *err);

/*
 * Make a secret of 256 random bits as text, and compute the hash of such a secret. Neither blocks
 * nor fails.
 */
void accounts_make_secret(char ret_secret[ACCOUNTS_SECRET_SIZE]);
void accounts_hash_secret(const char *secret, uint8_t ret_hash[ACCOUNTS_HASH_SIZE]);

/*
 * Whether the session is neither too old nor unused for too long. If the clock has stepped back,
 * the session ends at the latest when its start lies a day in the future.
 */
bool accounts_session_lives(const struct accounts_session *session, uint64_t now_ms);

#endif
