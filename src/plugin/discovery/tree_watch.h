/*
 * Watches a folder and the folders below it for changes, with inotify (through libuv). Loop thread,
 * except tree_watch_list().
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_TREE_WATCH_H
#define HARVESTER_PLUGIN_DISCOVERY_TREE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct error;
struct tree_watch;

#define TREE_WATCH_DEPTH_MAX 8 /* levels below the folder; deeper ones are not watched */
/* folders watched in all; the upper levels come first */
#define TREE_WATCH_FOLDERS_MAX 1024
/* folders watched of one plugin: a folder directly in the watched one, itself included */
#define TREE_WATCH_SHARE_MAX 64

/* Something in the folders was added, removed or changed. May be called several times for one
 * change. */
typedef void tree_watch_changed(void *arg);

/*
 * Create a watch that watches nothing yet; tree_watch_refresh() or tree_watch_apply() starts it.
 * Copies `folder`, borrows `arg`. The caller owns *ret_watch. ERROR_NO_MEMORY.
 */
int tree_watch_create(uv_loop_t *loop, const char *folder, tree_watch_changed *on_changed,
		      void *arg, struct tree_watch **ret_watch, struct error *err);

/* The folder and the folders below it. */
struct tree_watch_list {
	char **paths; /* owned, with the strings */
	size_t count;
	size_t left_out;      /* folders not in the list: over a limit above, or out of memory */
	char *first_left_out; /* owned; the path of one of them, or NULL */
};

/*
 * List the folders to watch. A folder that cannot be read counts as empty. The caller owns the
 * list's content. Any thread; blocks on the disk.
 */
void tree_watch_list(const char *folder, struct tree_watch_list *ret_list);
void tree_watch_list_finish(struct tree_watch_list *list);

/*
 * Watch the folders of the list, and no others. Sets *ret_is_new to true if some were not watched
 * before: changes in them before this call were missed. ERROR_SYSTEM if the top folder cannot be
 * watched; ERROR_NO_MEMORY.
 */
int tree_watch_apply(struct tree_watch *watch, const struct tree_watch_list *list, bool *ret_is_new,
		     struct error *err);

/*
 * How many folders are not watched: left out of the last list, or refused by the kernel (see
 * fs.inotify.max_user_watches in inotify(7)). *ret_first: the path of one, cut at 255 bytes;
 * borrowed until the next list is applied.
 */
size_t tree_watch_unwatched(const struct tree_watch *watch, const char **ret_first);

/*
 * Make the list and apply it. Blocks on the disk: use it for small folders, or before the loop
 * runs. Errors of tree_watch_apply().
 */
int tree_watch_refresh(struct tree_watch *watch, struct error *err);

/* Stop watching. No callback follows. Frees the memory in later turns of the loop. NULL is allowed.
 */
void tree_watch_close(struct tree_watch *watch);

#endif
