#include "driver/system_info.h"

#include <math.h>

#include "capability/internal.h"

/* None of these can fail in the WIT: 0 or NaN stands for what the machine does not say. */

static int get_memory_usage(struct capability_call *call, const cbor_item_t *args)
{
	uint32_t used = 0, total = 0;

	(void)args;
	system_info_memory(capability_call_host(call)->system, &used, &total, NULL);
	return capability_reply(call, value_array(2, value_unsigned(used), value_unsigned(total)));
}

static int get_cpu_usage(struct capability_call *call, const cbor_item_t *args)
{
	double percent = NAN;

	(void)args;
	system_info_cpu_usage(capability_call_host(call)->system, &percent, NULL);
	return capability_reply(call, value_f32((float)percent));
}

static int get_uptime(struct capability_call *call, const cbor_item_t *args)
{
	uint64_t seconds = 0;

	(void)args;
	system_info_uptime(capability_call_host(call)->system, &seconds, NULL);
	return capability_reply(call, value_unsigned(seconds));
}

static const struct capability_function functions[] = {
	{"get-memory-usage", 0, get_memory_usage},
	{"get-cpu-usage", 0, get_cpu_usage},
	{"get-uptime", 0, get_uptime},
	{0},
};

const struct capability_interface capability_system_info = {"system-info", functions};
