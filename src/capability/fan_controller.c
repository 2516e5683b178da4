#include "hardware/driver/fan.h"

#include "capability/internal.h"
#include "hardware/bus/gpio.h"

static int set_fan(struct capability_call *call, const cbor_item_t *args)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_host *host = capability_call_host(call);
	bool on;

	if (value_get_bool(args, 0, &on))
		return ERROR_MALFORMED;
	if (!client->permission->fan) {
		capability_deny_fan(call);
	} else if (host->fan && !client->is_candidate) {
		/* If the relay must stay off a little longer, fan_update() switches it on later. */
		fan_set(host->fan, on, NULL);
	}
	return capability_reply(call, NULL);
}

/* Reading the state needs no grant. */
static int get_fan_state(struct capability_call *call, const cbor_item_t *args)
{
	struct capability_host *host = capability_call_host(call);

	(void)args;
	return capability_reply(call, value_bool(host->fan && fan_is_on(host->fan)));
}

static const struct capability_function functions[] = {
	{"set-fan", 1, set_fan, "func(on: bool)"},
	{"get-fan-state", 0, get_fan_state, "func() -> bool"},
	{0},
};

const struct capability_interface capability_fan_controller = {"fan-controller", functions};
