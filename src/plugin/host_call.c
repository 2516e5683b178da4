/* Calls of the host by the plugin: which function is meant, whether it may begin now, its answer.
 */
#include <string.h>

#include "base/error.h"
#include "plugin/internal.h"
#include "plugin/process/guest.h"
#include "wire/value.h"

static void answer_host_call(void *arg, const cbor_item_t *value)
{
	struct plugin *plugin = arg;

	int ret;

	plugin->host_call = NULL;
	plugin->is_host_call_out = false;
	ret = guest_send(plugin->guest, FRAME_RESULT, plugin->host_call_id, 1,
			 value ? cbor_incref((cbor_item_t *)value) : value_null());
	/* Without the result the guest would wait for ever. */
	if (ret == ERROR_TOO_LARGE || ret == ERROR_NO_MEMORY)
		guest_kill(plugin->guest, "the broker could not send it the result of a host call");
}

/*
 * "demo:plugin/i2c@0.2.0" -> "i2c". Both packages use the same functions (capability/). Another
 * minor version may have other functions and is refused.
 */
int plugin_parse_interface(const char *import, size_t size,
			   char ret_interface[PLUGIN_INTERFACE_SIZE])
{
	static const struct {
		const char *package, *version;
	} packages[] = {{"demo:plugin/", "@0.2."}, {"harvester:plugin/", "@0.1."}};

	for (size_t i = 0; i < sizeof(packages) / sizeof(*packages); i++) {
		size_t prefix = strlen(packages[i].package), length;
		const char *at;

		if (size <= prefix || memcmp(import, packages[i].package, prefix))
			continue;
		at = memchr(import, '@', size);
		length = (size_t)(at ? at - import : 0) - prefix;
		if (!at || length >= PLUGIN_INTERFACE_SIZE ||
		    (size_t)(import + size - at) < strlen(packages[i].version) ||
		    memcmp(at, packages[i].version, strlen(packages[i].version)))
			return ERROR_NOT_FOUND;
		memcpy(ret_interface, import + prefix, length);
		ret_interface[length] = '\0';
		return 0;
	}
	return ERROR_NOT_FOUND;
}

/* The function that a host call names. */
struct target {
	char interface[PLUGIN_INTERFACE_SIZE], function[64];
};

static int parse_target(const cbor_item_t *frame, struct target *ret_target)
{
	const char *import, *name;
	size_t import_size, name_size;

	if (cbor_array_size(frame) != 5 || value_get_text(frame, 2, &import, &import_size) ||
	    value_get_text(frame, 3, &name, &name_size) ||
	    name_size >= sizeof(ret_target->function) ||
	    plugin_parse_interface(import, import_size, ret_target->interface))
		return ERROR_MALFORMED;
	memcpy(ret_target->function, name, name_size);
	ret_target->function[name_size] = '\0';
	return 0;
}

/* Whether the two versions of a plugin must not use this interface at the same time. */
static bool is_of_devices(const char *interface)
{
	static const char *const names[] = {"gpio",	"gpio-provider", "i2c",
					    "one-wire", "spi",		 "uart"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(interface, names[i]))
			return true;
	}
	return false;
}

static int start_host_call(struct plugin *plugin, const struct target *target,
			   const cbor_item_t *frame, struct error *err)
{
	return capability_dispatch(&plugin->client, target->interface, target->function,
				   cbor_array_handle(frame)[4], answer_host_call, plugin,
				   &plugin->host_call, err);
}

/* Only happens while a candidate loads: no call of a held plugin begins. */
static void hold_host_call(struct plugin *plugin, const cbor_item_t *frame)
{
	plugin->held_call = cbor_incref((cbor_item_t *)frame);
	plugin->held_from_ns = uv_hrtime();
	plugin->services.events->on_waiting(plugin->services.events_arg, plugin);
}

/* Only a hostile guest can cause these errors; the kill is the answer. */
static int dispatch(struct plugin *plugin, const cbor_item_t *frame, struct error *err)
{
	struct target target;

	if (plugin->is_host_call_out)
		return error_set(err, ERROR_MALFORMED,
				 "a host call inside a host call, which only a forged program "
				 "does: check where this plugin comes from");
	if (plugin->state != PLUGIN_CALLING && plugin->state != PLUGIN_STARTING)
		return error_set(err, ERROR_MALFORMED,
				 "a host call outside a call, which only a forged program does: "
				 "check where this plugin comes from");
	if (++plugin->host_calls > plugin->options.host_calls_max)
		return error_set(
			err, ERROR_TOO_LARGE,
			"more than %u host calls in one call: make fewer of them in one poll",
			plugin->options.host_calls_max);
	if (parse_target(frame, &target))
		return error_set(err, ERROR_MALFORMED,
				 "a host call to an unknown function: build the plugin for this "
				 "version of harvester");
	plugin->is_host_call_out = true;
	plugin->host_call_id = frame_id(frame);
	if (!strcmp(target.interface, "log") && !plugin_may_print(plugin)) {
		answer_host_call(plugin, NULL);
		return 0;
	}
	if (plugin->is_held && is_of_devices(target.interface)) {
		hold_host_call(plugin, frame);
		return 0;
	}
	return start_host_call(plugin, &target, frame, err);
}

static void kill_for_call(struct plugin *plugin, const struct error *err)
{
	char why[256];

	snprintf(why, sizeof(why), "the guest made %.200s", err->text);
	plugin->is_host_call_out = false;
	guest_kill(plugin->guest, why);
}

void plugin_take_host_call(struct plugin *plugin, const cbor_item_t *frame)
{
	struct error err = {0};

	if (dispatch(plugin, frame, &err))
		kill_for_call(plugin, &err);
}

void plugin_release_host_call(struct plugin *plugin)
{
	cbor_item_t *frame = plugin->held_call;
	struct error err = {0};
	struct target target;

	if (!frame)
		return;
	plugin->held_call = NULL;
	plugin->held_ns += uv_hrtime() - plugin->held_from_ns;
	if (parse_target(frame, &target) || start_host_call(plugin, &target, frame, &err))
		kill_for_call(plugin, &err);
	cbor_decref(&frame);
}
