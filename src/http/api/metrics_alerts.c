/* The counters of alerts for GET /metrics. */
#include <jansson.h>

#include "http/api/metrics.h"
#include "http/api/prometheus.h"

static const struct {
	const char *key; /* in "counters" of GET /api/v1/alerts */
	const char *metric, *help;
	enum prometheus_type type;
} numbers[] = {
	{"pending", "alerts_pending", "Alerts whose condition holds, and that do not fire yet.",
	 PROMETHEUS_GAUGE},
	{"firing", "alerts_firing", "Alerts that fire.", PROMETHEUS_GAUGE},
	{"changes", "alert_changes_total", "Alerts that people were told of: begun or ended.",
	 PROMETHEUS_COUNTER},
	{"refused", "alerts_refused_total", "Alerts over the limit of alerts at once.",
	 PROMETHEUS_COUNTER},
	{"waiting", "alert_notices_waiting", "Notices that wait to be sent.", PROMETHEUS_GAUGE},
	{"sent", "alert_messages_sent_total", "Messages that a service accepted.",
	 PROMETHEUS_COUNTER},
	{"failed", "alert_attempts_failed_total", "Attempts to send a message that failed.",
	 PROMETHEUS_COUNTER},
	{"given_up", "alert_notices_given_up_total",
	 "Notices that were never delivered, after many attempts or refusals.", PROMETHEUS_COUNTER},
	{"dropped", "alert_notices_dropped_total", "Notices that found too many waiting.",
	 PROMETHEUS_COUNTER},
	{"left", "alert_notices_left_total", "Notices that were left to the cluster's leader.",
	 PROMETHEUS_COUNTER},
};

void web_metrics_add_alerts(struct buffer *text, const json_t *alerts)
{
	const json_t *counters = json_object_get(alerts, "counters");

	for (size_t i = 0; counters && i < sizeof(numbers) / sizeof(*numbers); i++)
		prometheus_single(text, numbers[i].metric, numbers[i].type, numbers[i].help,
				  json_number_value(json_object_get(counters, numbers[i].key)));
}
