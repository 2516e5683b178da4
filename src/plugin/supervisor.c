#include "plugin/supervisor.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "capability/capability.h"
#include "config/config.h"
#include "plugin/approvals.h"
#include "plugin/artifact.h"
#include "plugin/cgroup.h"
#include "plugin/claims.h"
#include "plugin/grant.h"
#include "plugin/reaper.h"
#include "plugin/source.h"
#include "plugin/template.h"
#include "plugin/tree_watch.h"

#define CYCLE_QUIET_MS 10 /* the others that were due at the same time get this long to begin */
#define CYCLE_MAX_MS 500  /* a slow plugin does not hold up the page longer */
#define CACHE_BYTES_MAX (1ull << 30)
#define RESCAN_QUIET_MS 5 /* one save is several events */
#define SETTLE_MS                                                                                  \
	300 /* a new version that fails may be half written: it gets this long to change again */
#define NEW_QUIET_MS 100 /* a new plugin is started when its files did not change for so long */
#define MEMORY_LOOK_MS 500

/* One entry of the folder. `plugin` is NULL while the old one closes, and for a refused one. */
struct entry {
	struct entry *next; /* sorted by name */
	struct supervisor *supervisor;
	char name[PLUGIN_NAME_SIZE];
	struct plugin_fingerprint fingerprint;
	struct plugin *plugin;
	struct plugin_source source; /* owned: what is, or would be, run */
	int refusal_code;
	char refusal[ERROR_TEXT_SIZE]; /* why there is no plugin, or no newer one; "" if there is */
	bool is_seen;		       /* in the scan under way */
	bool is_settling;	       /* new, and maybe not all of it is written yet */

	struct plugin *candidate; /* a newer version on trial; NULL: none */
	bool is_tried;		  /* the candidate was, and */
	char *trial_failure;	  /* owned: why it failed; NULL if it did not */
	uint64_t changed_ms;	  /* when its file did last, by the loop's time */
};

struct supervisor {
	struct supervisor_config config;
	struct plugin_services services;
	struct approvals *approvals; /* owned, as the next two */
	struct tree_watch *approvals_watch;
	struct claims *claims;
	struct plugin_events plugin_events; /* ours: they begin cycles */
	struct entry *entries;
	struct tree_watch *watch; /* owned */
	uv_timer_t rescan, cycle, handover, memory;
	unsigned open_handles; /* ours, and plugins that are closing */
	uint64_t cycle_began_ms;
	json_t *no_settings; /* {} */
	bool is_started;     /* the first look at the folder is over */
	bool is_closing;
	supervisor_closed *closed;
	void *closed_arg;
};

static void hand_over(uv_timer_t *timer);
static void scan_again(uv_timer_t *timer);

/* Cycles */

static bool anyone_polls(const struct supervisor *supervisor)
{
	for (const struct entry *entry = supervisor->entries; entry; entry = entry->next) {
		if (entry->plugin && plugin_is_polling(entry->plugin))
			return true;
	}
	return false;
}

static void end_cycle(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;
	const char *state;
	size_t size;

	if (anyone_polls(supervisor) &&
	    uv_now(supervisor->config.loop) - supervisor->cycle_began_ms < CYCLE_MAX_MS)
		return; /* it repeats */
	uv_timer_stop(timer);
	state = supervisor->config.events->cycle_ended(supervisor->config.events_arg, &size);
	for (struct entry *entry = supervisor->entries; state && entry; entry = entry->next) {
		if (entry->plugin)
			plugin_offer_state(entry->plugin, state, size);
	}
}

static void begin_cycle(struct supervisor *supervisor)
{
	if (supervisor->is_closing || uv_is_active((uv_handle_t *)&supervisor->cycle))
		return;
	supervisor->cycle_began_ms = uv_now(supervisor->config.loop);
	uv_timer_start(&supervisor->cycle, end_cycle, CYCLE_QUIET_MS, CYCLE_QUIET_MS);
}

static int polled(void *arg, const char *name, const json_t *value, bool simulated,
		  const char *absent, struct error *err)
{
	struct supervisor *supervisor = arg;
	int ret;

	ret = supervisor->config.events->plugin.polled(supervisor->config.events_arg, name, value,
						       simulated, absent, err);
	begin_cycle(supervisor);
	/* A candidate may have waited for the end of this poll. */
	uv_timer_start(&supervisor->handover, hand_over, 0, 0);
	return ret;
}

static void failed(void *arg, const char *name, const char *text, bool simulated)
{
	struct supervisor *supervisor = arg;

	supervisor->config.events->plugin.failed(supervisor->config.events_arg, name, text,
						 simulated);
	begin_cycle(supervisor);
}

static void tried(void *arg, struct plugin *candidate, const char *failure)
{
	struct supervisor *supervisor = arg;

	for (struct entry *entry = supervisor->entries; entry; entry = entry->next) {
		if (entry->candidate != candidate)
			continue;
		entry->is_tried = true;
		free(entry->trial_failure);
		entry->trial_failure = failure ? strdup(failure) : NULL;
	}
	/* Not from within the candidate's own call. */
	uv_timer_start(&supervisor->handover, hand_over, 0, 0);
}

static void rendered(void *arg, const char *name, const char *html, size_t size)
{
	struct supervisor *supervisor = arg;

	supervisor->config.events->plugin.rendered(supervisor->config.events_arg, name, html, size);
}

/* Entries */

static uint64_t to_ms(double seconds)
{
	return (uint64_t)(seconds * 1000 + 0.5);
}

static struct plugin_options make_options(struct supervisor *supervisor, const char *name,
					  const struct permission *grant, bool is_candidate)
{
	const struct config *config = supervisor->config.config;
	const struct config_plugin *own = config_find_plugin(config, name);

	return (struct plugin_options){
		.interval_ms = to_ms(grant->poll_interval_seconds),
		.deadline_ms = to_ms(grant->deadline_seconds),
		.memory_bytes = (uint64_t)grant->memory_mb << 20,
		.host_calls_max = grant->host_calls_per_poll,
		.settings = own ? own->settings : supervisor->no_settings,
		.renders = !strcmp(name, config->dashboard.plugin),
		.is_candidate = is_candidate,
	};
}

/* Without the file a plugin asks for nothing; with a bad one it is not started. */
static int read_request(const struct plugin_source *source, struct permission *ret_request,
			struct error *err)
{
	struct problem_list problems;
	int ret;

	permission_init(ret_request);
	problem_list_init(&problems);
	ret = permission_load(source->permission_path, ret_request, &problems);
	for (size_t i = 0; i < problems.count; i++)
		log_error(source->name, "%s", problems.items[i].text);
	problem_list_finish(&problems);
	if (!ret || ret == ERROR_NOT_FOUND)
		return 0;
	return error_set(err, ret, "its permission file is bad");
}

static void say_what_was_kept_back(const struct plugin_source *source,
				   const struct permission *request, const struct permission *grant)
{
	json_t *texts = grant_difference(request, grant);
	char line[256];

	if (json_array_size(texts)) {
		grant_join(texts, line, sizeof(line));
		log_info(source->name, "its owner keeps back: %s", line);
	}
	json_decref(texts);
}

/* Asked for, approved, narrowed by the owner, and held by nobody else: then it is granted. */
static int decide_grant(struct supervisor *supervisor, const struct plugin_source *source,
			struct permission *ret_grant, struct error *err)
{
	const struct config *config = supervisor->config.config;
	struct permission request;
	int ret = read_request(source, &request, err);

	if (!ret && !config->permissions.auto_approve)
		ret = approvals_check(supervisor->approvals, source->name, &request, err);
	if (ret)
		return ret;
	grant_resolve(&request, config, source->name, ret_grant);
	say_what_was_kept_back(source, &request, ret_grant);
	return claims_take(supervisor->claims, source->name, ret_grant, err);
}

/* NULL, and said why, if it cannot run. */
static struct plugin *make_plugin(struct entry *entry, const struct plugin_source *source,
				  bool is_candidate)
{
	struct supervisor *supervisor = entry->supervisor;
	struct plugin_options options;
	struct permission grant;
	struct plugin *plugin = NULL;
	struct error err = {0};
	bool is_news;

	entry->refusal_code = decide_grant(supervisor, source, &grant, &err);
	if (entry->refusal_code) {
		is_news = strcmp(entry->refusal, err.text) != 0;
		snprintf(entry->refusal, sizeof(entry->refusal), "%s", err.text);
		if (is_news)
			log_warning(entry->name, "not started: %s", err.text);
		if (is_news && !is_candidate)
			supervisor->config.events->plugin.failed(supervisor->config.events_arg,
								 entry->name, err.text, false);
		return NULL;
	}
	entry->refusal[0] = '\0';
	options = make_options(supervisor, entry->name, &grant, is_candidate);
	if (plugin_create(&supervisor->services, source, &grant, &options, &plugin, &err))
		log_error(entry->name, "not started: %s", err.text);
	return plugin;
}

static void free_entry(struct entry *entry)
{
	plugin_source_finish(&entry->source);
	free(entry);
}

static void destroy_when_closed(struct supervisor *supervisor)
{
	supervisor_closed *closed = supervisor->closed;
	void *arg = supervisor->closed_arg;

	if (--supervisor->open_handles)
		return;
	while (supervisor->entries) {
		struct entry *entry = supervisor->entries;

		supervisor->entries = entry->next;
		free_entry(entry);
	}
	tree_watch_close(supervisor->approvals_watch);
	approvals_destroy(supervisor->approvals);
	claims_destroy(supervisor->claims);
	reaper_close(supervisor->services.reaper);
	cgroup_tree_destroy(supervisor->services.cgroups);
	json_decref(supervisor->no_settings);
	free(supervisor);
	closed(arg);
}

static void plugin_gone(void *arg)
{
	destroy_when_closed(arg);
}

/* NULL is allowed. */
static void close_plugin(struct supervisor *supervisor, struct plugin *plugin, bool has_successor)
{
	if (!plugin)
		return;
	supervisor->open_handles++;
	plugin_close(plugin, has_successor, plugin_gone, supervisor);
}

static void drop_candidate(struct entry *entry)
{
	close_plugin(entry->supervisor, entry->candidate, false);
	entry->candidate = NULL;
	entry->is_tried = false;
	free(entry->trial_failure);
	entry->trial_failure = NULL;
}

static void stop_entry(struct entry *entry)
{
	drop_candidate(entry);
	close_plugin(entry->supervisor, entry->plugin, false);
	entry->plugin = NULL;
}

/* Reloading: the new version is tried beside the old one, and takes over between two of its calls. */

static void promote(struct entry *entry)
{
	struct plugin *old = entry->plugin;

	entry->plugin = entry->candidate;
	entry->candidate = NULL;
	plugin_take_over(entry->plugin, old);
	claims_keep(entry->supervisor->claims, entry->name, plugin_grant(entry->plugin));
	close_plugin(entry->supervisor, old, true);
	log_info(entry->name, "the new version has taken over");
}

/* An old version that works is worth more than a new one that does not. */
static void refuse(struct entry *entry)
{
	plugin_set_reload_error(entry->plugin, entry->trial_failure);
	log_error(entry->name, "its new version failed, the old one goes on:");
	plugin_log_text(entry->name, entry->trial_failure);
	drop_candidate(entry);
	claims_keep(entry->supervisor->claims, entry->name, plugin_grant(entry->plugin));
}

static void judge(struct entry *entry, uint64_t now_ms)
{
	struct supervisor *supervisor = entry->supervisor;
	uint64_t age_ms = now_ms - entry->changed_ms;

	if (!entry->trial_failure || !plugin_works(entry->plugin)) {
		if (!plugin_is_called(entry->plugin))
			promote(entry);
		return;
	}
	if (age_ms >= SETTLE_MS)
		refuse(entry);
	else
		uv_timer_start(&supervisor->handover, hand_over, SETTLE_MS - age_ms, 0);
}

static void hand_over(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;

	for (struct entry *entry = supervisor->entries; entry; entry = entry->next) {
		if (entry->candidate && entry->is_tried)
			judge(entry, uv_now(supervisor->config.loop));
	}
}

static void start_version(struct entry *entry)
{
	struct supervisor *supervisor = entry->supervisor;

	drop_candidate(entry);
	if (entry->plugin && plugin_works(entry->plugin)) {
		entry->candidate = make_plugin(entry, &entry->source, true);
		if (!entry->candidate) {
			plugin_set_reload_error(entry->plugin, entry->refusal);
			return;
		}
		/* The old version may not go on with what was taken from it, whatever the new one does. */
		if (grant_covers(plugin_grant(entry->candidate), plugin_grant(entry->plugin))) {
			plugin_prime(entry->candidate, entry->plugin);
			plugin_start(entry->candidate);
			return;
		}
	}
	stop_entry(entry);
	claims_release(supervisor->claims, entry->name);
	entry->plugin = make_plugin(entry, &entry->source, false);
	if (entry->plugin)
		plugin_start(entry->plugin);
}

/* Something was let go of: those that wait for it are looked at again. */
static void retry_busy(struct supervisor *supervisor)
{
	for (struct entry *entry = supervisor->entries; entry; entry = entry->next) {
		if (entry->refusal_code == ERROR_BUSY)
			start_version(entry);
	}
}

static void approvals_changed(void *arg)
{
	struct supervisor *supervisor = arg;

	for (struct entry *entry = supervisor->entries; entry; entry = entry->next) {
		if (entry->refusal_code)
			start_version(entry);
	}
}

static struct entry *find_or_add(struct supervisor *supervisor, const char *name, bool *ret_new)
{
	struct entry **link = &supervisor->entries, *entry;

	while (*link && strcmp((*link)->name, name) < 0)
		link = &(*link)->next;
	*ret_new = !*link || strcmp((*link)->name, name) != 0;
	if (!*ret_new)
		return *link;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	entry->supervisor = supervisor;
	entry->next = *link;
	*link = entry;
	return entry;
}

static bool is_enabled(struct supervisor *supervisor, const char *name)
{
	const struct config_plugin *own = config_find_plugin(supervisor->config.config, name);

	return !own || own->enabled;
}

/* A new one is started once it is quiet; those that lie there at the start are at once. */
static void settle(struct entry *entry)
{
	struct supervisor *supervisor = entry->supervisor;
	uint64_t age_ms = uv_now(supervisor->config.loop) - entry->changed_ms;

	if (!entry->is_settling)
		return;
	if (supervisor->is_started && age_ms < NEW_QUIET_MS) {
		uv_timer_start(&supervisor->rescan, scan_again, NEW_QUIET_MS - age_ms, 0);
		return;
	}
	entry->is_settling = false;
	log_info(entry->name, "found");
	start_version(entry);
}

static void take_source(struct supervisor *supervisor, const struct plugin_source *source)
{
	struct plugin_fingerprint fingerprint;
	struct plugin_source copy;
	struct entry *entry;
	bool is_new;

	if (!is_enabled(supervisor, source->name) ||
	    plugin_source_fingerprint(source, &fingerprint))
		return;
	entry = find_or_add(supervisor, source->name, &is_new);
	if (!entry)
		return;
	entry->is_seen = true;
	if (!is_new && !memcmp(&entry->fingerprint, &fingerprint, sizeof(fingerprint))) {
		settle(entry);
		return;
	}
	if (plugin_source_copy(source, &copy))
		return;
	plugin_source_finish(&entry->source);
	entry->source = copy;
	entry->fingerprint = fingerprint;
	entry->changed_ms = uv_now(supervisor->config.loop);
	if (is_new || entry->is_settling) {
		entry->is_settling = true;
		settle(entry);
		return;
	}
	log_info(source->name, "changed, loading it again");
	start_version(entry);
}

static void drop_unseen(struct supervisor *supervisor)
{
	struct entry **link = &supervisor->entries;

	while (*link) {
		struct entry *entry = *link;

		if (entry->is_seen) {
			entry->is_seen = false;
			link = &entry->next;
			continue;
		}
		*link = entry->next;
		log_info(entry->name, "removed");
		begin_cycle(supervisor); /* its LEDs go dark with the end of one */
		stop_entry(entry);
		claims_release(supervisor->claims, entry->name);
		supervisor->config.events->removed(supervisor->config.events_arg, entry->name);
		free_entry(entry);
	}
}

static int scan(struct supervisor *supervisor, struct error *err)
{
	struct plugin_scan found;
	int ret = plugin_scan(supervisor->config.plugins_folder, &found, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < found.skipped_count; i++)
		log_warning("plugins", "%s: %s", found.skipped[i].path, found.skipped[i].reason);
	for (size_t i = 0; i < found.count; i++)
		take_source(supervisor, &found.sources[i]);
	plugin_scan_finish(&found);
	drop_unseen(supervisor);
	/* What was removed, or asks for less now, may be what another waited for. */
	retry_busy(supervisor);
	return 0;
}

/* Watching */

static void scan_again(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;
	struct error err = {0};

	/* First the watch, then the look: see supervisor_start(). */
	if (tree_watch_refresh(supervisor->watch, &err) || scan(supervisor, &err))
		log_error("plugins", "%s", err.text);
}

static void folder_changed(void *arg)
{
	struct supervisor *supervisor = arg;

	uv_timer_start(&supervisor->rescan, scan_again, RESCAN_QUIET_MS, 0);
}

static void look_at_memory(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;

	for (struct entry *entry = supervisor->entries; entry; entry = entry->next) {
		if (entry->plugin)
			plugin_check_memory(entry->plugin);
		if (entry->candidate)
			plugin_check_memory(entry->candidate);
	}
}

int supervisor_start(struct supervisor *supervisor, struct error *err)
{
	int ret;

	/* First the watch, then the look: what changes between them is seen twice, not never. */
	if (tree_watch_refresh(supervisor->watch, err))
		log_warning("plugins", "%s", err->text);
	if (tree_watch_refresh(supervisor->approvals_watch, err))
		log_warning("plugins", "%s", err->text);
	uv_timer_start(&supervisor->memory, look_at_memory, MEMORY_LOOK_MS, MEMORY_LOOK_MS);
	artifact_cache_trim(supervisor->services.artifacts, CACHE_BYTES_MAX);
	ret = scan(supervisor, err);
	supervisor->is_started = true;
	return ret;
}

/* Life */

static void init_handles(struct supervisor *supervisor)
{
	uv_loop_t *loop = supervisor->config.loop;

	uv_timer_init(loop, &supervisor->rescan);
	uv_timer_init(loop, &supervisor->cycle);
	uv_timer_init(loop, &supervisor->handover);
	uv_timer_init(loop, &supervisor->memory);
	supervisor->rescan.data = supervisor->cycle.data = supervisor;
	supervisor->handover.data = supervisor->memory.data = supervisor;
	supervisor->open_handles = 4;
}

static int create_rules(struct supervisor *supervisor, struct error *err)
{
	const struct supervisor_config *config = &supervisor->config;
	int ret = approvals_create(config->data_folder, &supervisor->approvals, err);

	if (!ret)
		ret = tree_watch_create(config->loop, approvals_folder(supervisor->approvals),
					approvals_changed, supervisor, &supervisor->approvals_watch,
					err);
	return ret ? ret : claims_create(config->config, &supervisor->claims);
}

static void compile_without_lockdown(struct artifact_cache *artifacts)
{
	struct artifact_limits limits = *artifact_cache_limits(artifacts);

	limits.lockdown_optional = true;
	artifact_cache_set_limits(artifacts, &limits);
}

/* Most machines have none for us: that is no error, and `doctor` tells. */
static void find_cgroups(struct plugin_services *services)
{
	char path[PATH_MAX];
	struct error err = {0};

	if (cgroup_find(path, NULL))
		return;
	if (cgroup_tree_create(path, &services->cgroups, &err))
		log_warning("plugins", "%s; its memory limits do not hold, ignoring", err.text);
	else
		log_info("plugins", "each has a control group below %s", path);
}

static int create_services(struct supervisor *supervisor, struct error *err)
{
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
	find_cgroups(services);
	template.reaper = services->reaper;
	ret = tree_watch_create(config->loop, config->plugins_folder, folder_changed, supervisor,
				&supervisor->watch, err);
	if (!ret)
		ret = create_rules(supervisor, err);
	if (!ret)
		ret = artifact_cache_create(config->loop, config->cache_folder,
					    config->guest_program, HARVESTER_ENGINE_KEY,
					    &services->artifacts, err);
	if (!ret && !config->config->sandbox.required)
		compile_without_lockdown(services->artifacts);
	if (!ret && config->runtime_artifact)
		ret = template_create(&template, &services->template, err);
	if (ret) {
		artifact_cache_close(services->artifacts, NULL, NULL);
		tree_watch_close(supervisor->watch);
		tree_watch_close(supervisor->approvals_watch);
		approvals_destroy(supervisor->approvals);
		claims_destroy(supervisor->claims);
		reaper_close(services->reaper);
		cgroup_tree_destroy(services->cgroups);
	}
	return ret;
}

int supervisor_create(const struct supervisor_config *config, struct supervisor **ret_supervisor,
		      struct error *err)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	int ret;

	if (!supervisor)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	supervisor->config = *config;
	supervisor->plugin_events = (struct plugin_events){polled, failed, tried, rendered};
	supervisor->services = (struct plugin_services){
		.loop = config->loop,
		.clock = config->clock,
		.host = config->host,
		.guest_program = config->guest_program,
		.lockdown_required = config->config->sandbox.required,
		.events = &supervisor->plugin_events,
		.events_arg = supervisor,
	};
	supervisor->no_settings = json_object();
	ret = create_services(supervisor, err);
	if (ret) {
		json_decref(supervisor->no_settings);
		free(supervisor);
		return ret;
	}
	init_handles(supervisor);
	*ret_supervisor = supervisor;
	return 0;
}

static void handle_closed(uv_handle_t *handle)
{
	destroy_when_closed(handle->data);
}

static void artifacts_closed(void *arg)
{
	destroy_when_closed(arg);
}

void supervisor_close(struct supervisor *supervisor, supervisor_closed *closed, void *arg)
{
	supervisor->is_closing = true;
	supervisor->closed = closed;
	supervisor->closed_arg = arg;
	for (struct entry *entry = supervisor->entries; entry; entry = entry->next)
		stop_entry(entry);
	template_close(supervisor->services.template);
	supervisor->open_handles++;
	artifact_cache_close(supervisor->services.artifacts, artifacts_closed, supervisor);
	tree_watch_close(supervisor->watch);
	uv_close((uv_handle_t *)&supervisor->rescan, handle_closed);
	uv_close((uv_handle_t *)&supervisor->cycle, handle_closed);
	uv_close((uv_handle_t *)&supervisor->handover, handle_closed);
	uv_close((uv_handle_t *)&supervisor->memory, handle_closed);
}

/* A plugin that may not run, or not yet. */
static json_t *refused_to_json(const struct entry *entry)
{
	bool waits = strstr(entry->refusal, "needs approval") != NULL;

	return json_pack("{s:s, s:s, s:s, s:s}", "name", entry->name, "kind",
			 entry->source.kind == PLUGIN_SCRIPT ? "python" : "component", "state",
			 waits ? "needs approval" : "refused", "reason", entry->refusal);
}

json_t *supervisor_to_json(const struct supervisor *supervisor)
{
	json_t *list = json_array();

	for (const struct entry *entry = supervisor->entries; entry; entry = entry->next)
		json_array_append_new(list, entry->plugin ? plugin_to_json(entry->plugin)
							  : refused_to_json(entry));
	return list;
}
