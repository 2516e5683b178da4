#include "plugin/plugin.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "plugin/artifact/artifact.h"
#include "plugin/internal.h"
#include "plugin/process/guest.h"
#include "plugin/process/poll_job.h"
#include "plugin/process/script_job.h"
#include "plugin/process/template.h"
#include "wire/exit.h"
#include "wire/value.h"

#define BACKOFF_FIRST_MS 1000
#define NS_PER_SECOND 1000000000u

/* Why a plugin cannot go on: decides how long it waits for its restart. */
enum end_cause {
	END_REFUSAL, /* it answered its load with an error, or could not be loaded */
	END_FOREIGN, /* its process died or could not be started, not by its own fault */
	END_OWN,     /* its process died by its own fault */
};

static void prepare(struct plugin *plugin);

const char *plugin_state_name(enum plugin_state state)
{
	static const char *const names[] = {
#define X(name, text) text,
		PLUGIN_STATES(X)
#undef X
	};

	return names[state];
}

void plugin_set_state(struct plugin *plugin, enum plugin_state state)
{
#define MAY(name) (1u << PLUGIN_##name)
	static const unsigned allowed[] = {
		[PLUGIN_STOPPED] = MAY(PREPARING),
		[PLUGIN_PREPARING] = MAY(STARTING) | MAY(BACKOFF) | MAY(FAILED) | MAY(STOPPED),
		[PLUGIN_STARTING] =
			MAY(IDLE) | MAY(BACKOFF) | MAY(FAILED) | MAY(PREPARING) | MAY(STOPPED),
		[PLUGIN_IDLE] = MAY(CALLING) | MAY(BACKOFF) | MAY(FAILED) | MAY(STOPPED),
		[PLUGIN_CALLING] = MAY(IDLE) | MAY(BACKOFF) | MAY(FAILED) | MAY(STOPPED),
		[PLUGIN_BACKOFF] = MAY(PREPARING) | MAY(STOPPED),
		[PLUGIN_FAILED] = MAY(PREPARING) | MAY(STOPPED),
	};
#undef MAY

	if (!(allowed[plugin->state] & 1u << state))
		log_error(plugin->source.name, "moves from state %s to %s, which is a bug",
			  plugin_state_name(plugin->state), plugin_state_name(state));
	assert(allowed[plugin->state] & 1u << state); /* after the log has said which */
	log_debug(plugin->source.name, "%s -> %s", plugin_state_name(plugin->state),
		  plugin_state_name(state));
	if (plugin->state == PLUGIN_IDLE)
		plugin_idle_ends(plugin);
	plugin->state = state;
	if (state != PLUGIN_CALLING)
		plugin_end_turn(plugin);
	if (state == PLUGIN_IDLE)
		plugin_idle_begins(plugin);
}

static void keep_reason(struct plugin *plugin, const char *text)
{
	snprintf(plugin->reason, sizeof(plugin->reason), "%s", plugin_last_line(text));
	plugin->reason[strcspn(plugin->reason, "\n")] = '\0';
	text_make_utf8(plugin->reason); /* the API shows it */
}

void plugin_fail(struct plugin *plugin, const char *text, bool ends_readings)
{
	bool is_news = !plugin->has_failed ||
		       strncmp(plugin->reason, plugin_last_line(text), strlen(plugin->reason)) != 0;

	plugin->errors++;
	keep_reason(plugin, text);
	if (plugin->is_candidate) {
		/* No log line: the file may be half written, so slot.c decides what is worth one.
		 */
		plugin->services.events->tried(plugin->services.events_arg, plugin, text);
		return;
	}
	if (is_news)
		plugin_report(plugin, text);
	plugin->has_failed = true;
	if (ends_readings)
		plugin->services.events->failed(plugin->services.events_arg, plugin->source.name,
						plugin->reason, plugin->client.touched_simulated);
}

static void retry(uv_timer_t *timer)
{
	struct plugin *plugin = timer->data;

	plugin->restarts++;
	prepare(plugin);
}

static uint64_t backoff_ms(unsigned failures)
{
	uint64_t delay = BACKOFF_FIRST_MS;

	while (--failures && delay < PLUGIN_BACKOFF_MAX_MS)
		delay *= 2;
	return delay < PLUGIN_BACKOFF_MAX_MS ? delay : PLUGIN_BACKOFF_MAX_MS;
}

static void forget_files(struct plugin *plugin)
{
	script_job_cancel(plugin->script_job);
	plugin->script_job = NULL;
	if (plugin->files)
		cbor_decref(&plugin->files); /* sets it to NULL */
	plugin->is_forked = false;
}

static void close_guest(struct plugin *plugin)
{
	plugin_forget_calls(plugin);
	poll_job_cancel(plugin->poll_job);
	plugin->poll_job = NULL;
	plugin_speech_end(plugin, true);
	plugin_denials_end(plugin, false);
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

/* A plugin that has died often stays off for hours, but not for ever: a bus that hung or a machine
 * that was too busy may have recovered by then. */
static void rest_long(struct plugin *plugin)
{
	static const unsigned hours[] = {1, 6, 24};
	size_t last = sizeof(hours) / sizeof(*hours) - 1;
	uint64_t seconds = 3600ull * hours[plugin->rests < last ? plugin->rests : last];

	if (plugin->is_hopeless) {
		log_error(plugin->source.name, "stays off until its file changes: %s",
			  plugin->reason);
		return;
	}
	plugin->rests++;
	plugin->rest_ns = clock_monotonic_ns(plugin->services.clock) + seconds * NS_PER_SECOND;
	plugin->rest_unix_ms = clock_unix_ms(plugin->services.clock) + seconds * 1000;
	log_error(plugin->source.name, "stays off for %u h, or until its file changes: %s",
		  (unsigned)(seconds / 3600), plugin->reason);
}

void plugin_check_rest(struct plugin *plugin)
{
	if (!plugin->rest_ns || clock_monotonic_ns(plugin->services.clock) < plugin->rest_ns)
		return;
	plugin->rest_ns = 0;
	deaths_begin_probation(&plugin->deaths, clock_monotonic_ns(plugin->services.clock));
	log_info(plugin->source.name, "starts again after its rest");
	retry(&plugin->backoff);
}

/* End the guest and restart the plugin later; the more often it has failed, the later. */
static void rest(struct plugin *plugin, enum end_cause cause)
{
	uint64_t now_ns = clock_monotonic_ns(plugin->services.clock);
	unsigned failures = cause == END_REFUSAL
				    ? ++plugin->refusals
				    : deaths_add(&plugin->deaths, now_ns, cause == END_OWN);
	bool is_final = plugin->is_hopeless || (cause != END_REFUSAL && failures >= DEATHS_MAX);

	close_guest(plugin);
	capability_client_end(&plugin->client, true);
	if (plugin->is_candidate) {
		plugin_set_state(plugin, PLUGIN_FAILED);
		return;
	}
	if (is_final) {
		plugin_set_state(plugin, PLUGIN_FAILED);
		rest_long(plugin);
		return;
	}
	plugin_set_state(plugin, PLUGIN_BACKOFF);
	log_warning(plugin->source.name, "starts again in %llu s",
		    (unsigned long long)backoff_ms(failures) / 1000);
	uv_timer_start(&plugin->backoff, retry, backoff_ms(failures), 0);
}

/* The plugin cannot go on, for a reason that has not been reported yet. */
static void give_up(struct plugin *plugin, const char *text, enum end_cause cause)
{
	plugin_fail(plugin, text, true);
	rest(plugin, cause);
}

static void schedule_poll(uv_timer_t *timer)
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

/* Poll at the interval from now on, and call update() and render() if there is a state already. */
static void begin_schedule(struct plugin *plugin)
{
	plugin->is_due[FUNCTION_UPDATE] = plugin->has_function[FUNCTION_UPDATE] && plugin->offered;
	plugin->is_due[FUNCTION_RENDER] = plugin->has_function[FUNCTION_RENDER] && plugin->offered;
	if (plugin->has_function[FUNCTION_POLL])
		uv_timer_start(&plugin->schedule, schedule_poll, plugin->options.interval_ms,
			       plugin->options.interval_ms);
}

static void take_ready(struct plugin *plugin, const cbor_item_t *frame)
{
	const cbor_item_t *list = cbor_array_size(frame) == 3 ? cbor_array_handle(frame)[2] : NULL;
	const char *name;
	size_t size;

	if (plugin->state != PLUGIN_STARTING || !list || !cbor_isa_array(list)) {
		guest_kill(plugin->guest, "the guest was ready out of turn");
		return;
	}
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
	plugin_forget_calls(plugin);
	plugin->refusals = 0;
	plugin_set_state(plugin, PLUGIN_IDLE);
	plugin->is_due[FUNCTION_POLL] = plugin->has_function[FUNCTION_POLL];
	if (!plugin->is_candidate)
		begin_schedule(plugin);
	else if (plugin->has_function[FUNCTION_RENDER] && !plugin->is_due[FUNCTION_POLL])
		plugin->is_due[FUNCTION_RENDER] = plugin->offered != NULL;
	if (plugin->is_candidate && !plugin->is_due[FUNCTION_POLL] &&
	    !plugin->is_due[FUNCTION_RENDER])
		plugin->services.events->tried(plugin->services.events_arg, plugin, NULL);
	plugin_call_due(plugin);
	if (plugin->is_candidate && plugin_waits(plugin))
		plugin->services.events->waits(plugin->services.events_arg, plugin);
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
	give_up(plugin, copy && *copy ? copy : "loading failed without a reason",
		outcome == OUTCOME_TRAPPED ? END_OWN : END_REFUSAL);
	free(copy);
}

static void take_frame(void *arg, const cbor_item_t *frame)
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

static void take_exit(void *arg, int status, const char *reason)
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
		rest(plugin, END_OWN);
		return;
	}
	snprintf(text, sizeof(text), "%s", *reason ? reason : "the guest process ended");
	give_up(plugin, text, is_own ? END_OWN : END_FOREIGN);
}

static const struct guest_events guest_events = {.frame = take_frame, .exited = take_exit};

static void enter_starting(struct plugin *plugin)
{
	struct error err = {0};

	plugin_set_state(plugin, PLUGIN_STARTING);
	if (plugin_contain(plugin, &err))
		log_warning(plugin->source.name, "%s, ignoring", err.text);
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

static void child_forked(void *arg, const char *failure)
{
	struct plugin *plugin = arg;

	if (failure) {
		/* The template failed, not the plugin. */
		give_up(plugin, failure, END_REFUSAL);
		return;
	}
	plugin->is_forked = true;
	load_script(plugin);
}

static void script_read(void *arg, cbor_item_t *files, const struct error *err)
{
	struct plugin *plugin = arg;

	plugin->script_job = NULL;
	plugin->files = files;
	if (files)
		load_script(plugin);
	else
		give_up(plugin, err->text, END_REFUSAL);
}

static void prepare_script(struct plugin *plugin)
{
	struct error err = {0};

	if (!plugin->services.template) {
		give_up(plugin, "this installation has no Python runtime (runtime.cwasm)",
			END_REFUSAL);
		return;
	}
	if (script_job_start(plugin->services.loop, &plugin->source, script_read, plugin,
			     &plugin->script_job, &err) ||
	    template_fork(plugin->services.template, &guest_events, plugin, child_forked,
			  &plugin->guest, &err))
		give_up(plugin, err.text, END_FOREIGN);
}

static void artifact_progress(void *arg, const char *text)
{
	struct plugin *plugin = arg;

	log_info(plugin->source.name, "%s", text);
}

static void artifact_done(void *arg, const char *path)
{
	struct plugin *plugin = arg;
	struct guest_command command = {
		.program = plugin->services.guest_program,
		.command = "component",
		.lockdown_required = plugin->services.lockdown_required,
	};
	struct error err = {0};

	plugin->artifact_request = NULL;
	free(plugin->artifact);
	command.artifact = plugin->artifact = strdup(path);
	if (!plugin->artifact ||
	    guest_spawn(plugin->services.loop, plugin->services.reaper, &command, &guest_events,
			plugin, &plugin->guest, &err)) {
		give_up(plugin, *err.text ? err.text : "out of memory", END_FOREIGN);
		return;
	}
	enter_starting(plugin);
}

static void artifact_failed(void *arg, const char *text)
{
	struct plugin *plugin = arg;

	plugin->artifact_request = NULL;
	/* Bad bytes stay bad, but a full disk does not: retry as for a plugin that dies. */
	give_up(plugin, text, END_FOREIGN);
}

static void prepare_component(struct plugin *plugin)
{
	static const struct artifact_events events = {
		.progress = artifact_progress,
		.done = artifact_done,
		.failed = artifact_failed,
	};

	if (artifact_request(plugin->services.artifacts, plugin->source.main_path,
			     plugin->source.name, &events, plugin, &plugin->artifact_request))
		give_up(plugin, "too many components wait to be compiled", END_FOREIGN);
}

static void prepare(struct plugin *plugin)
{
	plugin_set_state(plugin, PLUGIN_PREPARING);
	if (plugin->source.kind == PLUGIN_SCRIPT)
		prepare_script(plugin);
	else
		prepare_component(plugin);
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
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	ret = plugin_source_copy(source, &plugin->source);
	if (ret) {
		free(plugin);
		return error_set(err, ret, "out of memory");
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
		uv_timer_start(&plugin->schedule, schedule_poll, options->interval_ms,
			       options->interval_ms);
}

void plugin_start(struct plugin *plugin)
{
	prepare(plugin);
}

static void destroy_when_closed(uv_handle_t *handle)
{
	struct plugin *plugin = handle->data;
	plugin_closed *closed = plugin->closed;
	void *arg = plugin->closed_arg;

	if (--plugin->open_handles)
		return;
	plugin_source_finish(&plugin->source);
	free(plugin->artifact);
	free(plugin->offered);
	if (plugin->trial_result)
		plugin->services.events->forget(plugin->trial_result);
	json_decref((json_t *)plugin->client.settings);
	free(plugin);
	if (closed)
		closed(arg);
}

void plugin_close(struct plugin *plugin, bool has_successor, plugin_closed *closed, void *arg)
{
	if (plugin->artifact_request)
		artifact_request_cancel(plugin->artifact_request);
	plugin->artifact_request = NULL;
	close_guest(plugin);
	plugin_end_turn(plugin);
	plugin->rest_ns = 0;
	plugin_denials_end(plugin, true);
	/* A successor uses the GPIO lines and LEDs as they are now. */
	if (!has_successor)
		capability_client_end(&plugin->client, false);
	plugin->closed = closed;
	plugin->closed_arg = arg;
	uv_close((uv_handle_t *)&plugin->schedule, destroy_when_closed);
	uv_close((uv_handle_t *)&plugin->deadline, destroy_when_closed);
	uv_close((uv_handle_t *)&plugin->backoff, destroy_when_closed);
}

void plugin_hold(struct plugin *plugin, bool is_held)
{
	plugin->is_held = is_held;
	if (!is_held)
		plugin_release_host_call(plugin);
	plugin_call_due(plugin);
}

bool plugin_waits(const struct plugin *plugin)
{
	bool is_due = false;

	for (int i = 0; i < FUNCTIONS; i++)
		is_due |= plugin->is_due[i];
	return plugin->is_held && (plugin->held_call || (is_due && plugin->state == PLUGIN_IDLE));
}

void plugin_prime(struct plugin *candidate, const struct plugin *old)
{
	if (!candidate->offered && old->offered)
		candidate->offered = strdup(old->offered);
}

static void promotion_failed(const char *name, const char *text)
{
	log_error(name, "its new version has taken over, but %s", text);
}

void plugin_take_over(struct plugin *plugin, const struct plugin *old)
{
	struct plugin_result *result = plugin->trial_result;
	struct error err = {0};

	plugin->is_candidate = false;
	capability_client_promote(&plugin->client, promotion_failed);
	memcpy(plugin->client.leds, old->client.leds, sizeof(plugin->client.leds));
	plugin->client.has_sounded = old->client.has_sounded;
	plugin_prime(plugin, old);
	begin_schedule(plugin);
	plugin->trial_result = NULL;
	if (result && plugin->services.events->polled(plugin->services.events_arg,
						      plugin->source.name, result, &err))
		plugin_fail(plugin, err.text, true);
	plugin_call_due(plugin);
}

void plugin_take_denials(struct plugin *plugin, const struct plugin *candidate)
{
	const struct capability_client *from = &candidate->client;
	struct capability_client *to = &plugin->client;

	to->denied += from->denied;
	if (*from->last_denied)
		memcpy(to->last_denied, from->last_denied, sizeof(to->last_denied));
	for (int i = 0; i < CAPABILITY_KINDS; i++) {
		uint64_t count = to->denials[i].count + from->denials[i].count;

		if (from->denials[i].count)
			to->denials[i] = from->denials[i];
		to->denials[i].count = count;
	}
	plugin_denials_end(plugin, false);
}

void plugin_set_reload_error(struct plugin *plugin, const char *text)
{
	snprintf(plugin->reload_error, sizeof(plugin->reload_error), "%s", plugin_last_line(text));
	plugin->reload_error[strcspn(plugin->reload_error, "\n")] = '\0';
	text_make_utf8(plugin->reload_error);
}

const struct permission *plugin_request(const struct plugin *plugin)
{
	return &plugin->request;
}

const struct permission *plugin_grant(const struct plugin *plugin)
{
	return &plugin->permission;
}

bool plugin_works(const struct plugin *plugin)
{
	return (plugin->state == PLUGIN_IDLE || plugin->state == PLUGIN_CALLING) &&
	       !plugin->has_failed;
}

void plugin_offer_state(struct plugin *plugin, const char *state, size_t size)
{
	char *copy;

	if (!plugin->has_function[FUNCTION_UPDATE] && !plugin->has_function[FUNCTION_RENDER])
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
