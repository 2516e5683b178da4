/*
 * The table as JSON: for GET /api/readings, and as the state of render() and update(). The data of
 * readings is shared, not copied: nobody changes it.
 */
#include <string.h>

#include "reading/create.h"
#include "reading/table_private.h"

#define ID_SIZE (2 * READING_NAME_MAX + 2)

json_t *reading_table_to_json(const struct reading_table *table)
{
	json_t *list = json_array();

	for (size_t i = 0; i < table->count; i++) {
		if (json_array_append_new(list, reading_to_json(table->entries[i].latest))) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:o, s:I}", "readings", list, "last_update",
			 (json_int_t)table->last_update_ms);
}

/*
 * The keys of existing pages, by what "node:sensor" holds. The first that fits has the reading.
 */
static const struct {
	const char *key;
	const char *part;
	const char *other_part;
} known_sources[] = {
	{"dht22", "dht22", ""},	    {"bme680", "bme680", ""},	{"hub", "revpi-monitor", ""},
	{"pi4", "pi4-monitor", ""}, {"network", "network", ""}, {"pizero", "pizero", "monitor"},
};

#define SOURCES_COUNT (sizeof(known_sources) / sizeof(known_sources[0]))

static void format_id(const struct reading *reading, char ret_id[ID_SIZE])
{
	snprintf(ret_id, ID_SIZE, "%s:%s", reading->node, reading->sensor);
}

/* The index in known_sources, or SOURCES_COUNT. */
static size_t find_source(const struct reading *reading)
{
	char id[ID_SIZE];
	size_t i;

	format_id(reading, id);
	for (i = 0; i < SOURCES_COUNT; i++)
		if (strstr(id, known_sources[i].part) && strstr(id, known_sources[i].other_part))
			break;
	return i;
}

static int add_source(json_t *state, const struct reading_table *table, size_t source)
{
	const struct table_entry *latest = NULL;
	json_t *fields;
	int failed;

	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *entry = &table->entries[i];

		if (find_source(entry->latest) == source &&
		    (!latest || entry->revision > latest->revision))
			latest = entry;
	}
	if (!latest)
		return 0;
	fields = json_copy(latest->latest->data);
	failed = json_object_set_new(fields, "timestamp_ms",
				     json_integer((json_int_t)latest->latest->timestamp_ms));
	failed |= json_object_set_new(fields, "online",
				      json_boolean(reading_has_value(latest->latest)));
	/* Takes `fields` whatever happens. */
	return json_object_set_new(state, known_sources[source].key, fields) || failed ? -1 : 0;
}

/* {sensors: [...], online} of a node, made where it is not there yet. Borrowed; NULL without memory. */
static json_t *find_node(json_t *nodes, const char *name)
{
	json_t *node = json_object_get(nodes, name);

	if (node)
		return node;
	node = json_pack("{s:[], s:b}", "sensors", "online", 0);
	return json_object_set_new(nodes, name, node) ? NULL : node;
}

static int add_reading(json_t *nodes, json_t *readings, const struct reading *reading)
{
	char id[ID_SIZE];
	json_t *node = find_node(nodes, reading->node);
	int failed;

	format_id(reading, id);
	failed = json_array_append_new(json_object_get(node, "sensors"),
				       json_string(reading->sensor));
	if (reading_has_value(reading))
		failed |= json_object_set_new(node, "online", json_true());
	failed |= json_object_set_new(readings, id,
				      json_pack("{s:I, s:O, s:b}", "timestamp_ms",
						(json_int_t)reading->timestamp_ms, "data",
						reading->data, "simulated", reading->simulated));
	return failed;
}

json_t *reading_table_state(const struct reading_table *table, const char *own_node)
{
	json_t *nodes = json_object(), *readings = json_object();
	json_t *state = json_pack("{s:o, s:o}", "nodes", nodes, "readings", readings);
	int failed = 0;

	if (!state)
		return NULL;
	for (size_t i = 0; i < SOURCES_COUNT; i++)
		failed |= add_source(state, table, i);
	/* This node is there from the start, without sensors at first. */
	failed |= own_node && !find_node(nodes, own_node);
	for (size_t i = 0; i < table->count; i++)
		failed |= add_reading(nodes, readings, table->entries[i].latest);
	if (failed) {
		json_decref(state);
		return NULL;
	}
	return state;
}
