#include "plugin/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plugin/artifact/artifact.h"
#include "plugin/internal.h"

static void on_poll_due(uv_timer_t *timer)
{
	struct plugin *plugin = timer->data;

	if (plugin->is_due[FUNCTION_POLL] ||
	    (plugin->state == PLUGIN_CALLING && plugin->calling == FUNCTION_POLL)) {
		plugin->late_polls++;
		return;
	}
	plugin->is_due[FUNCTION_POLL] = true;
	plugin_call_due(plugin);
}

void plugin_begin_schedule(struct plugin *plugin)
{
	plugin->is_due[FUNCTION_UPDATE] = plugin->has_function[FUNCTION_UPDATE] && plugin->offered;
	plugin->is_due[FUNCTION_RENDER] = plugin->has_function[FUNCTION_RENDER] && plugin->offered;
	if (plugin->has_function[FUNCTION_POLL])
		uv_timer_start(&plugin->schedule, on_poll_due, plugin->options.interval_ms,
			       plugin->options.interval_ms);
}

static void init_timer(struct plugin *plugin, uv_timer_t *timer)
{
	uv_timer_init(plugin->services.loop, timer);
	timer->data = plugin;
	plugin->open_handles++;
}

int plugin_create(const struct plugin_services *services, const struct plugin_source *source,
		  const struct permission *request, const struct permission *grant,
		  const struct plugin_options *options, struct plugin **ret_plugin,
		  struct error *err)
{
	struct plugin *plugin = calloc(1, sizeof(*plugin));
	int ret;

	if (!plugin)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the plugin; this machine needs more "
				 "free memory");
	ret = plugin_source_copy(source, &plugin->source);
	if (ret) {
		free(plugin);
		return error_set(err, ret,
				 "out of memory while starting the plugin; this machine needs more "
				 "free memory");
	}
	plugin->services = *services;
	plugin->request = *request;
	plugin->permission = *grant;
	plugin->options = *options;
	plugin->client = (struct capability_client){
		.name = plugin->source.name,
		.host = services->host,
		.permission = &plugin->permission,
		.request = &plugin->request,
		.permission_file = strrchr(plugin->source.permission_path, '/') + 1,
		.settings = json_incref((json_t *)options->settings),
		.is_candidate = options->is_candidate,
		.state_quota = (size_t)grant->state_kb * 1024,
	};
	plugin->is_candidate = options->is_candidate;
	init_timer(plugin, &plugin->schedule);
	init_timer(plugin, &plugin->deadline);
	init_timer(plugin, &plugin->backoff);
	*ret_plugin = plugin;
	return 0;
}

const struct plugin_options *plugin_options(const struct plugin *plugin)
{
	return &plugin->options;
}

void plugin_set_times(struct plugin *plugin, const struct permission *grant,
		      const struct plugin_options *options)
{
	bool has_new_interval = plugin->options.interval_ms != options->interval_ms;

	plugin->permission.poll_interval_seconds = grant->poll_interval_seconds;
	plugin->permission.deadline_seconds = grant->deadline_seconds;
	plugin->options.interval_ms = options->interval_ms;
	plugin->options.deadline_ms = options->deadline_ms;
	if (has_new_interval && uv_is_active((uv_handle_t *)&plugin->schedule))
		uv_timer_start(&plugin->schedule, on_poll_due, options->interval_ms,
			       options->interval_ms);
}

void plugin_start(struct plugin *plugin)
{
	plugin_prepare(plugin);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct plugin *plugin = handle->data;
	plugin_closed *on_closed = plugin->on_closed;
	void *arg = plugin->closed_arg;

	if (--plugin->open_handles)
		return;
	plugin_source_finish(&plugin->source);
	free(plugin->artifact);
	free(plugin->offered);
	plugin_forget_description(plugin);
	if (plugin->candidate_result)
		plugin->services.events->forget(plugin->services.events_arg,
						plugin->candidate_result);
	json_decref((json_t *)plugin->client.settings);
	free(plugin);
	if (on_closed)
		on_closed(arg);
}

void plugin_close(struct plugin *plugin, bool has_successor, plugin_closed *on_closed, void *arg)
{
	if (plugin->artifact_request)
		artifact_request_cancel(plugin->artifact_request);
	plugin->artifact_request = NULL;
	plugin_close_guest(plugin);
	plugin_end_turn(plugin);
	plugin->rest_ns = 0;
	plugin_denial_log_end(plugin, true);
	/* A successor uses the GPIO lines and LEDs as they are now. */
	if (!has_successor)
		capability_client_end(&plugin->client, false);
	plugin->on_closed = on_closed;
	plugin->closed_arg = arg;
	uv_close((uv_handle_t *)&plugin->schedule, on_handle_closed);
	uv_close((uv_handle_t *)&plugin->deadline, on_handle_closed);
	uv_close((uv_handle_t *)&plugin->backoff, on_handle_closed);
}

const struct permission *plugin_request(const struct plugin *plugin)
{
	return &plugin->request;
}

const struct permission *plugin_grant(const struct plugin *plugin)
{
	return &plugin->permission;
}

bool plugin_is_loaded(const struct plugin *plugin)
{
	return plugin->state == PLUGIN_IDLE || plugin->state == PLUGIN_CALLING;
}

bool plugin_works(const struct plugin *plugin)
{
	return plugin_is_loaded(plugin) && !plugin->has_failed;
}

bool plugin_takes_state(const struct plugin *plugin)
{
	return plugin->has_function[FUNCTION_UPDATE] || plugin->has_function[FUNCTION_RENDER];
}

void plugin_offer_state(struct plugin *plugin, const char *state, size_t size)
{
	char *copy;

	if (!plugin_takes_state(plugin))
		return;
	copy = strndup(state, size);
	if (!copy)
		return; /* the next cycle brings a newer one */
	free(plugin->offered);
	plugin->offered = copy;
	plugin->is_due[FUNCTION_UPDATE] = plugin->has_function[FUNCTION_UPDATE];
	plugin->is_due[FUNCTION_RENDER] = plugin->has_function[FUNCTION_RENDER];
	plugin_call_due(plugin);
}

const char *plugin_name(const struct plugin *plugin)
{
	return plugin->source.name;
}

bool plugin_is_called(const struct plugin *plugin)
{
	return plugin->state == PLUGIN_CALLING || plugin->poll_job;
}

bool plugin_is_polling(const struct plugin *plugin)
{
	return plugin->poll_job ||
	       (plugin->state == PLUGIN_CALLING && plugin->calling == FUNCTION_POLL);
}

bool plugin_is_failed(const struct plugin *plugin)
{
	return plugin->state == PLUGIN_FAILED;
}
