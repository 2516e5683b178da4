#include "plugin/supervisor/supervisor.h"

#include <limits.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/work_queue.h"
#include "config/config.h"
#include "plugin/artifact/artifact.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/claims.h"
#include "plugin/policy/disabled_plugins.h"
#include "plugin/process/cgroup.h"
#include "plugin/process/reaper.h"
#include "plugin/process/template.h"
#include "plugin/supervisor/folder_snapshot.h"
#include "plugin/supervisor/folder_watch.h"
#include "plugin/supervisor/internal.h"
#include "plugin/supervisor/schedule.h"

#define CACHE_BYTES_MAX (1ull << 30)
#define QUEUE_LIMIT 64 /* snapshots, and the owner's decisions that wait to be written */
/* Large polls that wait to be converted: of all plugins, and of one (its versions may change). */
#define CONVERSIONS_MAX 1024
#define CONVERSIONS_OF_ONE 4

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

void supervisor_on_part_closed(void *arg)
{
	struct supervisor *supervisor = arg;
	supervisor_closed *on_closed = supervisor->on_closed;
	void *closed_arg = supervisor->closed_arg;

	if (--supervisor->open_parts)
		return;
	destroy(supervisor);
	on_closed(closed_arg);
}

void supervisor_on_part_closing(void *arg)
{
	((struct supervisor *)arg)->open_parts++;
}

int supervisor_start(struct supervisor *supervisor, struct error *err)
{
	artifact_cache_trim(supervisor->services.artifacts, CACHE_BYTES_MAX);
	folder_watch_start(supervisor->watch);
	supervisor->is_started = true;
	if (supervisor->first_result && err)
		*err = supervisor->first_error;
	return supervisor->first_result;
}

void supervisor_reconfigure(struct supervisor *supervisor)
{
	if (supervisor->on_closed)
		return;
	for (size_t i = 0; i < supervisor->count; i++)
		slot_reconfigure(supervisor->slots[i]);
	/* A plugin may have released what another waits for. */
	for (size_t i = 0; i < supervisor->count; i++)
		slot_retry_busy(supervisor->slots[i]);
}

static void init_handles(struct supervisor *supervisor)
{
	uv_timer_init(supervisor->config.loop, &supervisor->judging);
	uv_timer_init(supervisor->config.loop, &supervisor->checking);
	supervisor->judging.data = supervisor->checking.data = supervisor;
}

static int create_watch(struct supervisor *supervisor, struct error *err)
{
	const struct supervisor_config *config = &supervisor->config;
	struct folder_watch_config watch = {
		.loop = config->loop,
		.plugins_folder = config->plugins_folder,
		.events = &supervisor_folder_events,
		.arg = supervisor,
	};
	int ret = approvals_create(config->data_folder, &supervisor->approvals, err);

	if (!ret)
		ret = disabled_plugins_create(config->data_folder, &supervisor->disabled, err);
	if (!ret)
		ret = work_queue_create(config->loop, QUEUE_LIMIT, &supervisor->queue, err);
	if (ret)
		return ret;
	supervisor->decisions = (struct decision_store){
		.queue = supervisor->queue,
		.approvals = supervisor->approvals,
		.disabled = supervisor->disabled,
		.on_written = supervisor_on_decision_written,
		.arg = supervisor,
	};
	watch.approvals = supervisor->approvals;
	watch.disabled = supervisor->disabled;
	watch.queue = supervisor->queue;
	return folder_watch_create(&watch, &supervisor->watch, err);
}

static void limit_compiler(const struct plugin_services *services)
{
	struct artifact_limits limits = *artifact_cache_limits(services->artifacts);

	limits.lockdown_optional = !services->lockdown_required;
	limits.target = services->target;
	limits.cgroups = services->cgroups;
	artifact_cache_set_limits(services->artifacts, &limits);
}

static int create_artifacts(struct supervisor *supervisor, struct error *err)
{
	const struct supervisor_config *config = &supervisor->config;
	struct plugin_services *services = &supervisor->services;
	char key[64];
	int ret;

	snprintf(key, sizeof(key), "%s%s%s", HARVESTER_ENGINE_KEY, services->target ? "-" : "",
		 services->target ? services->target : "");
	ret = artifact_cache_create(config->loop, config->cache_folder, config->guest_program, key,
				    &services->artifacts, err);
	if (!ret)
		limit_compiler(services);
	return ret;
}

/* Most machines delegate no group to harvester. That is not an error; `doctor` reports it. */
static void find_cgroups(struct plugin_services *services)
{
	char path[PATH_MAX];
	struct error err = {0};

	if (cgroup_find(path, NULL))
		return;
	if (cgroup_tree_create(path, &services->cgroups, &err))
		log_warning("plugins",
			    "%s; plugins run without control groups, so only harvester limits "
			    "their memory, ignoring",
			    err.text);
	else
		log_info("plugins", "each plugin has a control group below %s", path);
}

static int create_services(struct supervisor *supervisor, struct error *err)
{
	const struct supervisor_config *config = &supervisor->config;
	struct template_config template = {
		.loop = config->loop,
		.guest_program = config->guest_program,
		.artifact = config->runtime_artifact,
		.lockdown_required = config->config->sandbox.required,
		.target = config_engine_target(config->config->engine.target),
	};
	struct plugin_services *services = &supervisor->services;
	int ret = reaper_create(config->loop, &services->reaper, err);

	services->lockdown_required = template.lockdown_required;
	services->target = template.target;

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
		ret = schedule_create(config->loop, &supervisor_cycle_events, supervisor,
				      &supervisor->schedule, err);
	if (!ret)
		ret = claims_create(config->config, &supervisor->claims);
	if (!ret)
		ret = create_artifacts(supervisor, err);
	if (!ret && config->runtime_artifact)
		ret = template_create(&template, &services->template, err);
	return ret;
}

static void fill_services(struct supervisor *supervisor)
{
	const struct supervisor_config *config = &supervisor->config;

	supervisor->services.loop = config->loop;
	supervisor->services.clock = config->clock;
	supervisor->services.host = config->host;
	supervisor->services.guest_program = config->guest_program;
	turns_init(&supervisor->turns, uv_available_parallelism());
	supervisor->services.turns = &supervisor->turns;
	supervisor->services.slowed = &supervisor->slowed;
	supervisor->services.events = &supervisor_plugin_events;
	supervisor->services.events_arg = supervisor;
	supervisor->slot_services = (struct slot_services){
		.plugin = &supervisor->services,
		.config = config->config,
		.claims = supervisor->claims,
		.advice = config->advice,
		.no_settings = supervisor->no_settings,
		.events = &supervisor_slot_events,
		.events_arg = supervisor,
	};
}

int supervisor_create(const struct supervisor_config *config, struct supervisor **ret_supervisor,
		      struct error *err)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	int ret;

	if (!supervisor)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the supervisor; this machine needs "
				 "more free memory");
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

static void on_handle_closed(uv_handle_t *handle)
{
	supervisor_on_part_closed(handle->data);
}

void supervisor_close(struct supervisor *supervisor, supervisor_closed *on_closed, void *arg)
{
	supervisor->open_parts += 4; /* now 5: the two timers, the two queues and the artifacts */
	supervisor->on_closed = on_closed;
	supervisor->closed_arg = arg;
	for (size_t i = 0; i < supervisor->count; i++)
		slot_stop(supervisor->slots[i]);
	template_close(supervisor->services.template);
	artifact_cache_close(supervisor->services.artifacts, supervisor_on_part_closed, supervisor);
	folder_watch_close(supervisor->watch);
	work_queue_close(supervisor->queue, supervisor_on_part_closed, supervisor);
	work_queue_close(supervisor->services.conversions, supervisor_on_part_closed, supervisor);
	schedule_close(supervisor->schedule);
	uv_close((uv_handle_t *)&supervisor->judging, on_handle_closed);
	uv_close((uv_handle_t *)&supervisor->checking, on_handle_closed);
}

json_t *supervisor_to_json(const struct supervisor *supervisor)
{
	json_t *list = json_array();

	for (size_t i = 0; i < supervisor->count; i++)
		json_array_append_new(list, slot_to_json(supervisor->slots[i]));
	return list;
}

void supervisor_each(const struct supervisor *supervisor, supervisor_found *found, void *context)
{
	for (size_t i = 0; i < supervisor->count; i++) {
		const struct plugin *plugin = slot_plugin(supervisor->slots[i]);

		found(context, slot_name(supervisor->slots[i]), plugin && plugin_is_failed(plugin));
	}
}
