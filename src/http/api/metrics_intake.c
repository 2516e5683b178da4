/*
 * Counters in /metrics of readings that were refused or changed: those of this node's plugins,
 * those of the spokes that send to this hub, and those that this spoke's hub refused.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "http/api/metrics.h"
#include "http/api/prometheus.h"
#include "link/hub/hub.h"
#include "reading/intake.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct {
	const char *metric, *help;
	size_t offset; /* in struct reading_intake_counts */
} plugin_counts[] = {
	{"plugin_readings_refused_total", "Polls whose readings were refused as invalid.",
	 offsetof(struct reading_intake_counts, refused)},
	{"plugin_values_left_out_total",
	 "Values replaced with null because they were texts with control characters.",
	 offsetof(struct reading_intake_counts, left_out)},
	{"plugin_timestamps_moved_total",
	 "Timestamps out of range, replaced with the time of arrival.",
	 offsetof(struct reading_intake_counts, moved)},
	{"plugin_values_rejected_total",
	 "Values replaced with null because the owner's filters rejected them.",
	 offsetof(struct reading_intake_counts, rejected)},
	{"plugin_declarations_refused_total", "Declarations of fields refused as invalid.",
	 offsetof(struct reading_intake_counts, declarations)},
};

static const struct {
	const char *key; /* in a node's JSON, or in its "uplink" */
	const char *metric, *help;
	bool is_uplink;
} node_counts[] = {
	{"refused", "node_readings_refused_total", "Readings of the node that this hub refused.",
	 false},
	{"skipped", "node_readings_skipped_total",
	 "Readings that the node rolled up before it could send them.", false},
	{"slowed", "node_requests_slowed_total",
	 "Requests of the node that had to wait because it sends more bytes a second than its "
	 "rate.",
	 false},
	{"refused", "uplink_readings_refused_total", "Readings of this node that its hub refused.",
	 true},
	{"skipped", "uplink_readings_skipped_total",
	 "Readings of this node that its hub will not get: rolled up before they were sent, or "
	 "refused.",
	 true},
};

static void add_plugin_count(struct buffer *text, const struct reading_intake *intake, size_t which)
{
	const struct reading_intake_counts *counts;

	for (size_t i = 0; (counts = reading_intake_at(intake, i)); i++) {
		const char *const labels[] = {"plugin", counts->plugin, NULL};
		uint64_t value;

		memcpy(&value, (const char *)counts + plugin_counts[which].offset, sizeof(value));
		if (!i)
			prometheus_begin(text, plugin_counts[which].metric, PROMETHEUS_COUNTER,
					 plugin_counts[which].help);
		prometheus_sample(text, plugin_counts[which].metric, labels, (double)value);
	}
}

void web_metrics_add_intake(struct buffer *text, const struct reading_intake *intake)
{
	for (size_t i = 0; intake && i < COUNT(plugin_counts); i++)
		add_plugin_count(text, intake, i);
}

static const json_t *find_count(const json_t *node, size_t which)
{
	const json_t *uplink = json_object_get(node, "uplink");

	if (node_counts[which].is_uplink)
		return json_object_get(uplink, node_counts[which].key);
	return uplink ? NULL : json_object_get(node, node_counts[which].key);
}

static void add_node_count(struct buffer *text, const json_t *nodes, size_t which)
{
	bool has_begun = false;
	const json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		const json_t *value = find_count(node, which);
		const char *const labels[] = {
			"node", json_string_value(json_object_get(node, "node")), NULL};

		if (!json_is_integer(value))
			continue;
		if (!has_begun)
			prometheus_begin(text, node_counts[which].metric, PROMETHEUS_COUNTER,
					 node_counts[which].help);
		has_begun = true;
		prometheus_sample(text, node_counts[which].metric,
				  node_counts[which].is_uplink ? NULL : labels,
				  (double)json_integer_value(value));
	}
}

void web_metrics_add_nodes(struct buffer *text, const json_t *nodes)
{
	for (size_t i = 0; i < COUNT(node_counts); i++)
		add_node_count(text, nodes, i);
}

void web_metrics_add_hub(struct buffer *text, const struct hub *hub)
{
	if (hub)
		prometheus_single(text, "hub_nodes_refused_total", PROMETHEUS_COUNTER,
				  "Requests of nodes refused because this hub has as many nodes as "
				  "it can have.",
				  (double)hub_nodes_refused(hub));
}
