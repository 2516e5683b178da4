/* How much memory a plugin may have, and what the broker sees of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/guest.h"
#include "plugin/internal.h"
#include "wire/value.h"

/* What a guest needs beside its linear memory: the engine, stacks, and host values of one call. */
#define OVERHEAD_BYTES (32ull << 20)

static uint64_t process_limit(const struct plugin *plugin)
{
	return plugin->options.memory_bytes + OVERHEAD_BYTES;
}

cbor_item_t *plugin_limits(const struct plugin *plugin)
{
	return value_array(2, value_unsigned(plugin->options.memory_bytes),
			   value_unsigned(process_limit(plugin)));
}

/* Anonymous memory of a process in bytes; 0 if it is gone. See proc(5), /proc/pid/status. */
static uint64_t anonymous_bytes(pid_t pid)
{
	unsigned long long kilobytes = 0;
	char path[64], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "RssAnon: %llu kB", &kilobytes) == 1)
			break;
	}
	if (file)
		fclose(file);
	return kilobytes * 1024;
}

void plugin_check_memory(struct plugin *plugin)
{
	char why[128];

	if (!plugin->guest || !guest_pid(plugin->guest))
		return;
	plugin->memory_bytes = anonymous_bytes(guest_pid(plugin->guest));
	if (plugin->memory_bytes <= process_limit(plugin))
		return;
	snprintf(why, sizeof(why), "used %llu MB, its limit is %llu MB",
		 (unsigned long long)(plugin->memory_bytes >> 20),
		 (unsigned long long)(process_limit(plugin) >> 20));
	plugin->kills++;
	guest_kill(plugin->guest, why);
}
