/* `harvester backup`: saves a node's configuration, plugins and data folder as one file. */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/archive.h"
#include "cli/archive_budget.h"
#include "cli/command.h"
#include "cli/places.h"
#include "cluster/authority/membership.h"
#include "cluster/authority/server_files.h"

#define BLOCK 65536
#define BUSY_MS 5000

struct backup {
	struct archive *archive; /* owned */
	struct archive *disk;	 /* owned: reads a file's attributes */
	char partial[PATH_MAX];	 /* the file while it is incomplete */
	char copy[PATH_MAX];	 /* a temporary copy of a database */
	struct archive_budget budget;
	struct error *err;
};

static int add_content(struct backup *backup, int fd, const char *path)
{
	static char block[BLOCK];
	ssize_t size;

	while ((size = read(fd, block, sizeof(block))) > 0)
		if (archive_write_data(backup->archive, block, (size_t)size) != size)
			return archive_fail(backup->archive,
					    "cannot write the backup file (is the disk full?)",
					    backup->err);
	return size ? error_set_errno(backup->err, ERROR_SYSTEM, errno,
				      "%s: cannot read this file (check the disk)", path)
		    : 0;
}

/* One file or folder, as it is on the disk now. */
static int add_entry(struct backup *backup, const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), ret = 0;
	struct archive_entry *entry;
	struct stat found;

	if (fd < 0)
		return error_set_errno(
			backup->err, ERROR_SYSTEM, errno,
			"%s: cannot open this for the backup (check its mode and owner)", path);
	if (fstat(fd, &found))
		ret = error_set_errno(
			backup->err, ERROR_SYSTEM, errno,
			"%s: cannot read this for the backup (check its mode and owner)", path);
	else
		ret = archive_budget_take(&backup->budget,
					  S_ISREG(found.st_mode) ? (uint64_t)found.st_size : 0,
					  backup->err);
	if (ret) {
		close(fd);
		return ret;
	}
	entry = archive_entry_new();
	archive_entry_copy_sourcepath(entry, path);
	archive_entry_set_pathname(entry, name);
	if (archive_read_disk_entry_from_file(backup->disk, entry, fd, NULL) != ARCHIVE_OK)
		ret = archive_fail(backup->disk, path, backup->err);
	else if (archive_write_header(backup->archive, entry) != ARCHIVE_OK)
		ret = archive_fail(backup->archive, path, backup->err);
	else if (archive_entry_filetype(entry) == AE_IFREG)
		ret = add_content(backup, fd, path);
	archive_entry_free(entry);
	close(fd);
	return ret;
}

/* Add a consistent copy of a database; the node may go on writing to it meanwhile. */
static int add_database(struct backup *backup, const char *path, const char *name)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int code, ret = 0;

	unlink(backup->copy);
	code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
	if (!code) {
		sqlite3_busy_timeout(db, BUSY_MS);
		code = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &statement, NULL);
	}
	if (!code) {
		sqlite3_bind_text(statement, 1, backup->copy, -1, SQLITE_STATIC);
		sqlite3_step(statement);
		code = sqlite3_finalize(statement);
	}
	sqlite3_close(db);
	if (code)
		ret = error_set(
			backup->err, ERROR_SYSTEM,
			"%s: cannot copy this database into the backup: %s (is the disk full?)",
			path, sqlite3_errstr(code));
	if (!ret)
		ret = add_entry(backup, backup->copy, name);
	unlink(backup->copy);
	return ret;
}

/* Left out: the cache, which is compiled again; the store of a cluster's server, which the nodes'
 * histories fill again; the journals of databases, which their copies
 * include; and damaged files that were moved aside. */
static bool is_left_out(const char *name, bool is_data)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-journal", ".tmp"};

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return true;
	if (!is_data)
		return !strcmp(name, "__pycache__");
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (archive_has_suffix(name, suffixes[i]))
			return true;
	return !strcmp(name, "cache") || strstr(name, ".corrupt-") || strstr(name, ".damaged-");
}

static bool is_server_store(const char *folder_name, const char *name)
{
	return !strcmp(folder_name, "data/" MEMBERSHIP_FOLDER) && !strcmp(name, SERVER_STORE);
}

static int add_tree(struct backup *backup, const char *path, const char *name, bool is_data);

static int add_child(struct backup *backup, const char *folder, const char *folder_name,
		     const char *child, bool is_data)
{
	char path[PATH_MAX], name[ARCHIVE_PATH_MAX];
	struct stat found;

	if (snprintf(path, sizeof(path), "%s/%s", folder, child) >= (int)sizeof(path) ||
	    snprintf(name, sizeof(name), "%s/%s", folder_name, child) >= (int)sizeof(name))
		return error_set(backup->err, ERROR_TOO_LARGE,
				 "%s/%s: the path is too long for a backup: choose a shorter name",
				 folder, child);
	if (lstat(path, &found))
		return errno == ENOENT ? 0
				       : error_set_errno(backup->err, ERROR_SYSTEM, errno,
							 "%s: cannot read this for the backup "
							 "(check its mode and owner)",
							 path);
	if (S_ISDIR(found.st_mode))
		return add_tree(backup, path, name, is_data);
	if (S_ISREG(found.st_mode))
		return is_data && archive_has_suffix(child, ".db")
			       ? add_database(backup, path, name)
			       : add_entry(backup, path, name);
	if (!S_ISSOCK(found.st_mode))
		text_printf(stderr,
			    "harvester backup: %s is neither a file nor a folder, ignoring\n",
			    path);
	return 0;
}

static int add_tree(struct backup *backup, const char *path, const char *name, bool is_data)
{
	int ret = add_entry(backup, path, name);
	struct dirent *child;
	DIR *folder;

	if (ret)
		return ret;
	folder = opendir(path);
	if (!folder)
		return error_set_errno(
			backup->err, ERROR_SYSTEM, errno,
			"%s: cannot read this folder for the backup (check its mode and owner)",
			path);
	while (!ret && (child = readdir(folder)))
		if (!is_left_out(child->d_name, is_data) && !is_server_store(name, child->d_name))
			ret = add_child(backup, path, name, child->d_name, is_data);
	closedir(folder);
	return ret;
}

static int add_manifest(struct backup *backup)
{
	json_t *manifest =
		json_pack("{s:i, s:s, s:I}", "format", ARCHIVE_FORMAT, "version", HARVESTER_VERSION,
			  "created_ms", (json_int_t)clock_unix_ms(clock_system()));
	char *text = manifest ? json_dumps(manifest, JSON_COMPACT) : NULL;
	struct archive_entry *entry = archive_entry_new();
	int ret = 0;

	json_decref(manifest);
	if (!text || !entry)
		ret = error_set(backup->err, ERROR_NO_MEMORY,
				"out of memory while writing the list of files of the backup; this "
				"machine needs more free memory");
	if (!ret) {
		archive_entry_set_pathname(entry, ARCHIVE_MANIFEST);
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_perm(entry, 0600);
		archive_entry_set_size(entry, (la_int64_t)strlen(text));
		if (archive_write_header(backup->archive, entry) != ARCHIVE_OK ||
		    archive_write_data(backup->archive, text, strlen(text)) < 0)
			ret = archive_fail(backup->archive,
					   "cannot write the backup file (is the disk full?)",
					   backup->err);
	}
	archive_entry_free(entry);
	free(text);
	return ret;
}

/* Fail if the backup would lack the configuration or the plugins. A running demonstration has no
 * configuration file to save. */
static int check_parts(const struct places *places, struct error *err)
{
	static const char advice[] = "or save the rest with --partial";

	if (!*places->config && !places->node.root)
		return error_set(err, ERROR_NOT_FOUND,
				 "found no configuration file to save: name it with --config, %s",
				 advice);
	if (*places->config && access(places->config, R_OK))
		return error_set_errno(err, ERROR_NOT_FOUND, errno,
				       "cannot read the configuration: name it with --config, %s: "
				       "%s",
				       advice, places->config);
	if (access(places->plugins, R_OK | X_OK))
		return error_set_errno(err, ERROR_NOT_FOUND, errno,
				       "cannot read the plugins: name their folder with --plugins, "
				       "%s: %s",
				       advice, places->plugins);
	return 0;
}

static int add_all(struct backup *backup, const struct places *places)
{
	int ret = add_manifest(backup);

	if (!ret && *places->config && !access(places->config, F_OK))
		ret = add_entry(backup, places->config, "config.toml");
	if (!ret && !access(places->plugins, F_OK))
		ret = add_tree(backup, places->plugins, "plugins", false);
	return ret ? ret : add_tree(backup, places->data, "data", true);
}

static int open_archive(struct backup *backup, int fd)
{
	backup->archive = archive_write_new();
	backup->disk = archive_read_disk_new();
	if (!backup->archive || !backup->disk)
		return error_set(backup->err, ERROR_NO_MEMORY,
				 "out of memory while writing the backup; this machine needs more "
				 "free memory");
	archive_read_disk_set_standard_lookup(backup->disk);
	if (archive_write_add_filter_gzip(backup->archive) != ARCHIVE_OK ||
	    archive_write_set_format_pax_restricted(backup->archive) != ARCHIVE_OK ||
	    archive_write_open_fd(backup->archive, fd) != ARCHIVE_OK)
		return archive_fail(backup->archive,
				    "cannot write the backup file (is the disk full?)",
				    backup->err);
	return 0;
}

static int write_archive(struct backup *backup, const struct places *places, int fd)
{
	int ret = open_archive(backup, fd);

	if (!ret)
		ret = add_all(backup, places);
	if (!ret && archive_write_close(backup->archive) != ARCHIVE_OK)
		ret = archive_fail(backup->archive,
				   "cannot write the backup file (is the disk full?)", backup->err);
	if (!ret && fsync(fd))
		ret = error_set_errno(backup->err, ERROR_SYSTEM, errno,
				      "cannot write the backup file (is the disk full?)");
	archive_write_free(backup->archive);
	archive_read_free(backup->disk);
	return ret;
}

static int write_backup(const char *path, const struct places *places, struct error *err)
{
	struct backup backup = {.err = err};
	int fd, ret;

	if (!access(path, F_OK))
		return error_set(err, ERROR_EXISTS, "%s already exists; choose another name", path);
	if (snprintf(backup.partial, sizeof(backup.partial), "%s.partial", path) >=
		    (int)sizeof(backup.partial) ||
	    snprintf(backup.copy, sizeof(backup.copy), "%s.copy", path) >= (int)sizeof(backup.copy))
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path is too long: choose a shorter name for the backup",
				 path);
	unlink(backup.partial);
	archive_budget_init(&backup.budget);
	fd = open(backup.partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s: cannot create the backup (check who may write to its folder)",
			backup.partial);
	ret = write_archive(&backup, places, fd);
	close(fd);
	if (!ret)
		ret = durable_file_publish_path(backup.partial, path, err);
	if (ret)
		unlink(backup.partial);
	else
		text_printf(stdout, "%s: %u files and folders\n", path, backup.budget.entries);
	return ret;
}

int command_backup(const struct command_options *options)
{
	struct places places;
	struct error err = {0};
	int ret = places_find(options, PLACES_EXACT, &places, &err);

	if (!ret && !options->partial)
		ret = check_parts(&places, &err);
	if (!ret)
		ret = write_backup(options->words[0], &places, &err);
	places_finish(&places);
	if (!ret)
		return EXIT_DONE;
	text_printf(stderr, "harvester backup: %s\n", err.text);
	return EXIT_FAILED;
}
