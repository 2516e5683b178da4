/* The list of a bundle's files, and which paths it may have. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bundle/manifest.h"

void bundle_files_finish(struct bundle_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	*files = (struct bundle_files){0};
}

int bundle_files_add(struct bundle_files *files, const char *path, uint64_t size,
		     const uint8_t sha256[32])
{
	struct bundle_file file = {.path = strdup(path), .size = size}, *room = NULL;

	if (file.path)
		room = reallocarray(files->items, files->count + 1, sizeof(*room));
	if (!room) {
		free(file.path);
		return ERROR_NO_MEMORY;
	}
	memcpy(file.sha256, sha256, sizeof(file.sha256));
	files->items = room;
	room[files->count++] = file;
	files->total += size;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct bundle_file *)a)->path, ((const struct bundle_file *)b)->path);
}

void bundle_files_sort(struct bundle_files *files)
{
	if (files->count)
		qsort(files->items, files->count, sizeof(*files->items), compare);
}

/* Neither empty nor hidden, and so neither "." nor "..". */
static bool is_good_part(const char *part, size_t size)
{
	return size && *part != '.';
}

static bool is_good_path(const char *path)
{
	unsigned depth = 0;

	if (!*path || strlen(path) > BUNDLE_PATH_MAX)
		return false;
	for (const char *at = path; *at; at++)
		if (*at < ' ' || *at > '~' || *at == '\\' || *at == ':')
			return false;
	while (true) {
		size_t size = strcspn(path, "/");

		if (!is_good_part(path, size) || ++depth > PLUGIN_DEPTH_MAX)
			return false;
		if (!path[size])
			return true;
		path += size + 1;
	}
}

static int compare_folded(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether `path` is `other`, or a file in a folder of that name, if case is ignored. */
static bool collides(const char *other, const char *path)
{
	size_t size = strlen(other);

	return !strncasecmp(other, path, size) && (!path[size] || path[size] == '/');
}

/* A path that collides with another. In the order without case, what begins with "NAME/" need not
 * follow NAME at once, but only paths that begin with NAME are between. */
static const char *find_collision(const char **paths, size_t count)
{
	qsort(paths, count, sizeof(*paths), compare_folded);
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(paths[i]);

		for (size_t j = i + 1; j < count && !strncasecmp(paths[i], paths[j], size); j++)
			if (collides(paths[i], paths[j]))
				return paths[j];
	}
	return NULL;
}

static int check_collisions(const struct bundle_files *files, struct error *err)
{
	const char **paths = calloc(files->count + 1, sizeof(*paths)), *found;
	int ret = 0;

	if (!paths)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while checking a bundle; this machine needs more "
				 "free memory");
	for (size_t i = 0; i < files->count; i++)
		paths[i] = files->items[i].path;
	found = find_collision(paths, files->count);
	if (found)
		ret = error_set(err, ERROR_MALFORMED,
				"the bundle has two files with the path \"%s\" (capital letters "
				"do not count): rename one",
				found);
	free(paths);
	return ret;
}

int bundle_files_check(const struct bundle_files *files, struct error *err)
{
	if (!files->count)
		return error_set(
			err, ERROR_MALFORMED,
			"the bundle has no files: build it again from the plugin's folder");
	if (files->count > BUNDLE_FILES_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the bundle has more than %d files: move what the plugin does not "
				 "need elsewhere",
				 BUNDLE_FILES_MAX);
	if (files->total > BUNDLE_BYTES_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the files of the bundle have more than %llu MB: move what the "
				 "plugin does not need elsewhere",
				 BUNDLE_BYTES_MAX >> 20);
	for (size_t i = 0; i < files->count; i++) {
		const char *path = files->items[i].path;

		if (!is_good_path(path))
			return error_set(
				err, ERROR_MALFORMED,
				"a bundle cannot have a file with the path \"%.200s\", which is "
				"absolute, leads out of the folder, is hidden, is too long, or has "
				"other characters than printable ASCII: rename the file",
				path);
		if (i && strcmp(files->items[i - 1].path, path) >= 0)
			return error_set(err, ERROR_MALFORMED,
					 "the bundle's list of files is not sorted at \"%.200s\": "
					 "build the bundle again",
					 path);
	}
	return check_collisions(files, err);
}

static bool is_same(const struct bundle_file *a, const struct bundle_file *b)
{
	return a->size == b->size && !memcmp(a->sha256, b->sha256, sizeof(a->sha256));
}

bool bundle_files_equal(const struct bundle_files *a, const struct bundle_files *b,
			const char **ret_path)
{
	for (size_t i = 0; i < a->count || i < b->count; i++) {
		int order = i == a->count   ? 1
			    : i == b->count ? -1
					    : strcmp(a->items[i].path, b->items[i].path);

		if (order || !is_same(&a->items[i], &b->items[i])) {
			*ret_path = order > 0 ? b->items[i].path : a->items[i].path;
			return false;
		}
	}
	return true;
}
