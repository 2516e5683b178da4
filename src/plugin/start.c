/* Starts a plugin's guest process and loads the plugin in it, up to the guest's `ready`; and what
 * the guest's frames and its end lead to. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "plugin/artifact/artifact.h"
#include "plugin/internal.h"
#include "plugin/poll_job.h"
#include "plugin/process/guest.h"
#include "plugin/process/script_job.h"
#include "plugin/process/template.h"
#include "wire/exit.h"
#include "wire/value.h"

static void forget_files(struct plugin *plugin)
{
	script_job_cancel(plugin->script_job);
	plugin->script_job = NULL;
	if (plugin->files)
		cbor_decref(&plugin->files); /* sets it to NULL */
	plugin->is_forked = false;
}

void plugin_close_guest(struct plugin *plugin)
{
	plugin_forget_calls(plugin);
	poll_job_cancel(plugin->poll_job);
	plugin->poll_job = NULL;
	plugin_log_limit_end(plugin, true);
	plugin_pace_end(plugin);
	plugin_denial_log_end(plugin, false);
	uv_timer_stop(&plugin->schedule);
	forget_files(plugin);
	if (plugin->guest && plugin->services.template)
		template_cancel(plugin->services.template, plugin->guest);
	guest_close(plugin->guest);
	plugin->guest = NULL;
	plugin->processor = (struct processor){0};
	memset(plugin->has_function, 0, sizeof(plugin->has_function));
	memset(plugin->is_due, 0, sizeof(plugin->is_due));
}

static void note_functions(struct plugin *plugin, const cbor_item_t *list)
{
	const char *name;
	size_t size;

	for (size_t i = 0; i < cbor_array_size(list); i++) {
		if (value_get_text(list, i, &name, &size))
			continue;
		for (int k = 0; k < FUNCTIONS; k++) {
			const char *known = plugin_function_name(plugin, (enum plugin_function)k);

			plugin->has_function[k] |=
				strlen(known) == size && !memcmp(known, name, size);
		}
	}
	plugin->has_function[FUNCTION_RENDER] &= plugin->options.renders;
}

static void take_ready(struct plugin *plugin, const cbor_item_t *frame)
{
	size_t size = cbor_array_size(frame);
	const cbor_item_t *list = size == 3 || size == 4 ? cbor_array_handle(frame)[2] : NULL;

	if (plugin->state != PLUGIN_STARTING || !list || !cbor_isa_array(list)) {
		guest_kill(plugin->guest, "the guest was ready out of turn");
		return;
	}
	plugin_take_description(plugin, size == 4 ? cbor_array_handle(frame)[3] : NULL);
	if (guest_is_ending(plugin->guest))
		return;
	note_functions(plugin, list);
	plugin_forget_calls(plugin);
	plugin->refusals = 0;
	plugin_set_state(plugin, PLUGIN_IDLE);
	plugin->is_due[FUNCTION_POLL] = plugin->has_function[FUNCTION_POLL];
	if (!plugin->is_candidate) {
		plugin_tell_description(plugin);
		plugin_begin_schedule(plugin);
	} else if (plugin->has_function[FUNCTION_RENDER] && !plugin->is_due[FUNCTION_POLL]) {
		plugin->is_due[FUNCTION_RENDER] = plugin->offered != NULL;
	}
	if (plugin->is_candidate && !plugin->is_due[FUNCTION_POLL] &&
	    !plugin->is_due[FUNCTION_RENDER])
		plugin->services.events->on_candidate_done(plugin->services.events_arg, plugin,
							   NULL);
	plugin_call_due(plugin);
	if (plugin->is_candidate && plugin_waits(plugin))
		plugin->services.events->on_waiting(plugin->services.events_arg, plugin);
}

/* The guest answered the load with an error of the plugin, such as a traceback. */
static void take_refusal(struct plugin *plugin, const cbor_item_t *frame)
{
	const char *text = "";
	enum frame_outcome outcome;
	char *copy;
	size_t size = 0;

	if (frame_get_outcome(frame, &outcome) || outcome == OUTCOME_OK) {
		guest_kill(plugin->guest, "the guest sent an unexpected answer");
		return;
	}
	value_get_text(frame, 3, &text, &size);
	copy = strndup(text, size);
	/* A trap will not correct itself: count it as a death, so that the plugin rests after five.
	 */
	plugin_give_up(plugin, copy && *copy ? copy : "loading failed without a reason",
		       outcome == OUTCOME_TRAPPED ? END_OWN : END_REFUSAL);
	free(copy);
}

static void on_frame(void *arg, const cbor_item_t *frame)
{
	struct plugin *plugin = arg;

	switch (frame_type(frame)) {
	case FRAME_READY:
		take_ready(plugin, frame);
		break;
	case FRAME_ANSWER:
		if (plugin->state == PLUGIN_STARTING)
			take_refusal(plugin, frame);
		else
			plugin_take_answer(plugin, frame);
		break;
	case FRAME_HOST:
		plugin_take_host_call(plugin, frame);
		break;
	case FRAME_LOG:
		plugin_take_log(plugin, frame);
		break;
	case FRAME_IMPORTS:
		plugin_take_imports(plugin, frame);
		break;
	default:
		guest_kill(plugin->guest, "the guest sent a frame of an unknown type");
		break;
	}
}

static void on_exited(void *arg, int status, const char *reason)
{
	struct plugin *plugin = arg;
	bool is_own = !guest_was_killed_from_outside(plugin->guest);
	char text[LOG_TEXT_SIZE];

	if (WIFEXITED(status) && WEXITSTATUS(status) == GUEST_EXIT_ARTIFACT) {
		artifact_cache_forget(plugin->services.artifacts, plugin->artifact);
		reason = "the guest could not map the compiled component; compiling it again";
		is_own = false;
	}
	/* After a trap the guest's answer has been reported and counted already. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == GUEST_EXIT_TRAP) {
		plugin_rest(plugin, END_OWN);
		return;
	}
	snprintf(text, sizeof(text), "%s", *reason ? reason : "the guest process ended");
	plugin_give_up(plugin, text, is_own ? END_OWN : END_FOREIGN);
}

static const struct guest_events guest_events = {.on_frame = on_frame, .on_exited = on_exited};

static void enter_starting(struct plugin *plugin)
{
	struct error err = {0};

	plugin_set_state(plugin, PLUGIN_STARTING);
	if (plugin_contain(plugin, &err))
		log_warning(plugin->source.name,
			    "%s; the plugin runs without a control group, ignoring", err.text);
	plugin_weight_begin(plugin);
	plugin->client.touched_simulated = false;
	plugin_deadline_start(plugin);
}

/* Send the load frame as soon as both the process and the files are ready. */
static void load_script(struct plugin *plugin)
{
	cbor_item_t *files = plugin->files;

	if (!plugin->is_forked || !files)
		return;
	plugin->files = NULL;
	enter_starting(plugin);
	if (guest_send(plugin->guest, FRAME_LOAD, 1, 3, value_text(plugin->source.name), files,
		       plugin_limits(plugin)))
		guest_kill(plugin->guest, "the broker could not send it its files");
}

static void on_forked(void *arg, const char *failure)
{
	struct plugin *plugin = arg;

	if (failure) {
		/* The template failed, not the plugin. */
		plugin_give_up(plugin, failure, END_REFUSAL);
		return;
	}
	plugin->is_forked = true;
	load_script(plugin);
}

static void on_script_read(void *arg, cbor_item_t *files, const struct error *err)
{
	struct plugin *plugin = arg;

	plugin->script_job = NULL;
	plugin->files = files;
	if (files)
		load_script(plugin);
	else
		plugin_give_up(plugin, err->text, END_REFUSAL);
}

static void prepare_script(struct plugin *plugin)
{
	struct error err = {0};

	if (!plugin->services.template) {
		plugin_give_up(plugin,
			       plugin->services.target
				       ? "this installation has no interpreted Python runtime "
					 "(runtime.pulley64.cwasm); install harvester again, or "
					 "set `target = \"native\"` under [engine]"
				       : "this installation has no Python runtime (runtime.cwasm), "
					 "so it runs components only; install harvester again to "
					 "run .py plugins",
			       END_REFUSAL);
		return;
	}
	if (script_job_start(plugin->services.loop, &plugin->source, on_script_read, plugin,
			     &plugin->script_job, &err) ||
	    template_fork(plugin->services.template, &guest_events, plugin, on_forked,
			  &plugin->guest, &err))
		plugin_give_up(plugin, err.text, END_FOREIGN);
}

static void on_artifact_progress(void *arg, const char *text)
{
	struct plugin *plugin = arg;

	log_info(plugin->source.name, "%s", text);
}

static void on_artifact_done(void *arg, const char *path)
{
	struct plugin *plugin = arg;
	struct guest_command command = {
		.program = plugin->services.guest_program,
		.command = "component",
		.lockdown_required = plugin->services.lockdown_required,
		.target = plugin->services.target,
	};
	struct error err = {0};

	plugin->artifact_request = NULL;
	free(plugin->artifact);
	command.artifact = plugin->artifact = strdup(path);
	if (!plugin->artifact ||
	    guest_spawn(plugin->services.loop, plugin->services.reaper, &command, &guest_events,
			plugin, &plugin->guest, &err)) {
		plugin_give_up(plugin, *err.text ? err.text : error_text(ERROR_NO_MEMORY),
			       END_FOREIGN);
		return;
	}
	enter_starting(plugin);
}

static void on_artifact_failed(void *arg, const char *text)
{
	struct plugin *plugin = arg;

	plugin->artifact_request = NULL;
	/* Bad bytes stay bad, but a full disk does not: retry as for a plugin that dies. */
	plugin_give_up(plugin, text, END_FOREIGN);
}

static void prepare_component(struct plugin *plugin)
{
	static const struct artifact_events events = {
		.on_progress = on_artifact_progress,
		.on_done = on_artifact_done,
		.on_failed = on_artifact_failed,
	};

	if (artifact_request(plugin->services.artifacts, plugin->source.main_path,
			     plugin->source.name, &events, plugin, &plugin->artifact_request))
		plugin_give_up(plugin,
			       "too many components wait to be compiled; the broker tries this one "
			       "again later",
			       END_FOREIGN);
}

void plugin_prepare(struct plugin *plugin)
{
	plugin_set_state(plugin, PLUGIN_PREPARING);
	if (plugin->source.kind == PLUGIN_SCRIPT)
		prepare_script(plugin);
	else
		prepare_component(plugin);
}
