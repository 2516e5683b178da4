/* Measures a guest process (memory, threads, processor time) and kills it if it exceeds a limit. */
#include <stdio.h>

#include "base/clock.h"
#include "base/process.h"
#include "plugin/internal.h"
#include "plugin/process/guest.h"
#include "plugin/process/memory_total.h"
#include "wire/guest_process.h"
#include "wire/value.h"

#define OVERHEAD_BYTES ((uint64_t)MEMORY_OVERHEAD_MB << 20)

/* The kernel counts more than this file does. With some slack this file kills first, and says why.
 */
#define CGROUP_SLACK_BYTES (16ull << 20)

/* A process that has run for less than this since its status was read can have touched a few
 * megabytes, where one that runs from one check to the next can touch a thousand times that. To
 * read a status costs a tenth of a poll. */
#define UNREAD_NS_MAX 1000000u

static uint64_t process_limit(const struct plugin *plugin)
{
	return plugin->options.memory_bytes + OVERHEAD_BYTES;
}

cbor_item_t *plugin_limits(const struct plugin *plugin)
{
	return value_array(2, value_unsigned(plugin->options.memory_bytes),
			   value_unsigned(process_limit(plugin)));
}

int plugin_contain(struct plugin *plugin, struct error *err)
{
	return guest_contain(plugin->guest, plugin->services.cgroups,
			     process_limit(plugin) + CGROUP_SLACK_BYTES, err);
}

static void kill_for(struct plugin *plugin, const char *why)
{
	plugin->kills++;
	guest_kill(plugin->guest, why);
}

/* Counts shared memory too: a guest can get some if the kernel lacks a part of wall two. */
static void check_memory(struct plugin *plugin, const struct process_status *status)
{
	char why[128];

	plugin->memory_bytes = status->anonymous_bytes + status->shared_bytes;
	if (plugin->memory_bytes <= process_limit(plugin))
		return;
	snprintf(why, sizeof(why), "used %llu MB, its limit is %llu MB",
		 (unsigned long long)(plugin->memory_bytes >> 20),
		 (unsigned long long)(process_limit(plugin) >> 20));
	kill_for(plugin, why);
}

uint64_t plugin_memory_bytes(const struct plugin *plugin)
{
	bool runs = plugin->guest && guest_pid(plugin->guest) && !guest_is_ending(plugin->guest);

	return runs ? plugin->memory_bytes : 0;
}

void plugin_end_for_memory(struct plugin *plugin, uint64_t total_bytes)
{
	char why[160];

	snprintf(why, sizeof(why),
		 "used %llu MB, the most of all plugins, which together used more than %llu MB "
		 "(total_memory_mb)",
		 (unsigned long long)(plugin->memory_bytes >> 20),
		 (unsigned long long)(total_bytes >> 20));
	kill_for(plugin, why);
}

static void check_threads(struct plugin *plugin, const struct process_status *status)
{
	char why[128];

	if (status->threads <= GUEST_THREADS_MAX)
		return;
	snprintf(why, sizeof(why), "has %u threads, its limit is %d", status->threads,
		 GUEST_THREADS_MAX);
	kill_for(plugin, why);
}

void plugin_idle_begins(struct plugin *plugin)
{
	processor_begin(&plugin->processor, clock_monotonic_ns(plugin->services.clock),
			process_cpu_ns(guest_pid(plugin->guest)));
}

/* used_ns: processor time of the process. */
static void count_idle(struct plugin *plugin, uint64_t used_ns)
{
	if (!processor_count(&plugin->processor, clock_monotonic_ns(plugin->services.clock),
			     used_ns))
		kill_for(plugin, "used too much processor time between two calls");
}

void plugin_idle_ends(struct plugin *plugin)
{
	if (plugin->guest)
		count_idle(plugin, process_cpu_ns(guest_pid(plugin->guest)));
}

/* True if its memory and threads may be others than at the last reading of the status. */
static bool may_have_changed(const struct plugin *plugin, uint64_t used_ns)
{
	return !used_ns || used_ns - plugin->status_cpu_ns >= UNREAD_NS_MAX ||
	       plugin->is_runnable || plugin->state != PLUGIN_IDLE;
}

void plugin_check_process(struct plugin *plugin)
{
	struct process_status status;
	uint64_t used_ns;

	if (!plugin->guest || !guest_pid(plugin->guest) || guest_is_ending(plugin->guest))
		return;
	used_ns = process_cpu_ns(guest_pid(plugin->guest));
	if (may_have_changed(plugin, used_ns)) {
		process_status_read(guest_pid(plugin->guest), &status);
		plugin->status_cpu_ns = used_ns;
		plugin->is_runnable = status.is_runnable;
		check_memory(plugin, &status);
		check_threads(plugin, &status);
	}
	if (plugin->state == PLUGIN_IDLE) {
		plugin_log_limit_end(plugin, false);
		count_idle(plugin, used_ns);
	}
}
