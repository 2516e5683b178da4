/* Opening the accounts file, and running SQL statements on it. */
#include "store/accounts/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "config/rules.h"
#include "store/accounts/internal.h"
#include "store/sqlite.h"

#define BUSY_MS 2000
#define SCHEMA_VERSION 1 /* of the schema in create.c */

/*
 * Writes are few and rare, so a rollback journal will do, which leaves one file, not three. EXTRA
 * also flushes the removal of the journal: otherwise a power cut could restore a revoked token.
 */
const char accounts_settings[] = "PRAGMA journal_mode = DELETE;"
				 "PRAGMA synchronous = EXTRA;"
				 "PRAGMA secure_delete = ON;"
				 "PRAGMA foreign_keys = ON;";

static int translate(int code)
{
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return ERROR_NO_MEMORY;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERROR_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT:
	case SQLITE_ERROR: /* a table that harvester did not create */
		return ERROR_MALFORMED;
	default:
		return ERROR_SYSTEM;
	}
}

int accounts_fail(int code, struct error *err)
{
	return error_set(err, translate(code), "cannot use the accounts file: %s",
			 sqlite3_errstr(code));
}

int accounts_exec(sqlite3 *db, const char *text, struct error *err)
{
	int code = sqlite3_exec(db, text, NULL, NULL, NULL);

	return code ? accounts_fail(code, err) : 0;
}

/* Statements */

static int bind_values(sqlite3_stmt *statement, const char *types, va_list args)
{
	int code = 0;

	for (int i = 0; !code && types[i]; i++) {
		if (types[i] == 'i')
			code = sqlite3_bind_int64(statement, i + 1,
						  (sqlite3_int64)va_arg(args, uint64_t));
		else if (types[i] == 't')
			code = sqlite3_bind_text(statement, i + 1, va_arg(args, const char *), -1,
						 SQLITE_STATIC);
		else
			code = sqlite3_bind_blob(statement, i + 1, va_arg(args, const uint8_t *),
						 ACCOUNTS_HASH_SIZE, SQLITE_STATIC);
	}
	return code;
}

int accounts_run(struct accounts *accounts, int *ret_changed, struct error *err, const char *text,
		 const char *types, ...)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(accounts->db, text, -1, &statement, NULL);
	va_list args;

	if (code)
		return accounts_fail(code, err);
	va_start(args, types);
	code = bind_values(statement, types, args);
	va_end(args);
	if (!code)
		code = sqlite3_step(statement);
	sqlite3_finalize(statement);
	if (code != SQLITE_DONE)
		return accounts_fail(code, err);
	if (ret_changed)
		*ret_changed = sqlite3_changes(accounts->db);
	return 0;
}

int accounts_count(struct accounts *accounts, const char *text, uint64_t *ret_count,
		   struct error *err)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(accounts->db, text, -1, &statement, NULL);
	uint64_t count = 0;

	if (!code) {
		code = sqlite3_step(statement);
		if (code == SQLITE_ROW)
			count = (uint64_t)sqlite3_column_int64(statement, 0);
		sqlite3_finalize(statement);
	}
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return accounts_fail(code, err);
	*ret_count = count;
	return 0;
}

int accounts_begin(struct accounts *accounts, struct error *err)
{
	return accounts_exec(accounts->db, "BEGIN IMMEDIATE", err);
}

int accounts_end(struct accounts *accounts, int ret, struct error *err)
{
	int code = ret ? 0 : sqlite3_exec(accounts->db, "COMMIT", NULL, NULL, NULL);

	if (ret || code)
		sqlite3_exec(accounts->db, "ROLLBACK", NULL, NULL, NULL);
	return code ? accounts_fail(code, err) : ret;
}

/* Opening */

/*
 * Set mode 0600. If root runs this, give the file to the folder's user, so that the daemon can
 * read it.
 */
static int set_rights(const char *path, struct error *err)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct stat file, folder;
	char parent[PATH_MAX];
	int ret = 0;

	if (fd < 0)
		return error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				       "cannot open this accounts file (let the user that runs "
				       "harvester read and write it)");
	snprintf(parent, sizeof(parent), "%s", path);
	if (fstat(fd, &file) || stat(dirname(parent), &folder) ||
	    ((file.st_mode & 0777) != 0600 && fchmod(fd, 0600)) ||
	    (!geteuid() && file.st_uid != folder.st_uid &&
	     fchown(fd, folder.st_uid, folder.st_gid)))
		ret = error_set_errno(err, ERROR_SYSTEM, errno,
				      "cannot set the mode 0600 of this accounts file (make the "
				      "user that runs harvester its owner)");
	close(fd);
	return ret;
}

/* Check the whole file now, so that damage does not first show when somebody logs in. */
static int check(struct accounts *accounts, uint64_t *ret_version, struct error *err)
{
	uint64_t is_whole = 0;
	int ret = accounts_count(accounts, "PRAGMA user_version", ret_version, err);

	if (!ret && *ret_version > SCHEMA_VERSION)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a newer version of harvester made this accounts file; install "
				 "that version");
	if (!ret)
		ret = accounts_count(accounts, "SELECT quick_check = 'ok' FROM pragma_quick_check",
				     &is_whole, err);
	return !ret && !is_whole ? accounts_fail(SQLITE_CORRUPT, err) : ret;
}

/* create.c never leaves an empty file, so an empty one has lost its accounts. */
static int prepare(struct accounts *accounts, struct error *err)
{
	uint64_t version = 0;
	int ret = check(accounts, &version, err);

	if (!ret && !version)
		ret = error_set(err, ERROR_MALFORMED,
				"this accounts file is empty; put a backup in its place, or move "
				"it away and add the accounts again");
	return ret ? ret : accounts_exec(accounts->db, accounts_settings, err);
}

static int open_database(struct accounts *accounts, struct error *err)
{
	struct stat found;
	int code = sqlite3_open_v2(accounts->path, &accounts->db,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (code)
		return accounts_fail(code, err);
	if (stat(accounts->path, &found))
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"cannot find this accounts file again (did another program move it?)");
	accounts->device = found.st_dev;
	accounts->inode = found.st_ino;
	sqlite3_busy_timeout(accounts->db, BUSY_MS);
	/* Before prepare(), which reads the whole file through the cache. */
	code = sqlite_limit_cache(accounts->db);
	return code ? accounts_fail(code, err) : prepare(accounts, err);
}

int accounts_open(const char *path, bool create, struct accounts **ret_accounts, struct error *err)
{
	struct accounts *accounts = calloc(1, sizeof(*accounts));
	struct error why = {0};
	int ret;

	if (accounts)
		accounts->path = strdup(path);
	if (!accounts || !accounts->path || sodium_init() < 0) {
		accounts_close(accounts);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the accounts; this machine needs "
				 "more free memory");
	}
	ret = create ? accounts_create_file(path, &why) : 0;
	if (!ret)
		ret = set_rights(path, &why);
	if (!ret)
		ret = open_database(accounts, &why);
	if (ret) {
		accounts_close(accounts);
		return error_set(err, ret, "%s: %s", path, why.text);
	}
	*ret_accounts = accounts;
	return 0;
}

void accounts_close(struct accounts *accounts)
{
	if (!accounts)
		return;
	sqlite3_close(accounts->db);
	free(accounts->path);
	free(accounts);
}

int accounts_has_changed(struct accounts *accounts, bool *ret_changed, struct error *err)
{
	struct stat found;
	uint64_t version;
	int ret;

	if (stat(accounts->path, &found))
		return error_set_errno(
			err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
			"%s: cannot find the accounts file (put it or a backup there)",
			accounts->path);
	if (found.st_dev != accounts->device || found.st_ino != accounts->inode) {
		*ret_changed = true;
		return 0;
	}
	ret = accounts_count(accounts, "PRAGMA data_version", &version, err);
	if (ret)
		return ret;
	*ret_changed = accounts->version != (int)version;
	accounts->version = (int)version;
	return 0;
}

/* Roles, names and secrets */

static const char *const roles[] = {"nobody", "node", "viewer", "operator"};

int accounts_role_parse(const char *text, enum accounts_role *ret_role)
{
	for (unsigned i = ACCOUNTS_NODE; i <= ACCOUNTS_OPERATOR; i++) {
		if (strcmp(roles[i], text))
			continue;
		*ret_role = (enum accounts_role)i;
		return 0;
	}
	return ERROR_INVALID;
}

const char *accounts_role_name(enum accounts_role role)
{
	return roles[role];
}

int accounts_check_name(const char *what, const char *name, struct error *err)
{
	if (rule_is_label(name))
		return 0;
	return error_set(err, ERROR_INVALID, "the name of a %s must be " RULE_LABEL, what);
}

void accounts_make_secret(char ret_secret[ACCOUNTS_SECRET_SIZE])
{
	uint8_t random[32];

	randombytes_buf(random, sizeof(random));
	sodium_bin2base64(ret_secret, ACCOUNTS_SECRET_SIZE, random, sizeof(random),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(random, sizeof(random));
}

void accounts_hash_secret(const char *secret, uint8_t ret_hash[ACCOUNTS_HASH_SIZE])
{
	crypto_generichash(ret_hash, ACCOUNTS_HASH_SIZE, (const unsigned char *)secret,
			   strlen(secret), NULL, 0);
}
