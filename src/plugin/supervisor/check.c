/* Twice a second: the memory and processor time of each plugin, and of all plugins together. */
#include <malloc.h>
#include <stdlib.h>

#include "base/aligned_timer.h"
#include "plugin/process/memory_total.h"
#include "plugin/supervisor/internal.h"

#define CHECK_MS 500
/* So many plugins are checked at once. With more plugins the timer runs more often, and each time
 * checks a part of them: one long pass over a thousand processes would delay their polls. */
#define CHECK_AT_ONCE 128

/* All running versions and candidates, borrowed. The caller frees the array; NULL if out of memory.
 */
static struct plugin **list_versions(const struct supervisor *supervisor, size_t *ret_count)
{
	struct plugin **plugins =
		calloc(supervisor->count * SLOT_VERSIONS + 1, sizeof(struct plugin *));

	*ret_count = 0;
	for (size_t i = 0; plugins && i < supervisor->count; i++)
		*ret_count += slot_versions(supervisor->slots[i], plugins + *ret_count);
	return plugins;
}

static void check_total_memory(const struct supervisor *supervisor, struct plugin **plugins,
			       size_t count)
{
	uint64_t total = memory_total_bytes(supervisor->config.config);
	size_t *used = calloc(count + 1, sizeof(*used));
	int which;

	for (size_t i = 0; used && i < count; i++)
		used[i] = plugin_memory_bytes(plugins[i]);
	while (used && (which = memory_total_pick(used, count, total)) >= 0) {
		used[which] = 0; /* its memory is free in a moment */
		plugin_end_for_memory(plugins[which], total);
	}
	free(used);
}

static void count_computing(struct supervisor *supervisor, struct plugin **plugins, size_t count)
{
	supervisor->turns.computing = 0;
	for (size_t i = 0; i < count; i++)
		supervisor->turns.computing += plugin_computes(plugins[i]);
}

/* A removed plugin frees its memory when it has closed, so not before that. */
static void trim(struct supervisor *supervisor)
{
	if (!supervisor->must_trim || supervisor->open_parts > 1)
		return;
	supervisor->must_trim = false;
	malloc_trim(0);
}

/* When each plugin has been checked: what concerns all of them together. */
static void end_round(struct supervisor *supervisor)
{
	struct plugin **plugins;
	size_t count;

	supervisor->checked = 0;
	plugins = list_versions(supervisor, &count);
	check_total_memory(supervisor, plugins, count);
	count_computing(supervisor, plugins, count);
	free(plugins);
}

static void on_time(uv_timer_t *timer);

/* In how many parts the plugins are checked. */
static void set_parts(struct supervisor *supervisor)
{
	size_t parts = supervisor->count / CHECK_AT_ONCE + 1;

	if (parts == supervisor->check_parts && uv_is_active((uv_handle_t *)&supervisor->checking))
		return;
	supervisor->check_parts = parts;
	aligned_timer_start(&supervisor->checking, on_time, CHECK_MS / parts);
}

static void on_time(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;
	size_t end;

	aligned_timer_start(timer, on_time, CHECK_MS / supervisor->check_parts);
	trim(supervisor);
	if (!supervisor->count && !supervisor->must_trim) {
		uv_timer_stop(timer);
		return;
	}
	end = supervisor->checked + supervisor->count / supervisor->check_parts + 1;
	while (supervisor->checked < end && supervisor->checked < supervisor->count)
		slot_check(supervisor->slots[supervisor->checked++]);
	if (supervisor->checked < supervisor->count)
		return;
	end_round(supervisor);
	set_parts(supervisor);
}

void supervisor_begin_checks(struct supervisor *supervisor)
{
	if (!uv_is_active((uv_handle_t *)&supervisor->checking))
		set_parts(supervisor);
}

void supervisor_trim_later(struct supervisor *supervisor)
{
	supervisor->must_trim = true;
	supervisor_begin_checks(supervisor);
}
