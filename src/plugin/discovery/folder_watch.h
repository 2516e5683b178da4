/*
 * Looks at the plugins folder whenever it, or what the owner says, may have changed: at the pool,
 * one look at a time. What changes during a look is seen by another one after it. Loop thread.
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_FOLDER_WATCH_H
#define HARVESTER_PLUGIN_DISCOVERY_FOLDER_WATCH_H

#include <stdint.h>
#include <uv.h>

struct approvals;
struct error;
struct folder_watch;
struct snapshot;
struct disabled_plugins;
struct work_queue;

struct folder_watch_events {
	/* A look begins: fill in known and known_count (owned by the look). */
	void (*begins)(void *arg, struct snapshot *snapshot);
	/* It ended; what is in it may be taken out, the rest is freed. look->ret may be an error.
	 */
	void (*ended)(void *arg, struct snapshot *snapshot);
	/* For the log. */
	void (*warning)(void *arg, const char *text);
};

/* All borrowed. */
struct folder_watch_config {
	uv_loop_t *loop;
	const char *plugins_folder;
	const struct approvals *approvals;
	const struct disabled_plugins *disabled;
	struct work_queue *queue; /* of the looks, and of what is written for them to see */
	const struct folder_watch_events *events;
	void *arg;
};

int folder_watch_create(const struct folder_watch_config *config, struct folder_watch **ret_watch,
			struct error *err);

/* Begin to watch; the first look is made now, on this thread. Its result is in `ended`. */
void folder_watch_start(struct folder_watch *watch);

/* Look (again) in so many milliseconds, or earlier. */
void folder_watch_look(struct folder_watch *watch, uint64_t delay_ms);

/*
 * Something was decided that a look under way may not have seen: its result is thrown away, and
 * another look follows.
 */
void folder_watch_distrust(struct folder_watch *watch);

/* No event follows; the memory ends in a later turn of the loop, and the queue is not used any more
 * once it has closed. NULL is allowed. */
void folder_watch_close(struct folder_watch *watch);

#endif
