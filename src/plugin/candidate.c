/* A candidate beside the running version: who is held while the other calls, and the handover. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "plugin/internal.h"

void plugin_hold(struct plugin *plugin, bool is_held)
{
	plugin->is_held = is_held;
	if (!is_held)
		plugin_release_host_call(plugin);
	plugin_call_due(plugin);
}

bool plugin_waits(const struct plugin *plugin)
{
	bool is_due = false;

	for (int i = 0; i < FUNCTIONS; i++)
		is_due |= plugin->is_due[i];
	return plugin->is_held && (plugin->held_call || (is_due && plugin->state == PLUGIN_IDLE));
}

void plugin_prime(struct plugin *candidate, const struct plugin *old)
{
	if (!candidate->offered && old->offered)
		candidate->offered = strdup(old->offered);
}

static void on_promotion_failed(const char *name, const char *text)
{
	log_error(name, "its new version has taken over, but %s", text);
}

void plugin_take_over(struct plugin *plugin, const struct plugin *old)
{
	struct plugin_result *result = plugin->candidate_result;
	struct error err = {0};

	plugin->is_candidate = false;
	capability_client_promote(&plugin->client, on_promotion_failed);
	capability_client_inherit(&plugin->client, &old->client);
	plugin_prime(plugin, old);
	plugin_tell_description(plugin);
	plugin_begin_schedule(plugin);
	plugin->candidate_result = NULL;
	if (result && plugin->services.events->on_polled(plugin->services.events_arg,
							 plugin->source.name, result, &err))
		plugin_fail(plugin, err.text, true);
	plugin_call_due(plugin);
}

void plugin_set_reload_error(struct plugin *plugin, const char *text)
{
	snprintf(plugin->reload_error, sizeof(plugin->reload_error), "%s", plugin_last_line(text));
	plugin->reload_error[strcspn(plugin->reload_error, "\n")] = '\0';
	text_make_utf8(plugin->reload_error);
}
