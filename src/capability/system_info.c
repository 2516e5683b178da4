#include "hardware/driver/system_info.h"

#include "capability/internal.h"

/* These WIT types have no error: 0 or NaN stands for a value that the machine does not offer. */

static int get_memory_usage(struct capability_call *call, const cbor_item_t *args)
{
	uint32_t used = 0, total = 0;

	(void)args;
	system_info_memory(capability_call_host(call)->system, &used, &total, NULL);
	return capability_reply(call, value_array(2, value_unsigned(used), value_unsigned(total)));
}

static int get_cpu_usage(struct capability_call *call, const cbor_item_t *args)
{
	struct error err = {0};
	double percent;

	(void)args;
	if (system_info_cpu_usage(capability_call_host(call)->system, &percent, &err))
		return capability_reply_absent(call, err.text);
	return capability_reply(call, value_f32((float)percent));
}

static int get_uptime(struct capability_call *call, const cbor_item_t *args)
{
	(void)args;
	return capability_reply(call, value_unsigned(system_info_uptime()));
}

static const struct capability_function functions[] = {
	{"get-memory-usage", 0, get_memory_usage, "func() -> tuple<u32, u32>"},
	{"get-cpu-usage", 0, get_cpu_usage, "func() -> f32"},
	{"get-uptime", 0, get_uptime, "func() -> u64"},
	{0},
};

const struct capability_interface capability_system_info = {"system-info", functions};
