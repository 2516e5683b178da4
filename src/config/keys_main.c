/*
 * build/config-keys: prints the table of keys as JSON, for tools/docs, which makes docs/KEYS.md of
 * it. Not installed.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "config/config_keys.h"
#include "config/problem.h"
#include "config/sensor_keys.h"

/* One of each list, so that their defaults can be shown too. */
static const char text[] = "[plugins.NAME]\n[sensors.ID.fields.FIELD]\n[[hardware.faults]]\n"
			   "device = \"dht22\"\nkind = \"checksum\"\n"
			   "[alerting]\nallowed_hosts = [\"localhost\"]\n"
			   "[[notify]]\nname = \"n\"\nkind = \"apprise\"\n"
			   "url = \"http://localhost/\"\n"
			   "[[alert]]\nname = \"a\"\nerror = true\n";

static json_t *list_choices(const struct schema_key *key)
{
	json_t *list = json_array();

	for (size_t i = 0; key->choices && key->choices[i]; i++)
		json_array_append_new(list, json_string(key->choices[i]));
	return list;
}

/* NULL: the key has no default, or one that only its reader knows. */
static json_t *find_default(const struct schema_key *key, const char *target)
{
	const void *value = target + key->offset;
	const char *string;
	unsigned number;

	switch (key->kind) {
	case SCHEMA_BOOLEAN:
		return json_boolean(*(const bool *)value);
	case SCHEMA_INT:
		return json_integer(*(const int *)value);
	case SCHEMA_UNSIGNED:
		return json_integer(*(const unsigned *)value);
	case SCHEMA_UINT64:
		return json_integer((json_int_t) * (const uint64_t *)value);
	case SCHEMA_ADDRESS:
		return json_sprintf("0x%02x", *(const uint16_t *)value);
	case SCHEMA_NUMBER:
		return json_real(*(const double *)value);
	case SCHEMA_CHOICE:
		memcpy(&number, value, sizeof(number));
		return json_string(key->choices[number]);
	case SCHEMA_STRING:
		memcpy(&string, value, sizeof(string));
		return string ? json_string(string) : NULL;
	default:
		return NULL;
	}
}

static const char *const kinds[] = {
	[SCHEMA_TABLE] = "table",      [SCHEMA_BOOLEAN] = "boolean", [SCHEMA_INT] = "integer",
	[SCHEMA_UNSIGNED] = "integer", [SCHEMA_UINT64] = "integer",  [SCHEMA_NUMBER] = "number",
	[SCHEMA_STRING] = "string",    [SCHEMA_CHOICE] = "choice",   [SCHEMA_ADDRESS] = "address",
	[SCHEMA_CUSTOM] = "custom",
};

/* `target` is the struct that the keys fill. */
static void add_keys(json_t *list, const char *path, const struct schema_key *keys,
		     const void *target, bool reloads)
{
	char child[SCHEMA_PATH_SIZE];

	for (const struct schema_key *key = keys; key->name; key++) {
		schema_join(child, path, key->name);
		if (key->kind == SCHEMA_TABLE) {
			add_keys(list, child, key->keys, target, reloads || key->reloads);
			continue;
		}
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:f, s:f, s:o, s:s?, s:b, s:o*}", "section",
				  path, "key", key->name, "kind", kinds[key->kind], "low", key->low,
				  "high", key->high, "choices", list_choices(key), "expected",
				  key->expected, "reloads", (int)(reloads || key->reloads),
				  "default", find_default(key, target)));
	}
}

int main(void)
{
	struct problem_list problems;
	struct config *config;
	json_t *list = json_array();
	bool failed;

	problem_list_init(&problems);
	if (!config_parse(text, strlen(text), "text", &config, &problems)) {
		add_keys(list, "", config_keys, config, false);
		add_keys(list, "hardware.faults", config_fault_keys, config->hardware.faults,
			 false);
		add_keys(list, "sensors.ID", config_sensor_keys, config->sensors.list, true);
		add_keys(list, "sensors.ID.fields.FIELD", config_field_keys,
			 config->sensors.list->fields, true);
		add_keys(list, "permissions", config_permissions_keys, &config->permissions, true);
		add_keys(list, "plugins.NAME", config_plugin_keys, config->plugins, true);
		add_keys(list, "alerting", config_alerting_keys, &config->alerting, true);
		add_keys(list, "alert", config_alert_keys, config->alerting.alerts, true);
		add_keys(list, "notify", config_channel_keys, config->alerting.channels, true);
		config_destroy(config);
	}
	json_dumpf(list, stdout, JSON_INDENT(1));
	json_decref(list);
	failed = problems.count > 0;
	problem_list_finish(&problems);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
