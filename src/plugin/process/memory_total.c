#include "plugin/process/memory_total.h"

#include <uv.h>

#include "base/error.h"
#include "base/fair_share.h"
#include "config/config.h"

#define MB 1048576ull

uint64_t memory_total_of_machine(const struct config *config, uint64_t machine_bytes)
{
	unsigned configured_mb = config->permissions.total_memory_mb;

	return configured_mb ? configured_mb * MB : machine_bytes / MEMORY_TOTAL_OF_MACHINE;
}

/* The machine's memory, or less if a control group limits this process. */
static uint64_t machine_bytes(void)
{
	uint64_t all = uv_get_total_memory(), limited = uv_get_constrained_memory();

	return limited && limited < all ? limited : all;
}

uint64_t memory_total_bytes(const struct config *config)
{
	return memory_total_of_machine(config, machine_bytes());
}

int memory_total_check(uint64_t total_bytes, const struct permission *grant, struct error *err)
{
	uint64_t own_mb = (uint64_t)grant->memory_mb + MEMORY_OVERHEAD_MB;

	if (own_mb * MB <= total_bytes)
		return 0;
	return error_set(err, ERROR_TOO_LARGE,
			 "with memory_mb = %u it could use %llu MB, but all plugins together may "
			 "use %llu MB; lower memory_mb in its permission file, or raise "
			 "total_memory_mb in [permissions]",
			 grant->memory_mb, (unsigned long long)own_mb,
			 (unsigned long long)(total_bytes / MB));
}

int memory_total_pick(const size_t *used, size_t count, size_t total)
{
	size_t cap = fair_share_cap(used, count, total);
	size_t largest = 0;

	for (size_t i = 1; i < count; i++) {
		if (used[i] > used[largest])
			largest = i;
	}
	return count && used[largest] > cap ? (int)largest : -1;
}
