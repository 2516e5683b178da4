/* Ids, topics and parts of all configurations; sensors; what is gone. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json_member.h"
#include "mqtt/internal.h"

#define NAME_SIZE (READING_NAME_MAX + 1)
/* In a template: a field of the state. The state is empty for a moment when a sensor is removed,
 * and then there is no value_json, which Home Assistant logs as an error. */
#define FIELD_OR_NONE "(value_json | default({}))['%s'] | default(none)"

void discovery_device_id(char ret_id[TOPIC_ID_SIZE], const char *node, const char *sensor)
{
	char first[TOPIC_LEVEL_SIZE], second[TOPIC_LEVEL_SIZE] = "";

	topic_id(first, node);
	if (sensor)
		topic_id(second, sensor);
	snprintf(ret_id, TOPIC_ID_SIZE, "harvester_%s%s%s", first, sensor ? "_" : "", second);
}

void discovery_topic(char ret_topic[TOPIC_SIZE], const struct discovery *discovery,
		     const char *node, const char *sensor, const char *word)
{
	char first[TOPIC_LEVEL_SIZE], second[TOPIC_LEVEL_SIZE] = "";

	topic_level(first, node);
	if (sensor)
		topic_level(second, sensor);
	snprintf(ret_topic, TOPIC_SIZE, "%s/%s%s%s/%s", discovery->prefix, first,
		 sensor ? "/sensors/" : "", second, word);
}

/* Parts of all configurations */

static const char *text_of(const json_t *object, const char *key)
{
	return json_member_text_or(object, key, NULL);
}

void discovery_set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_string(text));
}

/* "co2_level": "Co2 level" */
static void make_name(char ret_name[NAME_SIZE], const char *word)
{
	snprintf(ret_name, NAME_SIZE, "%s", word);
	for (char *at = ret_name; *at; at++)
		if (*at == '_')
			*at = ' ';
	*ret_name = (char)toupper((unsigned char)*ret_name);
}

json_t *discovery_begin(const struct discovery *discovery, json_t *device)
{
	return json_pack("{s:o, s:{s:s, s:s}, s:{}, s:i}", "dev", device, "o", "name", "harvester",
			 "sw", discovery->version, "cmps", "qos", 0);
}

/* Add an entity to a configuration. `component` is stolen. */
void discovery_add(json_t *config, const char *id, const char *key, json_t *component)
{
	json_object_set_new(component, "unique_id", json_sprintf("%s_%s", id, key));
	json_object_set_new(json_object_get(config, "cmps"), key, component);
}

void discovery_set_entity_id(json_t *component, const char *node, const char *thing,
			     const char *word)
{
	char slugs[3][TOPIC_LEVEL_SIZE];

	topic_slug(slugs[0], node);
	topic_slug(slugs[1], thing);
	topic_slug(slugs[2], word);
	json_object_set_new(component, "default_entity_id",
			    json_sprintf("%s.%s%s%s%s%s", text_of(component, "p"), slugs[0],
					 *thing ? "_" : "", slugs[1], *word ? "_" : "", slugs[2]));
}

void discovery_add_availability(json_t *list, const struct discovery *discovery, const char *node)
{
	char topic[TOPIC_SIZE];

	discovery_topic(topic, discovery, node, NULL, "availability");
	json_array_append_new(list, json_pack("{s:s}", "topic", topic));
}

/* Sensors */

static json_t *sensor_device(const struct discovery *discovery,
			     const struct discovery_sensor *sensor, const char *id)
{
	const char *name = text_of(sensor->description, "name");
	char node_id[TOPIC_ID_SIZE];
	json_t *device;

	discovery_device_id(node_id, sensor->node, NULL);
	device = json_pack("{s:[s], s:s, s:s, s:s, s:s}", "ids", id, "name",
			   name ? name : sensor->sensor, "mf", "harvester", "mdl",
			   "sensor of a plugin", "via_device", node_id);
	discovery_set_text(device, "sa", text_of(sensor->description, "room"));
	(void)discovery;
	return device;
}

/* A value that is absent or null is unavailable, whatever came before. */
static json_t *field_availability(const struct discovery *discovery,
				  const struct discovery_sensor *sensor, const char *state_topic,
				  const char *escaped)
{
	json_t *list = json_array();

	discovery_add_availability(list, discovery, discovery->node);
	if (strcmp(discovery->node, sensor->node) != 0)
		discovery_add_availability(list, discovery, sensor->node);
	json_array_append_new(list, json_pack("{s:s, s:o}", "topic", state_topic, "value_template",
					      json_sprintf("{{ 'online' if " FIELD_OR_NONE
							   " is not none else 'offline' }}",
							   escaped)));
	return list;
}

static void describe_number(json_t *component, const json_t *field)
{
	const char *kind = text_of(field, "kind");
	bool is_counter = kind && !strcmp(kind, "counter");
	const char *quantity = text_of(field, "quantity");

	discovery_set_text(component, "device_class", quantity);
	discovery_set_text(component, "unit_of_measurement", text_of(field, "unit"));
	if (!quantity || strcmp(quantity, "enum") != 0)
		discovery_set_text(component, "state_class",
				   is_counter ? "total_increasing" : "measurement");
	if (json_is_integer(json_object_get(field, "decimals")))
		json_object_set(component, "suggested_display_precision",
				json_object_get(field, "decimals"));
}

/* Home Assistant has names for quantities, in the home's language. */
static void set_name(json_t *component, const json_t *field, const char *name)
{
	const char *label = text_of(field, "name"), *quantity = text_of(field, "quantity");
	char plain[NAME_SIZE];

	if (!label && quantity && !strcmp(quantity, name) && strcmp(quantity, "enum") != 0)
		return;
	make_name(plain, name);
	discovery_set_text(component, "name", label ? label : plain);
}

static json_t *make_field(const struct discovery *discovery, const struct discovery_sensor *sensor,
			  const char *name, const char *type)
{
	const json_t *field = json_object_get(json_object_get(sensor->description, "fields"), name);
	bool is_switch = !strcmp(type, "switch"), is_number = !strcmp(type, "number");
	char escaped[TOPIC_TEMPLATE_SIZE], state[TOPIC_SIZE];
	json_t *component;

	topic_template_string(escaped, sizeof(escaped), name);
	discovery_topic(state, discovery, sensor->node, sensor->sensor, "state");
	component = json_pack(
		"{s:s, s:s, s:i, s:s, s:o, s:o}", "p", is_switch ? "binary_sensor" : "sensor",
		"state_topic", state, "expire_after", (int)sensor->expire_seconds,
		"availability_mode", "all", "availability",
		field_availability(discovery, sensor, state, escaped), "value_template",
		is_switch ? json_sprintf("{{ 'ON' if " FIELD_OR_NONE " else 'OFF' }}", escaped)
			  : json_sprintf("{{ " FIELD_OR_NONE " }}", escaped));
	set_name(component, field, name);
	if (is_number)
		describe_number(component, field);
	else
		discovery_set_text(component, "device_class", text_of(field, "quantity"));
	if (json_is_true(json_object_get(sensor->description, "hidden")))
		json_object_set_new(component, "enabled_by_default", json_false());
	discovery_set_entity_id(component, sensor->node, sensor->sensor, name);
	return component;
}

json_t *discovery_of_sensor(const struct discovery *discovery,
			    const struct discovery_sensor *sensor)
{
	char id[TOPIC_ID_SIZE], key[TOPIC_LEVEL_SIZE];
	json_t *config, *type;
	const char *name;

	discovery_device_id(id, sensor->node, sensor->sensor);
	config = discovery_begin(discovery, sensor_device(discovery, sensor, id));
	json_object_foreach((json_t *)(uintptr_t)sensor->fields, name, type)
	{
		topic_id(key, name);
		discovery_add(config, id, key,
			      make_field(discovery, sensor, name, json_string_value(type)));
	}
	return config;
}

/* What is gone */

json_t *discovery_of_gone(const struct discovery *discovery, const char *id, const json_t *keys)
{
	json_t *config =
		discovery_begin(discovery, json_pack("{s:[s], s:s}", "ids", id, "name", id));
	const char *key;
	json_t *platform;

	json_object_foreach((json_t *)(uintptr_t)keys, key, platform)
	{
		json_t *component = json_pack("{s:O}", "p", platform);
		const char *name = json_string_value(platform);

		if (!name)
			continue;
		if (strcmp(name, "button") != 0)
			json_object_set_new(component, "state_topic",
					    json_sprintf("%s/gone", discovery->prefix));
		if (!strcmp(name, "button") || !strcmp(name, "light"))
			json_object_set_new(component, "command_topic",
					    json_sprintf("%s/gone", discovery->prefix));
		discovery_add(config, id, key, component);
	}
	return config;
}

json_t *discovery_keys(const json_t *config)
{
	json_t *keys = json_object(), *component;
	const char *key;

	json_object_foreach(json_object_get(config, "cmps"), key, component)
		json_object_set(keys, key, json_object_get(component, "p"));
	return keys;
}
