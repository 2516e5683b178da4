/* A plugin's weight on the processor: below the broker's, and lowest while it uses much. */
#include <sys/resource.h>

#include "base/process.h"
#include "plugin/guest.h"
#include "plugin/internal.h"

/* Of nice(2): the broker, the template and what else the machine does have 0. */
#define NICE_USUAL 10
#define NICE_LOWEST 19 /* as the compiler of components */

/* What one call may use, and loading, before the plugin counts as one that uses much. */
#define CALL_CPU_NS 200000000u
#define LOAD_CPU_NS 1000000000u

static uint64_t used_ns(const struct plugin *plugin)
{
	return process_cpu_ns(guest_pid(plugin->guest));
}

/* Back up it goes only where the system lets us (RLIMIT_NICE, CAP_SYS_NICE); else with its next process. */
static void set_nice(struct plugin *plugin, int nice)
{
	if (plugin->nice != nice &&
	    !setpriority(PRIO_PROCESS, (id_t)guest_pid(plugin->guest), nice))
		plugin->nice = nice;
}

void plugin_weight_begin(struct plugin *plugin)
{
	plugin->nice = 0;
	set_nice(plugin, plugin->uses_much ? NICE_LOWEST : NICE_USUAL);
	plugin->cpu_from_ns = used_ns(plugin);
}

void plugin_weight_call(struct plugin *plugin)
{
	plugin->cpu_from_ns = used_ns(plugin);
}

void plugin_check_weight(struct plugin *plugin)
{
	uint64_t most_ns = plugin->state == PLUGIN_CALLING ? CALL_CPU_NS : LOAD_CPU_NS;

	if (!plugin->guest || !guest_pid(plugin->guest) ||
	    (plugin->state != PLUGIN_CALLING && plugin->state != PLUGIN_STARTING) ||
	    used_ns(plugin) - plugin->cpu_from_ns < most_ns)
		return;
	plugin->uses_much = true;
	set_nice(plugin, NICE_LOWEST);
}

/* A call that went well and used little makes good for what was before. */
void plugin_weight_end(struct plugin *plugin)
{
	if (!plugin->uses_much || used_ns(plugin) - plugin->cpu_from_ns >= CALL_CPU_NS)
		return;
	plugin->uses_much = false;
	set_nice(plugin, NICE_USUAL);
}
