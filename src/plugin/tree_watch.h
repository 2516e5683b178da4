/*
 * Watches a folder and the folders in it (a plugin's lib/ with its packages) for any change.
 * Loop thread.
 */
#ifndef HARVESTER_PLUGIN_TREE_WATCH_H
#define HARVESTER_PLUGIN_TREE_WATCH_H

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

/* Watch folders that are new since the last time, forget those that are gone. ERROR_SYSTEM where the
 * folder itself cannot be watched. */
int tree_watch_refresh(struct tree_watch *watch, struct error *err);

/* No callback follows; the memory ends in later turns of the loop. NULL is allowed. */
void tree_watch_close(struct tree_watch *watch);

#endif
