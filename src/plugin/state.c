/* A plugin's state: which moves between states are allowed, and what each move brings about. */
#include <assert.h>

#include "plugin/internal.h"

const char *plugin_state_name(enum plugin_state state)
{
	static const char *const names[] = {
#define X(name, text) text,
		PLUGIN_STATES(X)
#undef X
	};

	return names[state];
}

void plugin_set_state(struct plugin *plugin, enum plugin_state state)
{
#define MAY(name) (1u << PLUGIN_##name)
	static const unsigned allowed[] = {
		[PLUGIN_STOPPED] = MAY(PREPARING),
		[PLUGIN_PREPARING] = MAY(STARTING) | MAY(BACKOFF) | MAY(FAILED) | MAY(STOPPED),
		[PLUGIN_STARTING] =
			MAY(IDLE) | MAY(BACKOFF) | MAY(FAILED) | MAY(PREPARING) | MAY(STOPPED),
		[PLUGIN_IDLE] = MAY(CALLING) | MAY(BACKOFF) | MAY(FAILED) | MAY(STOPPED),
		[PLUGIN_CALLING] = MAY(IDLE) | MAY(BACKOFF) | MAY(FAILED) | MAY(STOPPED),
		[PLUGIN_BACKOFF] = MAY(PREPARING) | MAY(STOPPED),
		[PLUGIN_FAILED] = MAY(PREPARING) | MAY(STOPPED),
	};
#undef MAY

	if (!(allowed[plugin->state] & 1u << state))
		log_error(plugin->source.name,
			  "moves from state %s to %s, which is a bug of harvester: please report "
			  "it with this log",
			  plugin_state_name(plugin->state), plugin_state_name(state));
	assert(allowed[plugin->state] & 1u << state); /* after the log has said which */
	log_debug(plugin->source.name, "%s -> %s", plugin_state_name(plugin->state),
		  plugin_state_name(state));
	if (plugin->state == PLUGIN_IDLE)
		plugin_idle_ends(plugin);
	plugin->state = state;
	if (state != PLUGIN_CALLING)
		plugin_end_turn(plugin);
	if (state == PLUGIN_IDLE)
		plugin_idle_begins(plugin);
}
