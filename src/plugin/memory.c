/* How much memory a plugin may have, and what the broker sees of it. */
#include <stdio.h>

#include "base/process.h"
#include "plugin/guest.h"
#include "plugin/internal.h"
#include "wire/value.h"

/* What a guest needs beside its linear memory: the engine, stacks, and host values of one call. */
#define OVERHEAD_BYTES (32ull << 20)

/* The kernel counts more than we do, and our own look should be the first: it says why in words. */
#define CGROUP_SLACK_BYTES (16ull << 20)

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

void plugin_check_memory(struct plugin *plugin)
{
	char why[128];

	if (!plugin->guest || !guest_pid(plugin->guest))
		return;
	plugin->memory_bytes = process_status_bytes(guest_pid(plugin->guest), "RssAnon");
	if (plugin->memory_bytes <= process_limit(plugin))
		return;
	snprintf(why, sizeof(why), "used %llu MB, its limit is %llu MB",
		 (unsigned long long)(plugin->memory_bytes >> 20),
		 (unsigned long long)(process_limit(plugin) >> 20));
	plugin->kills++;
	guest_kill(plugin->guest, why);
}
