/* Readings as JSON, and what a plugin declares of them. */
#ifndef TESTS_UNIT_HTTP_KNOWN_H
#define TESTS_UNIT_HTTP_KNOWN_H

#include "config/config.h"
#include "fixture.h"
#include "reading/catalogue.h"

static inline void put_as(struct fixture *fixture, const char *plugin, const char *sensor,
			  const char *data)
{
	const struct reading_source source = {
		.node = "node-1", .plugin = plugin, .now_ms = 1700000000000};
	json_t *record = json_loads(data, 0, NULL);
	struct reading **readings;
	size_t count;

	assert_non_null(record);
	json_object_set_new(record, "sensor_id", json_string(sensor));
	assert_int_equal(readings_from_json(record, &source, &readings, &count, NULL), 0);
	assert_int_equal(reading_table_put(fixture->table, readings[0]), 0);
	reading_unref(readings[0]);
	free(readings);
	json_decref(record);
}

static inline void put(struct fixture *fixture, const char *sensor, const char *data)
{
	put_as(fixture, "test", sensor, data);
}

static inline void on_changed(void *arg)
{
	(void)arg;
}

struct known {
	struct config *config;
	struct reading_catalogue *catalogue;
};

/* What the plugin "test" declares. */
static inline void describe(struct fixture *fixture, struct known *known, const char *text)
{
	static const char node[] = "[cluster]\nnode_id = \"node-1\"\n";
	const struct reading_catalogue_events events = {on_changed, NULL};
	json_t *sensors = json_loads(text, 0, NULL);

	assert_non_null(sensors);
	assert_int_equal(config_parse(node, strlen(node), "c.toml", &known->config, NULL), 0);
	known->catalogue = reading_catalogue_create(known->config, &events);
	reading_catalogue_declare(known->catalogue, "test", sensors);
	reading_table_use_catalogue(fixture->table, known->catalogue);
	json_decref(sensors);
}

static inline void forget(struct fixture *fixture, struct known *known)
{
	reading_table_use_catalogue(fixture->table, NULL);
	reading_catalogue_destroy(known->catalogue);
	config_destroy(known->config);
}

#endif
