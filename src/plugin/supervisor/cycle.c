/* Cycles: when one may end, and the new state for every plugin at its end. */
#include "plugin/supervisor/internal.h"
#include "plugin/supervisor/schedule.h"

static bool anyone_polls(void *arg)
{
	const struct supervisor *supervisor = arg;

	for (size_t i = 0; i < supervisor->count; i++) {
		const struct plugin *plugin = slot_plugin(supervisor->slots[i]);

		if (plugin && plugin_is_polling(plugin))
			return true;
	}
	return false;
}

static bool anyone_takes_state(const struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->count; i++) {
		const struct plugin *plugin = slot_plugin(supervisor->slots[i]);

		if (plugin && plugin_takes_state(plugin))
			return true;
	}
	return false;
}

static void on_cycle_ended(void *arg)
{
	struct supervisor *supervisor = arg;
	size_t size;
	const char *state = supervisor->config.events->on_cycle_ended(
		supervisor->config.events_arg, anyone_takes_state(supervisor), &size);

	for (size_t i = 0; state && i < supervisor->count; i++) {
		struct plugin *plugin = slot_plugin(supervisor->slots[i]);

		if (plugin)
			plugin_offer_state(plugin, state, size);
	}
}

const struct schedule_events supervisor_cycle_events = {anyone_polls, on_cycle_ended};

void supervisor_begin_cycle(struct supervisor *supervisor)
{
	if (!supervisor->on_closed)
		schedule_begin(supervisor->schedule);
}
