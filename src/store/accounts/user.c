/* Users and their passwords. */
#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "store/accounts/internal.h"

/*
 * Argon2id, RFC 9106: 4 passes over 32 MiB. OWASP's password storage cheat sheet asks for at least
 * 2 passes over 19 MiB. One hash at a time still fits beside the plugins of a board with 512 MB,
 * where libsodium's MODERATE setting would take 256 MiB.
 */
#define PASSES 4
#define MEMORY (32u << 20)

static size_t count_characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

int accounts_check_password(const char *name, const char *password, struct error *err)
{
	int ret = accounts_check_name("user", name, err);

	if (ret)
		return ret;
	if (strlen(password) > ACCOUNTS_PASSWORD_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the password may have %d bytes at most: choose a shorter one",
				 ACCOUNTS_PASSWORD_MAX);
	if (count_characters(password) < ACCOUNTS_PASSWORD_MIN)
		return error_set(err, ERROR_INVALID,
				 "the password needs %d characters at least: choose a longer one",
				 ACCOUNTS_PASSWORD_MIN);
	if (!strcasecmp(name, password))
		return error_set(err, ERROR_INVALID,
				 "the password must not be the user's name: choose another");
	return 0;
}

static int hash_password(const char *password, char ret_hash[crypto_pwhash_STRBYTES],
			 struct error *err)
{
	if (crypto_pwhash_str(ret_hash, password, strlen(password), PASSES, MEMORY))
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while hashing a password; this machine needs more "
				 "free memory");
	return 0;
}

/* Check the limits; call within the transaction that adds the user. */
static int check_room(struct accounts *accounts, bool first, struct error *err)
{
	uint64_t count;
	int ret = accounts_count(accounts, "SELECT count(*) FROM users", &count, err);

	if (!ret && first && count)
		ret = error_set(err, ERROR_NOT_GRANTED,
				"there is an account already: log in with it");
	else if (!ret && count >= ACCOUNTS_USERS_MAX)
		ret = error_set(err, ERROR_TOO_LARGE,
				"there are %d users already, the limit: remove one first",
				ACCOUNTS_USERS_MAX);
	return ret;
}

static int insert_user(struct accounts *accounts, const char *name, const char *hash,
		       enum accounts_role role, uint64_t now_ms, struct error *err)
{
	int added, ret = accounts_run(accounts, &added, err,
				      "INSERT INTO users (name, password, role, created_ms)"
				      " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
				      "ttii", name, hash, (uint64_t)role, now_ms);

	if (!ret && !added)
		ret = error_set(err, ERROR_EXISTS,
				"there is a user %s already: choose another name, or set a new "
				"password for that user",
				name);
	return ret;
}

int accounts_add_user(struct accounts *accounts, const char *name, const char *password,
		      enum accounts_role role, bool first, uint64_t now_ms, struct error *err)
{
	char hash[crypto_pwhash_STRBYTES];
	int ret = accounts_check_password(name, password, err);

	if (!ret && role != ACCOUNTS_VIEWER && role != ACCOUNTS_OPERATOR)
		ret = error_set(err, ERROR_INVALID,
				"the role of a user must be viewer or operator");
	if (!ret)
		ret = hash_password(password, hash, err);
	if (!ret)
		ret = accounts_begin(accounts, err);
	if (ret)
		return ret;
	ret = check_room(accounts, first, err);
	if (!ret)
		ret = insert_user(accounts, name, hash, role, now_ms, err);
	return accounts_end(accounts, ret, err);
}

static int say_unknown(const char *name, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
			 "there is no user %s: `harvester user list` lists the users", name);
}

int accounts_set_password(struct accounts *accounts, const char *name, const char *password,
			  struct error *err)
{
	int changed = 0, ret = accounts_check_password(name, password, err);
	char hash[crypto_pwhash_STRBYTES];

	if (!ret)
		ret = hash_password(password, hash, err);
	if (!ret)
		ret = accounts_begin(accounts, err);
	if (ret)
		return ret;
	ret = accounts_run(accounts, &changed, err,
			   "UPDATE users SET password = ?2 WHERE name = ?1", "tt", name, hash);
	if (!ret && !changed)
		ret = say_unknown(name, err);
	if (!ret)
		ret = accounts_run(accounts, NULL, err, "DELETE FROM sessions WHERE user = ?1", "t",
				   name);
	return accounts_end(accounts, ret, err);
}

int accounts_remove_user(struct accounts *accounts, const char *name, struct error *err)
{
	int removed, ret = accounts_run(accounts, &removed, err,
					"DELETE FROM users WHERE name = ?1", "t", name);

	return !ret && !removed ? say_unknown(name, err) : ret;
}

/* Logging in */

/* Read the hash of a user's password. ERROR_NOT_FOUND if there is no such user. */
static int find_hash(struct accounts *accounts, const char *name,
		     char ret_hash[crypto_pwhash_STRBYTES], struct error *err)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(accounts->db, "SELECT password FROM users WHERE name = ?1",
				      -1, &statement, NULL);

	if (code)
		return accounts_fail(code, err);
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		snprintf(ret_hash, crypto_pwhash_STRBYTES, "%s",
			 (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	if (code == SQLITE_DONE)
		return ERROR_NOT_FOUND;
	return code == SQLITE_ROW ? 0 : accounts_fail(code, err);
}

int accounts_log_in(struct accounts *accounts, const char *name, const char *password,
		    uint64_t now_ms, char ret_secret[ACCOUNTS_SECRET_SIZE], struct error *err)
{
	char hash[crypto_pwhash_STRBYTES], other[crypto_pwhash_STRBYTES];
	int ret = find_hash(accounts, name, hash, err);
	bool fits;

	if (ret && ret != ERROR_NOT_FOUND)
		return ret;
	/*
	 * Hash something for an unknown name too, so that the time does not reveal which names
	 * exist.
	 */
	if (ret)
		fits = hash_password(password, other, err) && false;
	else
		fits = !crypto_pwhash_str_verify(hash, password, strlen(password));
	if (!fits)
		return error_set(err, ERROR_NOT_GRANTED,
				 "the name or the password is wrong: try again");
	return accounts_add_session(accounts, name, now_ms, ret_secret, err);
}
