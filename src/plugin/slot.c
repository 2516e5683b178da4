#include "plugin/slot.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "plugin/discovery/snapshot.h"
#include "plugin/policy/admission.h"
#include "plugin/policy/claims.h"
#include "plugin/policy/grant.h"

#define SETTLE_MS                                                                                  \
	300 /* a new version that fails may be half written: it gets this long to change again */
/* a new plugin is started when its files did not change for so long */
#define NEW_QUIET_MS 100

struct slot {
	const struct slot_services *services;
	struct snapshot_mark mark;
	struct plugin_source source; /* owned: what is, or would be, run */
	struct plugin_rules *rules;  /* owned; NULL before the first look */
	bool is_settling;	     /* new, and maybe not all of it is written yet */
	uint64_t changed_ms;	     /* when its files did last, by the loop's time */

	struct plugin *plugin; /* NULL: it is off, or refused */
	int refusal_code;
	char refusal[ERROR_TEXT_SIZE]; /* why there is no plugin, or no newer one; "" if there is */

	struct plugin *candidate; /* a newer version on trial; NULL: none */
	bool is_tried;		  /* it was, or could not even be started, and */
	char *trial_failure;	  /* owned: why it failed; NULL if it did not */
};

static uint64_t now_ms(const struct slot *entry)
{
	return uv_now(entry->services->plugin->loop);
}

static const struct config_plugin *own_config(const struct slot *entry)
{
	return config_find_plugin(entry->services->config, entry->mark.name);
}

static bool is_off_by_configuration(const struct slot *entry)
{
	const struct config_plugin *own = own_config(entry);

	return own && !own->enabled;
}

static bool is_off(const struct slot *entry)
{
	return is_off_by_configuration(entry) || (entry->rules && entry->rules->is_off);
}

/* Versions */

static uint64_t to_ms(double seconds)
{
	return (uint64_t)(seconds * 1000 + 0.5);
}

static struct plugin_options make_options(const struct slot *entry, const struct permission *grant,
					  bool is_candidate)
{
	const struct config *config = entry->services->config;
	const struct config_plugin *own = own_config(entry);

	return (struct plugin_options){
		.interval_ms = to_ms(grant->poll_interval_seconds),
		.deadline_ms = to_ms(grant->deadline_seconds),
		.memory_bytes = (uint64_t)grant->memory_mb << 20,
		.host_calls_max = grant->host_calls_per_poll,
		.settings = own ? own->settings : entry->services->no_settings,
		.renders = !strcmp(entry->mark.name, config->dashboard.plugin),
		.strict_imports = config->permissions.strict_imports,
		.is_candidate = is_candidate,
	};
}

static void refuse(struct slot *entry, const struct error *why, bool is_candidate)
{
	bool is_news = strcmp(entry->refusal, why->text) != 0;

	entry->refusal_code = why->code;
	snprintf(entry->refusal, sizeof(entry->refusal), "%s", why->text);
	if (!is_news)
		return;
	if (entry->rules->request_problems) {
		log_warning(entry->mark.name, "not started: its permission file is bad:");
		plugin_log_text(entry->mark.name, entry->rules->request_problems);
	} else {
		log_warning(entry->mark.name, "not started: %s", why->text);
	}
	if (!is_candidate)
		entry->services->events->refused(entry->services->events_arg, entry->mark.name,
						 entry->refusal);
}

/* NULL, and said why, if it cannot run. */
static struct plugin *make_plugin(struct slot *entry, bool is_candidate)
{
	struct plugin_options options;
	struct permission grant;
	struct plugin *plugin = NULL;
	struct error err = {0};

	if (admission_grant(entry->mark.name, entry->rules, entry->services->config,
			    entry->services->claims, entry->services->advice, &grant, &err)) {
		refuse(entry, &err, is_candidate);
		return NULL;
	}
	entry->refusal_code = 0;
	entry->refusal[0] = '\0';
	options = make_options(entry, &grant, is_candidate);
	if (plugin_create(entry->services->plugin, &entry->source, &entry->rules->request, &grant,
			  &options, &plugin, &err))
		log_error(entry->mark.name, "not started: %s", err.text);
	return plugin;
}

/* NULL is allowed. */
static void close_plugin(struct slot *entry, struct plugin *plugin, bool has_successor)
{
	const struct slot_events *events = entry->services->events;

	if (!plugin)
		return;
	events->closing(entry->services->events_arg);
	plugin_close(plugin, has_successor, events->closed, entry->services->events_arg);
}

static void drop_candidate(struct slot *entry)
{
	close_plugin(entry, entry->candidate, false);
	entry->candidate = NULL;
	entry->is_tried = false;
	free(entry->trial_failure);
	entry->trial_failure = NULL;
	if (entry->plugin)
		plugin_hold(entry->plugin, false);
}

void slot_stop(struct slot *entry)
{
	drop_candidate(entry);
	close_plugin(entry, entry->plugin, false);
	entry->plugin = NULL;
	claims_release(entry->services->claims, entry->mark.name);
}

/* A new version that cannot even be tried has failed like any other. */
static void fail_trial(struct slot *entry, const char *text)
{
	entry->is_tried = true;
	free(entry->trial_failure);
	entry->trial_failure = strdup(text);
	entry->services->events->judge_in(entry->services->events_arg, 0);
}

/* What both versions could use at the same time. */
static bool has_devices(const struct permission *grant)
{
	return grant->i2c_count || grant->gpio_count || grant->spi_count || grant->uart_count ||
	       grant->w1_count;
}

/* Whether a trial began, or failed already. */
static bool begin_trial(struct slot *entry)
{
	if (entry->rules->request_problems) {
		fail_trial(entry, entry->rules->request_problems);
		return true;
	}
	entry->candidate = make_plugin(entry, true);
	if (!entry->candidate) {
		plugin_set_reload_error(entry->plugin, entry->refusal);
		return true;
	}
	/* The old version may not go on with what was taken from it, whatever the new one does. */
	if (!grant_covers(plugin_grant(entry->candidate), plugin_grant(entry->plugin)))
		return false;
	plugin_prime(entry->candidate, entry->plugin);
	plugin_hold(entry->candidate, has_devices(plugin_grant(entry->candidate)));
	plugin_start(entry->candidate);
	return true;
}

static void start_version(struct slot *entry)
{
	drop_candidate(entry);
	if (entry->plugin && plugin_works(entry->plugin) && begin_trial(entry))
		return;
	slot_stop(entry);
	entry->plugin = make_plugin(entry, false);
	if (!entry->plugin)
		return;
	plugin_start(entry->plugin);
}

/* Trials */

static void promote(struct slot *entry)
{
	struct plugin *old = entry->plugin;

	entry->plugin = entry->candidate;
	entry->candidate = NULL;
	entry->is_tried = false;
	plugin_take_over(entry->plugin, old);
	claims_keep(entry->services->claims, entry->mark.name, plugin_grant(entry->plugin));
	close_plugin(entry, old, true);
	log_info(entry->mark.name, "the new version has taken over");
}

/* An old version that works is worth more than a new one that does not. */
static void give_up_trial(struct slot *entry)
{
	plugin_set_reload_error(entry->plugin, entry->trial_failure);
	log_error(entry->mark.name, "its new version failed, the old one goes on:");
	plugin_log_text(entry->mark.name, entry->trial_failure);
	if (entry->candidate)
		plugin_take_denials(entry->plugin, entry->candidate);
	drop_candidate(entry);
	claims_keep(entry->services->claims, entry->mark.name, plugin_grant(entry->plugin));
}

bool slot_tried(struct slot *entry, const struct plugin *candidate, const char *failure)
{
	if (entry->candidate != candidate)
		return false;
	entry->is_tried = true;
	free(entry->trial_failure);
	entry->trial_failure = failure ? strdup(failure) : NULL;
	if (failure)
		plugin_hold(entry->plugin, false);
	return true;
}

/* Between two calls of the old version, which has none until that poll ends. */
static void begin_poll_of_trial(struct slot *entry)
{
	if (plugin_is_called(entry->plugin))
		return;
	plugin_hold(entry->plugin, true);
	plugin_hold(entry->candidate, false);
}

void slot_judge(struct slot *entry)
{
	uint64_t age_ms = now_ms(entry) - entry->changed_ms;

	if (entry->candidate && plugin_waits(entry->candidate))
		begin_poll_of_trial(entry);
	if (!entry->is_tried)
		return;
	if (!entry->candidate && !plugin_works(entry->plugin)) {
		start_version(entry); /* neither works: said as of any plugin */
		return;
	}
	if (!entry->trial_failure) {
		if (!plugin_is_called(entry->plugin))
			promote(entry);
		return;
	}
	if (age_ms >= SETTLE_MS && plugin_works(entry->plugin))
		give_up_trial(entry);
	else if (age_ms >= SETTLE_MS)
		start_version(entry); /* as above; a candidate that has failed does not take over */
	else
		entry->services->events->judge_in(entry->services->events_arg, SETTLE_MS - age_ms);
}

/* What lies there, and what the owner says */

static void switch_off(struct slot *entry)
{
	bool was_on = entry->plugin || entry->refusal_code;

	slot_stop(entry);
	entry->refusal_code = 0;
	entry->refusal[0] = '\0';
	if (!was_on)
		return;
	log_info(entry->mark.name, "disabled");
	entry->services->events->disabled(entry->services->events_arg, entry->mark.name);
}

/* The owner said something; the files are the same. */
static void apply_rules(struct slot *entry)
{
	struct error err = {0};

	if (is_off(entry)) {
		switch_off(entry);
		return;
	}
	if (entry->plugin &&
	    admission_check_approval(entry->mark.name, entry->rules, entry->services->config,
				     plugin_request(entry->plugin), entry->services->advice, &err))
		slot_stop(entry);
	if (!entry->plugin || entry->refusal_code)
		start_version(entry);
}

/* What a plugin was started with, but for its interval and its deadline. */
static bool is_same(const struct plugin *plugin, const struct permission *grant,
		    const struct plugin_options *options)
{
	const struct plugin_options *own = plugin_options(plugin);
	struct permission timed = *plugin_grant(plugin);
	json_t *a, *b;
	bool is_equal;

	timed.poll_interval_seconds = grant->poll_interval_seconds;
	timed.deadline_seconds = grant->deadline_seconds;
	a = grant_to_json(&timed);
	b = grant_to_json(grant);
	is_equal = json_equal(a, b) && own->memory_bytes == options->memory_bytes &&
		   own->host_calls_max == options->host_calls_max &&
		   own->renders == options->renders &&
		   own->strict_imports == options->strict_imports &&
		   json_equal(own->settings, options->settings);
	json_decref(a);
	json_decref(b);
	return is_equal;
}

void slot_reconfigure(struct slot *entry)
{
	struct plugin_options options;
	struct permission grant;

	if (!entry->rules || entry->is_settling)
		return; /* it starts with what counts then */
	apply_rules(entry);
	if (!entry->plugin)
		return;
	grant_resolve(plugin_request(entry->plugin), entry->services->config, entry->mark.name,
		      &grant);
	options = make_options(entry, &grant, false);
	if (is_same(entry->plugin, &grant, &options) && !entry->candidate) {
		plugin_set_times(entry->plugin, &grant, &options);
		return;
	}
	log_info(entry->mark.name, "configured otherwise, loading it again");
	start_version(entry);
}

/* The result is as that of slot_take(). */
static uint64_t settle(struct slot *entry, bool at_once)
{
	uint64_t age_ms = now_ms(entry) - entry->changed_ms;

	if (!entry->is_settling)
		return 0;
	if (!at_once && age_ms < NEW_QUIET_MS)
		return NEW_QUIET_MS - age_ms;
	entry->is_settling = false;
	log_info(entry->mark.name, "found%s", is_off(entry) ? ", disabled" : "");
	if (!is_off(entry))
		start_version(entry);
	return 0;
}

static void take_content(struct slot *entry, struct snapshot_item *item)
{
	plugin_source_finish(&entry->source);
	plugin_rules_destroy(entry->rules);
	entry->source = item->source;
	entry->rules = item->rules;
	entry->mark = item->mark;
	item->source = (struct plugin_source){0};
	item->rules = NULL;
}

uint64_t slot_take(struct slot *entry, struct snapshot_item *item, bool at_once)
{
	bool is_new = !entry->rules;
	bool is_changed = memcmp(&entry->mark.files, &item->mark.files, sizeof(item->mark.files));

	if (!item->rules)
		return settle(entry, at_once);
	take_content(entry, item);
	if (is_new || is_changed)
		entry->changed_ms = now_ms(entry);
	if (is_new || entry->is_settling) {
		entry->is_settling = true;
		return settle(entry, at_once);
	}
	if (is_changed && !is_off(entry)) {
		log_info(entry->mark.name, "changed, loading it again");
		start_version(entry);
	} else {
		apply_rules(entry);
	}
	return 0;
}

void slot_retry_busy(struct slot *entry)
{
	if (entry->refusal_code == ERROR_BUSY)
		start_version(entry);
}

int slot_reload(struct slot *entry, struct error *err)
{
	if (is_off(entry))
		return error_set(err, ERROR_INVALID, "%s is disabled", entry->mark.name);
	if (!entry->is_settling) {
		log_info(entry->mark.name, "loading it again, as its owner says");
		start_version(entry);
	}
	if (!entry->refusal_code)
		return 0;
	return error_set(err,
			 entry->refusal_code == ERROR_NOT_FOUND ? ERROR_NOT_GRANTED
								: entry->refusal_code,
			 "%s", entry->refusal);
}

const struct permission *slot_request(const struct slot *entry)
{
	return &entry->rules->request;
}

int slot_approve(struct slot *entry, const char *digest, struct error *err)
{
	if (entry->rules->request_problems)
		return error_set(err, ERROR_INVALID, "%s", entry->rules->request_problems);
	/* What the owner has seen and what is approved may not be two things. */
	if (strcmp(entry->rules->digest, digest) != 0)
		return error_set(err, ERROR_INVALID,
				 "%s asks for something else than what was approved: look at its "
				 "request again, and approve that",
				 entry->mark.name);
	entry->rules->approved = entry->rules->request;
	entry->rules->not_approved = (struct error){0};
	if (!entry->is_settling)
		apply_rules(entry);
	return 0;
}

int slot_set_enabled(struct slot *entry, bool enabled, struct error *err)
{
	if (enabled && is_off_by_configuration(entry))
		return error_set(err, ERROR_INVALID,
				 "%s is disabled by the configuration (enabled = false under "
				 "[plugins.%s]), which goes before",
				 entry->mark.name, entry->mark.name);
	entry->rules->is_off = !enabled;
	if (!entry->is_settling)
		apply_rules(entry);
	return 0;
}

/* Life */

struct slot *slot_create(const struct slot_services *services, const char *name)
{
	struct slot *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	snprintf(entry->mark.name, sizeof(entry->mark.name), "%s", name);
	entry->services = services;
	return entry;
}

void slot_destroy(struct slot *entry)
{
	plugin_source_finish(&entry->source);
	plugin_rules_destroy(entry->rules);
	free(entry);
}

const char *slot_name(const struct slot *entry)
{
	return entry->mark.name;
}

const struct snapshot_mark *slot_mark(const struct slot *entry)
{
	return &entry->mark;
}

struct plugin *slot_plugin(const struct slot *entry)
{
	return entry->plugin;
}

static void check_use(struct plugin *plugin)
{
	plugin_check_process(plugin);
	plugin_check_weight(plugin);
}

void slot_check(struct slot *entry)
{
	if (entry->plugin) {
		check_use(entry->plugin);
		plugin_check_rest(entry->plugin);
	}
	if (entry->candidate)
		check_use(entry->candidate);
}

size_t slot_versions(const struct slot *entry, struct plugin *ret_plugins[SLOT_VERSIONS])
{
	size_t count = 0;

	if (entry->plugin)
		ret_plugins[count++] = entry->plugin;
	if (entry->candidate)
		ret_plugins[count++] = entry->candidate;
	return count;
}

/* A plugin that may not run, or not yet. */
static json_t *refused_to_json(const struct slot *entry)
{
	bool waits = strstr(entry->refusal, "needs approval") != NULL;
	const char *state = waits ? "needs approval" : "refused", *reason = entry->refusal;

	if (is_off(entry)) {
		state = "disabled";
		reason = is_off_by_configuration(entry) ? "disabled by the configuration"
							: "disabled by its owner";
	} else if (entry->is_settling) {
		state = "stopped";
		reason = "its files were written just now";
	}
	return json_pack("{s:s, s:s, s:s, s:s}", "name", entry->mark.name, "kind",
			 entry->source.kind == PLUGIN_SCRIPT ? "python" : "component", "state",
			 state, "reason", reason);
}

static json_t *request_to_json(const struct slot *entry)
{
	const struct plugin_rules *rules = entry->rules;
	bool is_approved =
		!rules->request_problems &&
		!admission_check_approval(entry->mark.name, rules, entry->services->config,
					  &rules->request, NULL, NULL);

	return json_pack("{s:s, s:o, s:b}", "digest", rules->digest, "asks_for",
			 grant_difference(&rules->request, NULL), "is_approved", (int)is_approved);
}

json_t *slot_to_json(const struct slot *entry)
{
	json_t *json = entry->plugin ? plugin_to_json(entry->plugin) : refused_to_json(entry);

	const struct permission *asked =
		entry->plugin ? plugin_request(entry->plugin) : &entry->rules->request;

	json_object_set_new(json, "enabled", json_boolean(!is_off(entry)));
	json_object_set_new(json, "asked", grant_to_json(asked));
	json_object_set_new(json, "asks_for", grant_difference(asked, NULL));
	json_object_set_new(json, "request", request_to_json(entry));
	if (entry->plugin)
		json_object_set_new(json, "kept_back",
				    grant_difference(asked, plugin_grant(entry->plugin)));
	return json;
}
