#include <stdlib.h>

#include "capability/internal.h"

static int get_all(struct capability_call *call, const cbor_item_t *args)
{
	const json_t *settings = capability_call_client(call)->settings;
	char *text = settings ? json_dumps(settings, JSON_COMPACT) : NULL;
	cbor_item_t *value;

	(void)args;
	if (settings && !text)
		return ERROR_NO_MEMORY;
	value = value_text(text ? text : "{}");
	free(text);
	return value ? capability_reply(call, value) : ERROR_NO_MEMORY;
}

static const struct capability_function functions[] = {{"get-all", 0, get_all, "func() -> string"},
						       {0}};

const struct capability_interface capability_settings = {"settings", functions};
