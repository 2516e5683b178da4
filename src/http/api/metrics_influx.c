/* The counters of the database that readings are written to, for GET /metrics. */
#include <jansson.h>
#include <string.h>

#include "http/api/metrics.h"
#include "http/api/prometheus.h"

static const struct {
	const char *key; /* in "counters" of GET /api/v1/influx */
	const char *metric, *help;
} numbers[] = {
	{"written", "influx_readings_total", "Readings written to the database of [influx]."},
	{"refused", "influx_readings_refused_total",
	 "Readings that the database refused, and that were skipped."},
	{"empty", "influx_readings_empty_total", "Readings without a value to write."},
	{"skipped", "influx_readings_skipped_total",
	 "Readings that retention deleted before they could be written."},
	{"requests", "influx_requests_total", "Requests to the database."},
	{"halved", "influx_requests_halved_total",
	 "Requests of several readings that the database refused."},
	{"failed", "influx_requests_failed_total",
	 "Requests that failed for another reason, and were repeated."},
	{"bytes", "influx_bytes_total", "Bytes of the lines written."},
	{"nodes_refused", "influx_nodes_refused_total",
	 "How often a node's readings were left out, because there are too many nodes."},
};

void web_metrics_add_influx(struct buffer *text, const json_t *influx)
{
	const json_t *counters = json_object_get(influx, "counters");
	const char *state = json_string_value(json_object_get(influx, "state"));

	if (!counters)
		return;
	prometheus_single(text, "influx_up", PROMETHEUS_GAUGE,
			  "Whether the database of [influx] accepts readings, or this node is not "
			  "the one that writes.",
			  state && strcmp(state, "failing") != 0);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		prometheus_single(text, numbers[i].metric, PROMETHEUS_COUNTER, numbers[i].help,
				  json_number_value(json_object_get(counters, numbers[i].key)));
}
