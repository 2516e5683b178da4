/* The part of GET /metrics about the cluster that the node is a member of. */
#include "base/buffer.h"
#include "http/api/metrics.h"
#include "http/api/prometheus.h"

static const struct {
	const char *part, *key; /* in the JSON of GET /api/v1/cluster */
	const char *metric;
	enum prometheus_type type;
	const char *help;
} numbers[] = {
	{"leader", "is_self", "cluster_leader", PROMETHEUS_GAUGE,
	 "Whether this node leads the cluster now: 1 or 0."},
	{"leader", "term", "cluster_term", PROMETHEUS_GAUGE,
	 "The term of the leader that this node knows."},
	{"leader", "elections", "cluster_elections_total", PROMETHEUS_COUNTER,
	 "Changes of the leader that this node has seen."},
	{"log", "last", "cluster_log_messages", PROMETHEUS_GAUGE,
	 "Sequence of the last message in the cluster's log."},
	{"log", "lag", "cluster_log_lag_messages", PROMETHEUS_GAUGE,
	 "Messages of the cluster's log that this node has not read."},
	{"published", "messages", "cluster_published_messages_total", PROMETHEUS_COUNTER,
	 "Messages of this node that the cluster acknowledged."},
	{"published", "readings", "cluster_published_readings_total", PROMETHEUS_COUNTER,
	 "Readings in these messages."},
	{"published", "failures", "cluster_publish_failures_total", PROMETHEUS_COUNTER,
	 "Attempts to publish that were not acknowledged."},
	{"published", "set_back", "cluster_publish_set_back_total", PROMETHEUS_COUNTER,
	 "How often the log had lost messages of this node, which then sent them again."},
	{"published", "denied", "cluster_denied_total", PROMETHEUS_COUNTER,
	 "How often the servers refused what this node wanted to write or read."},
	{"relayed", "spokes", "cluster_relayed_spokes", PROMETHEUS_GAUGE,
	 "Spokes whose readings this node publishes to the cluster."},
	{"relayed", "readings", "cluster_relayed_readings_total", PROMETHEUS_COUNTER,
	 "Readings of spokes that the cluster acknowledged."},
	{"read", "added", "cluster_read_readings_total", PROMETHEUS_COUNTER,
	 "Readings of other nodes that were new to this node's history."},
	{"read", "known", "cluster_read_doubles_total", PROMETHEUS_COUNTER,
	 "Readings of other nodes that this node's history had already."},
	{"read", "refused", "cluster_read_refused_total", PROMETHEUS_COUNTER,
	 "Messages and readings of the log that were refused."},
	{"read", "lost", "cluster_log_lost_total", PROMETHEUS_COUNTER,
	 "Messages of the log that no server has any more."},
	{"commands", "unknown", "cluster_commands_unknown_total", PROMETHEUS_COUNTER,
	 "Commands to other nodes without an answer."},
};

static double value_of(const json_t *value)
{
	return json_is_true(value) ? 1 : json_number_value(value);
}

void web_metrics_add_cluster(struct buffer *text, const json_t *cluster)
{
	const char *state = json_string_value(json_object_get(cluster, "state"));

	prometheus_single(text, "cluster_ready", PROMETHEUS_GAUGE,
			  "Whether the cluster's log can be read and written now: 1 or 0.",
			  state && *state == 'r');
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		const json_t *part = json_object_get(cluster, numbers[i].part);

		prometheus_single(text, numbers[i].metric, numbers[i].type, numbers[i].help,
				  value_of(json_object_get(part, numbers[i].key)));
	}
}
