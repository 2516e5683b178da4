#include "plugin/tree_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

struct folder {
	uv_fs_event_t event;
	struct folder *next;
	struct tree_watch *watch;
	bool is_seen; /* in the walk under way */
	char path[];
};

struct tree_watch {
	uv_loop_t *loop;
	tree_watch_changed *changed;
	void *arg;
	struct folder *folders; /* owned */
	char path[];
};

static void free_folder(uv_handle_t *handle)
{
	free(handle->data);
}

static void changed(uv_fs_event_t *event, const char *file, int events, int status)
{
	struct folder *folder = event->data;

	(void)file;
	(void)events;
	(void)status; /* an error is a change too: the folder may be gone */
	folder->watch->changed(folder->watch->arg);
}

static struct folder *find(struct tree_watch *watch, const char *path)
{
	struct folder *folder = watch->folders;

	while (folder && strcmp(folder->path, path) != 0)
		folder = folder->next;
	return folder;
}

static int add(struct tree_watch *watch, const char *path)
{
	size_t size = strlen(path) + 1;
	struct folder *folder = calloc(1, sizeof(*folder) + size);

	if (!folder)
		return ERROR_NO_MEMORY;
	memcpy(folder->path, path, size);
	folder->watch = watch;
	folder->is_seen = true;
	uv_fs_event_init(watch->loop, &folder->event);
	folder->event.data = folder;
	if (uv_fs_event_start(&folder->event, changed, path, 0)) {
		uv_close((uv_handle_t *)&folder->event, free_folder);
		return ERROR_SYSTEM;
	}
	folder->next = watch->folders;
	watch->folders = folder;
	return 0;
}

static bool is_folder(DIR *directory, const struct dirent *entry)
{
	struct stat found;

	if (entry->d_name[0] == '.')
		return false;
	return !fstatat(dirfd(directory), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) &&
	       S_ISDIR(found.st_mode);
}

static bool append(struct tree_watch_list *list, const char *path)
{
	char **room = list->count < TREE_WATCH_FOLDERS_MAX
			      ? reallocarray(list->paths, list->count + 1, sizeof(*room))
			      : NULL;

	if (!room)
		return false;
	list->paths = room;
	room[list->count] = strdup(path);
	return room[list->count] && ++list->count;
}

static void walk(struct tree_watch_list *list, const char *path, unsigned depth)
{
	DIR *directory = append(list, path) && depth < TREE_WATCH_DEPTH_MAX ? opendir(path) : NULL;
	char inner[PATH_MAX];
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (is_folder(directory, entry) &&
		    snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) < PATH_MAX)
			walk(list, inner, depth + 1);
	}
	if (directory)
		closedir(directory);
}

void tree_watch_list(const char *folder, struct tree_watch_list *ret_list)
{
	*ret_list = (struct tree_watch_list){0};
	walk(ret_list, folder, 0);
}

void tree_watch_list_finish(struct tree_watch_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
}

static void drop_unseen(struct tree_watch *watch)
{
	struct folder **link = &watch->folders;

	while (*link) {
		struct folder *folder = *link;

		if (folder->is_seen) {
			folder->is_seen = false;
			link = &folder->next;
			continue;
		}
		*link = folder->next;
		uv_close((uv_handle_t *)&folder->event, free_folder);
	}
}

int tree_watch_create(uv_loop_t *loop, const char *folder, tree_watch_changed *callback, void *arg,
		      struct tree_watch **ret_watch, struct error *err)
{
	size_t size = strlen(folder) + 1;
	struct tree_watch *watch = calloc(1, sizeof(*watch) + size);

	if (!watch)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	watch->loop = loop;
	watch->changed = callback;
	watch->arg = arg;
	memcpy(watch->path, folder, size);
	*ret_watch = watch;
	return 0;
}

int tree_watch_apply(struct tree_watch *watch, const struct tree_watch_list *list, bool *ret_is_new,
		     struct error *err)
{
	int ret = list->count ? 0 : ERROR_NO_MEMORY;

	for (size_t i = 0; i < list->count; i++) {
		struct folder *known = find(watch, list->paths[i]);

		if (known)
			known->is_seen = true;
		else if (!add(watch, list->paths[i]))
			*ret_is_new = true;
		else if (!i)
			ret = ERROR_SYSTEM;
	}
	drop_unseen(watch);
	return ret ? error_set(err, ret, "%s cannot be watched for changes", watch->path) : 0;
}

int tree_watch_refresh(struct tree_watch *watch, struct error *err)
{
	struct tree_watch_list list;
	bool is_new;
	int ret;

	tree_watch_list(watch->path, &list);
	ret = tree_watch_apply(watch, &list, &is_new, err);
	tree_watch_list_finish(&list);
	return ret;
}

void tree_watch_close(struct tree_watch *watch)
{
	if (!watch)
		return;
	drop_unseen(watch); /* all: no walk is under way */
	free(watch);
}
