#include "driver/buzzer.h"

#include "bus/gpio.h"
#include "capability/internal.h"

static int play(struct capability_call *call, uint64_t count, uint64_t on_ms, uint64_t off_ms)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_host *host = capability_call_host(call);

	if (!client->permission->buzzer) {
		capability_deny(call, "buzzer: add `allow_buzzer = true`");
	} else if (host->buzzer && !client->is_probe) {
		client->has_sounded = true;
		buzzer_play(host->buzzer, (uint32_t)count, (uint32_t)on_ms, (uint32_t)off_ms, NULL);
	}
	return capability_reply(call, NULL);
}

static int buzz(struct capability_call *call, const cbor_item_t *args)
{
	uint64_t duration_ms;

	if (value_get_unsigned(args, 0, UINT32_MAX, &duration_ms))
		return ERROR_MALFORMED;
	return play(call, 1, duration_ms, 0);
}

static int beep(struct capability_call *call, const cbor_item_t *args)
{
	uint64_t count, duration_ms, interval_ms;

	if (value_get_unsigned(args, 0, UINT8_MAX, &count) ||
	    value_get_unsigned(args, 1, UINT32_MAX, &duration_ms) ||
	    value_get_unsigned(args, 2, UINT32_MAX, &interval_ms))
		return ERROR_MALFORMED;
	return play(call, count, duration_ms, interval_ms);
}

static const struct capability_function functions[] = {
	{"buzz", 1, buzz, "func(duration-ms: u32)"},
	{"beep", 3, beep, "func(count: u8, duration-ms: u32, interval-ms: u32)"},
	{0},
};

const struct capability_interface capability_buzzer_controller = {"buzzer-controller", functions};
