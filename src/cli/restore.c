/*
 * `harvester restore`: unpacks a backup beside the target folders, checks it, and only then renames
 * it into place. What was there before is kept beside it under another name.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/archive.h"
#include "cli/archive_budget.h"
#include "cli/command.h"
#include "cli/load_config.h"
#include "cli/places.h"
#include "config/config.h"
#include "config/problem.h"
#include "store/data_lock.h"
#include "store/sqlite.h"

#define MANIFEST_SIZE_MAX 4096
#define SUFFIX_SIZE 64

enum { CONFIG, PLUGINS, DATA, PARTS };

static const char *const part_names[PARTS] = {"config.toml", "plugins", "data"};

struct part {
	char place[PATH_MAX];
	char staged[PATH_MAX]; /* where it is unpacked, beside `place` */
	char kept[PATH_MAX];   /* where the old content was moved to; "": not moved */
	bool is_in_backup, is_placed;
};

struct restore {
	struct part parts[PARTS];
	bool force;
	struct archive_budget budget;
	struct error *err;
};

static int fail_errno(struct restore *restore, const char *path)
{
	return error_set_errno(
		restore->err, ERROR_SYSTEM, errno,
		"%s: cannot use this path for the restore (check its mode and owner, and the disk)",
		path);
}

/* Places */

static int set_place(struct restore *restore, int which, const char *path)
{
	struct part *part = &restore->parts[which];
	size_t size = strlen(path);

	while (size > 1 && path[size - 1] == '/')
		size--;
	if (size + SUFFIX_SIZE >= sizeof(part->place))
		return error_set(restore->err, ERROR_TOO_LARGE,
				 "%s: the path is too long: use a folder with a shorter path",
				 path);
	snprintf(part->place, sizeof(part->place), "%.*s", (int)size, path);
	snprintf(part->staged, sizeof(part->staged), "%.*s.restoring", (int)size, path);
	return 0;
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *where)
{
	(void)found, (void)type, (void)where;
	return remove(path);
}

static void remove_staged(struct restore *restore)
{
	for (int i = 0; i < PARTS; i++)
		nftw(restore->parts[i].staged, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Unpacking */

/* True if the name is relative and has no ".", ".." or empty part, so that it stays below its
 * folder. */
static bool is_safe(const char *name)
{
	if (strlen(name) >= ARCHIVE_PATH_MAX)
		return false;
	while (true) {
		size_t size = strcspn(name, "/");

		if (!size || (size == 1 && *name == '.') || (size == 2 && !strncmp(name, "..", 2)))
			return false;
		if (!name[size])
			return true;
		name += size + 1;
		/* A folder's name may end in a slash. */
		if (!*name)
			return true;
	}
}

static struct part *find_part(struct restore *restore, const char *name, const char **ret_rest)
{
	for (int i = 0; i < PARTS; i++) {
		size_t size = strlen(part_names[i]);

		if (strncmp(name, part_names[i], size) != 0 || (name[size] && name[size] != '/'))
			continue;
		*ret_rest = name + size;
		return &restore->parts[i];
	}
	return NULL;
}

/* A compiled component runs unchecked, so a backup must hold neither one nor the key that
 * authenticates it. */
static bool is_compiled(const char *name)
{
	static const char cache[] = "data/cache";

	return !strncmp(name, cache, sizeof(cache) - 1) &&
	       strchr("/", name[sizeof(cache) - 1]) != NULL;
}

static int place_entry(struct restore *restore, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry), *rest;
	mode_t type = archive_entry_filetype(entry);
	char path[PATH_MAX];
	struct part *part;

	int ret;

	/* The size in the header: libarchive never unpacks more of the entry than that. */
	ret = archive_budget_take(&restore->budget, (uint64_t)archive_entry_size(entry),
				  restore->err);
	if (ret)
		return ret;
	if (!name || !is_safe(name))
		return error_set(restore->err, ERROR_MALFORMED,
				 "the backup contains a file with the unsafe name \"%.200s\", so "
				 "nothing was restored: use another backup",
				 name ? name : "");
	if (is_compiled(name))
		return error_set(
			restore->err, ERROR_MALFORMED,
			"the backup contains \"%.200s\", but `harvester backup` never saves "
			"compiled components, so somebody has changed it: use another backup",
			name);
	part = find_part(restore, name, &rest);
	if (!part)
		return error_set(restore->err, ERROR_MALFORMED,
				 "the backup contains \"%.200s\", which `harvester backup` never "
				 "saves: use another backup",
				 name);
	if ((type != AE_IFREG && type != AE_IFDIR) || archive_entry_hardlink(entry) ||
	    archive_entry_symlink(entry))
		return error_set(restore->err, ERROR_MALFORMED,
				 "\"%.200s\" in the backup is neither a file nor a folder: use "
				 "another backup",
				 name);
	if (snprintf(path, sizeof(path), "%s%s", part->staged, rest) >= (int)sizeof(path))
		return error_set(restore->err, ERROR_TOO_LARGE,
				 "%s: the path is too long: use a folder with a shorter path",
				 name);
	part->is_in_backup = true;
	archive_entry_set_pathname(entry, path);
	archive_entry_set_perm(entry, archive_entry_perm(entry) & 0755);
	return 0;
}

static int copy_content(struct restore *restore, struct archive *from, struct archive *to)
{
	const void *block;
	la_int64_t offset;
	size_t size;
	int code;

	while ((code = archive_read_data_block(from, &block, &size, &offset)) == ARCHIVE_OK)
		if (archive_write_data_block(to, block, size, offset) < ARCHIVE_WARN)
			return archive_fail(to, "cannot unpack the backup (is the disk full?)",
					    restore->err);
	return code == ARCHIVE_EOF ? 0
				   : archive_fail(from, "the backup is damaged (use another one)",
						  restore->err);
}

static int unpack_entry(struct restore *restore, struct archive *from, struct archive_entry *entry,
			struct archive *to)
{
	int ret = place_entry(restore, entry);

	if (ret)
		return ret;
	if (archive_write_header(to, entry) < ARCHIVE_WARN)
		return archive_fail(to, "cannot unpack the backup (is the disk full?)",
				    restore->err);
	ret = copy_content(restore, from, to);
	if (!ret && archive_write_finish_entry(to) < ARCHIVE_WARN)
		ret = archive_fail(to, "cannot unpack the backup (is the disk full?)",
				   restore->err);
	return ret;
}

/* The first entry says that this is a backup, and in which format. */
static int check_manifest(struct restore *restore, struct archive *from)
{
	char text[MANIFEST_SIZE_MAX];
	struct archive_entry *entry;
	json_t *manifest = NULL;
	json_int_t format;
	la_ssize_t size;

	if (archive_read_next_header(from, &entry) == ARCHIVE_OK &&
	    !strcmp(archive_entry_pathname(entry) ? archive_entry_pathname(entry) : "",
		    ARCHIVE_MANIFEST) &&
	    archive_entry_size(entry) < MANIFEST_SIZE_MAX) {
		size = archive_read_data(from, text, sizeof(text));
		manifest = size > 0 ? json_loadb(text, (size_t)size, 0, NULL) : NULL;
	}
	format = json_integer_value(json_object_get(manifest, "format"));
	json_decref(manifest);
	if (format < 1)
		return error_set(restore->err, ERROR_MALFORMED,
				 "this is not a backup of harvester: name a file that `harvester "
				 "backup` made");
	if (format > ARCHIVE_FORMAT)
		return error_set(restore->err, ERROR_UNSUPPORTED,
				 "a newer version of harvester made this backup: install that "
				 "version first");
	return 0;
}

static int unpack_all(struct restore *restore, struct archive *from, struct archive *to)
{
	int flags = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
		    (geteuid() ? 0 : ARCHIVE_EXTRACT_OWNER);
	int code, ret = check_manifest(restore, from);
	struct archive_entry *entry;

	archive_write_disk_set_options(to, flags);
	while (!ret && (code = archive_read_next_header(from, &entry)) != ARCHIVE_EOF)
		ret = code < ARCHIVE_WARN
			      ? archive_fail(from, "the backup is damaged (use another one)",
					     restore->err)
			      : unpack_entry(restore, from, entry, to);
	if (!ret && archive_write_close(to) < ARCHIVE_WARN)
		ret = archive_fail(to, "cannot unpack the backup (is the disk full?)",
				   restore->err);
	return ret;
}

static int unpack(struct restore *restore, const char *path)
{
	struct archive *from = archive_read_new(), *to = archive_write_disk_new();
	int ret;

	if (!from || !to) {
		ret = error_set(restore->err, ERROR_NO_MEMORY,
				"out of memory while reading the backup; this machine needs more "
				"free memory");
	} else {
		archive_read_support_filter_gzip(from);
		archive_read_support_format_tar(from);
		ret = archive_read_open_filename(from, path, 65536) != ARCHIVE_OK
			      ? archive_fail(from,
					     "this is not a backup of harvester: name a file that "
					     "`harvester backup` made",
					     restore->err)
			      : unpack_all(restore, from, to);
	}
	archive_read_free(from);
	archive_write_free(to);
	return ret;
}

/* Checking */

static int run_sql(sqlite3 *db, const char *text, uint64_t number)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(db, text, -1, &statement, NULL);

	if (code)
		return code;
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)number);
	sqlite3_step(statement);
	return sqlite3_finalize(statement);
}

/*
 * Give the restored history a new stream. After the backup was made, the node went on giving out
 * sequences; with the old stream, a hub would ignore new readings with the same sequences as
 * repetitions.
 */
static int begin_stream(sqlite3 *db, const char *path)
{
	uint64_t stream;

	if (!archive_has_suffix(path, "/history.db"))
		return 0;
	randombytes_buf(&stream, sizeof(stream));
	return run_sql(db, "UPDATE own SET stream = ?1", stream >> 1);
}

static int check_database(const char *path)
{
	sqlite3 *db = NULL;
	int64_t is_whole = 0;
	int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);

	if (!code)
		code = sqlite_number(db, "SELECT quick_check = 'ok' FROM pragma_quick_check",
				     &is_whole);
	if (!code)
		code = is_whole ? begin_stream(db, path) : SQLITE_CORRUPT;
	sqlite3_close(db);
	return code;
}

/* Called by nftw(), which passes no argument and stops at the first result that is not 0. */
static int check_file(const char *path, const struct stat *found, int type, struct FTW *where)
{
	(void)found, (void)where;
	return type == FTW_F && archive_has_suffix(path, ".db") ? check_database(path) : 0;
}

static int check_config(struct restore *restore, const char *path)
{
	struct problem_list problems;
	struct config *config = NULL;
	int ret;

	problem_list_init(&problems);
	ret = config_load(path, &config, &problems);
	if (ret)
		error_set(restore->err, ret,
			  "the configuration in the backup does not fit this machine (change it "
			  "there first): %s",
			  problems.count ? problems.items[0].text : error_text(ret));
	problem_list_finish(&problems);
	config_destroy(config);
	return ret;
}

static int check_staged(struct restore *restore)
{
	int code;

	if (!restore->parts[DATA].is_in_backup)
		return error_set(restore->err, ERROR_MALFORMED,
				 "the backup has no data folder: use another backup");
	if (restore->parts[CONFIG].is_in_backup &&
	    check_config(restore, restore->parts[CONFIG].staged))
		return ERROR_MALFORMED;
	code = nftw(restore->parts[DATA].staged, check_file, 16, FTW_PHYS);
	if (code)
		return error_set(
			restore->err, ERROR_MALFORMED,
			"one of the backup's databases is damaged (%s): use another backup",
			code > 0 ? sqlite3_errstr(code) : "it cannot be read");
	sync();
	return 0;
}

/* Placing */

static bool is_in_the_way(const char *path)
{
	struct stat found;

	if (lstat(path, &found))
		return false;
	/* An empty folder is removed, and so not in the way. */
	return !S_ISDIR(found.st_mode) || rmdir(path);
}

static int check_places(struct restore *restore)
{
	for (int i = 0; i < PARTS; i++) {
		const struct part *part = &restore->parts[i];

		if (part->is_in_backup && is_in_the_way(part->place) && !restore->force)
			return error_set(
				restore->err, ERROR_EXISTS,
				"%s already exists; --force moves it aside and restores the backup",
				part->place);
	}
	return 0;
}

static void take_back(struct restore *restore)
{
	for (int i = PARTS; i-- > 0;) {
		struct part *part = &restore->parts[i];

		if (part->is_placed)
			rename(part->place, part->staged);
		if (*part->kept)
			rename(part->kept, part->place);
	}
}

static int place_part(struct restore *restore, struct part *part)
{
	char kept[PATH_MAX];

	snprintf(kept, sizeof(kept), "%.*s.before-%" PRIu64, PATH_MAX - SUFFIX_SIZE, part->place,
		 clock_unix_ms(clock_system()));
	if (is_in_the_way(part->place)) {
		if (rename(part->place, kept))
			return fail_errno(restore, part->place);
		snprintf(part->kept, sizeof(part->kept), "%s", kept);
	}
	if (rename(part->staged, part->place))
		return fail_errno(restore, part->place);
	part->is_placed = true;
	return 0;
}

static int place_all(struct restore *restore)
{
	int ret = check_places(restore);

	for (int i = 0; !ret && i < PARTS; i++)
		if (restore->parts[i].is_in_backup)
			ret = place_part(restore, &restore->parts[i]);
	if (ret)
		take_back(restore);
	else
		sync();
	return ret;
}

static void say_what_was_done(const struct restore *restore)
{
	for (int i = 0; i < PARTS; i++) {
		const struct part *part = &restore->parts[i];

		if (part->is_placed)
			text_printf(stdout, "%s: restored%s%s\n", part->place,
				    *part->kept ? "; before: " : "", part->kept);
	}
}

static int run(struct restore *restore, const char *path)
{
	const char *data = restore->parts[DATA].place;
	int lock = -1, ret = 0;

	if (access(path, R_OK))
		return fail_errno(restore, path);
	if (!access(data, F_OK))
		ret = data_lock(data, &lock, restore->err);
	if (ret)
		return ret;
	remove_staged(restore);
	archive_budget_init(&restore->budget);
	archive_budget_limit_to_disk(&restore->budget, data);
	ret = unpack(restore, path);
	if (!ret)
		ret = check_staged(restore);
	if (!ret)
		ret = place_all(restore);
	remove_staged(restore);
	if (lock >= 0)
		close(lock);
	return ret ? error_wrap(restore->err, ret, "%s", path) : 0;
}

int command_restore(const struct command_options *options)
{
	struct restore *restore = calloc(1, sizeof(*restore));
	struct places places;
	struct error err = {0};
	int ret;

	if (!restore)
		return EXIT_FAILED;
	ret = places_find(options, PLACES_ANY, &places, &err);
	restore->force = options->force;
	restore->err = &err;
	if (!ret)
		ret = set_place(restore, CONFIG, *places.config ? places.config : DEFAULT_CONFIG);
	if (!ret)
		ret = set_place(restore, PLUGINS, places.plugins);
	if (!ret)
		ret = set_place(restore, DATA, places.data);
	if (!ret)
		ret = run(restore, options->words[0]);
	if (ret)
		text_printf(stderr, "harvester restore: %s\n", err.text);
	else
		say_what_was_done(restore);
	places_finish(&places);
	free(restore);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
