/* What plugins and slots report to the supervisor: passed on, and each begins a cycle. */
#include "plugin/supervisor/internal.h"
#include "plugin/supervisor/schedule.h"

static void judge(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;

	supervisor->has_candidates = false;
	for (size_t i = 0; i < supervisor->count; i++) {
		const struct slot *slot = supervisor->slots[i];

		slot_judge(supervisor->slots[i]);
		supervisor->has_candidates |= slot->candidate || slot->is_candidate_done;
	}
}

/* Keep the earliest time; a slot that is judged too early asks again. */
static void judge_in(void *arg, uint64_t milliseconds)
{
	struct supervisor *supervisor = arg;
	uv_timer_t *timer = &supervisor->judging;

	if (uv_is_closing((uv_handle_t *)timer) ||
	    (uv_is_active((uv_handle_t *)timer) && uv_timer_get_due_in(timer) <= milliseconds))
		return;
	uv_timer_start(timer, judge, milliseconds, 0);
}

/* A poll has ended, for which a candidate may have waited. */
static void judge_candidates(struct supervisor *supervisor)
{
	if (supervisor->has_candidates)
		judge_in(supervisor, 0);
}

/* Any thread: these fields never change. */
static struct plugin_result *convert(void *arg, const struct plugin_poll *poll)
{
	const struct supervisor *supervisor = arg;

	return supervisor->config.events->plugin.convert(supervisor->config.events_arg, poll);
}

static void forget(void *arg, struct plugin_result *result)
{
	const struct supervisor *supervisor = arg;

	supervisor->config.events->plugin.forget(supervisor->config.events_arg, result);
}

static int on_polled(void *arg, const char *name, struct plugin_result *result, struct error *err)
{
	struct supervisor *supervisor = arg;
	int ret;

	ret = supervisor->config.events->plugin.on_polled(supervisor->config.events_arg, name,
							  result, err);
	schedule_begin(supervisor->schedule);
	judge_candidates(supervisor);
	return ret;
}

static void on_failed(void *arg, const char *name, const char *text, bool simulated)
{
	struct supervisor *supervisor = arg;

	supervisor->config.events->plugin.on_failed(supervisor->config.events_arg, name, text,
						    simulated);
	schedule_begin(supervisor->schedule);
	judge_candidates(supervisor);
}

static void on_died(void *arg, const char *name, const char *text)
{
	struct supervisor *supervisor = arg;

	if (supervisor->config.events->plugin.on_died)
		supervisor->config.events->plugin.on_died(supervisor->config.events_arg, name,
							  text);
}

static void on_waiting(void *arg, struct plugin *candidate)
{
	(void)candidate;
	judge_in(arg, 0);
}

static void on_candidate_done(void *arg, struct plugin *candidate, const char *failure)
{
	struct supervisor *supervisor = arg;

	for (size_t i = 0; i < supervisor->count; i++)
		if (slot_note_candidate(supervisor->slots[i], candidate, failure))
			break;
	judge_in(supervisor, 0); /* not from within the candidate's own call */
}

static void on_rendered(void *arg, const char *name, const char *html, size_t size)
{
	struct supervisor *supervisor = arg;

	supervisor->config.events->plugin.on_rendered(supervisor->config.events_arg, name, html,
						      size);
}

static void on_described(void *arg, const char *name, const json_t *fields, const char *failure)
{
	struct supervisor *supervisor = arg;

	if (supervisor->config.events->plugin.on_described)
		supervisor->config.events->plugin.on_described(supervisor->config.events_arg, name,
							       fields, failure);
}

static void on_refused(void *arg, const char *name, const char *text)
{
	on_failed(arg, name, text, false);
	on_died(arg, name, text);
}

static void on_rejected(void *arg, const char *name, const char *text)
{
	struct supervisor *supervisor = arg;

	if (supervisor->config.events->on_rejected)
		supervisor->config.events->on_rejected(supervisor->config.events_arg, name, text);
}

static void on_disabled(void *arg, const char *name)
{
	struct supervisor *supervisor = arg;

	supervisor->config.events->on_removed(supervisor->config.events_arg, name,
					      "its plugin is disabled");
	schedule_begin(supervisor->schedule);
}

const struct plugin_events supervisor_plugin_events = {
	.convert = convert,
	.forget = forget,
	.on_polled = on_polled,
	.on_failed = on_failed,
	.on_died = on_died,
	.on_waiting = on_waiting,
	.on_candidate_done = on_candidate_done,
	.on_described = on_described,
	.on_rendered = on_rendered,
};

const struct slot_events supervisor_slot_events = {
	.on_refused = on_refused,
	.on_disabled = on_disabled,
	.on_rejected = on_rejected,
	.on_closing = supervisor_on_part_closing,
	.on_closed = supervisor_on_part_closed,
	.judge_in = judge_in,
};
