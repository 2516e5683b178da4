/* A slot as JSON, for the API and `plugin list`. */
#include "capability/alias.h"
#include "capability/host.h"
#include "plugin/policy/grant.h"
#include "plugin/supervisor/admission.h"
#include "plugin/supervisor/internal.h"

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

	if (slot_is_off(slot)) {
		state = "disabled";
		reason = slot_is_off_by_configuration(slot) ? "disabled by the configuration"
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

/*
 * What the running version may use now, and what the owner withholds from it. A device that is
 * withheld under another name counts as withheld, since each call of it is denied.
 */
static void add_grant(json_t *json, const struct slot *slot)
{
	const struct slot_services *services = slot->services;
	struct permission grant = *plugin_grant(slot->plugin);
	json_t *withheld = grant_difference(plugin_request(slot->plugin), &grant);
	json_t *aliases = capability_alias_remove(capability_host_backend(services->plugin->host),
						  services->config, slot->mark.name, &grant);

	json_array_extend(withheld, aliases);
	json_decref(aliases);
	json_object_set_new(json, "granted", grant_to_json(&grant));
	json_object_set_new(json, "kept_back", withheld);
}

json_t *slot_to_json(const struct slot *slot)
{
	json_t *json = slot->plugin ? plugin_to_json(slot->plugin) : refused_to_json(slot);

	const struct permission *asked =
		slot->plugin ? plugin_request(slot->plugin) : &slot->rules->request;

	json_object_set_new(json, "enabled", json_boolean(!slot_is_off(slot)));
	json_object_set_new(json, "asked", grant_to_json(asked));
	json_object_set_new(json, "asks_for", grant_difference(asked, NULL));
	json_object_set_new(json, "request", request_to_json(slot));
	if (slot->plugin)
		add_grant(json, slot);
	return json;
}
