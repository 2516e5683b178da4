#include "plugin/supervisor.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/work_queue.h"
#include "config/config.h"
#include "plugin/artifact/artifact.h"
#include "plugin/discovery/folder_watch.h"
#include "plugin/discovery/snapshot.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/claims.h"
#include "plugin/policy/disabled_plugins.h"
#include "plugin/policy/owner_store.h"
#include "plugin/process/cgroup.h"
#include "plugin/process/memory_total.h"
#include "plugin/process/reaper.h"
#include "plugin/process/template.h"
#include "plugin/schedule.h"
#include "plugin/slot.h"
#include "plugin/turns.h"

#define CACHE_BYTES_MAX (1ull << 30)
#define CHECK_MS 500
#define QUEUE_LIMIT 64 /* snapshots, and the owner's decisions that wait to be written */
/* Large polls that wait to be converted: of all plugins, and of one (its versions may change). */
#define CONVERSIONS_MAX 1024
#define CONVERSIONS_OF_ONE 4

struct supervisor {
	struct supervisor_config config;
	struct plugin_services services;
	struct slot_services slot_services;
	struct plugin_events plugin_events; /* ours: they begin cycles */
	struct turns turns;		    /* of the plugins that use much processor time */
	struct approvals *approvals;	    /* owned, as the next five */
	struct disabled_plugins *disabled;
	struct claims *claims;
	struct work_queue *queue;
	struct owner_store decisions;
	struct folder_watch *watch;
	struct schedule *schedule;
	struct plugin_skipped *skipped; /* owned, with their content: from the last snapshot */
	size_t skipped_count;
	struct slot **slots; /* owned, with their content; sorted by name */
	size_t count;
	uv_timer_t judging, checking;
	unsigned open_parts; /* not closed yet; 1 while the supervisor is open */
	json_t *no_settings; /* {} */
	int first_result;    /* result of the first snapshot, for supervisor_start() */
	struct error first_error;
	bool is_started; /* the first snapshot has been taken */
	supervisor_closed *closed;
	void *closed_arg;
};

/* Events of plugins */

static void judge(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;

	for (size_t i = 0; i < supervisor->count; i++)
		slot_judge(supervisor->slots[i]);
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

/* Any thread: these fields never change. */
static struct plugin_result *convert(void *arg, const struct plugin_poll *poll)
{
	const struct supervisor *supervisor = arg;

	return supervisor->config.events->plugin.convert(supervisor->config.events_arg, poll);
}

static int polled(void *arg, const char *name, struct plugin_result *result, struct error *err)
{
	struct supervisor *supervisor = arg;
	int ret;

	ret = supervisor->config.events->plugin.polled(supervisor->config.events_arg, name, result,
						       err);
	schedule_begin(supervisor->schedule);
	judge_in(supervisor, 0); /* a candidate may have waited for the end of this poll */
	return ret;
}

static void failed(void *arg, const char *name, const char *text, bool simulated)
{
	struct supervisor *supervisor = arg;

	supervisor->config.events->plugin.failed(supervisor->config.events_arg, name, text,
						 simulated);
	schedule_begin(supervisor->schedule);
	judge_in(supervisor, 0);
}

static void waits(void *arg, struct plugin *candidate)
{
	(void)candidate;
	judge_in(arg, 0);
}

static void tried(void *arg, struct plugin *candidate, const char *failure)
{
	struct supervisor *supervisor = arg;

	for (size_t i = 0; i < supervisor->count; i++)
		if (slot_tried(supervisor->slots[i], candidate, failure))
			break;
	judge_in(supervisor, 0); /* not from within the candidate's own call */
}

static void rendered(void *arg, const char *name, const char *html, size_t size)
{
	struct supervisor *supervisor = arg;

	supervisor->config.events->plugin.rendered(supervisor->config.events_arg, name, html, size);
}

/* Events of the cycle */

static bool anyone_polls(void *arg)
{
	const struct supervisor *supervisor = arg;

	for (size_t i = 0; i < supervisor->count; i++) {
		const struct plugin *plugin = slot_plugin(supervisor->slots[i]);

		if (plugin && plugin_is_polling(plugin))
			return true;
	}
	return false;
}

static void cycle_ended(void *arg)
{
	struct supervisor *supervisor = arg;
	size_t size;
	const char *state =
		supervisor->config.events->cycle_ended(supervisor->config.events_arg, &size);

	for (size_t i = 0; state && i < supervisor->count; i++) {
		struct plugin *plugin = slot_plugin(supervisor->slots[i]);

		if (plugin)
			plugin_offer_state(plugin, state, size);
	}
}

/* Events of slots */

static void refused(void *arg, const char *name, const char *text)
{
	failed(arg, name, text, false);
}

static void disabled(void *arg, const char *name)
{
	struct supervisor *supervisor = arg;

	supervisor->config.events->removed(supervisor->config.events_arg, name,
					   "its plugin is disabled");
	schedule_begin(supervisor->schedule);
}

static void destroy(struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->count; i++)
		slot_destroy(supervisor->slots[i]);
	free(supervisor->slots);
	plugin_skipped_free(supervisor->skipped, supervisor->skipped_count);
	approvals_destroy(supervisor->approvals);
	disabled_plugins_destroy(supervisor->disabled);
	claims_destroy(supervisor->claims);
	reaper_close(supervisor->services.reaper);
	cgroup_tree_destroy(supervisor->services.cgroups);
	json_decref(supervisor->no_settings);
	free(supervisor);
}

static void part_closed(void *arg)
{
	struct supervisor *supervisor = arg;
	supervisor_closed *closed = supervisor->closed;
	void *closed_arg = supervisor->closed_arg;

	if (--supervisor->open_parts)
		return;
	destroy(supervisor);
	closed(closed_arg);
}

static void part_closing(void *arg)
{
	((struct supervisor *)arg)->open_parts++;
}

/* Events of the plugins folder */

static void add_slot(struct supervisor *supervisor, size_t at, const char *name)
{
	struct slot **room =
		reallocarray(supervisor->slots, supervisor->count + 1, sizeof(*supervisor->slots));
	struct slot *slot = room ? slot_create(&supervisor->slot_services, name) : NULL;

	if (room)
		supervisor->slots = room;
	if (!slot)
		return; /* out of memory; the next snapshot tries again */
	memmove(room + at + 1, room + at, (supervisor->count - at) * sizeof(*room));
	room[at] = slot;
	supervisor->count++;
}

static void remove_slot(struct supervisor *supervisor, size_t at)
{
	struct slot *slot = supervisor->slots[at];

	supervisor->count--;
	memmove(supervisor->slots + at, supervisor->slots + at + 1,
		(supervisor->count - at) * sizeof(*supervisor->slots));
	log_info(slot_name(slot), "removed");
	slot_stop(slot);
	supervisor->config.events->removed(supervisor->config.events_arg, slot_name(slot),
					   "its plugin was removed");
	schedule_begin(supervisor->schedule); /* its LEDs go dark at the end of the cycle */
	slot_destroy(slot);
}

/* Add and remove slots until they match the snapshot; both are sorted by name. */
static void match_slots(struct supervisor *supervisor, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count || i < supervisor->count;) {
		const char *here = i < supervisor->count ? slot_name(supervisor->slots[i]) : NULL;
		const char *there = i < snapshot->count ? snapshot->items[i].mark.name : NULL;
		int order = !there ? -1 : !here ? 1 : strcmp(here, there);
		size_t count = supervisor->count;

		if (order < 0)
			remove_slot(supervisor, i);
		else if (order > 0)
			add_slot(supervisor, i, there);
		if (order > 0 && supervisor->count == count)
			return; /* out of memory */
		i += order >= 0;
	}
}

static void snapshot_begins(void *arg, struct snapshot *snapshot)
{
	const struct supervisor *supervisor = arg;

	snapshot->known =
		supervisor->count ? calloc(supervisor->count, sizeof(*snapshot->known)) : NULL;
	snapshot->known_count = snapshot->known ? supervisor->count : 0;
	for (size_t i = 0; i < snapshot->known_count; i++)
		snapshot->known[i] = *slot_mark(supervisor->slots[i]);
}

/* Start the search at the same index: a folder is read in the same order each time, and there may
 * be thousands. */
static bool is_known_skip(const struct supervisor *supervisor, const struct plugin_skipped *skipped,
			  size_t at)
{
	for (size_t i = 0; i < supervisor->skipped_count; i++, at++) {
		const struct plugin_skipped *known =
			&supervisor->skipped[at % supervisor->skipped_count];

		if (!strcmp(known->path, skipped->path) && !strcmp(known->reason, skipped->reason))
			return true;
	}
	return false;
}

/* Warn once of each skipped file while it exists, though every change of a file leads to a new
 * scan. Moves the list out of `scan`. */
static void warn_of_skipped(struct supervisor *supervisor, struct plugin_scan *scan)
{
	for (size_t i = 0; i < scan->skipped_count; i++) {
		if (!is_known_skip(supervisor, &scan->skipped[i], i))
			log_warning("plugins", "%s: %s", scan->skipped[i].path,
				    scan->skipped[i].reason);
	}
	plugin_skipped_free(supervisor->skipped, supervisor->skipped_count);
	supervisor->skipped = scan->skipped;
	supervisor->skipped_count = scan->skipped_count;
	scan->skipped = NULL;
	scan->skipped_count = 0;
}

static void take_snapshot(struct supervisor *supervisor, struct snapshot *snapshot)
{
	bool at_once = !supervisor->is_started;
	size_t count = supervisor->count;
	uint64_t again_ms;

	warn_of_skipped(supervisor, &snapshot->scan);
	match_slots(supervisor, snapshot);
	/* Give the memory of many removed plugins back to the system. */
	if (supervisor->count < count)
		malloc_trim(0);
	for (size_t i = 0; i < snapshot->count && i < supervisor->count; i++) {
		if (strcmp(slot_name(supervisor->slots[i]), snapshot->items[i].mark.name) != 0)
			break; /* out of memory when its slot was added */
		again_ms = slot_take(supervisor->slots[i], &snapshot->items[i], at_once);
		if (again_ms)
			folder_watch_look(supervisor->watch, again_ms);
	}
	/* A removed plugin, or one that requests less now, may have released what another waits
	 * for. */
	for (size_t i = 0; i < supervisor->count; i++)
		slot_retry_busy(supervisor->slots[i]);
}

static void snapshot_ended(void *arg, struct snapshot *snapshot)
{
	struct supervisor *supervisor = arg;

	if (!snapshot->ret) {
		take_snapshot(supervisor, snapshot);
	} else if (supervisor->is_started) {
		log_error("plugins", "%s", snapshot->err.text);
	} else {
		supervisor->first_result = snapshot->ret;
		supervisor->first_error = snapshot->err;
	}
}

static void watch_warning(void *arg, const char *text)
{
	(void)arg;
	log_warning("plugins", "%s", text);
}

/* All running versions and candidates, borrowed. The caller frees the array; NULL if out of memory.
 */
static struct plugin **list_versions(const struct supervisor *supervisor, size_t *ret_count)
{
	struct plugin **plugins =
		calloc(supervisor->count * SLOT_VERSIONS + 1, sizeof(struct plugin *));

	*ret_count = 0;
	for (size_t i = 0; plugins && i < supervisor->count; i++)
		*ret_count += slot_versions(supervisor->slots[i], plugins + *ret_count);
	return plugins;
}

static void check_total_memory(const struct supervisor *supervisor, struct plugin **plugins,
			       size_t count)
{
	uint64_t total = memory_total_bytes(supervisor->config.config);
	size_t *used = calloc(count + 1, sizeof(*used));
	int which;

	for (size_t i = 0; used && i < count; i++)
		used[i] = plugin_memory_bytes(plugins[i]);
	while (used && (which = memory_total_pick(used, count, total)) >= 0) {
		used[which] = 0; /* its memory is free in a moment */
		plugin_end_for_memory(plugins[which], total);
	}
	free(used);
}

static void count_computing(struct supervisor *supervisor, struct plugin **plugins, size_t count)
{
	supervisor->turns.computing = 0;
	for (size_t i = 0; i < count; i++)
		supervisor->turns.computing += plugin_computes(plugins[i]);
}

static void check_slots(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;
	struct plugin **plugins;
	size_t count;

	for (size_t i = 0; i < supervisor->count; i++)
		slot_check(supervisor->slots[i]);
	plugins = list_versions(supervisor, &count);
	check_total_memory(supervisor, plugins, count);
	count_computing(supervisor, plugins, count);
	free(plugins);
}

int supervisor_start(struct supervisor *supervisor, struct error *err)
{
	uv_timer_start(&supervisor->checking, check_slots, CHECK_MS, CHECK_MS);
	artifact_cache_trim(supervisor->services.artifacts, CACHE_BYTES_MAX);
	folder_watch_start(supervisor->watch);
	supervisor->is_started = true;
	if (supervisor->first_result && err)
		*err = supervisor->first_error;
	return supervisor->first_result;
}

/* The owner's decisions: applied at once, and written to a file on the thread pool. */

static void decision_written(void *arg, const char *name, const struct error *err)
{
	struct supervisor *supervisor = arg;

	if (err->code)
		log_error(name, "the owner's decision cannot be written to the disk: %s",
			  err->text);
	if (!supervisor->closed)
		folder_watch_look(supervisor->watch, 0);
}

static struct slot *find_slot(const struct supervisor *supervisor, const char *name)
{
	for (size_t i = 0; i < supervisor->count; i++) {
		if (!strcmp(slot_name(supervisor->slots[i]), name))
			return supervisor->slots[i];
	}
	return NULL;
}

bool supervisor_has(const struct supervisor *supervisor, const char *name)
{
	return find_slot(supervisor, name) != NULL;
}

bool supervisor_may_show(const struct supervisor *supervisor, const char *name)
{
	const struct slot *slot = find_slot(supervisor, name);
	struct plugin *plugin = slot ? slot_plugin(slot) : NULL;

	return !plugin || plugin_may_show(plugin);
}

bool supervisor_may_report(const struct supervisor *supervisor, const char *name)
{
	const struct slot *slot = find_slot(supervisor, name);
	struct plugin *plugin = slot ? slot_plugin(slot) : NULL;

	return !plugin || plugin_may_report(plugin);
}

static int require_slot(const struct supervisor *supervisor, const char *name,
			struct slot **ret_slot, struct error *err)
{
	struct slot *slot = find_slot(supervisor, name);

	if (supervisor->closed)
		return error_set(err, ERROR_CLOSED, "the node is stopping");
	if (slot) {
		*ret_slot = slot;
		return 0;
	}
	return error_set(err, ERROR_NOT_FOUND, "there is no plugin %.*s", PLUGIN_NAME_SIZE, name);
}

int supervisor_approve(struct supervisor *supervisor, const char *name, const char *digest,
		       struct error *err)
{
	struct slot *slot = NULL;
	int ret = require_slot(supervisor, name, &slot, err);

	if (!ret)
		ret = slot_approve(slot, digest, err);
	if (!ret)
		ret = owner_store_approve(&supervisor->decisions, name, slot_request(slot), err);
	if (!ret)
		folder_watch_distrust(supervisor->watch);
	return ret;
}

int supervisor_reload(struct supervisor *supervisor, const char *name, struct error *err)
{
	struct slot *slot = NULL;
	int ret = require_slot(supervisor, name, &slot, err);

	return ret ? ret : slot_reload(slot, err);
}

int supervisor_set_enabled(struct supervisor *supervisor, const char *name, bool enabled,
			   struct error *err)
{
	struct slot *slot = NULL;
	int ret = require_slot(supervisor, name, &slot, err);

	if (!ret)
		ret = slot_set_enabled(slot, enabled, err);
	if (!ret)
		ret = owner_store_switch(&supervisor->decisions, name, !enabled, err);
	if (!ret)
		folder_watch_distrust(supervisor->watch);
	return ret;
}

void supervisor_reconfigure(struct supervisor *supervisor)
{
	if (supervisor->closed)
		return;
	for (size_t i = 0; i < supervisor->count; i++)
		slot_reconfigure(supervisor->slots[i]);
	/* A plugin may have released what another waits for. */
	for (size_t i = 0; i < supervisor->count; i++)
		slot_retry_busy(supervisor->slots[i]);
}

/* Creation and end */

static void init_handles(struct supervisor *supervisor)
{
	uv_timer_init(supervisor->config.loop, &supervisor->judging);
	uv_timer_init(supervisor->config.loop, &supervisor->checking);
	supervisor->judging.data = supervisor->checking.data = supervisor;
}

static int create_watch(struct supervisor *supervisor, struct error *err)
{
	static const struct folder_watch_events events = {
		.begins = snapshot_begins,
		.ended = snapshot_ended,
		.warning = watch_warning,
	};
	const struct supervisor_config *config = &supervisor->config;
	struct folder_watch_config watch = {
		.loop = config->loop,
		.plugins_folder = config->plugins_folder,
		.events = &events,
		.arg = supervisor,
	};
	int ret = approvals_create(config->data_folder, &supervisor->approvals, err);

	if (!ret)
		ret = disabled_plugins_create(config->data_folder, &supervisor->disabled, err);
	if (!ret)
		ret = work_queue_create(config->loop, QUEUE_LIMIT, &supervisor->queue, err);
	if (ret)
		return ret;
	supervisor->decisions = (struct owner_store){
		.queue = supervisor->queue,
		.approvals = supervisor->approvals,
		.disabled = supervisor->disabled,
		.written = decision_written,
		.arg = supervisor,
	};
	watch.approvals = supervisor->approvals;
	watch.disabled = supervisor->disabled;
	watch.queue = supervisor->queue;
	return folder_watch_create(&watch, &supervisor->watch, err);
}

static void limit_compiler(const struct plugin_services *services, bool lockdown_required)
{
	struct artifact_limits limits = *artifact_cache_limits(services->artifacts);

	limits.lockdown_optional = !lockdown_required;
	limits.cgroups = services->cgroups;
	artifact_cache_set_limits(services->artifacts, &limits);
}

/* Most machines delegate no group to harvester. That is not an error; `doctor` reports it. */
static void find_cgroups(struct plugin_services *services)
{
	char path[PATH_MAX];
	struct error err = {0};

	if (cgroup_find(path, NULL))
		return;
	if (cgroup_tree_create(path, &services->cgroups, &err))
		log_warning("plugins", "%s; plugins run without control groups, ignoring",
			    err.text);
	else
		log_info("plugins", "each plugin has a control group below %s", path);
}

static int create_services(struct supervisor *supervisor, struct error *err)
{
	static const struct schedule_events schedule_events = {anyone_polls, cycle_ended};
	const struct supervisor_config *config = &supervisor->config;
	struct template_config template = {
		.loop = config->loop,
		.guest_program = config->guest_program,
		.artifact = config->runtime_artifact,
		.lockdown_required = config->config->sandbox.required,
	};
	struct plugin_services *services = &supervisor->services;
	int ret = reaper_create(config->loop, &services->reaper, err);

	if (ret)
		return ret;
	ret = work_queue_create_shared(config->loop, CONVERSIONS_MAX, CONVERSIONS_OF_ONE,
				       &services->conversions, err);
	if (ret)
		return ret;
	find_cgroups(services);
	template.reaper = services->reaper;
	ret = create_watch(supervisor, err);
	if (!ret)
		ret = schedule_create(config->loop, &schedule_events, supervisor,
				      &supervisor->schedule, err);
	if (!ret)
		ret = claims_create(config->config, &supervisor->claims);
	if (!ret)
		ret = artifact_cache_create(config->loop, config->cache_folder,
					    config->guest_program, HARVESTER_ENGINE_KEY,
					    &services->artifacts, err);
	if (!ret)
		limit_compiler(services, config->config->sandbox.required);
	if (!ret && config->runtime_artifact)
		ret = template_create(&template, &services->template, err);
	return ret;
}

static void fill_services(struct supervisor *supervisor)
{
	static const struct slot_events slot_events = {
		.refused = refused,
		.disabled = disabled,
		.closing = part_closing,
		.closed = part_closed,
		.judge_in = judge_in,
	};
	const struct supervisor_config *config = &supervisor->config;

	supervisor->plugin_events = (struct plugin_events){
		.convert = convert,
		.forget = config->events->plugin.forget,
		.polled = polled,
		.failed = failed,
		.waits = waits,
		.tried = tried,
		.rendered = rendered,
	};
	supervisor->services.loop = config->loop;
	supervisor->services.clock = config->clock;
	supervisor->services.host = config->host;
	supervisor->services.guest_program = config->guest_program;
	supervisor->services.lockdown_required = config->config->sandbox.required;
	turns_init(&supervisor->turns, uv_available_parallelism());
	supervisor->services.turns = &supervisor->turns;
	supervisor->services.events = &supervisor->plugin_events;
	supervisor->services.events_arg = supervisor;
	supervisor->slot_services = (struct slot_services){
		.plugin = &supervisor->services,
		.config = config->config,
		.claims = supervisor->claims,
		.advice = config->advice,
		.no_settings = supervisor->no_settings,
		.events = &slot_events,
		.events_arg = supervisor,
	};
}

int supervisor_create(const struct supervisor_config *config, struct supervisor **ret_supervisor,
		      struct error *err)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	int ret;

	if (!supervisor)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	supervisor->config = *config;
	supervisor->open_parts = 1;
	supervisor->no_settings = json_object();
	ret = create_services(supervisor, err);
	if (ret) {
		artifact_cache_close(supervisor->services.artifacts, NULL, NULL);
		schedule_close(supervisor->schedule);
		folder_watch_close(supervisor->watch);
		work_queue_close(supervisor->queue, NULL, NULL);
		work_queue_close(supervisor->services.conversions, NULL, NULL);
		destroy(supervisor);
		return ret;
	}
	fill_services(supervisor);
	init_handles(supervisor);
	*ret_supervisor = supervisor;
	return 0;
}

static void handle_closed(uv_handle_t *handle)
{
	part_closed(handle->data);
}

void supervisor_close(struct supervisor *supervisor, supervisor_closed *closed, void *arg)
{
	supervisor->open_parts += 4; /* now 5: the two timers, the two queues and the artifacts */
	supervisor->closed = closed;
	supervisor->closed_arg = arg;
	for (size_t i = 0; i < supervisor->count; i++)
		slot_stop(supervisor->slots[i]);
	template_close(supervisor->services.template);
	artifact_cache_close(supervisor->services.artifacts, part_closed, supervisor);
	folder_watch_close(supervisor->watch);
	work_queue_close(supervisor->queue, part_closed, supervisor);
	work_queue_close(supervisor->services.conversions, part_closed, supervisor);
	schedule_close(supervisor->schedule);
	uv_close((uv_handle_t *)&supervisor->judging, handle_closed);
	uv_close((uv_handle_t *)&supervisor->checking, handle_closed);
}

void supervisor_begin_cycle(struct supervisor *supervisor)
{
	if (!supervisor->closed)
		schedule_begin(supervisor->schedule);
}

json_t *supervisor_to_json(const struct supervisor *supervisor)
{
	json_t *list = json_array();

	for (size_t i = 0; i < supervisor->count; i++)
		json_array_append_new(list, slot_to_json(supervisor->slots[i]));
	return list;
}
