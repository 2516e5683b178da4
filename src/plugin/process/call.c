/* Calls in both directions: the broker calls the plugin's functions, and the plugin calls the host.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "plugin/internal.h"
#include "plugin/policy/grant.h"
#include "plugin/process/guest.h"
#include "plugin/process/poll_job.h"
#include "wire/value.h"

const char *plugin_function_name(const struct plugin *plugin, enum plugin_function function)
{
	static const char *const names[] = {"poll", "update", "render"};

	if (function == FUNCTION_POLL && plugin->options.poll_function)
		return plugin->options.poll_function;
	return names[function];
}

/* After ERROR_TOO_LARGE or ERROR_NO_MEMORY nothing was sent. */
static int send_call(struct plugin *plugin, enum plugin_function function)
{
	const char *text =
		function == FUNCTION_POLL ? plugin->options.poll_argument : plugin->offered;

	return guest_send(plugin->guest, FRAME_CALL, plugin->call_id, 2,
			  value_text(plugin_function_name(plugin, function)),
			  text ? value_text(text) : value_null());
}

/* Not the plugin's fault: it is not killed, no deadline starts, and its readings stay valid. */
static void fail_unsent(struct plugin *plugin, enum plugin_function function, int ret)
{
	char why[160];

	snprintf(why, sizeof(why), "%s() was not called: %s; the broker tries again",
		 plugin_function_name(plugin, function),
		 ret == ERROR_TOO_LARGE ? "its argument does not fit in a message of 4 MiB"
					: "the broker is out of memory");
	plugin_fail(plugin, why, false);
}

static void call(struct plugin *plugin, enum plugin_function function)
{
	int ret;

	plugin->is_due[function] = false;
	plugin->call_id++;
	ret = send_call(plugin, function);
	if (ret == ERROR_TOO_LARGE || ret == ERROR_NO_MEMORY) {
		fail_unsent(plugin, function, ret);
		return;
	}
	plugin->client.absent[0] = '\0';
	plugin->calling = function;
	plugin->host_calls = 0;
	plugin->call_started_ns = clock_monotonic_ns(plugin->services.clock);
	plugin_set_state(plugin, PLUGIN_CALLING);
	plugin_weight_call(plugin);
	plugin_deadline_start(plugin);
}

void plugin_call_due(struct plugin *plugin)
{
	for (int i = 0;
	     i < FUNCTIONS && plugin->state == PLUGIN_IDLE && !plugin->is_held && !plugin->poll_job;
	     i++) {
		if (plugin->is_due[i] && plugin->has_function[i] && plugin_take_turn(plugin))
			call(plugin, (enum plugin_function)i);
	}
}

void plugin_forget_calls(struct plugin *plugin)
{
	uv_timer_stop(&plugin->deadline);
	if (plugin->host_call)
		capability_call_abandon(plugin->host_call);
	plugin->host_call = NULL;
	if (plugin->held_call)
		cbor_decref(&plugin->held_call); /* sets it to NULL */
	plugin->is_host_call_out = false;
}

static void note_success(struct plugin *plugin)
{
	if (plugin->has_failed && plugin_may_report(plugin))
		log_info(plugin->source.name, "works again");
	plugin->has_failed = false;
	deaths_end_row(&plugin->deaths);
	if (!deaths_are_recent(&plugin->deaths, clock_monotonic_ns(plugin->services.clock)))
		plugin->rests = 0;
}

static void keep_result(struct plugin *plugin, struct plugin_result *result)
{
	struct error err = {0};

	if (plugin->is_candidate) {
		plugin->trial_result = result;
		plugin->services.events->tried(plugin->services.events_arg, plugin, NULL);
	} else if (plugin->services.events->polled(plugin->services.events_arg, plugin->source.name,
						   result, &err)) {
		plugin_fail(plugin, err.text, true);
	} else {
		note_success(plugin);
	}
}

/* What the poll returned has been converted. */
static void take_result(void *arg, struct plugin_result *result, size_t cost,
			const struct error *err)
{
	struct plugin *plugin = arg;

	plugin->poll_job = NULL;
	plugin_pace(plugin, result ? cost : FRAME_FROM_GUEST_MAX);
	if (result)
		keep_result(plugin, result);
	else
		plugin_fail(plugin, err->text, true);
	plugin_call_due(plugin);
}

static void take_poll(struct plugin *plugin, const cbor_item_t *frame)
{
	uint64_t took_ns = clock_monotonic_ns(plugin->services.clock) - plugin->call_started_ns;
	const struct plugin_poll poll = {
		.name = plugin->source.name,
		.simulated = plugin->client.touched_simulated,
		.absent = plugin->client.absent,
		.now_ms = clock_unix_ms(plugin->services.clock),
	};

	plugin->poll_times_us[plugin->polls++ % POLL_TIMES] = (uint32_t)(took_ns / 1000);
	poll_job_start(&plugin->services, &poll, plugin->source.kind == PLUGIN_COMPONENT, frame,
		       take_result, plugin, &plugin->poll_job);
}

/* render() or update() succeeded. */
static void take_page(struct plugin *plugin, const cbor_item_t *frame)
{
	const char *html;
	size_t size;

	note_success(plugin);
	if (plugin->is_candidate) {
		plugin->services.events->tried(plugin->services.events_arg, plugin, NULL);
		return;
	}
	if (plugin->calling == FUNCTION_RENDER && !value_get_text(frame, 3, &html, &size))
		plugin->services.events->rendered(plugin->services.events_arg, plugin->source.name,
						  html, size);
}

static void take_failure(struct plugin *plugin, const cbor_item_t *frame)
{
	const char *text = "";
	char *copy;
	size_t size = 0;

	value_get_text(frame, 3, &text, &size);
	plugin_pace(plugin, size);
	copy = strndup(text, size);
	if (plugin->calling == FUNCTION_POLL)
		plugin->polls++;
	plugin_fail(plugin, copy && *copy ? copy : "failed without a reason",
		    plugin->calling == FUNCTION_POLL);
	free(copy);
}

void plugin_take_answer(struct plugin *plugin, const cbor_item_t *frame)
{
	enum frame_outcome outcome;

	if (plugin->state != PLUGIN_CALLING || frame_id(frame) != plugin->call_id ||
	    frame_get_outcome(frame, &outcome)) {
		guest_kill(plugin->guest, "the guest sent an unexpected answer");
		return;
	}
	plugin_forget_calls(plugin);
	plugin_set_state(plugin, PLUGIN_IDLE);
	plugin_weight_end(plugin);
	plugin_speech_end(plugin, false);
	plugin_denials_end(plugin, false);
	if (outcome != OUTCOME_OK)
		take_failure(plugin, frame);
	else if (plugin->calling == FUNCTION_POLL)
		take_poll(plugin, frame);
	else
		take_page(plugin, frame);
	plugin_call_due(plugin);
}

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
static int parse_interface(const char *import, size_t size, char ret_interface[64])
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
		if (!at || length >= 64 ||
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
	char interface[64], function[64];
};

static int parse_target(const cbor_item_t *frame, struct target *ret_target)
{
	const char *import, *name;
	size_t import_size, name_size;

	if (cbor_array_size(frame) != 5 || value_get_text(frame, 2, &import, &import_size) ||
	    value_get_text(frame, 3, &name, &name_size) ||
	    name_size >= sizeof(ret_target->function) ||
	    parse_interface(import, import_size, ret_target->interface))
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
	plugin->services.events->waits(plugin->services.events_arg, plugin);
}

/* Only a hostile guest can cause these errors; the kill is the answer. */
static int dispatch(struct plugin *plugin, const cbor_item_t *frame, struct error *err)
{
	struct target target;

	if (plugin->is_host_call_out)
		return error_set(err, ERROR_MALFORMED, "a host call inside a host call");
	if (plugin->state != PLUGIN_CALLING && plugin->state != PLUGIN_STARTING)
		return error_set(err, ERROR_MALFORMED, "a host call outside a call");
	if (++plugin->host_calls > plugin->options.host_calls_max)
		return error_set(err, ERROR_TOO_LARGE, "more than %u host calls in one call",
				 plugin->options.host_calls_max);
	if (parse_target(frame, &target))
		return error_set(err, ERROR_MALFORMED, "a host call to an unknown function");
	plugin->is_host_call_out = true;
	plugin->host_call_id = frame_id(frame);
	if (!strcmp(target.interface, "log") && !plugin_may_speak(plugin)) {
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

/* [interface, function, signature]: 0, or ERROR_NOT_FOUND with a text that names the import. */
static int check_import(const cbor_item_t *slot, struct error *err)
{
	const char *import = "", *function = "", *wanted = "", *has = NULL;
	size_t import_size = 0, function_size = 0, wanted_size = 0;
	char interface[64], name[64];

	if (value_get_text(slot, 0, &import, &import_size) ||
	    value_get_text(slot, 1, &function, &function_size) || function_size >= sizeof(name) ||
	    value_get_text(slot, 2, &wanted, &wanted_size))
		return error_set(err, ERROR_MALFORMED, "a malformed list of imports");
	memcpy(name, function, function_size);
	name[function_size] = '\0';
	if (!parse_interface(import, import_size, interface))
		has = capability_signature(interface, name);
	if (!has)
		return error_set(
			err, ERROR_NOT_FOUND,
			"imports %.*s#%s, which this host does not have (it has demo:plugin@0.2 "
			"and harvester:plugin@0.1)",
			(int)import_size, import, name);
	if (strlen(has) != wanted_size || memcmp(has, wanted, wanted_size))
		return error_set(err, ERROR_NOT_FOUND, "imports %.*s#%s as %.*s, this host has %s",
				 (int)import_size, import, name, (int)wanted_size, wanted, has);
	return 0;
}

/*
 * A component that imports an interface without a grant may run, and its calls are denied, unless
 * strict_imports is set: componentize-py imports everything in its world, used or not
 * (docs/decisions/0010-imports-without-a-grant.md).
 */
static int check_grant(const struct plugin *plugin, const char *interface, struct error *err)
{
	const char *missing = grant_missing_line(&plugin->permission, interface);

	if (!missing)
		return 0;
	if (!plugin->options.strict_imports) {
		log_info(plugin->source.name,
			 "imports %s without a grant, so its calls are denied; to request it, add "
			 "`%s` to %s",
			 interface, missing, plugin->client.permission_file);
		return 0;
	}
	if (!grant_missing_line(&plugin->request, interface))
		return error_set(
			err, ERROR_NOT_GRANTED,
			"imports %s, which the owner has withheld (strict_imports is true)",
			interface);
	return error_set(
		err, ERROR_NOT_GRANTED,
		"imports %s, which it was not granted (strict_imports is true); to request "
		"it, add `%s` to %s",
		interface, missing, plugin->client.permission_file);
}

static int check_grants(const struct plugin *plugin, const cbor_item_t *list, struct error *err)
{
	char last[64] = "", interface[64];
	const char *import;
	size_t size;
	int ret = 0;

	for (size_t i = 0; !ret && i < cbor_array_size(list); i++) {
		if (value_get_text(cbor_array_handle(list)[i], 0, &import, &size) ||
		    parse_interface(import, size, interface) || !strcmp(interface, last))
			continue;
		memcpy(last, interface, sizeof(last));
		ret = check_grant(plugin, interface, err);
	}
	return ret;
}

static int check_imports(const struct plugin *plugin, const cbor_item_t *list, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < cbor_array_size(list); i++)
		ret = check_import(cbor_array_handle(list)[i], err);
	return ret ? ret : check_grants(plugin, list, err);
}

void plugin_take_imports(struct plugin *plugin, const cbor_item_t *frame)
{
	const cbor_item_t *list = cbor_array_size(frame) == 3 ? cbor_array_handle(frame)[2] : NULL;
	struct error err = {0};

	if (plugin->state != PLUGIN_STARTING || !list || !cbor_isa_array(list)) {
		guest_kill(plugin->guest, "the guest sent its imports out of turn");
		return;
	}
	if (check_imports(plugin, list, &err)) {
		plugin->is_hopeless = true;
		guest_kill(plugin->guest, err.text);
		return;
	}
	guest_send(plugin->guest, FRAME_RESULT, 0, 1, plugin_limits(plugin));
}
