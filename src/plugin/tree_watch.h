/*
 * Watches a folder and the folders in it (a plugin's lib/ with its packages) for any change.
 *
 * Loop thread, but for the making of a list.
 */
#ifndef HARVESTER_PLUGIN_TREE_WATCH_H
#define HARVESTER_PLUGIN_TREE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct error;
struct tree_watch;

#define TREE_WATCH_DEPTH_MAX 8
#define TREE_WATCH_FOLDERS_MAX 512 /* deeper and later ones are not watched */

/* Something below the folder came, went or changed; more than once for one change. */
typedef void tree_watch_changed(void *arg);

/* Nothing is watched yet: see tree_watch_refresh(). */
int tree_watch_create(uv_loop_t *loop, const char *folder, tree_watch_changed *changed, void *arg,
		      struct tree_watch **ret_watch, struct error *err);

/* The folder and those below it. `paths` and what is in it are owned. */
struct tree_watch_list {
	char **paths;
	size_t count;
};

/* Blocks on the disk; any thread. What cannot be read, or kept in memory, is left out. */
void tree_watch_list(const char *folder, struct tree_watch_list *ret_list);
void tree_watch_list_finish(struct tree_watch_list *list);

/*
 * Watch those of the list that are new since the last time (then *ret_is_new is set: what changed in
 * them before this is not told), forget those that are not in it. ERROR_SYSTEM where the folder itself
 * cannot be watched.
 */
int tree_watch_apply(struct tree_watch *watch, const struct tree_watch_list *list, bool *ret_is_new,
		     struct error *err);

/* Both at once: for small folders, or before anything else runs. */
int tree_watch_refresh(struct tree_watch *watch, struct error *err);

/* No callback follows; the memory ends in later turns of the loop. NULL is allowed. */
void tree_watch_close(struct tree_watch *watch);

#endif
