/*
 * Creates the accounts file completely or not at all. A daemon reads the file as soon as it
 * appears; half a file would look damaged and lock everybody out. So the file is written under a
 * temporary name and linked to its own name when everything is on the disk. A process that dies
 * earlier leaves no accounts file.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "store/accounts/internal.h"

static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, password TEXT NOT NULL,"
	" role INTEGER NOT NULL CHECK (role IN (2, 3)), created_ms INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS tokens (name TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE,"
	" role INTEGER NOT NULL CHECK (role IN (1, 2, 3)), created_ms INTEGER NOT NULL,"
	" used_ms INTEGER NOT NULL, revoked_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS sessions (hash BLOB PRIMARY KEY,"
	" user TEXT NOT NULL REFERENCES users ON DELETE CASCADE, created_ms INTEGER NOT NULL,"
	" used_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"PRAGMA user_version = 1;"
	"COMMIT;";

struct place {
	int folder;
	char shown[PATH_MAX];	      /* path of the folder, for messages */
	char temporary[NAME_MAX + 1]; /* name of the temporary file */
	char path[PATH_MAX];	      /* path of the temporary file */
};

static int open_place(const char *path, struct place *ret_place, const char **ret_name,
		      struct error *err)
{
	const char *slash = strrchr(path, '/');
	int ret;

	*ret_name = slash ? slash + 1 : path;
	ret = durable_file_temporary(*ret_name, ret_place->temporary, sizeof(ret_place->temporary),
				     err);
	if (ret)
		return ret;
	snprintf(ret_place->shown, sizeof(ret_place->shown), "%.*s",
		 slash ? (int)(slash - path) : 1, slash ? path : ".");
	if (snprintf(ret_place->path, sizeof(ret_place->path), "%s/%s", ret_place->shown,
		     ret_place->temporary) >= (int)sizeof(ret_place->path))
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path of the accounts file is too long: choose another "
				 "data folder with --data",
				 path);
	ret_place->folder =
		open(slash == path ? "/" : ret_place->shown, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return ret_place->folder < 0 ? error_set_errno(err, ERROR_SYSTEM, errno,
						       "cannot open the folder of the accounts "
						       "file (check its mode and owner)")
				     : 0;
}

/*
 * Without a journal, which a dying process would leave behind: half of this file is of no use
 * anyway.
 */
static int fill(const struct place *place, struct error *err)
{
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2(place->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				   NULL);
	int ret = code ? accounts_fail(code, err)
		       : accounts_exec(db, "PRAGMA journal_mode = OFF;", err);

	if (!ret)
		ret = accounts_exec(db, schema, err);
	sqlite3_close(db);
	return ret;
}

/*
 * Create the file before SQLite does, which would let others read it. If root runs this, the
 * folder's user owns the file.
 */
static int make_temporary(const struct place *place, struct error *err)
{
	struct durable_owner owner;
	struct stat folder;
	int ret;

	if (fstat(place->folder, &folder))
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"cannot read the folder of the accounts file (check its mode and owner)");
	owner = (struct durable_owner){folder.st_uid, folder.st_gid};
	ret = durable_file_create(place->folder, place->shown, place->temporary, "", 0,
				  geteuid() ? NULL : &owner, err);
	if (ret)
		return ret;
	ret = fill(place, err);
	if (!ret)
		ret = durable_file_flush(place->folder, place->shown, place->temporary, err);
	if (ret)
		unlinkat(place->folder, place->temporary, 0);
	return ret;
}

/* If two processes do this at the same time, the first one's file stays and both use it. */
int accounts_create_file(const char *path, struct error *err)
{
	struct place place;
	const char *name;
	int ret;

	if (!access(path, F_OK))
		return 0;
	ret = open_place(path, &place, &name, err);
	if (ret)
		return ret;
	durable_file_remove_leftovers(place.folder, name);
	ret = make_temporary(&place, err);
	if (!ret)
		ret = durable_file_publish_new(place.folder, place.shown, place.temporary, name,
					       err);
	close(place.folder);
	return ret == ERROR_EXISTS ? 0 : ret;
}
