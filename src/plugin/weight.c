/* The scheduling priority of a plugin's process: below the broker's, and lowest while it uses much.
 */
#include "base/clock.h"
#include "base/process.h"
#include "plugin/internal.h"
#include "plugin/process/guest.h"

/* Values for nice(2); the broker, the template and other programs have 0. */
#define NICE_USUAL 10
#define NICE_LOWEST 19 /* the compiler of components has the same */

/* A plugin that uses more processor time in one call, or while loading, "uses much". */
#define CALL_CPU_NS 200000000u
#define LOAD_CPU_NS 1000000000u

/* If many plugins compute at once each reaches that limit late, so it is lowered, down to this:
 * still more than an honest poll uses. */
#define CROWDED_CPU_NS 20000000u

/* Longest turn. A call may take an hour and others wait: after this time it goes on without a turn,
 * at the lowest priority. */
#define TURN_NS_MAX 2000000000u

static uint64_t used_ns(const struct plugin *plugin)
{
	return process_cpu_ns(guest_pid(plugin->guest));
}

/* If the process may not get a higher share again, only the next process has it. */
static void set_nice(struct plugin *plugin, int nice)
{
	if (plugin->nice != nice && !guest_set_nice(plugin->guest, nice))
		plugin->nice = nice;
}

/* Processor time that the call, or the loading, has used so far; if the process is gone, as
 * measured last. */
static uint64_t note_use(struct plugin *plugin)
{
	uint64_t now_ns = used_ns(plugin);

	if (now_ns >= plugin->cpu_from_ns)
		plugin->turn.used_ns = now_ns - plugin->cpu_from_ns;
	return plugin->turn.used_ns;
}

static void take_granted(void *arg)
{
	struct plugin *plugin = arg;

	plugin_call_due(plugin);
	/* No call began: the plugin has ended meanwhile, or is held. */
	if (plugin->state != PLUGIN_CALLING)
		plugin_end_turn(plugin);
}

bool plugin_take_turn(struct plugin *plugin)
{
	plugin->turn.on_granted = take_granted;
	plugin->turn.arg = plugin;
	return !plugin->uses_much || !plugin->services.turns ||
	       turns_begin(plugin->services.turns, &plugin->turn);
}

void plugin_end_turn(struct plugin *plugin)
{
	if (plugin->turn.state == TURN_HELD && plugin->guest)
		note_use(plugin);
	if (plugin->services.turns)
		turns_end(plugin->services.turns, &plugin->turn);
}

void plugin_weight_begin(struct plugin *plugin)
{
	plugin->nice = 0;
	set_nice(plugin, plugin->uses_much ? NICE_LOWEST : NICE_USUAL);
	plugin->cpu_from_ns = used_ns(plugin);
}

/* To ask the kernel again would cost a system call for each call. */
void plugin_weight_call(struct plugin *plugin)
{
	plugin->cpu_from_ns = plugin->processor.used_ns;
}

static uint64_t most_ns(const struct plugin *plugin)
{
	uint64_t ns = plugin->state == PLUGIN_CALLING ? CALL_CPU_NS : LOAD_CPU_NS;
	const struct turns *turns = plugin->services.turns;

	if (turns && turns->computing > turns->limit)
		ns = ns * turns->limit / turns->computing;
	return ns > CROWDED_CPU_NS ? ns : CROWDED_CPU_NS;
}

void plugin_check_weight(struct plugin *plugin)
{
	if (!plugin->guest || !guest_pid(plugin->guest) ||
	    (plugin->state != PLUGIN_CALLING && plugin->state != PLUGIN_STARTING))
		return;
	if (!plugin->is_runnable ||
	    clock_monotonic_ns(plugin->services.clock) - plugin->call_started_ns >= TURN_NS_MAX)
		plugin_end_turn(plugin);
	if (note_use(plugin) < most_ns(plugin))
		return;
	plugin->uses_much = true;
	set_nice(plugin, NICE_LOWEST);
}

void plugin_weight_late(struct plugin *plugin)
{
	plugin->uses_much |= note_use(plugin) >= CROWDED_CPU_NS;
}

bool plugin_computes(const struct plugin *plugin)
{
	return plugin->is_runnable &&
	       (plugin->state == PLUGIN_CALLING || plugin->state == PLUGIN_STARTING);
}

/* After one successful call that used little the plugin no longer "uses much". */
void plugin_weight_end(struct plugin *plugin)
{
	if (!plugin->uses_much || note_use(plugin) >= CALL_CPU_NS)
		return;
	plugin->uses_much = false;
	set_nice(plugin, NICE_USUAL);
}
