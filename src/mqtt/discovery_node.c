/* The device of a node: the machine, plugins, alerts, updates, and what may be commanded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_member.h"
#include "base/json_text.h"
#include "mqtt/internal.h"

#define NAME_SIZE (READING_NAME_MAX + 1)
#define NODE_EXPIRE_SECONDS 120 /* without a state of the node for so long, it is unavailable */

struct node_entity {
	const char *key, *platform, *name, *template, *class, *unit, *state_class;
	bool is_diagnostic;
};

static const struct node_entity node_entities[] = {
	{"uptime", "sensor", "Uptime", "{{ value_json.uptime_seconds }}", "duration", "s",
	 "total_increasing", true},
	{"memory", "sensor", "Memory used", "{{ value_json.memory_used_percent }}", NULL, "%",
	 "measurement", true},
	{"load", "sensor", "Load", "{{ value_json.load }}", NULL, NULL, "measurement", true},
};

static json_t *begin_entity(const struct discovery *discovery, const struct node_entity *entity)
{
	char state[TOPIC_SIZE];
	json_t *component, *availability = json_array();

	discovery_topic(state, discovery, discovery->node, NULL, "state");
	discovery_add_availability(availability, discovery, discovery->node);
	component = json_pack("{s:s, s:s, s:o}", "p", entity->platform, "name", entity->name,
			      "availability", availability);
	if (entity->template) {
		discovery_set_text(component, "state_topic", state);
		discovery_set_text(component, "value_template", entity->template);
		json_object_set_new(component, "expire_after", json_integer(NODE_EXPIRE_SECONDS));
	}
	discovery_set_text(component, "device_class", entity->class);
	discovery_set_text(component, "unit_of_measurement", entity->unit);
	discovery_set_text(component, "state_class", entity->state_class);
	if (entity->is_diagnostic)
		discovery_set_text(component, "entity_category", "diagnostic");
	return component;
}

/* Whether a node is connected. It has to have a state also when it is not, so this node's own is
 * never unavailable, and a spoke's is so only while nobody can say it. */
static void add_connectivity(const struct discovery *discovery, json_t *config, const char *id,
			     const char *node)
{
	json_t *component =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "p", "binary_sensor", "name",
			  "Connected", "device_class", "connectivity", "entity_category",
			  "diagnostic", "payload_on", "online", "payload_off", "offline");
	json_t *availability = json_array();
	char topic[TOPIC_SIZE];

	discovery_topic(topic, discovery, node, NULL, "availability");
	discovery_set_text(component, "state_topic", topic);
	if (strcmp(node, discovery->node)) {
		discovery_add_availability(availability, discovery, discovery->node);
		json_object_set(component, "availability", availability);
	}
	json_decref(availability);
	discovery_set_entity_id(component, node, "connected", "");
	discovery_add(config, id, "connected", component);
}

json_t *discovery_of_spoke(const struct discovery *discovery, const char *node)
{
	char id[TOPIC_ID_SIZE], hub[TOPIC_ID_SIZE];
	json_t *config;

	discovery_device_id(id, node, NULL);
	discovery_device_id(hub, discovery->node, NULL);
	config = discovery_begin(discovery,
				 json_pack("{s:[s], s:s, s:s, s:s, s:s}", "ids", id, "name", node,
					   "mf", "harvester", "mdl", "node", "via_device", hub));
	add_connectivity(discovery, config, id, node);
	return config;
}

/* A binary sensor of a plugin or an alert, by its name. */
static void add_named(const struct discovery *discovery, json_t *config, const char *id,
		      const char *list, const char *word, const char *name)
{
	char escaped[TOPIC_TEMPLATE_SIZE], template[TOPIC_TEMPLATE_SIZE + 64];
	char title[NAME_SIZE + 16], key[TOPIC_LEVEL_SIZE + 16], part[TOPIC_LEVEL_SIZE];
	struct node_entity entity = {.platform = "binary_sensor",
				     .name = title,
				     .template = template,
				     .class = "problem",
				     .is_diagnostic = !strcmp(list, "plugins")};
	json_t *component;

	topic_template_string(escaped, sizeof(escaped), name);
	snprintf(template, sizeof(template), "{{ value_json.%s['%s'] | default('OFF') }}", list,
		 escaped);
	snprintf(title, sizeof(title), "%s %s", word, name);
	topic_id(part, name);
	snprintf(key, sizeof(key), "%s_%s", list, part);
	component = begin_entity(discovery, &entity);
	discovery_set_entity_id(component, discovery->node, word, name);
	discovery_add(config, id, key, component);
}

static void add_all_named(const struct discovery *discovery, json_t *config, const char *id,
			  const char *list, const char *word, const json_t *items)
{
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		const char *name = json_member_text_or(item, "name", NULL);

		if (name && strlen(name) <= READING_NAME_MAX)
			add_named(discovery, config, id, list, word, name);
	}
}

/* Updates */

static json_t *update_template(const char *plugin)
{
	char escaped[TOPIC_TEMPLATE_SIZE];

	topic_template_string(escaped, sizeof(escaped), plugin);
	return json_sprintf("{{ (value_json.updates | default({}))['%s'] | default({}) | tojson }}",
			    escaped);
}

/*
 * To install is to approve the version that waits: its signature was checked when it came, and the
 * digest names the request which Home Assistant shows.
 */
static void offer_install(const struct discovery *discovery, json_t *component, const char *plugin,
			  const json_t *waiting)
{
	char topic[TOPIC_SIZE];
	char *text;
	json_t *body = json_pack("{s:s, s:s?}", "plugin", plugin, "digest",
				 json_member_text_or(waiting, "request_digest", NULL));

	text = json_text(body);
	discovery_topic(topic, discovery, discovery->node, NULL, "command/approve");
	discovery_set_text(component, "command_topic", topic);
	discovery_set_text(component, "payload_install", text);
	free(text);
	json_decref(body);
}

static void add_update(const struct discovery *discovery, json_t *config, const char *id,
		       const json_t *plugin, bool may_install)
{
	const char *name = json_member_text(plugin, "name");
	const json_t *bundle = json_object_get(plugin, "bundle");
	char title[NAME_SIZE + 16], key[TOPIC_LEVEL_SIZE + 16], part[TOPIC_LEVEL_SIZE];
	const struct node_entity entity = {
		.platform = "update", .name = title, .is_diagnostic = true};
	char topic[TOPIC_SIZE];
	json_t *component;

	topic_id(part, name);
	snprintf(title, sizeof(title), "Update %s", name);
	snprintf(key, sizeof(key), "updates_%s", part);
	component = begin_entity(discovery, &entity);
	discovery_topic(topic, discovery, discovery->node, NULL, "state");
	discovery_set_text(component, "state_topic", topic);
	json_object_set_new(component, "value_template", update_template(name));
	discovery_set_text(component, "title", name);
	if (may_install)
		offer_install(discovery, component, name, json_object_get(bundle, "waiting"));
	discovery_set_entity_id(component, discovery->node, "update", name);
	discovery_add(config, id, key, component);
}

static void add_updates(const struct discovery *discovery, json_t *config, const char *id,
			const json_t *plugins, bool may_install)
{
	const json_t *plugin;
	size_t i;

	json_array_foreach(plugins, i, plugin)
	{
		if (json_is_object(json_object_get(plugin, "bundle")) &&
		    strlen(json_member_text(plugin, "name")) <= READING_NAME_MAX)
			add_update(discovery, config, id, plugin, may_install);
	}
}

/* Commands */

static void add_command(const struct discovery *discovery, json_t *config, const char *id,
			const char *key, const char *platform, const char *name,
			const char *payload)
{
	const struct node_entity entity = {.platform = platform, .name = name};
	json_t *component = begin_entity(discovery, &entity);
	char topic[TOPIC_SIZE], word[64];

	snprintf(word, sizeof(word), "command/%.32s", key);
	discovery_topic(topic, discovery, discovery->node, NULL, word);
	discovery_set_text(component, "command_topic", topic);
	discovery_set_text(component, "payload_press", payload);
	discovery_set_entity_id(component, discovery->node, key, "");
	discovery_add(config, id, key, component);
}

/* A light whose brightness the node decides. It goes out by itself after an hour. */
static void add_light(const struct discovery *discovery, json_t *config, const char *id)
{
	json_t *component;

	add_command(discovery, config, id, "leds", "light", "LEDs", NULL);
	component = json_object_get(json_object_get(config, "cmps"), "leds");
	discovery_set_text(component, "schema", "template");
	discovery_set_text(component, "command_on_template",
			   "{\"color\": \"#{{ '%02x%02x%02x' | format(red | default(255), green | "
			   "default(255), blue | default(255)) }}\", \"seconds\": 3600}");
	discovery_set_text(component, "command_off_template",
			   "{\"color\": \"#000000\", \"seconds\": 1}");
	/* Without them Home Assistant offers no colour; the state is what was commanded. */
	discovery_set_text(component, "red_template", "{{ 255 }}");
	discovery_set_text(component, "green_template", "{{ 255 }}");
	discovery_set_text(component, "blue_template", "{{ 255 }}");
	json_object_set_new(component, "optimistic", json_true());
}

json_t *discovery_of_node(const struct discovery *discovery, const json_t *plugins,
			  const json_t *alerts, const struct discovery_commands *commands)
{
	char id[TOPIC_ID_SIZE];
	json_t *config;

	discovery_device_id(id, discovery->node, NULL);
	config = discovery_begin(discovery, json_pack("{s:[s], s:s, s:s, s:s, s:s}", "ids", id,
						      "name", discovery->node, "mf", "harvester",
						      "mdl", "node", "sw", discovery->version));
	for (size_t i = 0; i < sizeof(node_entities) / sizeof(*node_entities); i++) {
		json_t *component = begin_entity(discovery, &node_entities[i]);

		discovery_set_entity_id(component, discovery->node, node_entities[i].key, "");
		discovery_add(config, id, node_entities[i].key, component);
	}
	add_connectivity(discovery, config, id, discovery->node);
	add_all_named(discovery, config, id, "plugins", "Plugin", plugins);
	add_all_named(discovery, config, id, "alerts", "Alert", alerts);
	add_updates(discovery, config, id, plugins, commands->approve);
	if (commands->buzzer)
		add_command(discovery, config, id, "buzzer", "button", "Buzzer",
			    "{\"pattern\": \"single\"}");
	if (commands->fan)
		add_command(discovery, config, id, "fan", "button", "Fan test", "{}");
	if (commands->leds)
		add_light(discovery, config, id);
	return config;
}
