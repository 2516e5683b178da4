/* Calls of the plugin's functions by the broker: which is due, its answer, its value. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "plugin/internal.h"
#include "plugin/poll_job.h"
#include "plugin/process/guest.h"
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
	/* Before it is sent: the guest may run, and even answer, before this process goes on. */
	uint64_t now_ns = clock_monotonic_ns(plugin->services.clock);
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
	plugin->call_started_ns = now_ns;
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
		plugin->candidate_result = result;
		plugin->services.events->on_candidate_done(plugin->services.events_arg, plugin,
							   NULL);
	} else if (plugin->services.events->on_polled(plugin->services.events_arg,
						      plugin->source.name, result, &err)) {
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
		plugin->services.events->on_candidate_done(plugin->services.events_arg, plugin,
							   NULL);
		return;
	}
	if (plugin->calling == FUNCTION_RENDER && !value_get_text(frame, 3, &html, &size))
		plugin->services.events->on_rendered(plugin->services.events_arg,
						     plugin->source.name, html, size);
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
	plugin_log_limit_end(plugin, false);
	plugin_denial_log_end(plugin, false);
	if (outcome != OUTCOME_OK)
		take_failure(plugin, frame);
	else if (plugin->calling == FUNCTION_POLL)
		take_poll(plugin, frame);
	else
		take_page(plugin, frame);
	plugin_call_due(plugin);
}
