/* The versions of a plugin in its slot: starts and stops them, and decides on the candidate. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/config.h"
#include "plugin/policy/claims.h"
#include "plugin/policy/grant.h"
#include "plugin/supervisor/admission.h"
#include "plugin/supervisor/internal.h"

/* a candidate that fails may be a half-written file: wait so long for another change */
#define SETTLE_MS 300

static uint64_t to_ms(double seconds)
{
	return (uint64_t)(seconds * 1000 + 0.5);
}

struct plugin_options slot_make_options(const struct slot *slot, const struct permission *grant,
					bool is_candidate)
{
	const struct config *config = slot->services->config;
	const struct config_plugin *own = slot_config(slot);

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
		slot->services->events->on_refused(slot->services->events_arg, slot->mark.name,
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
	options = slot_make_options(slot, &grant, is_candidate);
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
	events->on_closing(slot->services->events_arg);
	plugin_close(plugin, has_successor, events->on_closed, slot->services->events_arg);
}

static void drop_candidate(struct slot *slot)
{
	close_plugin(slot, slot->candidate, false);
	slot->candidate = NULL;
	slot->is_candidate_done = false;
	free(slot->candidate_failure);
	slot->candidate_failure = NULL;
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
static void fail_candidate(struct slot *slot, const char *text)
{
	slot->is_candidate_done = true;
	free(slot->candidate_failure);
	slot->candidate_failure = strdup(text);
	slot->services->events->judge_in(slot->services->events_arg, 0);
}

/* Whether the grant has devices that the two versions must not use at the same time. */
static bool has_devices(const struct permission *grant)
{
	return grant->i2c_count || grant->gpio_count || grant->spi_count || grant->uart_count ||
	       grant->w1_count;
}

static void tell_rejected(const struct slot *slot, const char *text)
{
	const struct slot_events *events = slot->services->events;

	if (events->on_rejected)
		events->on_rejected(slot->services->events_arg, slot->mark.name, text);
}

/* Start the candidate. False if the new version has to replace the old one at once. */
static bool start_candidate(struct slot *slot)
{
	if (slot->rules->request_problems) {
		fail_candidate(slot, slot->rules->request_problems);
		return true;
	}
	slot->candidate = make_plugin(slot, true);
	if (!slot->candidate) {
		plugin_set_reload_error(slot->plugin, slot->refusal);
		tell_rejected(slot, slot->refusal);
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

/* End the old version, and with it what it drives, before the new one starts. */
static void replace(struct slot *slot)
{
	slot_stop(slot);
	slot->plugin = make_plugin(slot, false);
	if (slot->plugin)
		plugin_start(slot->plugin);
}

/* Also a version whose last poll failed drives relays and LEDs, which a good candidate takes over
 * as they are. */
void slot_start(struct slot *slot)
{
	drop_candidate(slot);
	if (slot->plugin && plugin_is_loaded(slot->plugin) && start_candidate(slot))
		return;
	replace(slot);
}

static void promote(struct slot *slot)
{
	struct plugin *old = slot->plugin;

	slot->plugin = slot->candidate;
	slot->candidate = NULL;
	slot->is_candidate_done = false;
	plugin_take_over(slot->plugin, old);
	claims_keep(slot->services->claims, slot->mark.name, plugin_grant(slot->plugin));
	close_plugin(slot, old, true);
	log_info(slot->mark.name, "the new version has taken over");
}

/* Drop the candidate and keep the old version, which works. */
static void reject_candidate(struct slot *slot)
{
	plugin_set_reload_error(slot->plugin, slot->candidate_failure);
	log_error(slot->mark.name, "the new version failed, the old version goes on:");
	plugin_log_text(slot->mark.name, slot->candidate_failure);
	tell_rejected(slot, slot->candidate_failure);
	if (slot->candidate)
		plugin_denial_log_adopt(slot->plugin, slot->candidate);
	drop_candidate(slot);
	claims_keep(slot->services->claims, slot->mark.name, plugin_grant(slot->plugin));
}

bool slot_note_candidate(struct slot *slot, const struct plugin *candidate, const char *failure)
{
	if (slot->candidate != candidate)
		return false;
	slot->is_candidate_done = true;
	free(slot->candidate_failure);
	slot->candidate_failure = failure ? strdup(failure) : NULL;
	if (failure)
		plugin_hold(slot->plugin, false);
	return true;
}

/* Let the candidate poll between two calls of the old version, which is held until that poll ends.
 */
static void let_candidate_poll(struct slot *slot)
{
	if (plugin_is_called(slot->plugin))
		return;
	plugin_hold(slot->plugin, true);
	plugin_hold(slot->candidate, false);
}

void slot_judge(struct slot *slot)
{
	uint64_t age_ms = slot_now_ms(slot) - slot->changed_ms;

	if (slot->candidate && plugin_waits(slot->candidate))
		let_candidate_poll(slot);
	if (!slot->is_candidate_done)
		return;
	if (!slot->candidate && !plugin_works(slot->plugin)) {
		replace(slot); /* neither version works: errors are logged as usual */
		return;
	}
	if (!slot->candidate_failure) {
		if (!plugin_is_called(slot->plugin))
			promote(slot);
		return;
	}
	if (age_ms >= SETTLE_MS && plugin_works(slot->plugin))
		reject_candidate(slot);
	else if (age_ms >= SETTLE_MS)
		replace(slot); /* as above: a candidate that has failed is not promoted */
	else
		slot->services->events->judge_in(slot->services->events_arg, SETTLE_MS - age_ms);
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
