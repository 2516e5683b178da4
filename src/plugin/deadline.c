/* The deadline of a call, and of loading. */
#include <stdio.h>

#include "plugin/internal.h"
#include "plugin/process/guest.h"

#define NS_PER_MS 1000000u

/*
 * Waiting for others does not count against the deadline, up to this long in one call. Beyond that
 * it does, so that a plugin that only waits is killed too.
 */
#define PAUSE_MS_MAX 120000

/* While the plugin waits, there is no need to check more often. */
#define CHECK_MS_MIN 20

uint64_t plugin_waited_ms(const struct plugin *plugin)
{
	uint64_t ns = plugin->client.waited_ns - plugin->waited_before_ns + plugin->held_ns;

	if (plugin->host_call)
		ns += capability_call_waited_ns(plugin->host_call);
	if (plugin->held_call)
		ns += uv_hrtime() - plugin->held_from_ns;
	return ns / NS_PER_MS;
}

static void kill_late(struct plugin *plugin, uint64_t paused_ms)
{
	char why[160], waited[64] = "";

	if (paused_ms)
		snprintf(waited, sizeof(waited), "; %.3g s of waiting for others did not count",
			 (double)paused_ms / 1000);
	snprintf(why, sizeof(why), "%s%s took longer than its deadline of %.3g s and was killed%s",
		 plugin->state == PLUGIN_CALLING ? plugin_function_name(plugin, plugin->calling)
						 : "loading",
		 plugin->state == PLUGIN_CALLING ? "()" : "",
		 (double)plugin->options.deadline_ms / 1000, waited);
	plugin_weight_late(plugin);
	plugin->kills++;
	guest_kill(plugin->guest, why);
}

/* The waiting time is asked for only here, so the start and end of a wait need no timer. */
static void passed(uv_timer_t *timer)
{
	struct plugin *plugin = timer->data;
	uint64_t paused_ms = plugin_waited_ms(plugin);
	uint64_t passed_ms = (uv_hrtime() - plugin->deadline_from_ns) / NS_PER_MS, left_ms;

	if (paused_ms > PAUSE_MS_MAX)
		paused_ms = PAUSE_MS_MAX;
	if (passed_ms >= plugin->options.deadline_ms + paused_ms) {
		kill_late(plugin, paused_ms);
		return;
	}
	left_ms = plugin->options.deadline_ms + paused_ms - passed_ms;
	if (paused_ms && left_ms < CHECK_MS_MIN)
		left_ms = CHECK_MS_MIN;
	uv_timer_start(timer, passed, left_ms, 0);
}

void plugin_deadline_start(struct plugin *plugin)
{
	plugin->deadline_from_ns = uv_hrtime();
	plugin->waited_before_ns = plugin->client.waited_ns;
	plugin->held_ns = 0;
	uv_timer_start(&plugin->deadline, passed, plugin->options.deadline_ms, 0);
}
