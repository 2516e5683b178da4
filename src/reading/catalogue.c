#include "reading/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json_text.h"
#include "config/config.h"
#include "reading/declaration.h"
#include "reading/description.h"
#include "reading/name.h"
#include "reading/reading.h"

#define SENSORS 1024 /* that are expected if nobody says more */
#define KEY_SIZE (3 * READING_NAME_MAX + 4)
#define ID_SIZE (2 * READING_NAME_MAX + 2)

struct reading_catalogue {
	const struct config *config; /* borrowed */
	struct reading_catalogue_events events;
	json_t *declared;  /* owned: plugin -> sensor or "" -> field -> declaration */
	json_t *remote;	   /* owned: node -> sensor -> description */
	json_t *labels;	   /* owned: "node:sensor" -> decisions of the API */
	json_t *namesakes; /* owned: "node:sensor" -> "node:sensor" */
	json_t *cache;	   /* owned: "node:sensor plugin" -> [description, its text] */
	size_t cache_max;  /* entries: some names go and others come */
	json_t *nothing;   /* owned: {} */
};

struct reading_catalogue *reading_catalogue_create(const struct config *config,
						   const struct reading_catalogue_events *events)
{
	struct reading_catalogue *catalogue = calloc(1, sizeof(*catalogue));

	if (!catalogue)
		return NULL;
	catalogue->config = config;
	catalogue->events = *events;
	reading_catalogue_expect(catalogue, SENSORS);
	catalogue->declared = json_object();
	catalogue->remote = json_object();
	catalogue->labels = json_object();
	catalogue->namesakes = json_object();
	catalogue->cache = json_object();
	catalogue->nothing = json_object();
	if (catalogue->declared && catalogue->remote && catalogue->labels && catalogue->namesakes &&
	    catalogue->cache && catalogue->nothing)
		return catalogue;
	reading_catalogue_destroy(catalogue);
	return NULL;
}

void reading_catalogue_destroy(struct reading_catalogue *catalogue)
{
	if (!catalogue)
		return;
	json_decref(catalogue->declared);
	json_decref(catalogue->remote);
	json_decref(catalogue->labels);
	json_decref(catalogue->namesakes);
	json_decref(catalogue->cache);
	json_decref(catalogue->nothing);
	free(catalogue);
}

void reading_catalogue_expect(struct reading_catalogue *catalogue, size_t sensors)
{
	catalogue->cache_max = 2 * sensors;
}

static void changed(struct reading_catalogue *catalogue)
{
	json_object_clear(catalogue->cache);
	catalogue->events.on_changed(catalogue->events.arg);
}

void reading_catalogue_configure(struct reading_catalogue *catalogue)
{
	changed(catalogue);
}

/* What others say */

void reading_catalogue_declare(struct reading_catalogue *catalogue, const char *plugin,
			       const json_t *sensors)
{
	const json_t *before = json_object_get(catalogue->declared, plugin);

	if (json_equal(before, sensors) || (!before && !json_object_size(sensors)))
		return;
	if (json_object_size(sensors))
		json_object_set_new(catalogue->declared, plugin, json_deep_copy(sensors));
	else
		json_object_del(catalogue->declared, plugin);
	changed(catalogue);
}

const json_t *reading_catalogue_declared(const struct reading_catalogue *catalogue)
{
	return catalogue->declared;
}

static size_t count_remote(const struct reading_catalogue *catalogue, const char *but)
{
	size_t count = 0;
	const char *node;
	json_t *sensors;

	json_object_foreach(catalogue->remote, node, sensors)
	{
		if (strcmp(node, but) != 0)
			count += json_object_size(sensors);
	}
	return count;
}

int reading_catalogue_learn(struct reading_catalogue *catalogue, const char *node,
			    const json_t *sensors, size_t *ret_refused, struct error *err)
{
	json_t *known = json_object(), *sent;
	const char *sensor;

	*ret_refused = 0;
	if (!json_is_object(sensors)) {
		json_decref(known);
		return error_set(
			err, ERROR_MALFORMED,
			"sensors: expected a JSON object with a description for each sensor");
	}
	if (json_object_size(sensors) + count_remote(catalogue, node) > CATALOGUE_REMOTE_MAX) {
		json_decref(known);
		return error_set(err, ERROR_TOO_LARGE,
				 "sensors: more than %d sensors of other nodes have descriptions, "
				 "the limit: those of this node are left out",
				 CATALOGUE_REMOTE_MAX);
	}
	json_object_foreach((json_t *)(uintptr_t)sensors, sensor, sent)
	{
		if (reading_name_is_valid(sensor))
			json_object_set_new(known, sensor, description_check(sent, ret_refused));
		else
			++*ret_refused;
	}
	if (json_equal(known, json_object_get(catalogue->remote, node))) {
		json_decref(known);
		return 0;
	}
	json_object_set_new(catalogue->remote, node, known);
	changed(catalogue);
	return 0;
}

/* The owner's decisions */

static void make_id(char ret_id[ID_SIZE], const char *node, const char *sensor)
{
	snprintf(ret_id, ID_SIZE, "%s:%s", node, sensor);
}

/* The sensor, with the colon before it, of an id "NODE:SENSOR" of this node; NULL for others. */
static const char *own_part(const struct reading_catalogue *catalogue, const char *id)
{
	size_t size = strlen(catalogue->config->cluster.node_id);

	return !strncmp(id, catalogue->config->cluster.node_id, size) && id[size] == ':' ? id + size
											 : NULL;
}

json_t *reading_catalogue_labels(const struct reading_catalogue *catalogue)
{
	json_t *labels = json_object(), *label;
	const char *id;

	json_object_foreach(catalogue->labels, id, label)
	{
		const char *own = own_part(catalogue, id);

		json_object_set(labels, own ? own : id, label);
	}
	return labels;
}

/* The configuration's decisions take precedence, so changing this one would have no effect. */
static int check_configuration(const struct reading_catalogue *catalogue, const char *node,
			       const char *sensor, const json_t *patch, struct error *err)
{
	const struct config_sensor *decided = config_find_sensor(catalogue->config, node, sensor);
	json_t *description = json_object(), *value;
	const char *key;
	int ret = 0;

	if (decided)
		description_configure(description, decided);
	json_object_foreach((json_t *)(uintptr_t)patch, key, value)
	{
		if (!ret && strcmp(key, "fields") != 0 && json_object_get(description, key))
			ret = error_set(err, ERROR_BUSY,
					"%s: the configuration decides about it ([sensors.%s], "
					"line %u): change it there",
					key, decided->id, decided->line);
	}
	json_decref(description);
	return ret;
}

static bool is_same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool are_namesakes(const json_t *label, const char *name, const char *room)
{
	return name && text_of(label, "name") && is_same(text_of(label, "name"), name) &&
	       is_same(text_of(label, "room"), room);
}

/* Another sensor with this name in this room, by the API or the configuration; NULL if there is
 * none. Borrowed. */
static const char *find_namesake(const struct reading_catalogue *catalogue, const char *id,
				 const char *sensor, const json_t *label)
{
	const char *name = text_of(label, "name"), *room = text_of(label, "room"), *other;
	json_t *value;

	json_object_foreach(catalogue->labels, other, value)
	{
		if (strcmp(other, id) != 0 && are_namesakes(value, name, room))
			return other;
	}
	for (size_t i = 0; name && i < catalogue->config->sensors.count; i++) {
		const struct config_sensor *decided = &catalogue->config->sensors.list[i];

		if (strcmp(decided->id, id) != 0 && strcmp(decided->id, sensor) != 0 &&
		    decided->name && is_same(decided->name, name) && is_same(decided->room, room))
			return decided->id;
	}
	return NULL;
}

static size_t count_rooms(const json_t *labels)
{
	json_t *rooms = json_object(), *label;
	const char *id;
	size_t count;

	json_object_foreach((json_t *)(uintptr_t)labels, id, label)
	{
		const char *room = text_of(label, "room");

		if (room)
			json_object_set_new(rooms, room, json_true());
	}
	count = json_object_size(rooms);
	json_decref(rooms);
	return count;
}

/* `labels` is what would be stored. */
static int check_labels(const struct reading_catalogue *catalogue, const json_t *labels,
			const char *id, const char *sensor, struct error *err)
{
	const json_t *label = json_object_get(labels, id);
	const char *other = find_namesake(catalogue, id, sensor, label);

	if (other)
		return error_set(err, ERROR_EXISTS,
				 "name: the sensor %s has the name \"%s\" in the same room: choose "
				 "another name",
				 other, text_of(label, "name"));
	if (json_object_size(labels) > CATALOGUE_LABELS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "more than %d sensors have a name, room or other words of their "
				 "owner: take these back for sensors that are gone (PATCH "
				 "/api/v1/sensors/SENSOR with null for each)",
				 CATALOGUE_LABELS_MAX);
	if (count_rooms(labels) > CATALOGUE_ROOMS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "room: there are more than %d rooms: use one that exists",
				 CATALOGUE_ROOMS_MAX);
	return 0;
}

/* A copy of the labels with the patch applied. */
static json_t *patched(const struct reading_catalogue *catalogue, const char *id,
		       const json_t *patch)
{
	json_t *labels = json_copy(catalogue->labels), *label;

	label = json_deep_copy(json_object_get(labels, id));
	if (!label)
		label = json_object();
	description_merge(label, patch);
	if (json_object_size(label))
		json_object_set_new(labels, id, label);
	else {
		json_object_del(labels, id);
		json_decref(label);
	}
	return labels;
}

int reading_catalogue_patch(struct reading_catalogue *catalogue, const char *node,
			    const char *sensor, const json_t *patch, struct error *err)
{
	char id[ID_SIZE];
	json_t *labels;
	int ret = description_check_patch(patch, err);

	if (!ret)
		ret = check_configuration(catalogue, node, sensor, patch, err);
	if (ret)
		return ret;
	make_id(id, node, sensor);
	labels = patched(catalogue, id, patch);
	ret = check_labels(catalogue, labels, id, sensor, err);
	if (ret) {
		json_decref(labels);
		return ret;
	}
	json_decref(catalogue->labels);
	catalogue->labels = labels;
	changed(catalogue);
	return 0;
}

void reading_catalogue_set_namesakes(struct reading_catalogue *catalogue, json_t *namesakes)
{
	bool is_same = json_equal(namesakes, catalogue->namesakes);

	json_decref(catalogue->namesakes);
	catalogue->namesakes = namesakes;
	if (!is_same)
		changed(catalogue);
}

static void load_label(struct reading_catalogue *catalogue, const char *id, const json_t *label)
{
	char own[ID_SIZE];

	if (*id == ':') {
		make_id(own, catalogue->config->cluster.node_id, id + 1);
		id = own;
	}
	json_object_set_new(catalogue->labels, id, json_deep_copy(label));
}

size_t reading_catalogue_load(struct reading_catalogue *catalogue, const json_t *labels)
{
	const char *id;
	json_t *label;
	size_t wrong = 0;

	json_object_foreach((json_t *)(uintptr_t)labels, id, label)
	{
		if (strlen(id) >= ID_SIZE || !strchr(id, ':') ||
		    json_object_size(catalogue->labels) == CATALOGUE_LABELS_MAX ||
		    description_check_patch(label, NULL))
			wrong++;
		else
			load_label(catalogue, id, label);
	}
	changed(catalogue);
	return wrong;
}

/* Descriptions */

static json_t *make_description(const struct reading_catalogue *catalogue,
				const struct reading *reading)
{
	const json_t *declared = json_object_get(catalogue->declared, reading->plugin);
	const json_t *sent =
		json_object_get(json_object_get(catalogue->remote, reading->node), reading->sensor);
	const struct config_sensor *decided =
		config_find_sensor(catalogue->config, reading->node, reading->sensor);
	json_t *description = sent ? json_deep_copy(sent) : json_object(), *namesake;
	char id[ID_SIZE];

	make_id(id, reading->node, reading->sensor);
	if (!strcmp(reading->node, catalogue->config->cluster.node_id)) {
		description_declare(description, json_object_get(declared, ""));
		description_declare(description, json_object_get(declared, reading->sensor));
	}
	description_merge(description, json_object_get(catalogue->labels, id));
	if (decided)
		description_configure(description, decided);
	description_finish(description);
	namesake = json_object_get(catalogue->namesakes, id);
	if (namesake)
		json_object_set(description, "namesake", namesake);
	return description;
}

/* [description, text]; NULL if memory runs out. */
static json_t *make_pair(const struct reading_catalogue *catalogue, const struct reading *reading)
{
	json_t *description = make_description(catalogue, reading), *pair;
	char *text = json_text(description);

	if (text && strlen(text) > CATALOGUE_TEXT_MAX) {
		json_object_del(description, "fields");
		free(text);
		text = json_text(description);
	}
	pair = json_pack("[o, s]", description, text ? text : "{}");
	free(text);
	return pair;
}

/* Borrowed; NULL if memory runs out. */
static const json_t *find_pair(struct reading_catalogue *catalogue, const struct reading *reading)
{
	char key[KEY_SIZE];
	json_t *pair;

	snprintf(key, sizeof(key), "%s:%s %s", reading->node, reading->sensor, reading->plugin);
	pair = json_object_get(catalogue->cache, key);
	if (pair)
		return pair;
	if (json_object_size(catalogue->cache) >= catalogue->cache_max)
		json_object_clear(catalogue->cache);
	pair = make_pair(catalogue, reading);
	return json_object_set_new(catalogue->cache, key, pair) ? NULL : pair;
}

const json_t *reading_catalogue_describe(struct reading_catalogue *catalogue,
					 const struct reading *reading)
{
	const json_t *pair = find_pair(catalogue, reading);

	return pair ? json_array_get(pair, 0) : catalogue->nothing;
}

const char *reading_catalogue_text(struct reading_catalogue *catalogue,
				   const struct reading *reading)
{
	const json_t *pair = find_pair(catalogue, reading);

	return pair ? json_string_value(json_array_get(pair, 1)) : "{}";
}

const json_t *reading_catalogue_field(struct reading_catalogue *catalogue,
				      const struct reading *reading, const char *field)
{
	const json_t *description = reading_catalogue_describe(catalogue, reading);

	return json_object_get(json_object_get(description, "fields"), field);
}

json_t *reading_units(const struct reading *reading, const json_t *description)
{
	const json_t *fields = json_object_get(description, "fields");
	json_t *units = json_object(), *value;
	const char *field;

	json_object_foreach(reading->data, field, value)
	{
		json_t *unit = json_object_get(json_object_get(fields, field), "unit");

		if (unit && json_object_set(units, field, unit)) {
			json_decref(units);
			return NULL;
		}
	}
	return units;
}
