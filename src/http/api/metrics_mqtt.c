/* The counters of MQTT for GET /metrics. */
#include <jansson.h>
#include <string.h>

#include "http/api/metrics.h"
#include "http/api/prometheus.h"

static const struct {
	const char *key; /* in "counters" of GET /api/v1/mqtt */
	const char *metric, *help;
	enum prometheus_type type;
} numbers[] = {
	{"connected", "mqtt_connections_total", "Connections to the broker.", PROMETHEUS_COUNTER},
	{"failed", "mqtt_connections_failed_total",
	 "Connections to the broker that were lost or could not be made.", PROMETHEUS_COUNTER},
	{"published", "mqtt_messages_total", "Messages handed to the broker.", PROMETHEUS_COUNTER},
	{"bytes", "mqtt_bytes_total", "Bytes of their payloads.", PROMETHEUS_COUNTER},
	{"acknowledged", "mqtt_acknowledged_total", "Messages that the broker acknowledged.",
	 PROMETHEUS_COUNTER},
	{"denied", "mqtt_denied_total", "Messages of these that the broker refused.",
	 PROMETHEUS_COUNTER},
	{"received", "mqtt_received_total", "Messages that came in.", PROMETHEUS_COUNTER},
	{"dropped", "mqtt_dropped_total",
	 "Messages that came in and were too large, too many, or retained.", PROMETHEUS_COUNTER},
	{"oversized", "mqtt_oversized_total",
	 "Connections closed in the middle of a message that was far too large.",
	 PROMETHEUS_COUNTER},
	{"devices", "mqtt_devices", "Devices that Home Assistant was told of.", PROMETHEUS_GAUGE},
	{"entities", "mqtt_entities", "Entities of these devices.", PROMETHEUS_GAUGE},
	{"discovery_messages", "mqtt_discovery_messages_total",
	 "Messages that describe devices to Home Assistant.", PROMETHEUS_COUNTER},
	{"refused", "mqtt_refused_total", "Sensors, devices and nodes over a limit.",
	 PROMETHEUS_COUNTER},
	{"commands", "mqtt_commands_total", "Commands that came in.", PROMETHEUS_COUNTER},
	{"commands_refused", "mqtt_commands_refused_total", "Commands that failed or were refused.",
	 PROMETHEUS_COUNTER},
	{"history_sent", "mqtt_history_readings_total",
	 "Readings on the topics of the history that the broker acknowledged.", PROMETHEUS_COUNTER},
	{"history_skipped", "mqtt_history_skipped_total",
	 "Readings that retention deleted before they could be sent.", PROMETHEUS_COUNTER},
};

void web_metrics_add_mqtt(struct buffer *text, const json_t *mqtt)
{
	const json_t *counters = json_object_get(mqtt, "counters");
	const char *state = json_string_value(json_object_get(mqtt, "state"));

	if (!counters)
		return;
	prometheus_single(text, "mqtt_up", PROMETHEUS_GAUGE,
			  "Whether the node is connected to its broker of MQTT.",
			  state && !strcmp(state, "online"));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		prometheus_single(text, numbers[i].metric, numbers[i].type, numbers[i].help,
				  json_number_value(json_object_get(counters, numbers[i].key)));
}
