#include "plugin/discovery/source_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "plugin/discovery/file.h"
#include "plugin/discovery/source.h"

void source_files_finish(struct source_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		buffer_finish(&files->items[i].text);
	}
	free(files->items);
}

static const char *main_name(const struct plugin_source *source)
{
	return strrchr(source->main_path, '/') + 1;
}

/* Write the path of a file for messages to ret_text. */
static void show(const struct source_files *list, const char *path, char *ret_text, size_t size)
{
	if (list->source->is_folder)
		snprintf(ret_text, size, "%s/%s", list->source->path, path);
	else
		snprintf(ret_text, size, "%s", list->source->path);
}

#define SHOWN_SIZE 400

static bool is_extension(const char *name)
{
	return file_name_ends_in(name, ".so") || file_name_ends_in(name, ".pyd") ||
	       file_name_ends_in(name, ".dylib");
}

static int append(void *arg, const uint8_t *data, size_t size)
{
	return buffer_append(arg, data, size);
}

static bool is_utf8(const char *text, size_t size)
{
	json_t *string = json_stringn(text ? text : "", size);

	json_decref(string);
	return string;
}

static int check_text(struct source_file *file, const char *shown, struct error *err)
{
	static const char mark[] = {'\xEF', '\xBB', '\xBF'};

	if (file->text.size >= sizeof(mark) && !memcmp(file->text.data, mark, sizeof(mark)))
		buffer_consume(&file->text, sizeof(mark));
	if (!is_utf8(file->text.data, file->text.size))
		return error_set(err, ERROR_MALFORMED, "%s is not UTF-8 text; save it as UTF-8",
				 shown);
	if (!is_utf8(file->path, strlen(file->path)))
		return error_set(err, ERROR_MALFORMED,
				 "%s: the name of this file is not UTF-8; rename the file", shown);
	return 0;
}

/* `name` is the last part of the file's path, in the open folder. */
static int read_file(struct source_files *list, struct source_file *file, int folder,
		     const char *name)
{
	size_t left = PLUGIN_SOURCE_MAX - list->total;
	char shown[SHOWN_SIZE];
	struct stat stat;
	int fd, ret;

	show(list, file->path, shown, sizeof(shown));
	if (is_extension(name))
		return error_set(list->err, ERROR_UNSUPPORTED,
				 "%s is a compiled extension; only pure-Python packages run in the "
				 "sandbox",
				 shown);
	fd = file_open_regular(folder, name, shown, &stat, list->err);
	if (fd < 0)
		return fd;
	buffer_init(&file->text, left);
	ret = file_read(fd, shown, left, append, &file->text, list->err);
	close(fd);
	if (ret == ERROR_TOO_LARGE)
		return error_set(list->err, ret,
				 "%s: the plugin's sources are larger than %u bytes; move what is "
				 "not part of it elsewhere",
				 shown, PLUGIN_SOURCE_MAX);
	list->total += file->text.size;
	return ret ? ret : check_text(file, shown, list->err);
}

static int add_file(struct source_files *list, int folder, const char *path, const char *name,
		    const struct stat *stat)
{
	struct source_file file = {.path = strdup(path), .stat = *stat}, *room = NULL;
	char shown[SHOWN_SIZE];

	show(list, path, shown, sizeof(shown));
	if (list->count == PLUGIN_FILES_MAX) {
		free(file.path);
		return error_set(list->err, ERROR_TOO_LARGE,
				 "%s: the plugin has more than %d files; move what is not part of "
				 "it elsewhere",
				 shown, PLUGIN_FILES_MAX);
	}
	if (file.path)
		room = reallocarray(list->items, list->count + 1, sizeof(*room));
	if (!room) {
		free(file.path);
		return error_set(list->err, ERROR_NO_MEMORY, "%s: cannot read this file: %s", shown,
				 error_text(ERROR_NO_MEMORY));
	}
	list->items = room;
	room[list->count++] = file;
	list->total += strlen(path);
	if (!list->is_reading)
		return 0;
	if (list->total > PLUGIN_SOURCE_MAX)
		return error_set(list->err, ERROR_TOO_LARGE,
				 "%s: the plugin's sources are larger than %u bytes; move what is "
				 "not part of it elsewhere",
				 shown, PLUGIN_SOURCE_MAX);
	return read_file(list, &room[list->count - 1], folder, name);
}

static int add_folder(struct source_files *list, int fd, const char *prefix, int depth);

static int enter_folder(struct source_files *list, int folder, const char *path, const char *name,
			int depth)
{
	char shown[SHOWN_SIZE];
	int fd;

	show(list, path, shown, sizeof(shown));
	if (depth == PLUGIN_DEPTH_MAX)
		return error_set(list->err, ERROR_TOO_LARGE,
				 "%s: the plugin has folders more than %d deep; move them up",
				 shown, PLUGIN_DEPTH_MAX - 1);
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(
			list->err, ERROR_SYSTEM, errno,
			"%s: cannot open this folder of the plugin (check its mode and owner)",
			shown);
	return add_folder(list, fd, path, depth + 1);
}

/* Files that an editor or an interpreter leaves behind. */
static bool is_ignored(const char *name)
{
	return name[0] == '.' || !strcmp(name, "__pycache__") || file_name_ends_in(name, "~") ||
	       file_name_ends_in(name, ".tmp");
}

static int add_entry(struct source_files *list, int folder, const char *prefix, const char *name,
		     int depth)
{
	struct stat stat;
	char *path;
	int ret = 0;

	if (is_ignored(name))
		return 0;
	if (++list->entries > PLUGIN_ENTRIES_MAX)
		return error_set(list->err, ERROR_TOO_LARGE,
				 "%s has more than %d entries; a plugin's folder holds its sources "
				 "and nothing else",
				 list->source->path, PLUGIN_ENTRIES_MAX);
	if (fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW))
		return 0; /* removed since readdir() */
	if (asprintf(&path, "%s%s%s", prefix, *prefix ? "/" : "", name) < 0)
		return error_set(list->err, ERROR_NO_MEMORY, "%s: cannot read this plugin: %s",
				 list->source->path, error_text(ERROR_NO_MEMORY));
	if (S_ISDIR(stat.st_mode))
		ret = enter_folder(list, folder, path, name, depth);
	else if (S_ISLNK(stat.st_mode) || file_name_ends_in(name, ".py") || is_extension(name))
		ret = add_file(list, folder, path, name, &stat);
	free(path);
	return ret;
}

/* Takes ownership of `fd`. `depth`: number of parts in the paths of its entries. */
static int add_folder(struct source_files *list, int fd, const char *prefix, int depth)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	int ret = 0;

	if (!dir) {
		close(fd);
		return error_set(list->err, ERROR_NO_MEMORY, "%s: cannot read this plugin: %s",
				 list->source->path, error_text(ERROR_NO_MEMORY));
	}
	while (!ret && (entry = readdir(dir)))
		ret = add_entry(list, dirfd(dir), prefix, entry->d_name, depth);
	closedir(dir);
	return ret;
}

static int compare(const void *left, const void *right)
{
	const struct source_file *a = left, *b = right;

	return strcmp(a->path, b->path);
}

/* Sort by path, then move the main file to the front. */
static int sort(struct source_files *list)
{
	struct source_file main;
	size_t at = 0;

	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare);
	while (at < list->count && strcmp(list->items[at].path, main_name(list->source)))
		at++;
	if (at == list->count)
		return ERROR_NOT_FOUND;
	main = list->items[at];
	memmove(list->items + 1, list->items, at * sizeof(main));
	list->items[0] = main;
	return 0;
}

static int fill(struct source_files *list)
{
	const struct plugin_source *source = list->source;
	struct stat stat;
	int fd;

	if (source->kind == PLUGIN_SCRIPT && source->is_folder) {
		fd = open(source->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			return add_folder(list, fd, "", 1);
	} else if (!lstat(source->main_path, &stat)) {
		return add_file(list, AT_FDCWD, main_name(source), source->main_path, &stat);
	}
	return error_set_errno(list->err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
			       "%s: cannot open this plugin (check its path, mode and owner)",
			       source->path);
}

int source_files_list(const struct plugin_source *source, bool is_reading,
		      struct source_files *ret_files, struct error *err)
{
	struct source_files list = {.source = source, .is_reading = is_reading, .err = err};
	int ret = fill(&list), sorted = sort(&list);

	/* For a fingerprint, a plugin with too many files is no error. */
	if (ret == ERROR_TOO_LARGE && !is_reading)
		ret = 0;
	if (!ret && sorted)
		ret = error_set(err, sorted, "%s is missing: put it back, or remove the plugin",
				source->main_path);
	if (ret) {
		source_files_finish(&list);
		return ret;
	}
	*ret_files = list;
	return 0;
}
