#include "base/buffer.h"
#include "http/api/metrics.h"
#include "http/api/prometheus.h"
#include "http/server/handler.h"
#include "rollout/hub/desk.h"

/* Of a node that has a hub. */
static void add_node(struct buffer *text, const struct web *web)
{
	const struct web_actions *actions = &web_config(web)->actions;
	uint64_t refused;

	if (actions->updates_refused && actions->updates_refused(actions->arg, &refused))
		prometheus_single(text, "updates_refused_total", PROMETHEUS_COUNTER,
				  "Desired states of the hub that this node has refused.",
				  (double)refused);
}

void web_metrics_add_rollouts(struct buffer *text, const struct web *web)
{
	struct rollout_counts counts;

	add_node(text, web);
	if (!web_config(web)->rollouts)
		return;
	counts = rollout_desk_count(web_config(web)->rollouts);
	prometheus_single(text, "rollouts_active", PROMETHEUS_GAUGE,
			  "Roll-outs that are not finished.", (double)counts.active);
	prometheus_single(text, "rollout_transfers", PROMETHEUS_GAUGE,
			  "Nodes that fetch a bundle now.", (double)counts.transfers);
	prometheus_single(text, "rollout_transfers_delayed_total", PROMETHEUS_COUNTER,
			  "Requests for a bundle that had to wait for other nodes.",
			  (double)counts.transfers_delayed);
	prometheus_single(text, "rollout_bytes_total", PROMETHEUS_COUNTER,
			  "Bytes of bundles that were sent to nodes.", (double)counts.bytes);
	prometheus_single(text, "rollout_reports_malformed_total", PROMETHEUS_COUNTER,
			  "Reports of nodes that were not understood.",
			  (double)counts.reports_malformed);
}
