/*
 * The readings in /metrics. Each quantity has a metric of its own, in the base unit of the field's
 * unit, with the field as a label; so has each unit of fields without a quantity. All other numbers
 * are in the metric reading_value. So plugins cannot invent names of metrics. Each contributor (a
 * plugin of this node, or another node) gets a fair share of the text.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/fair_share.h"
#include "http/api/metrics.h"
#include "http/api/prometheus.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "unit/quantity.h"

/* bytes of metric, node, sensor and number, without the field's name */
#define SAMPLE_SIZE_MAX 320
#define METRIC_SIZE 96

/* A plugin of this node, or another node, with its share. The names are borrowed from the list. */
struct contributor {
	const char *node, *plugin;
	size_t bytes;	/* written so far, as counted by cost_of() */
	size_t dropped; /* samples */
};

struct readings {
	struct buffer *text;
	const json_t *list;
	size_t cap;			  /* bytes for one contributor */
	struct contributor *contributors; /* owned: room for one of each reading */
	size_t *demands;		  /* owned: bytes that each of them needs */
	size_t contributors_count;
	json_t *index; /* owned: the places of the contributors, by their two names */
	size_t dropped;
};

static const char *name_of(const json_t *object, const char *key)
{
	const char *name = json_string_value(json_object_get(object, key));

	return name ? name : "";
}

static struct contributor *contributor_of(struct readings *readings, const json_t *reading)
{
	const char *node = name_of(reading, "node"), *plugin = name_of(reading, "plugin");
	char names[2 * READING_NAME_MAX + 2];
	const json_t *place;

	snprintf(names, sizeof(names), "%s\n%s", node, plugin);
	place = json_object_get(readings->index, names);
	if (place)
		return &readings->contributors[json_integer_value(place)];
	json_object_set_new(readings->index, names,
			    json_integer((json_int_t)readings->contributors_count));
	readings->contributors[readings->contributors_count] =
		(struct contributor){.node = node, .plugin = plugin};
	return &readings->contributors[readings->contributors_count++];
}

/* The most bytes that a sample can need; escaping may double the field's name. */
static size_t cost_of(const char *field)
{
	return SAMPLE_SIZE_MAX + (field ? 2 * strlen(field) : 0);
}

static void add_sample(struct readings *readings, const char *metric, const json_t *reading,
		       const char *field, double value)
{
	struct contributor *contributor = contributor_of(readings, reading);
	const char *const labels[] = {"node",
				      name_of(reading, "node"),
				      "sensor",
				      name_of(reading, "sensor"),
				      field ? "field" : NULL,
				      field,
				      NULL};

	if (contributor->bytes > readings->cap ||
	    cost_of(field) > readings->cap - contributor->bytes) {
		contributor->dropped++;
		readings->dropped++;
		return;
	}
	contributor->bytes += cost_of(field);
	prometheus_sample(readings->text, metric, labels, value);
}

static bool number_of(const json_t *value, double *ret_number)
{
	if (!json_is_number(value) && !json_is_boolean(value))
		return false;
	*ret_number = json_is_number(value) ? json_number_value(value) : json_is_true(value);
	return true;
}

/* The most bytes that all samples of a reading can need, with its status and time. */
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

/* Compute the fair share from what all contributors need. */
static void share(struct readings *readings)
{
	for (size_t i = 0; i < json_array_size(readings->list); i++) {
		const json_t *reading = json_array_get(readings->list, i);
		const struct contributor *contributor = contributor_of(readings, reading);

		readings->demands[contributor - readings->contributors] += demand_of(reading);
	}
	readings->cap = fair_share_cap(readings->demands, readings->contributors_count,
				       readings->text->limit / 8 * 7);
}

/* Where a field's numbers go. */
struct metric {
	const struct quantity *quantity; /* NULL: the field has none */
	const struct unit *unit;	 /* NULL: the field has none, so it goes to reading_value */
	bool is_counter;
};

/* All metrics that the readings need. A few for each quantity are possible, one for each dimension
 * without a quantity, and as many of counters. */
#define METRICS_MAX 256
struct metrics {
	struct metric list[METRICS_MAX];
	size_t count;
};

static struct metric metric_of(const json_t *reading, const char *field)
{
	const json_t *fields = json_object_get(json_object_get(reading, "description"), "fields");
	const json_t *described = json_object_get(fields, field);

	return (struct metric){
		.quantity = quantity_find(name_of(described, "quantity")),
		.unit = unit_find(name_of(described, "unit")),
		.is_counter = !strcmp(name_of(described, "kind"), "counter"),
	};
}

/* Two fields of the same metric may have different units of one dimension. */
static bool is_same_metric(const struct metric *a, const struct metric *b)
{
	return a->quantity == b->quantity && a->is_counter == b->is_counter &&
	       a->unit->dimension == b->unit->dimension;
}

/* "reading_temperature_celsius", "reading_energy_joules_total" */
static void name_metric(const struct metric *metric, char ret_name[METRIC_SIZE])
{
	snprintf(ret_name, METRIC_SIZE, "reading_%s%s%s%s",
		 metric->quantity ? metric->quantity->name : "", metric->quantity ? "_" : "",
		 unit_base_name(metric->unit->dimension), metric->is_counter ? "_total" : "");
}

static void begin_metric(const struct readings *readings, const struct metric *metric,
			 const char *name)
{
	const char *unit = unit_base_name(metric->unit->dimension);
	char help[160];

	if (metric->quantity)
		snprintf(help, sizeof(help), "Fields of readings with the quantity %s.",
			 metric->quantity->name);
	else
		snprintf(help, sizeof(help), "Fields of readings without a quantity, in %s.", unit);
	/* OpenMetrics wants the unit last in the name, which a counter's "_total" is not. */
	if (metric->is_counter)
		prometheus_begin(readings->text, name, PROMETHEUS_COUNTER, help);
	else
		prometheus_begin_unit(readings->text, name, PROMETHEUS_GAUGE, unit, help);
}

static void add_to_metric(struct readings *readings, const struct metric *metric, const char *name,
			  const json_t *reading)
{
	json_t *value;
	const char *field;
	double number;

	json_object_foreach(json_object_get(reading, "data"), field, value)
	{
		const struct metric own = metric_of(reading, field);
		struct unit_conversion base;

		if (!own.unit || !is_same_metric(&own, metric) || !number_of(value, &number))
			continue;
		base = unit_to_base(own.unit);
		add_sample(readings, name, reading, field, base.factor * number + base.offset);
	}
}

static void add_metric(struct readings *readings, const struct metric *metric)
{
	char name[METRIC_SIZE];

	name_metric(metric, name);
	begin_metric(readings, metric, name);
	for (size_t i = 0; i < json_array_size(readings->list); i++)
		add_to_metric(readings, metric, name, json_array_get(readings->list, i));
}

/* Remember a metric that a field has, once. */
static void note_metric(struct metrics *metrics, const struct metric *metric)
{
	for (size_t i = 0; i < metrics->count; i++)
		if (is_same_metric(&metrics->list[i], metric))
			return;
	if (metrics->count < METRICS_MAX)
		metrics->list[metrics->count++] = *metric;
}

static void find_metrics(const struct readings *readings, struct metrics *metrics)
{
	for (size_t i = 0; i < json_array_size(readings->list); i++) {
		const json_t *reading = json_array_get(readings->list, i);
		json_t *value;
		const char *field;
		double number;

		json_object_foreach(json_object_get(reading, "data"), field, value)
		{
			const struct metric metric = metric_of(reading, field);

			if (metric.unit && number_of(value, &number))
				note_metric(metrics, &metric);
		}
	}
}

static void add_metrics(struct readings *readings)
{
	struct metrics metrics = {0};

	find_metrics(readings, &metrics);
	for (size_t i = 0; i < metrics.count; i++)
		add_metric(readings, &metrics.list[i]);
}

static void add_other_fields(struct readings *readings, const json_t *reading)
{
	json_t *value;
	const char *field;
	double number;

	json_object_foreach(json_object_get(reading, "data"), field, value)
	{
		if (!metric_of(reading, field).unit && strcmp(field, "last_good_ms") &&
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

	for (size_t i = 0; i < readings->contributors_count; i++) {
		const struct contributor *contributor = &readings->contributors[i];
		const char *const labels[] = {"node", contributor->node, "plugin",
					      contributor->plugin, NULL};

		if (!contributor->dropped)
			continue;
		if (!has_begun)
			prometheus_begin(readings->text, "plugin_samples_dropped", PROMETHEUS_GAUGE,
					 "Samples of the plugin's readings left out here because "
					 "they exceed its share.");
		has_begun = true;
		prometheus_sample(readings->text, "plugin_samples_dropped", labels,
				  (double)contributor->dropped);
	}
	prometheus_single(readings->text, "metrics_samples_dropped", PROMETHEUS_GAUGE,
			  "Samples of readings left out here because they exceed the limit.",
			  (double)readings->dropped);
}

static void add_all(struct readings *readings)
{
	share(readings);
	if (json_array_size(readings->list)) {
		add_status(readings);
		prometheus_begin(readings->text, "reading_value", PROMETHEUS_GAUGE,
				 "Numeric fields of readings whose unit is not known.");
	}
	for (size_t i = 0; i < json_array_size(readings->list); i++)
		add_other_fields(readings, json_array_get(readings->list, i));
	add_metrics(readings);
	add_dropped(readings);
}

void web_metrics_add_readings(struct buffer *text, const struct reading_table *table,
			      uint64_t now_ms)
{
	json_t *list = reading_table_show(table, 0, now_ms);
	const size_t count = json_array_size(list) + 1;
	struct readings readings = {
		.text = text,
		.list = list,
		.contributors = calloc(count, sizeof(*readings.contributors)),
		.demands = calloc(count, sizeof(*readings.demands)),
		.index = json_object(),
	};

	if (readings.contributors && readings.demands)
		add_all(&readings);
	else
		text->failed = ERROR_NO_MEMORY;
	json_decref(readings.index);
	free(readings.demands);
	free(readings.contributors);
	prometheus_single(
		text, "readings_refused_total", PROMETHEUS_COUNTER,
		"Readings refused for too many sensors or for a sensor of another plugin.",
		(double)reading_table_refused(table));
	json_decref(list);
}
