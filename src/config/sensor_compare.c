/* The differences between the [sensors.ID] of two configurations. */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/filter.h"
#include "config/sensor_keys.h"

struct prefix {
	char path[SCHEMA_PATH_SIZE]; /* "sensors.dht22" */
	schema_difference *on_found;
	void *arg;
};

static void on_key(void *arg, const char *key, bool reloads)
{
	const struct prefix *prefix = arg;
	char path[SCHEMA_PATH_SIZE];

	(void)reloads;
	schema_join(path, prefix->path, key);
	prefix->on_found(prefix->arg, path, true);
}

bool sensor_filters_equal(const void *a, const void *b)
{
	const struct config_field *one = a, *other = b;
	bool equal = one->filters_count == other->filters_count;

	for (size_t i = 0; equal && i < one->filters_count; i++)
		equal = filter_equals(&one->filters[i], &other->filters[i]);
	return equal;
}

static void compare_fields(const struct prefix *sensor, const struct config_sensor *old,
			   const struct config_sensor *fresh)
{
	static const struct config_field none = {.decimals = CONFIG_NOT_SET};
	struct prefix field = *sensor;
	char fields[SCHEMA_PATH_SIZE];

	schema_join(fields, sensor->path, "fields");
	for (size_t i = 0; i < fresh->fields_count; i++) {
		const struct config_field *before = config_find_field(old, fresh->fields[i].name);

		schema_join(field.path, fields, fresh->fields[i].name);
		schema_compare(config_field_keys, before ? before : &none, &fresh->fields[i],
			       on_key, &field);
	}
	for (size_t i = 0; i < old->fields_count; i++) {
		if (config_find_field(fresh, old->fields[i].name))
			continue;
		schema_join(field.path, fields, old->fields[i].name);
		schema_compare(config_field_keys, &old->fields[i], &none, on_key, &field);
	}
}

static const struct config_sensor *find(const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->sensors.count; i++)
		if (!strcmp(config->sensors.list[i].id, id))
			return &config->sensors.list[i];
	return NULL;
}

static void compare(const char *id, const struct config_sensor *old,
		    const struct config_sensor *fresh, schema_difference *on_found, void *arg)
{
	static const struct config_sensor none = {.order = CONFIG_NOT_SET};
	struct prefix prefix = {.on_found = on_found, .arg = arg};

	schema_join(prefix.path, "sensors", id);
	old = old ? old : &none;
	fresh = fresh ? fresh : &none;
	schema_compare(config_sensor_keys, old, fresh, on_key, &prefix);
	compare_fields(&prefix, old, fresh);
}

void sensor_compare_all(const struct config *running, const struct config *fresh,
			schema_difference *on_found, void *arg)
{
	for (size_t i = 0; i < fresh->sensors.count; i++) {
		const char *id = fresh->sensors.list[i].id;

		compare(id, find(running, id), &fresh->sensors.list[i], on_found, arg);
	}
	for (size_t i = 0; i < running->sensors.count; i++) {
		const char *id = running->sensors.list[i].id;

		if (!find(fresh, id))
			compare(id, &running->sensors.list[i], NULL, on_found, arg);
	}
}
