#include "plugin/supervisor/folder_watch.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/work_queue.h"
#include "plugin/discovery/tree_watch.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/disabled_plugins.h"
#include "plugin/supervisor/folder_snapshot.h"

/*
 * How long to wait after an event, since saving one file causes several. It is longer than a tick
 * of the kernel's clock for file times (4 ms), so that a file written after a snapshot has another
 * time than the snapshot saw.
 */
#define QUIET_MS 5
#define UNWATCHED_LOOK_MS 30000 /* how often to scan if some folders cannot be watched */

struct folder_watch {
	struct folder_watch_config config;
	struct tree_watch *plugins, *approvals, *disabled; /* owned */
	uv_timer_t timer;
	struct folder_snapshot snapshot; /* only the thread pool touches it while is_looking */
	bool is_looking;		 /* a snapshot is under way */
	bool is_wanted;			 /* take another one afterwards */
	bool is_distrusted;		 /* discard the one under way: folder_watch_distrust() */
	bool is_closed;			 /* the timer is closed */
	bool is_closing;
	bool is_partial; /* some folders are not watched, and the warning was given */
};

static void destroy_when_closed(struct folder_watch *watch)
{
	if (watch->is_closed && !watch->is_looking)
		free(watch);
}

static void begin(struct folder_watch *watch)
{
	watch->snapshot = (struct folder_snapshot){
		.plugins_folder = watch->config.plugins_folder,
		.approvals = watch->config.approvals,
		.disabled = watch->config.disabled,
	};
	watch->is_wanted = watch->is_distrusted = false;
	watch->config.events->on_begun(watch->config.arg, &watch->snapshot);
}

/* Warn once if some folders cannot be watched, and scan regularly while that is so. */
static void look_at_the_unwatched(struct folder_watch *watch)
{
	const char *first;
	size_t count = tree_watch_unwatched(watch->plugins, &first);
	struct error err;

	if (count && !watch->is_partial) {
		error_set(
			&err, ERROR_TOO_LARGE,
			"%zu folders, such as %s, are not watched for changes (limits: %d folders "
			"of a plugin, %d in all, and the kernel's fs.inotify.max_user_watches); "
			"changes in them are noticed within %d s",
			count, first, TREE_WATCH_SHARE_MAX, TREE_WATCH_FOLDERS_MAX,
			UNWATCHED_LOOK_MS / 1000);
		watch->config.events->on_warning(watch->config.arg, err.text);
	}
	watch->is_partial = count > 0;
	if (count)
		folder_watch_snapshot(watch, UNWATCHED_LOOK_MS);
}

static void take_result(struct folder_watch *watch)
{
	struct error err = {0};
	bool is_new = false;

	/* Watch new folders, then scan again: a change between the two is seen twice, but never
	 * missed. */
	if (tree_watch_apply(watch->plugins, &watch->snapshot.folders, &is_new, &err))
		watch->config.events->on_warning(watch->config.arg, err.text);
	if (is_new)
		folder_watch_snapshot(watch, 0);
	look_at_the_unwatched(watch);
	watch->config.events->on_ended(watch->config.arg, &watch->snapshot);
}

static void run(void *arg)
{
	struct folder_watch *watch = arg;

	folder_snapshot_run(&watch->snapshot);
}

static void done(void *arg, int status)
{
	struct folder_watch *watch = arg;

	watch->is_looking = false;
	if (!watch->is_closing && !status && !watch->is_distrusted)
		take_result(watch);
	folder_snapshot_finish(&watch->snapshot);
	if (watch->is_closing)
		destroy_when_closed(watch);
	else if (watch->is_wanted || watch->is_distrusted)
		folder_watch_snapshot(watch, 0);
}

static void snapshot(uv_timer_t *timer)
{
	struct folder_watch *watch = timer->data;

	if (watch->is_looking) {
		watch->is_wanted = true;
		return;
	}
	begin(watch);
	watch->is_looking = true;
	if (work_queue_submit(watch->config.queue, run, done, watch)) {
		/* The queue is full of the owner's decisions: try again soon. */
		watch->is_looking = false;
		folder_snapshot_finish(&watch->snapshot);
		folder_watch_snapshot(watch, QUIET_MS);
	}
}

void folder_watch_snapshot(struct folder_watch *watch, uint64_t delay_ms)
{
	uv_handle_t *timer = (uv_handle_t *)&watch->timer;

	if (watch->is_closing ||
	    (uv_is_active(timer) && uv_timer_get_due_in(&watch->timer) < delay_ms))
		return;
	uv_timer_start(&watch->timer, snapshot, delay_ms, 0);
}

void folder_watch_distrust(struct folder_watch *watch)
{
	watch->is_distrusted = watch->is_looking;
	folder_watch_snapshot(watch, 0);
}

static void changed(void *arg)
{
	folder_watch_snapshot(arg, QUIET_MS);
}

void folder_watch_start(struct folder_watch *watch)
{
	struct tree_watch *const rules[] = {watch->approvals, watch->disabled};
	struct error err = {0};

	for (int i = 0; i < 2; i++)
		if (tree_watch_refresh(rules[i], &err))
			watch->config.events->on_warning(watch->config.arg, err.text);
	if (tree_watch_refresh(watch->plugins, &err))
		watch->config.events->on_warning(watch->config.arg, err.text);
	look_at_the_unwatched(watch);
	begin(watch);
	folder_snapshot_run(&watch->snapshot);
	watch->config.events->on_ended(watch->config.arg, &watch->snapshot);
	folder_snapshot_finish(&watch->snapshot);
}

int folder_watch_create(const struct folder_watch_config *config, struct folder_watch **ret_watch,
			struct error *err)
{
	struct folder_watch *watch = calloc(1, sizeof(*watch));
	int ret;

	if (!watch)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while watching the plugins folder; this machine "
				 "needs more free memory");
	watch->config = *config;
	ret = tree_watch_create(config->loop, config->plugins_folder, changed, watch,
				&watch->plugins, err);
	if (!ret)
		ret = tree_watch_create(config->loop, approvals_folder(config->approvals), changed,
					watch, &watch->approvals, err);
	if (!ret)
		ret = tree_watch_create(config->loop, disabled_plugins_folder(config->disabled),
					changed, watch, &watch->disabled, err);
	if (ret) {
		tree_watch_close(watch->plugins);
		tree_watch_close(watch->approvals);
		tree_watch_close(watch->disabled);
		free(watch);
		return ret;
	}
	uv_timer_init(config->loop, &watch->timer);
	watch->timer.data = watch;
	*ret_watch = watch;
	return 0;
}

static void timer_closed(uv_handle_t *handle)
{
	struct folder_watch *watch = handle->data;

	watch->is_closed = true;
	destroy_when_closed(watch);
}

void folder_watch_close(struct folder_watch *watch)
{
	if (!watch)
		return;
	watch->is_closing = true;
	tree_watch_close(watch->plugins);
	tree_watch_close(watch->approvals);
	tree_watch_close(watch->disabled);
	uv_close((uv_handle_t *)&watch->timer, timer_closed);
}
