#include "plugin/supervisor/slot.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/config.h"
#include "plugin/policy/grant.h"
#include "plugin/supervisor/admission.h"
#include "plugin/supervisor/internal.h"

/* start a new plugin when its files have not changed for so long */
#define NEW_QUIET_MS 100

uint64_t slot_now_ms(const struct slot *slot)
{
	return uv_now(slot->services->plugin->loop);
}

const struct config_plugin *slot_config(const struct slot *slot)
{
	return config_find_plugin(slot->services->config, slot->mark.name);
}

bool slot_is_off_by_configuration(const struct slot *slot)
{
	const struct config_plugin *own = slot_config(slot);

	return own && !own->enabled;
}

bool slot_is_off(const struct slot *slot)
{
	return slot_is_off_by_configuration(slot) || (slot->rules && slot->rules->is_off);
}

static void switch_off(struct slot *slot)
{
	bool was_on = slot->plugin || slot->refusal_code;

	slot_stop(slot);
	slot->refusal_code = 0;
	slot->refusal[0] = '\0';
	if (!was_on)
		return;
	log_info(slot->mark.name, "disabled");
	slot->services->events->on_disabled(slot->services->events_arg, slot->mark.name);
}

/* The owner's decisions have changed; the files are the same. */
static void apply_rules(struct slot *slot)
{
	struct error err = {0};

	if (slot_is_off(slot)) {
		switch_off(slot);
		return;
	}
	if (slot->plugin &&
	    admission_check_approval(slot->mark.name, slot->rules, slot->services->config,
				     plugin_request(slot->plugin), slot->services->advice, &err))
		slot_stop(slot);
	if (!slot->plugin || slot->refusal_code)
		slot_start(slot);
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
	options = slot_make_options(slot, &grant, false);
	if (is_same(slot->plugin, &grant, &options) && !slot->candidate) {
		plugin_set_times(slot->plugin, &grant, &options);
		return;
	}
	log_info(slot->mark.name, "its configuration has changed, loading it again");
	slot_start(slot);
}

/* Start a new plugin once its files are quiet. Returns what slot_take() returns. */
static uint64_t settle(struct slot *slot, bool at_once)
{
	uint64_t age_ms = slot_now_ms(slot) - slot->changed_ms;

	if (!slot->is_settling)
		return 0;
	if (!at_once && age_ms < NEW_QUIET_MS)
		return NEW_QUIET_MS - age_ms;
	slot->is_settling = false;
	log_info(slot->mark.name, "found%s", slot_is_off(slot) ? ", disabled" : "");
	if (!slot_is_off(slot))
		slot_start(slot);
	return 0;
}

static void take_content(struct slot *slot, struct folder_snapshot_item *item)
{
	plugin_source_finish(&slot->source);
	plugin_rules_destroy(slot->rules);
	slot->source = item->source;
	slot->rules = item->rules;
	slot->mark = item->mark;
	item->source = (struct plugin_source){0};
	item->rules = NULL;
}

uint64_t slot_take(struct slot *slot, struct folder_snapshot_item *item, bool at_once)
{
	bool is_new = !slot->rules;
	bool is_changed = memcmp(&slot->mark.files, &item->mark.files, sizeof(item->mark.files));

	if (!item->rules)
		return settle(slot, at_once);
	take_content(slot, item);
	if (is_new || is_changed)
		slot->changed_ms = slot_now_ms(slot);
	if (is_new || slot->is_settling) {
		slot->is_settling = true;
		return settle(slot, at_once);
	}
	if (is_changed && !slot_is_off(slot)) {
		log_info(slot->mark.name, "changed, loading it again");
		slot_start(slot);
	} else {
		apply_rules(slot);
	}
	return 0;
}

void slot_retry_busy(struct slot *slot)
{
	if (slot->refusal_code == ERROR_BUSY)
		slot_start(slot);
}

int slot_reload(struct slot *slot, struct error *err)
{
	if (slot_is_off(slot))
		return error_set(err, ERROR_INVALID, "%s is disabled; enable it first",
				 slot->mark.name);
	if (!slot->is_settling) {
		log_info(slot->mark.name, "loading it again, as requested");
		slot_start(slot);
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
				 "%s has changed its request since this digest was shown: look at "
				 "the request again, and approve that",
				 slot->mark.name);
	slot->rules->approved = slot->rules->request;
	slot->rules->not_approved = (struct error){0};
	if (!slot->is_settling)
		apply_rules(slot);
	return 0;
}

int slot_set_enabled(struct slot *slot, bool enabled, struct error *err)
{
	if (enabled && slot_is_off_by_configuration(slot))
		return error_set(err, ERROR_INVALID,
				 "%s is disabled by the configuration: remove `enabled = false` "
				 "from [plugins.%s]",
				 slot->mark.name, slot->mark.name);
	slot->rules->is_off = !enabled;
	if (!slot->is_settling)
		apply_rules(slot);
	return 0;
}

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

const struct folder_snapshot_mark *slot_mark(const struct slot *slot)
{
	return &slot->mark;
}

struct plugin *slot_plugin(const struct slot *slot)
{
	return slot->plugin;
}
