/* Tokens and sessions: random secrets of which only hashes are stored. */
#include <string.h>

#include "base/error.h"
#include "store/accounts/internal.h"

/*
 * A clock without a battery starts in the past, so a session from the future may be valid; but not
 * one from further ahead than a clock may plausibly be wrong.
 */
#define AHEAD_MS (24 * 3600000ull)

bool accounts_session_lives(const struct accounts_session *session, uint64_t now_ms)
{
	return now_ms < session->created_ms + ACCOUNTS_SESSION_MS &&
	       now_ms < session->used_ms + ACCOUNTS_IDLE_MS &&
	       session->created_ms <= now_ms + AHEAD_MS;
}

/* Make room for one session: delete those that have ended, then the least recently used. */
static int trim_sessions(struct accounts *accounts, const char *user, uint64_t now_ms,
			 struct error *err)
{
	int ret = accounts_run(accounts, NULL, err,
			       "DELETE FROM sessions WHERE created_ms <= ?1 - ?2 OR"
			       " used_ms <= ?1 - ?3",
			       "iii", now_ms, (uint64_t)ACCOUNTS_SESSION_MS,
			       (uint64_t)ACCOUNTS_IDLE_MS);

	if (!ret)
		ret = accounts_run(accounts, NULL, err,
				   "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions"
				   " WHERE user = ?1 ORDER BY used_ms DESC LIMIT -1 OFFSET ?2)",
				   "ti", user, (uint64_t)(ACCOUNTS_USER_SESSIONS_MAX - 1));
	if (!ret)
		ret = accounts_run(accounts, NULL, err,
				   "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions"
				   " ORDER BY used_ms DESC LIMIT -1 OFFSET ?1)",
				   "i", (uint64_t)(ACCOUNTS_SESSIONS_MAX - 1));
	return ret;
}

int accounts_add_session(struct accounts *accounts, const char *user, uint64_t now_ms,
			 char ret_secret[ACCOUNTS_SECRET_SIZE], struct error *err)
{
	char secret[ACCOUNTS_SECRET_SIZE];
	uint8_t hash[ACCOUNTS_HASH_SIZE];
	int ret = accounts_begin(accounts, err);

	if (ret)
		return ret;
	accounts_make_secret(secret);
	accounts_hash_secret(secret, hash);
	ret = trim_sessions(accounts, user, now_ms, err);
	if (!ret)
		ret = accounts_run(accounts, NULL, err,
				   "INSERT INTO sessions (hash, user, created_ms, used_ms)"
				   " VALUES (?1, ?2, ?3, ?3)",
				   "bti", hash, user, now_ms);
	ret = accounts_end(accounts, ret, err);
	if (!ret)
		memcpy(ret_secret, secret, sizeof(secret));
	return ret;
}

int accounts_log_out(struct accounts *accounts, const uint8_t hash[ACCOUNTS_HASH_SIZE],
		     struct error *err)
{
	return accounts_run(accounts, NULL, err, "DELETE FROM sessions WHERE hash = ?1", "b", hash);
}

int accounts_touch(struct accounts *accounts, const uint8_t hash[ACCOUNTS_HASH_SIZE],
		   uint64_t now_ms, struct error *err)
{
	int ret = accounts_run(accounts, NULL, err,
			       "UPDATE sessions SET used_ms = ?2 WHERE hash = ?1", "bi", hash,
			       now_ms);

	if (!ret)
		ret = accounts_run(accounts, NULL, err,
				   "UPDATE tokens SET used_ms = ?2 WHERE hash = ?1", "bi", hash,
				   now_ms);
	return ret;
}

/* Tokens */

/* A revoked token's name may be used again. */
static int insert_token(struct accounts *accounts, const char *name, enum accounts_role role,
			uint64_t now_ms, const uint8_t *hash, struct error *err)
{
	uint64_t count;
	int added, ret = accounts_run(accounts, NULL, err,
				      "DELETE FROM tokens WHERE name = ?1 AND revoked_ms > 0", "t",
				      name);

	if (!ret)
		ret = accounts_run(
			accounts, &added, err,
			"INSERT INTO tokens (name, hash, role, created_ms, used_ms, revoked_ms)"
			" VALUES (?1, ?2, ?3, ?4, 0, 0) ON CONFLICT DO NOTHING",
			"tbii", name, hash, (uint64_t)role, now_ms);
	if (!ret && !added)
		ret = error_set(err, ERROR_EXISTS,
				"there is a token %s already; revoke it first to replace it", name);
	if (!ret)
		ret = accounts_count(accounts, "SELECT count(*) FROM tokens", &count, err);
	if (!ret && count > ACCOUNTS_TOKENS_MAX)
		ret = error_set(err, ERROR_TOO_LARGE,
				"there are %d tokens already, the limit (revoked tokens count): "
				"use one of them for several clients",
				ACCOUNTS_TOKENS_MAX);
	return ret;
}

int accounts_add_token(struct accounts *accounts, const char *name, enum accounts_role role,
		       uint64_t now_ms, char ret_secret[ACCOUNTS_SECRET_SIZE], struct error *err)
{
	char secret[ACCOUNTS_SECRET_SIZE];
	uint8_t hash[ACCOUNTS_HASH_SIZE];
	int ret = accounts_check_name("token", name, err);

	if (!ret && role == ACCOUNTS_NOBODY)
		ret = error_set(err, ERROR_INVALID,
				"the role of a token must be viewer, operator or node");
	if (!ret)
		ret = accounts_begin(accounts, err);
	if (ret)
		return ret;
	accounts_make_secret(secret);
	accounts_hash_secret(secret, hash);
	ret = insert_token(accounts, name, role, now_ms, hash, err);
	ret = accounts_end(accounts, ret, err);
	if (!ret)
		memcpy(ret_secret, secret, sizeof(secret));
	return ret;
}

int accounts_revoke_token(struct accounts *accounts, const char *name, uint64_t now_ms,
			  struct error *err)
{
	int revoked, ret = accounts_run(accounts, &revoked, err,
					"UPDATE tokens SET revoked_ms = ?2"
					" WHERE name = ?1 AND revoked_ms = 0",
					"ti", name, now_ms);

	if (!ret && !revoked)
		ret = error_set(
			err, ERROR_NOT_FOUND,
			"there is no valid token %s: `harvester token list` lists the tokens",
			name);
	return ret;
}
