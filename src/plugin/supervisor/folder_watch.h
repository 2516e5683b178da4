/*
 * Takes a new snapshot whenever the plugins folder or the owner's decisions (DATA/approvals,
 * DATA/disabled) may have changed. Each snapshot is taken on the thread pool, one at a time. If
 * something changes meanwhile, another one follows. All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_FOLDER_WATCH_H
#define HARVESTER_PLUGIN_SUPERVISOR_FOLDER_WATCH_H

#include <stdint.h>
#include <uv.h>

struct approvals;
struct error;
struct folder_watch;
struct folder_snapshot;
struct disabled_plugins;
struct work_queue;

struct folder_watch_events {
	/* A snapshot begins: fill in its `known` and `known_count`; the snapshot owns them. */
	void (*on_begun)(void *arg, struct folder_snapshot *snapshot);
	/*
	 * The snapshot is complete, or snapshot->ret is an error. The callback may move items out
	 * of it; the rest is freed afterwards.
	 */
	void (*on_ended)(void *arg, struct folder_snapshot *snapshot);
	/* A text for the log. */
	void (*on_warning)(void *arg, const char *text);
};

/* Every pointer is borrowed until folder_watch_close(). */
struct folder_watch_config {
	uv_loop_t *loop;
	const char *plugins_folder;
	const struct approvals *approvals;
	const struct disabled_plugins *disabled;
	/* Runs the snapshots; also the writes of the owner's decisions, so that a later one sees
	 * them. */
	struct work_queue *queue;
	const struct folder_watch_events *events;
	void *arg;
};

/* Copies `config`. The caller owns *ret_watch. ERROR_NO_MEMORY. */
int folder_watch_create(const struct folder_watch_config *config, struct folder_watch **ret_watch,
			struct error *err);

/*
 * Begin to watch. Takes the first snapshot on this thread, which blocks, and calls on_ended() with
 * it before it returns.
 */
void folder_watch_start(struct folder_watch *watch);

/* Take a snapshot in at most delay_ms milliseconds. */
void folder_watch_snapshot(struct folder_watch *watch, uint64_t delay_ms);

/*
 * The owner has decided something that a snapshot under way may have missed: discard its result and
 * take another one.
 */
void folder_watch_distrust(struct folder_watch *watch);

/*
 * Stop watching. No event follows. Frees the memory in a later turn of the loop, after a snapshot
 * under way has ended. NULL is allowed.
 */
void folder_watch_close(struct folder_watch *watch);

#endif
