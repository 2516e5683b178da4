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

/* a candidate that fails may be a half-written file: wait so long for another change */
#define SETTLE_MS 300
/* start a new plugin when its files have not changed for so long */
#define NEW_QUIET_MS 100

struct slot {
	const struct slot_services *services;
	struct snapshot_mark mark;
	struct plugin_source source; /* owned: the files on the disk now */
	struct plugin_rules *rules;  /* owned; NULL before the first slot_take() */
	bool is_settling;	     /* a new plugin, which may not be completely written yet */
	uint64_t changed_ms;	     /* when its files last changed, by the loop's time */

	struct plugin *plugin; /* the running version; NULL: disabled or refused */
	int refusal_code;
	char refusal[ERROR_TEXT_SIZE]; /* why the files on the disk may not run; "" if they may */

	struct plugin *candidate; /* or NULL */
	bool is_tried;		  /* the candidate has succeeded, failed, or could not be started */
	char *trial_failure;	  /* owned: why it failed; NULL if it succeeded */
};

static uint64_t now_ms(const struct slot *slot)
{
	return uv_now(slot->services->plugin->loop);
}

static const struct config_plugin *own_config(const struct slot *slot)
{
	return config_find_plugin(slot->services->config, slot->mark.name);
}

static bool is_off_by_configuration(const struct slot *slot)
{
	const struct config_plugin *own = own_config(slot);

	return own && !own->enabled;
}

static bool is_off(const struct slot *slot)
{
	return is_off_by_configuration(slot) || (slot->rules && slot->rules->is_off);
}

/* Starting and stopping versions */

static uint64_t to_ms(double seconds)
{
	return (uint64_t)(seconds * 1000 + 0.5);
}

static struct plugin_options make_options(const struct slot *slot, const struct permission *grant,
					  bool is_candidate)
{
	const struct config *config = slot->services->config;
	const struct config_plugin *own = own_config(slot);

	return (struct plugin_options){
		.interval_ms = to_ms(grant->poll_interval_seconds),
		.deadline_ms = to_ms(grant->deadline_seconds),
		.memory_bytes = (uint64_t)grant->memory_mb << 20,
		.host_calls_max = grant->host_calls_per_poll,
		.settings = own ? own->settings : slot->services->no_settings,
		.renders = !strcmp(slot->mark.name, config->dashboard.plugin),
		.strict_imports = config->permissions.strict_imports,
		.is_candidate = is_candidate,
	};
}

static void refuse(struct slot *slot, const struct error *why, bool is_candidate)
{
	bool is_news = strcmp(slot->refusal, why->text) != 0;

	slot->refusal_code = why->code;
	snprintf(slot->refusal, sizeof(slot->refusal), "%s", why->text);
	if (!is_news)
		return;
	if (slot->rules->request_problems) {
		log_warning(slot->mark.name, "not started: its permission file has errors:");
		plugin_log_text(slot->mark.name, slot->rules->request_problems);
	} else {
		log_warning(slot->mark.name, "not started: %s", why->text);
	}
	if (!is_candidate)
		slot->services->events->refused(slot->services->events_arg, slot->mark.name,
						slot->refusal);
}

/* NULL if the plugin may not run; the reason is then in `refusal` or in the log. */
static struct plugin *make_plugin(struct slot *slot, bool is_candidate)
{
	struct plugin_options options;
	struct permission grant;
	struct plugin *plugin = NULL;
	struct error err = {0};

	if (admission_grant(slot->mark.name, slot->rules, slot->services->config,
			    slot->services->claims, slot->services->advice, &grant, &err)) {
		refuse(slot, &err, is_candidate);
		return NULL;
	}
	slot->refusal_code = 0;
	slot->refusal[0] = '\0';
	options = make_options(slot, &grant, is_candidate);
	if (plugin_create(slot->services->plugin, &slot->source, &slot->rules->request, &grant,
			  &options, &plugin, &err))
		log_error(slot->mark.name, "not started: %s", err.text);
	return plugin;
}

/* NULL is allowed. */
static void close_plugin(struct slot *slot, struct plugin *plugin, bool has_successor)
{
	const struct slot_events *events = slot->services->events;

	if (!plugin)
		return;
	events->closing(slot->services->events_arg);
	plugin_close(plugin, has_successor, events->closed, slot->services->events_arg);
}

static void drop_candidate(struct slot *slot)
{
	close_plugin(slot, slot->candidate, false);
	slot->candidate = NULL;
	slot->is_tried = false;
	free(slot->trial_failure);
	slot->trial_failure = NULL;
	if (slot->plugin)
		plugin_hold(slot->plugin, false);
}

void slot_stop(struct slot *slot)
{
	drop_candidate(slot);
	close_plugin(slot, slot->plugin, false);
	slot->plugin = NULL;
	claims_release(slot->services->claims, slot->mark.name);
}

/* A new version that cannot be started counts as a candidate that has failed. */
static void fail_trial(struct slot *slot, const char *text)
{
	slot->is_tried = true;
	free(slot->trial_failure);
	slot->trial_failure = strdup(text);
	slot->services->events->judge_in(slot->services->events_arg, 0);
}

/* Whether the grant has devices that the two versions must not use at the same time. */
static bool has_devices(const struct permission *grant)
{
	return grant->i2c_count || grant->gpio_count || grant->spi_count || grant->uart_count ||
	       grant->w1_count;
}

/* Start the candidate. False if the new version has to replace the old one at once. */
static bool begin_trial(struct slot *slot)
{
	if (slot->rules->request_problems) {
		fail_trial(slot, slot->rules->request_problems);
		return true;
	}
	slot->candidate = make_plugin(slot, true);
	if (!slot->candidate) {
		plugin_set_reload_error(slot->plugin, slot->refusal);
		return true;
	}
	/* If the new grant is smaller, the old version must not go on with the larger one. */
	if (!grant_covers(plugin_grant(slot->candidate), plugin_grant(slot->plugin)))
		return false;
	plugin_prime(slot->candidate, slot->plugin);
	plugin_hold(slot->candidate, has_devices(plugin_grant(slot->candidate)));
	plugin_start(slot->candidate);
	return true;
}

static void start_version(struct slot *slot)
{
	drop_candidate(slot);
	if (slot->plugin && plugin_works(slot->plugin) && begin_trial(slot))
		return;
	slot_stop(slot);
	slot->plugin = make_plugin(slot, false);
	if (!slot->plugin)
		return;
	plugin_start(slot->plugin);
}

/* Candidates */

static void promote(struct slot *slot)
{
	struct plugin *old = slot->plugin;

	slot->plugin = slot->candidate;
	slot->candidate = NULL;
	slot->is_tried = false;
	plugin_take_over(slot->plugin, old);
	claims_keep(slot->services->claims, slot->mark.name, plugin_grant(slot->plugin));
	close_plugin(slot, old, true);
	log_info(slot->mark.name, "the new version has taken over");
}

/* Drop the candidate and keep the old version, which works. */
static void give_up_trial(struct slot *slot)
{
	plugin_set_reload_error(slot->plugin, slot->trial_failure);
	log_error(slot->mark.name, "the new version failed, the old version goes on:");
	plugin_log_text(slot->mark.name, slot->trial_failure);
	if (slot->candidate)
		plugin_take_denials(slot->plugin, slot->candidate);
	drop_candidate(slot);
	claims_keep(slot->services->claims, slot->mark.name, plugin_grant(slot->plugin));
}

bool slot_tried(struct slot *slot, const struct plugin *candidate, const char *failure)
{
	if (slot->candidate != candidate)
		return false;
	slot->is_tried = true;
	free(slot->trial_failure);
	slot->trial_failure = failure ? strdup(failure) : NULL;
	if (failure)
		plugin_hold(slot->plugin, false);
	return true;
}

/* Let the candidate poll between two calls of the old version, which is held until that poll ends.
 */
static void begin_poll_of_trial(struct slot *slot)
{
	if (plugin_is_called(slot->plugin))
		return;
	plugin_hold(slot->plugin, true);
	plugin_hold(slot->candidate, false);
}

void slot_judge(struct slot *slot)
{
	uint64_t age_ms = now_ms(slot) - slot->changed_ms;

	if (slot->candidate && plugin_waits(slot->candidate))
		begin_poll_of_trial(slot);
	if (!slot->is_tried)
		return;
	if (!slot->candidate && !plugin_works(slot->plugin)) {
		start_version(slot); /* neither version works: errors are logged as usual */
		return;
	}
	if (!slot->trial_failure) {
		if (!plugin_is_called(slot->plugin))
			promote(slot);
		return;
	}
	if (age_ms >= SETTLE_MS && plugin_works(slot->plugin))
		give_up_trial(slot);
	else if (age_ms >= SETTLE_MS)
		start_version(slot); /* as above: a candidate that has failed is not promoted */
	else
		slot->services->events->judge_in(slot->services->events_arg, SETTLE_MS - age_ms);
}

/* Changes of files and of the owner's decisions */

static void switch_off(struct slot *slot)
{
	bool was_on = slot->plugin || slot->refusal_code;

	slot_stop(slot);
	slot->refusal_code = 0;
	slot->refusal[0] = '\0';
	if (!was_on)
		return;
	log_info(slot->mark.name, "disabled");
	slot->services->events->disabled(slot->services->events_arg, slot->mark.name);
}

/* The owner's decisions have changed; the files are the same. */
static void apply_rules(struct slot *slot)
{
	struct error err = {0};

	if (is_off(slot)) {
		switch_off(slot);
		return;
	}
	if (slot->plugin &&
	    admission_check_approval(slot->mark.name, slot->rules, slot->services->config,
				     plugin_request(slot->plugin), slot->services->advice, &err))
		slot_stop(slot);
	if (!slot->plugin || slot->refusal_code)
		start_version(slot);
}

/* Whether grant and options equal those that the plugin runs with, except interval and deadline. */
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

void slot_reconfigure(struct slot *slot)
{
	struct plugin_options options;
	struct permission grant;

	if (!slot->rules || slot->is_settling)
		return; /* it will start with the new configuration */
	apply_rules(slot);
	if (!slot->plugin)
		return;
	grant_resolve(plugin_request(slot->plugin), slot->services->config, slot->mark.name,
		      &grant);
	options = make_options(slot, &grant, false);
	if (is_same(slot->plugin, &grant, &options) && !slot->candidate) {
		plugin_set_times(slot->plugin, &grant, &options);
		return;
	}
	log_info(slot->mark.name, "its configuration has changed, loading it again");
	start_version(slot);
}

/* Start a new plugin once its files are quiet. Returns what slot_take() returns. */
static uint64_t settle(struct slot *slot, bool at_once)
{
	uint64_t age_ms = now_ms(slot) - slot->changed_ms;

	if (!slot->is_settling)
		return 0;
	if (!at_once && age_ms < NEW_QUIET_MS)
		return NEW_QUIET_MS - age_ms;
	slot->is_settling = false;
	log_info(slot->mark.name, "found%s", is_off(slot) ? ", disabled" : "");
	if (!is_off(slot))
		start_version(slot);
	return 0;
}

static void take_content(struct slot *slot, struct snapshot_item *item)
{
	plugin_source_finish(&slot->source);
	plugin_rules_destroy(slot->rules);
	slot->source = item->source;
	slot->rules = item->rules;
	slot->mark = item->mark;
	item->source = (struct plugin_source){0};
	item->rules = NULL;
}

uint64_t slot_take(struct slot *slot, struct snapshot_item *item, bool at_once)
{
	bool is_new = !slot->rules;
	bool is_changed = memcmp(&slot->mark.files, &item->mark.files, sizeof(item->mark.files));

	if (!item->rules)
		return settle(slot, at_once);
	take_content(slot, item);
	if (is_new || is_changed)
		slot->changed_ms = now_ms(slot);
	if (is_new || slot->is_settling) {
		slot->is_settling = true;
		return settle(slot, at_once);
	}
	if (is_changed && !is_off(slot)) {
		log_info(slot->mark.name, "changed, loading it again");
		start_version(slot);
	} else {
		apply_rules(slot);
	}
	return 0;
}

void slot_retry_busy(struct slot *slot)
{
	if (slot->refusal_code == ERROR_BUSY)
		start_version(slot);
}

int slot_reload(struct slot *slot, struct error *err)
{
	if (is_off(slot))
		return error_set(err, ERROR_INVALID, "%s is disabled", slot->mark.name);
	if (!slot->is_settling) {
		log_info(slot->mark.name, "loading it again, as requested");
		start_version(slot);
	}
	if (!slot->refusal_code)
		return 0;
	return error_set(
		err, slot->refusal_code == ERROR_NOT_FOUND ? ERROR_NOT_GRANTED : slot->refusal_code,
		"%s", slot->refusal);
}

const struct permission *slot_request(const struct slot *slot)
{
	return &slot->rules->request;
}

int slot_approve(struct slot *slot, const char *digest, struct error *err)
{
	if (slot->rules->request_problems)
		return error_set(err, ERROR_INVALID, "%s", slot->rules->request_problems);
	/* The owner must approve what he has seen, not what the files have changed to since. */
	if (strcmp(slot->rules->digest, digest) != 0)
		return error_set(err, ERROR_INVALID,
				 "%s now requests something else than what was approved: look at "
				 "its request again and approve that",
				 slot->mark.name);
	slot->rules->approved = slot->rules->request;
	slot->rules->not_approved = (struct error){0};
	if (!slot->is_settling)
		apply_rules(slot);
	return 0;
}

int slot_set_enabled(struct slot *slot, bool enabled, struct error *err)
{
	if (enabled && is_off_by_configuration(slot))
		return error_set(err, ERROR_INVALID,
				 "%s is disabled by the configuration: remove `enabled = false` "
				 "from [plugins.%s]",
				 slot->mark.name, slot->mark.name);
	slot->rules->is_off = !enabled;
	if (!slot->is_settling)
		apply_rules(slot);
	return 0;
}

/* Creation, access and JSON */

struct slot *slot_create(const struct slot_services *services, const char *name)
{
	struct slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return NULL;
	snprintf(slot->mark.name, sizeof(slot->mark.name), "%s", name);
	slot->services = services;
	return slot;
}

void slot_destroy(struct slot *slot)
{
	plugin_source_finish(&slot->source);
	plugin_rules_destroy(slot->rules);
	free(slot);
}

const char *slot_name(const struct slot *slot)
{
	return slot->mark.name;
}

const struct snapshot_mark *slot_mark(const struct slot *slot)
{
	return &slot->mark;
}

struct plugin *slot_plugin(const struct slot *slot)
{
	return slot->plugin;
}

static void check_use(struct plugin *plugin)
{
	plugin_check_process(plugin);
	plugin_check_weight(plugin);
}

void slot_check(struct slot *slot)
{
	if (slot->plugin) {
		check_use(slot->plugin);
		plugin_check_rest(slot->plugin);
	}
	if (slot->candidate)
		check_use(slot->candidate);
}

size_t slot_versions(const struct slot *slot, struct plugin *ret_plugins[SLOT_VERSIONS])
{
	size_t count = 0;

	if (slot->plugin)
		ret_plugins[count++] = slot->plugin;
	if (slot->candidate)
		ret_plugins[count++] = slot->candidate;
	return count;
}

/* Whether the request of the files on the disk is valid and approved. */
static bool is_approved(const struct slot *slot)
{
	const struct plugin_rules *rules = slot->rules;

	return !rules->request_problems &&
	       !admission_check_approval(slot->mark.name, rules, slot->services->config,
					 &rules->request, NULL, NULL);
}

/* A slot without a running version, as JSON. */
static json_t *refused_to_json(const struct slot *slot)
{
	bool waits = !slot->rules->request_problems && !is_approved(slot);
	const char *state = waits ? "needs approval" : "refused", *reason = slot->refusal;

	if (is_off(slot)) {
		state = "disabled";
		reason = is_off_by_configuration(slot) ? "disabled by the configuration"
						       : "disabled by its owner";
	} else if (slot->is_settling) {
		state = "stopped";
		reason = "its files have just been written, waiting for more";
	}
	return json_pack("{s:s, s:s, s:s, s:s}", "name", slot->mark.name, "kind",
			 slot->source.kind == PLUGIN_SCRIPT ? "python" : "component", "state",
			 state, "reason", reason);
}

static json_t *request_to_json(const struct slot *slot)
{
	const struct plugin_rules *rules = slot->rules;

	return json_pack("{s:s, s:o, s:b}", "digest", rules->digest, "asks_for",
			 grant_difference(&rules->request, NULL), "is_approved",
			 (int)is_approved(slot));
}

json_t *slot_to_json(const struct slot *slot)
{
	json_t *json = slot->plugin ? plugin_to_json(slot->plugin) : refused_to_json(slot);

	const struct permission *asked =
		slot->plugin ? plugin_request(slot->plugin) : &slot->rules->request;

	json_object_set_new(json, "enabled", json_boolean(!is_off(slot)));
	json_object_set_new(json, "asked", grant_to_json(asked));
	json_object_set_new(json, "asks_for", grant_difference(asked, NULL));
	json_object_set_new(json, "request", request_to_json(slot));
	if (slot->plugin)
		json_object_set_new(json, "kept_back",
				    grant_difference(asked, plugin_grant(slot->plugin)));
	return json;
}
