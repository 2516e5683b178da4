/*
 * Watches a folder and the folders in it (a plugin's lib/ with its packages) for any change.
 *
 * Loop thread, but for the making of a list.
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_TREE_WATCH_H
#define HARVESTER_PLUGIN_DISCOVERY_TREE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct error;
struct tree_watch;

#define TREE_WATCH_DEPTH_MAX 8 /* levels below the folder; deeper ones are not watched */
/* in all; the folder itself and those directly in it first */
#define TREE_WATCH_FOLDERS_MAX 1024
/* of one folder directly in it (a plugin), itself included */
#define TREE_WATCH_SHARE_MAX 64

/* Something below the folder came, went or changed; more than once for one change. */
typedef void tree_watch_changed(void *arg);

/* Nothing is watched yet: see tree_watch_refresh(). */
int tree_watch_create(uv_loop_t *loop, const char *folder, tree_watch_changed *changed, void *arg,
		      struct tree_watch **ret_watch, struct error *err);

/* The folder and those below it. What the pointers point to is owned. */
struct tree_watch_list {
	char **paths;
	size_t count;
	size_t left_out;      /* for the limits above, or for want of memory */
	char *first_left_out; /* a path; NULL: none */
};

/* Blocks on the disk; any thread. A folder that cannot be read has no folders in it. */
void tree_watch_list(const char *folder, struct tree_watch_list *ret_list);
void tree_watch_list_finish(struct tree_watch_list *list);

/*
 * Watch those of the list that are new since the last time (then *ret_is_new is set: what changed
 * in them before this is not told), forget those that are not in it. ERROR_SYSTEM where the folder
 * itself cannot be watched.
 */
int tree_watch_apply(struct tree_watch *watch, const struct tree_watch_list *list, bool *ret_is_new,
		     struct error *err);

/*
 * How many folders of the last list are not watched: left out of it, or refused by the kernel (see
 * fs.inotify.max_user_watches in inotify(7)). *ret_first: the path of one, cut at 255 bytes;
 * borrowed, good until the next list is applied.
 */
size_t tree_watch_unwatched(const struct tree_watch *watch, const char **ret_first);

/* Both at once: for small folders, or before anything else runs. */
int tree_watch_refresh(struct tree_watch *watch, struct error *err);

/* No callback follows; the memory ends in later turns of the loop. NULL is allowed. */
void tree_watch_close(struct tree_watch *watch);

#endif
