#include "plugin/discovery/tree_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

struct folder {
	uv_fs_event_t event;
	struct folder *next;
	struct tree_watch *watch;
	bool is_seen; /* it is in the list that is being applied */
	dev_t device; /* with `inode`, which folder the path named when the watch began */
	ino_t inode;
	char path[];
};

struct tree_watch {
	uv_loop_t *loop;
	tree_watch_changed *on_changed;
	void *arg;
	struct folder *folders; /* owned */
	size_t unwatched;	/* number of folders that are not watched */
	char first_unwatched[256];
	char path[];
};

static void free_folder(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_event(uv_fs_event_t *event, const char *file, int events, int status)
{
	struct folder *folder = event->data;

	(void)file;
	(void)events;
	(void)status; /* an error is a change too: the folder may be gone */
	folder->watch->on_changed(folder->watch->arg);
}

/* NULL also if another folder was moved to the path, as a new version of a bundle is: the watch
 * follows the folder, not the path. */
static struct folder *find(struct tree_watch *watch, const char *path)
{
	struct folder *folder = watch->folders;
	struct stat now;

	while (folder && strcmp(folder->path, path) != 0)
		folder = folder->next;
	if (folder && !stat(path, &now) &&
	    (now.st_ino != folder->inode || now.st_dev != folder->device))
		return NULL;
	return folder;
}

static int add(struct tree_watch *watch, const char *path)
{
	size_t size = strlen(path) + 1;
	struct folder *folder = calloc(1, sizeof(*folder) + size);
	struct stat now = {0};

	if (!folder)
		return ERROR_NO_MEMORY;
	stat(path, &now);
	folder->device = now.st_dev;
	folder->inode = now.st_ino;
	memcpy(folder->path, path, size);
	folder->watch = watch;
	folder->is_seen = true;
	uv_fs_event_init(watch->loop, &folder->event);
	folder->event.data = folder;
	if (uv_fs_event_start(&folder->event, on_event, path, 0)) {
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

/* Makes a list by a breadth-first walk, with the list itself as the queue. */
struct walk {
	struct tree_watch_list *list;
	unsigned depth[TREE_WATCH_FOLDERS_MAX]; /* of each folder in the list; 0 for the root */
	size_t top[TREE_WATCH_FOLDERS_MAX];	/* index of its ancestor directly below the root */
	size_t share[TREE_WATCH_FOLDERS_MAX]; /* folders listed of that ancestor, itself included */
};

static void leave_out(struct tree_watch_list *list, const char *path)
{
	if (!list->left_out++)
		list->first_left_out = strdup(path);
}

/* `from`: index of the folder that `path` is in. */
static void append(struct walk *walk, const char *path, size_t from)
{
	struct tree_watch_list *list = walk->list;
	unsigned depth = list->count ? walk->depth[from] + 1 : 0;
	size_t index = list->count, top = depth > 1 ? walk->top[from] : index;
	char **room;

	if (index == TREE_WATCH_FOLDERS_MAX || depth > TREE_WATCH_DEPTH_MAX ||
	    (depth > 1 && walk->share[top] == TREE_WATCH_SHARE_MAX)) {
		leave_out(list, path);
		return;
	}
	room = reallocarray(list->paths, index + 1, sizeof(*room));
	if (room) {
		list->paths = room;
		room[index] = strdup(path);
	}
	if (!room || !room[index]) {
		leave_out(list, path);
		return;
	}
	walk->depth[index] = depth;
	walk->top[index] = top;
	walk->share[index] = 0;
	walk->share[top]++;
	list->count++;
}

static void append_inner(struct walk *walk, size_t from)
{
	const char *path = walk->list->paths[from];
	DIR *directory = opendir(path);
	char inner[PATH_MAX];
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (is_folder(directory, entry) &&
		    snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) < PATH_MAX)
			append(walk, inner, from);
	}
	if (directory)
		closedir(directory);
}

/* Breadth first, so that the folders of all plugins come before deep folders of one plugin. */
void tree_watch_list(const char *folder, struct tree_watch_list *ret_list)
{
	struct walk *walk = malloc(sizeof(*walk));

	*ret_list = (struct tree_watch_list){0};
	if (!walk)
		return;
	walk->list = ret_list;
	append(walk, folder, 0);
	for (size_t i = 0; i < ret_list->count; i++)
		append_inner(walk, i);
	free(walk);
}

void tree_watch_list_finish(struct tree_watch_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	free(list->first_left_out);
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

int tree_watch_create(uv_loop_t *loop, const char *folder, tree_watch_changed *on_changed,
		      void *arg, struct tree_watch **ret_watch, struct error *err)
{
	size_t size = strlen(folder) + 1;
	struct tree_watch *watch = calloc(1, sizeof(*watch) + size);

	if (!watch)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while watching the plugins folder; this machine "
				 "needs more free memory");
	watch->loop = loop;
	watch->on_changed = on_changed;
	watch->arg = arg;
	memcpy(watch->path, folder, size);
	*ret_watch = watch;
	return 0;
}

static void note_unwatched(struct tree_watch *watch, const char *path)
{
	if (!watch->unwatched++)
		snprintf(watch->first_unwatched, sizeof(watch->first_unwatched), "%s", path);
}

int tree_watch_apply(struct tree_watch *watch, const struct tree_watch_list *list, bool *ret_is_new,
		     struct error *err)
{
	int ret = list->count ? 0 : ERROR_NO_MEMORY;

	watch->unwatched = list->left_out;
	snprintf(watch->first_unwatched, sizeof(watch->first_unwatched), "%s",
		 list->first_left_out ? list->first_left_out : "");
	for (size_t i = 0; i < list->count; i++) {
		struct folder *known = find(watch, list->paths[i]);

		if (known)
			known->is_seen = true;
		else if (!add(watch, list->paths[i]))
			*ret_is_new = true;
		else if (!i)
			ret = ERROR_SYSTEM;
		else
			note_unwatched(watch, list->paths[i]);
	}
	drop_unseen(watch);
	return ret ? error_set(err, ret,
			       "cannot watch the folder %s for changes (raise the kernel's "
			       "fs.inotify.max_user_watches)",
			       watch->path)
		   : 0;
}

size_t tree_watch_unwatched(const struct tree_watch *watch, const char **ret_first)
{
	*ret_first = watch->first_unwatched;
	return watch->unwatched;
}

int tree_watch_refresh(struct tree_watch *watch, struct error *err)
{
	struct tree_watch_list list;
	bool is_new = false;
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
	drop_unseen(watch); /* drops all folders, since none is marked */
	free(watch);
}
