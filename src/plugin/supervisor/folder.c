/* Keeps one slot for each plugin that the latest snapshot of the plugins folder has. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "plugin/supervisor/folder_snapshot.h"
#include "plugin/supervisor/folder_watch.h"
#include "plugin/supervisor/internal.h"
#include "plugin/supervisor/schedule.h"

static void add_slot(struct supervisor *supervisor, size_t at, const char *name)
{
	struct slot **room =
		reallocarray(supervisor->slots, supervisor->count + 1, sizeof(*supervisor->slots));
	struct slot *slot = room ? slot_create(&supervisor->slot_services, name) : NULL;

	if (room)
		supervisor->slots = room;
	if (!slot)
		return; /* out of memory; the next snapshot tries again */
	memmove(room + at + 1, room + at, (supervisor->count - at) * sizeof(*room));
	room[at] = slot;
	supervisor->count++;
	supervisor_begin_checks(supervisor);
}

static void remove_slot(struct supervisor *supervisor, size_t at)
{
	struct slot *slot = supervisor->slots[at];

	supervisor->count--;
	memmove(supervisor->slots + at, supervisor->slots + at + 1,
		(supervisor->count - at) * sizeof(*supervisor->slots));
	log_info(slot_name(slot), "removed");
	slot_stop(slot);
	supervisor->config.events->on_removed(supervisor->config.events_arg, slot_name(slot),
					      "its plugin was removed");
	schedule_begin(supervisor->schedule); /* its LEDs go dark at the end of the cycle */
	slot_destroy(slot);
}

/* Add and remove slots until they match the snapshot; both are sorted by name. */
static void match_slots(struct supervisor *supervisor, const struct folder_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count || i < supervisor->count;) {
		const char *here = i < supervisor->count ? slot_name(supervisor->slots[i]) : NULL;
		const char *there = i < snapshot->count ? snapshot->items[i].mark.name : NULL;
		int order = !there ? -1 : !here ? 1 : strcmp(here, there);
		size_t count = supervisor->count;

		if (order < 0)
			remove_slot(supervisor, i);
		else if (order > 0)
			add_slot(supervisor, i, there);
		if (order > 0 && supervisor->count == count)
			return; /* out of memory */
		i += order >= 0;
	}
}

static void on_snapshot_begun(void *arg, struct folder_snapshot *snapshot)
{
	const struct supervisor *supervisor = arg;

	snapshot->known =
		supervisor->count ? calloc(supervisor->count, sizeof(*snapshot->known)) : NULL;
	snapshot->known_count = snapshot->known ? supervisor->count : 0;
	for (size_t i = 0; i < snapshot->known_count; i++)
		snapshot->known[i] = *slot_mark(supervisor->slots[i]);
}

/* Start the search at the same index: a folder is read in the same order each time, and there may
 * be thousands. */
static bool is_known_skip(const struct supervisor *supervisor, const struct plugin_skipped *skipped,
			  size_t at)
{
	for (size_t i = 0; i < supervisor->skipped_count; i++, at++) {
		const struct plugin_skipped *known =
			&supervisor->skipped[at % supervisor->skipped_count];

		if (!strcmp(known->path, skipped->path) && !strcmp(known->reason, skipped->reason))
			return true;
	}
	return false;
}

/* Warn once of each skipped file while it exists, though every change of a file leads to a new
 * scan. Moves the list out of `scan`. */
static void warn_of_skipped(struct supervisor *supervisor, struct plugin_scan *scan)
{
	for (size_t i = 0; i < scan->skipped_count; i++) {
		if (!is_known_skip(supervisor, &scan->skipped[i], i))
			log_warning("plugins", "%s: %s", scan->skipped[i].path,
				    scan->skipped[i].reason);
	}
	plugin_skipped_free(supervisor->skipped, supervisor->skipped_count);
	supervisor->skipped = scan->skipped;
	supervisor->skipped_count = scan->skipped_count;
	scan->skipped = NULL;
	scan->skipped_count = 0;
}

static void take_snapshot(struct supervisor *supervisor, struct folder_snapshot *snapshot)
{
	bool at_once = !supervisor->is_started;
	size_t count = supervisor->count;
	uint64_t again_ms;

	warn_of_skipped(supervisor, &snapshot->scan);
	match_slots(supervisor, snapshot);
	if (supervisor->count < count)
		supervisor_trim_later(supervisor);
	for (size_t i = 0; i < snapshot->count && i < supervisor->count; i++) {
		if (strcmp(slot_name(supervisor->slots[i]), snapshot->items[i].mark.name) != 0)
			break; /* out of memory when its slot was added */
		again_ms = slot_take(supervisor->slots[i], &snapshot->items[i], at_once);
		if (again_ms)
			folder_watch_snapshot(supervisor->watch, again_ms);
	}
	/* A removed plugin, or one that requests less now, may have released what another waits
	 * for. */
	for (size_t i = 0; i < supervisor->count; i++)
		slot_retry_busy(supervisor->slots[i]);
}

static void on_snapshot_ended(void *arg, struct folder_snapshot *snapshot)
{
	struct supervisor *supervisor = arg;

	if (!snapshot->ret) {
		take_snapshot(supervisor, snapshot);
	} else if (supervisor->is_started) {
		log_error("plugins", "%s", snapshot->err.text);
	} else {
		supervisor->first_result = snapshot->ret;
		supervisor->first_error = snapshot->err;
	}
}

static void on_watch_warning(void *arg, const char *text)
{
	(void)arg;
	log_warning("plugins", "%s", text);
}

const struct folder_watch_events supervisor_folder_events = {
	.on_begun = on_snapshot_begun,
	.on_ended = on_snapshot_ended,
	.on_warning = on_watch_warning,
};
