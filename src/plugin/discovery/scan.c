#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/reserved.h"
#include "plugin/discovery/file.h"
#include "plugin/discovery/source.h"

struct scanner {
	const char *folder;
	int folder_length; /* without trailing slashes */
	int fd;		   /* of the folder; borrowed */
	size_t entries;
	struct plugin_scan scan;
};

static void finish_skipped(struct plugin_skipped *skipped)
{
	free(skipped->path);
	free(skipped->reason);
}

void plugin_skipped_free(struct plugin_skipped *skipped, size_t count)
{
	for (size_t i = 0; i < count; i++)
		finish_skipped(&skipped[i]);
	free(skipped);
}

void plugin_scan_finish(struct plugin_scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		plugin_source_finish(&scan->sources[i]);
	plugin_skipped_free(scan->skipped, scan->skipped_count);
	free(scan->sources);
	*scan = (struct plugin_scan){0};
}

/* FOLDER/ and the formatted text. The caller frees it; NULL if out of memory. */
__attribute__((format(printf, 2, 3))) static char *make_path(const struct scanner *scanner,
							     const char *format, ...)
{
	char *rest = NULL, *path = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&rest, format, args) < 0)
		rest = NULL;
	va_end(args);
	if (rest && asprintf(&path, "%.*s/%s", scanner->folder_length, scanner->folder, rest) < 0)
		path = NULL;
	free(rest);
	return path;
}

/* Takes ownership of `path`, which may be NULL (out of memory). */
__attribute__((format(printf, 3, 4))) static int skip(struct scanner *scanner, char *path,
						      const char *format, ...)
{
	struct plugin_scan *scan = &scanner->scan;
	struct plugin_skipped skipped = {.path = path}, *room;
	va_list args;

	va_start(args, format);
	if (vasprintf(&skipped.reason, format, args) < 0)
		skipped.reason = NULL;
	va_end(args);
	room = reallocarray(scan->skipped, scan->skipped_count + 1, sizeof(*room));
	if (room)
		scan->skipped = room;
	if (!room || !skipped.path || !skipped.reason) {
		finish_skipped(&skipped);
		return ERROR_NO_MEMORY;
	}
	room[scan->skipped_count++] = skipped;
	return 0;
}

static bool is_ignored(const char *name)
{
	return name[0] == '.' || name[0] == '_' || file_name_ends_in(name, "~") ||
	       file_name_ends_in(name, ".tmp");
}

static bool is_code(const char *name)
{
	return file_name_ends_in(name, ".py") || file_name_ends_in(name, ".wasm");
}

static bool is_good_name(const char *name)
{
	return strlen(name) < PLUGIN_NAME_SIZE &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-_.")];
}

/* The S_IFMT bits of `name`; 0 if it does not exist. */
static mode_t type_of(int folder, const char *name, int flags)
{
	struct stat stat;

	return fstatat(folder, name, &stat, flags) ? 0 : stat.st_mode & S_IFMT;
}

/* Why `name` is not a regular file; NULL if it is one, or if it does not exist. */
static const char *why_not_regular(int folder, const char *name)
{
	switch (type_of(folder, name, AT_SYMLINK_NOFOLLOW)) {
	case 0:
	case S_IFREG:
		return NULL;
	case S_IFLNK:
		return "is a symbolic link; plugins have to be real files and folders";
	default:
		return "is not a regular file";
	}
}

static char *take_path(struct plugin_source *source)
{
	char *path = source->path;

	source->path = NULL;
	plugin_source_finish(source);
	return path;
}

/* Takes ownership of the paths in *source, also on failure. */
static int add_source(struct scanner *scanner, const char *name, struct plugin_source *source)
{
	struct plugin_scan *scan = &scanner->scan;
	struct plugin_source *room;

	if (!is_good_name(name))
		return skip(scanner, take_path(source),
			    "a plugin's name has letters, digits, \"-\", \"_\" and \".\", and at "
			    "most %d of them",
			    PLUGIN_NAME_SIZE - 1);
	if (name_is_reserved(name))
		return skip(scanner, take_path(source),
			    "the name %s is reserved for this program itself; rename the plugin",
			    name);
	memcpy(source->name, name, strlen(name) + 1);
	room = reallocarray(scan->sources, scan->count + 1, sizeof(*room));
	if (room)
		scan->sources = room;
	if (!room || !source->path || !source->main_path || !source->permission_path) {
		plugin_source_finish(source);
		return ERROR_NO_MEMORY;
	}
	room[scan->count++] = *source;
	return 0;
}

static int take_file(struct scanner *scanner, const char *entry)
{
	struct plugin_source source = {0};
	char *name = strndup(entry, (size_t)(strrchr(entry, '.') - entry)), *permission;
	const char *why = why_not_regular(scanner->fd, entry);
	int ret;

	if (!name || asprintf(&permission, "%s.permission.toml", name) < 0) {
		free(name);
		return ERROR_NO_MEMORY;
	}
	if (is_ignored(name)) {
		ret = 0;
	} else if (why) {
		ret = skip(scanner, make_path(scanner, "%s", entry), "%s", why);
	} else if ((why = why_not_regular(scanner->fd, permission))) {
		ret = skip(scanner, make_path(scanner, "%s", entry), "%s %s", permission, why);
	} else {
		source.kind = file_name_ends_in(entry, ".py") ? PLUGIN_SCRIPT : PLUGIN_COMPONENT;
		source.path = make_path(scanner, "%s", entry);
		source.main_path = make_path(scanner, "%s", entry);
		source.permission_path = make_path(scanner, "%s", permission);
		ret = add_source(scanner, name, &source);
	}
	free(permission);
	free(name);
	return ret;
}

/* Whether the folder has code, so that its author may expect it to run as a plugin. */
static bool holds_code(int fd)
{
	DIR *dir = folder_open_again(fd);
	const struct dirent *entry;
	bool found = false;

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		found = is_code(entry->d_name);
	closedir(dir);
	return found;
}

static int take_open_folder(struct scanner *scanner, int fd, const char *entry)
{
	struct plugin_source source = {.is_folder = true};
	bool is_script = type_of(fd, "plugin.py", AT_SYMLINK_NOFOLLOW);
	bool is_component = type_of(fd, "plugin.wasm", AT_SYMLINK_NOFOLLOW);
	const char *main = is_script ? "plugin.py" : "plugin.wasm";
	const char *why = why_not_regular(fd, main), *which = main;
	int ret = 0;

	if (!is_script && !is_component)
		return holds_code(fd) ? skip(scanner, make_path(scanner, "%s", entry),
					     "has neither plugin.py nor plugin.wasm")
				      : 0;
	if (!why)
		why = why_not_regular(fd, which = "permission.toml");
	if (why)
		return skip(scanner, make_path(scanner, "%s", entry), "%s %s", which, why);
	if (is_script && is_component)
		ret = skip(scanner, make_path(scanner, "%s/plugin.wasm", entry),
			   "plugin.py beside it is run instead");
	if (ret)
		return ret;
	source.kind = is_script ? PLUGIN_SCRIPT : PLUGIN_COMPONENT;
	source.path = make_path(scanner, "%s", entry);
	source.main_path = make_path(scanner, "%s/%s", entry, main);
	source.permission_path = make_path(scanner, "%s/permission.toml", entry);
	return add_source(scanner, entry, &source);
}

static int take_folder(struct scanner *scanner, const char *entry)
{
	int fd = openat(scanner->fd, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return skip(scanner, make_path(scanner, "%s", entry), "%s", strerror(errno));
	ret = take_open_folder(scanner, fd, entry);
	close(fd);
	return ret;
}

static int take_entry(struct scanner *scanner, const char *entry)
{
	mode_t type = type_of(scanner->fd, entry, AT_SYMLINK_NOFOLLOW);

	if (!type || is_ignored(entry))
		return 0;
	if (type == S_IFDIR)
		return take_folder(scanner, entry);
	if (is_code(entry))
		return take_file(scanner, entry);
	if (type == S_IFLNK && type_of(scanner->fd, entry, 0) == S_IFDIR)
		return skip(scanner, make_path(scanner, "%s", entry), "%s",
			    why_not_regular(scanner->fd, entry));
	return 0;
}

static int rank(const struct plugin_source *source)
{
	if (source->is_folder)
		return 0;
	return source->kind == PLUGIN_SCRIPT ? 1 : 2;
}

static int compare(const void *left, const void *right)
{
	const struct plugin_source *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : rank(a) - rank(b);
}

/* Skip all but the first plugin of each name, and plugins after the first PLUGINS_MAX. */
static int drop_extra(struct scanner *scanner)
{
	struct plugin_scan *scan = &scanner->scan;
	size_t kept = 0;
	int ret = 0;

	for (size_t i = 0; i < scan->count; i++) {
		struct plugin_source *source = &scan->sources[i];
		const struct plugin_source *last = kept ? &scan->sources[kept - 1] : NULL;
		bool is_double = last && !strcmp(last->name, source->name);

		if (!ret && !is_double && kept < PLUGINS_MAX) {
			if (kept != i) {
				scan->sources[kept] = *source;
				*source = (struct plugin_source){0};
			}
			kept++;
			continue;
		}
		if (!ret && is_double)
			ret = skip(scanner, strdup(source->path),
				   "%s has the same name and is run instead", last->path);
		else if (!ret)
			ret = skip(scanner, strdup(source->path),
				   "there are %d plugins before it, which is the limit",
				   PLUGINS_MAX);
		plugin_source_finish(source);
	}
	scan->count = kept;
	return ret;
}

static int take_all(struct scanner *scanner, DIR *dir, struct error *err)
{
	const struct dirent *entry;
	int ret = 0;

	while (!ret && (entry = readdir(dir))) {
		if (++scanner->entries > PLUGIN_FOLDER_ENTRIES_MAX)
			return error_set(err, ERROR_TOO_LARGE,
					 "%s has more than %d entries; move files that are no "
					 "plugins elsewhere",
					 scanner->folder, PLUGIN_FOLDER_ENTRIES_MAX);
		ret = take_entry(scanner, entry->d_name);
	}
	if (scanner->scan.count)
		qsort(scanner->scan.sources, scanner->scan.count, sizeof(struct plugin_source),
		      compare);
	if (!ret)
		ret = drop_extra(scanner);
	return ret ? error_set(err, ret, "%s: cannot scan this folder for plugins: %s",
			       scanner->folder, error_text(ret))
		   : 0;
}

static void scanner_init(struct scanner *scanner, const char *folder)
{
	size_t length = strlen(folder);

	while (length > 1 && folder[length - 1] == '/')
		length--;
	*scanner = (struct scanner){.folder = folder, .folder_length = (int)length};
}

static DIR *open_folder(struct scanner *scanner, struct error *err)
{
	DIR *dir = opendir(scanner->folder);

	if (!dir)
		error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				"%s: cannot open this folder (check its path, mode and owner)",
				scanner->folder);
	else
		scanner->fd = dirfd(dir);
	return dir;
}

int plugin_scan(const char *folder, struct plugin_scan *ret_scan, struct error *err)
{
	struct error own = {0};
	struct scanner scanner;
	DIR *dir;
	int ret;

	err = err ? err : &own;
	scanner_init(&scanner, folder);
	dir = open_folder(&scanner, err);
	if (!dir)
		return err->code;
	ret = take_all(&scanner, dir, err);
	closedir(dir);
	if (ret)
		plugin_scan_finish(&scanner.scan);
	else
		*ret_scan = scanner.scan;
	return ret;
}

/* Turn the scan of one path into its plugin, or into an error. */
static int take_only(struct scanner *scanner, const char *path, struct plugin_source *ret_source,
		     struct error *err)
{
	struct plugin_scan *scan = &scanner->scan;

	if (scan->count) {
		*ret_source = scan->sources[0];
		scan->count = 0;
		return 0;
	}
	if (scan->skipped_count)
		return error_set(err, ERROR_INVALID, "%s %s", scan->skipped[0].path,
				 scan->skipped[0].reason);
	return error_set(
		err, ERROR_NOT_FOUND,
		"%s is not a plugin: expected NAME.py, NAME.wasm, or a folder with plugin.py or "
		"plugin.wasm",
		path);
}

int plugin_source_open(const char *path, struct plugin_source *ret_source, struct error *err)
{
	char *folder = strdup(path), *entry;
	struct error own = {0};
	struct scanner scanner;
	DIR *dir;
	int ret;

	err = err ? err : &own;
	if (!folder)
		return error_set(err, ERROR_NO_MEMORY, "%s: cannot look for a plugin there: %s",
				 path, error_text(ERROR_NO_MEMORY));
	for (size_t length = strlen(folder); length > 1 && folder[length - 1] == '/'; length--)
		folder[length - 1] = '\0';
	entry = strrchr(folder, '/');
	if (entry)
		*entry++ = '\0';
	scanner_init(&scanner, !entry ? "." : *folder ? folder : "/");
	dir = open_folder(&scanner, err);
	ret = dir ? take_entry(&scanner, entry ? entry : folder) : err->code;
	if (!ret)
		ret = take_only(&scanner, path, ret_source, err);
	if (dir)
		closedir(dir);
	plugin_scan_finish(&scanner.scan);
	free(folder);
	return ret;
}
