/*
 * The readings in /metrics. Those of well-known fields are metrics of their own, in base units; all
 * other numbers are in one metric with the field as a label, so that no plugin makes up metrics'
 * names. Each owner has a fair share of the text.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/fair_share.h"
#include "http/api/metrics.h"
#include "http/api/prometheus.h"
#include "reading/table.h"
#include "reading/units.h"

#define OWNERS_MAX READING_TABLE_SENSORS_MAX
#define READINGS_SIZE_MAX (WEB_METRICS_SIZE_MAX / 8 * 7)
/* metric, node, sensor and number; the field's name comes on top */
#define SAMPLE_SIZE_MAX 320

/* Whose samples they are: a plugin of this node, or another node. Borrowed from the list. */
struct owner {
	const char *node, *plugin;
	size_t bytes;	/* shown so far, as cost_of() counts them */
	size_t dropped; /* samples */
};

struct readings {
	struct buffer *text;
	const json_t *list;
	size_t cap; /* bytes of one owner */
	struct owner owners[OWNERS_MAX];
	size_t owners_count;
	size_t dropped;
};

static const char *name_of(const json_t *object, const char *key)
{
	const char *name = json_string_value(json_object_get(object, key));

	return name ? name : "";
}

/* The list has at most as many readings as there can be owners. */
static struct owner *owner_of(struct readings *readings, const json_t *reading)
{
	const char *node = name_of(reading, "node"), *plugin = name_of(reading, "plugin");
	struct owner *owner = readings->owners;

	for (size_t i = 0; i < readings->owners_count; i++, owner++) {
		if (!strcmp(owner->plugin, plugin) && !strcmp(owner->node, node))
			return owner;
	}
	readings->owners_count++;
	*owner = (struct owner){.node = node, .plugin = plugin};
	return owner;
}

/* The most bytes that a sample can take: its field may be any text, and be escaped. */
static size_t cost_of(const char *field)
{
	return SAMPLE_SIZE_MAX + (field ? 2 * strlen(field) : 0);
}

static void add_sample(struct readings *readings, const char *metric, const json_t *reading,
		       const char *field, double value)
{
	struct owner *owner = owner_of(readings, reading);
	const char *const labels[] = {"node",
				      name_of(reading, "node"),
				      "sensor",
				      name_of(reading, "sensor"),
				      field ? "field" : NULL,
				      field,
				      NULL};

	if (owner->bytes > readings->cap || cost_of(field) > readings->cap - owner->bytes) {
		owner->dropped++;
		readings->dropped++;
		return;
	}
	owner->bytes += cost_of(field);
	prometheus_sample(readings->text, metric, labels, value);
}

static bool number_of(const json_t *value, double *ret_number)
{
	if (!json_is_number(value) && !json_is_boolean(value))
		return false;
	*ret_number = json_is_number(value) ? json_number_value(value) : json_is_true(value);
	return true;
}

/* With its status and its time. */
static size_t demand_of(const json_t *reading)
{
	size_t bytes = 2 * cost_of(NULL);
	json_t *value;
	const char *field;
	double number;

	json_object_foreach(json_object_get(reading, "data"), field, value) bytes +=
		number_of(value, &number) ? cost_of(field) : 0;
	return bytes;
}

/* What all owners want decides what one of them may have. */
static void share(struct readings *readings)
{
	size_t demands[OWNERS_MAX] = {0};

	for (size_t i = 0; i < json_array_size(readings->list); i++) {
		const json_t *reading = json_array_get(readings->list, i);
		const struct owner *owner = owner_of(readings, reading);

		demands[owner - readings->owners] += demand_of(reading);
	}
	readings->cap = fair_share_cap(demands, readings->owners_count, READINGS_SIZE_MAX);
}

static void add_unit(struct readings *readings, const struct reading_unit *unit)
{
	char metric[96], help[160];
	bool has_begun = false;
	double number;

	snprintf(metric, sizeof(metric), "reading_%s", unit->metric);
	snprintf(help, sizeof(help), "The readings' field %s.", unit->field);
	for (size_t i = 0; i < json_array_size(readings->list); i++) {
		const json_t *reading = json_array_get(readings->list, i);
		const json_t *data = json_object_get(reading, "data");

		if (!number_of(json_object_get(data, unit->field), &number))
			continue;
		if (!has_begun)
			prometheus_begin(readings->text, metric, PROMETHEUS_GAUGE, help);
		has_begun = true;
		add_sample(readings, metric, reading, NULL, number * unit->scale);
	}
}

static void add_other_fields(struct readings *readings, const json_t *reading)
{
	json_t *value;
	const char *field;
	double number;

	json_object_foreach(json_object_get(reading, "data"), field, value)
	{
		if (!reading_unit_find(field) && strcmp(field, "last_good_ms") &&
		    number_of(value, &number))
			add_sample(readings, "reading_value", reading, field, number);
	}
}

static void add_status(struct readings *readings)
{
	prometheus_begin(readings->text, "reading_up", PROMETHEUS_GAUGE,
			 "Whether the sensor's last reading is neither an error nor stale.");
	for (size_t i = 0; i < json_array_size(readings->list); i++) {
		const json_t *reading = json_array_get(readings->list, i);

		add_sample(readings, "reading_up", reading, NULL,
			   !strcmp(name_of(reading, "status"), "ok"));
	}
	prometheus_begin(readings->text, "reading_timestamp_seconds", PROMETHEUS_GAUGE,
			 "Unix time of the sensor's last reading.");
	for (size_t i = 0; i < json_array_size(readings->list); i++) {
		const json_t *reading = json_array_get(readings->list, i);
		const json_t *time = json_object_get(reading, "timestamp_ms");

		add_sample(readings, "reading_timestamp_seconds", reading, NULL,
			   json_number_value(time) / 1000);
	}
}

static void add_dropped(const struct readings *readings)
{
	bool has_begun = false;

	for (size_t i = 0; i < readings->owners_count; i++) {
		const struct owner *owner = &readings->owners[i];
		const char *const labels[] = {"node", owner->node, "plugin", owner->plugin, NULL};

		if (!owner->dropped)
			continue;
		if (!has_begun)
			prometheus_begin(readings->text, "plugin_samples_dropped", PROMETHEUS_GAUGE,
					 "Samples of its readings over its share, not shown here.");
		has_begun = true;
		prometheus_sample(readings->text, "plugin_samples_dropped", labels,
				  (double)owner->dropped);
	}
	prometheus_single(readings->text, "metrics_samples_dropped", PROMETHEUS_GAUGE,
			  "Samples of readings over the limit, not shown here.",
			  (double)readings->dropped);
}

void web_metrics_add_readings(struct buffer *text, const struct reading_table *table,
			      uint64_t now_ms)
{
	json_t *list = reading_table_show(table, 0, now_ms);
	struct readings readings = {.text = text, .list = list};
	const struct reading_unit *unit;

	share(&readings);
	if (json_array_size(list)) {
		add_status(&readings);
		prometheus_begin(text, "reading_value", PROMETHEUS_GAUGE,
				 "The readings' other numbers, as they are.");
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		add_other_fields(&readings, json_array_get(list, i));
	for (size_t i = 0; (unit = reading_unit_at(i)); i++)
		add_unit(&readings, unit);
	add_dropped(&readings);
	prometheus_single(text, "readings_refused_total", PROMETHEUS_COUNTER,
			  "Readings of too many sensors, or of another plugin's.",
			  (double)reading_table_refused(table));
	json_decref(list);
}
