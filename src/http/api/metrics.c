/*
 * GET /metrics: counters of the plugins and of the broker. metrics_readings.c adds the readings and
 * metrics_intake.c what was refused of them.
 */
#include <stdio.h>
#include <string.h>

#include "alert/alerts.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "http/api/metrics.h"
#include "http/api/prometheus.h"
#include "http/events/events.h"
#include "http/server/handler.h"
#include "influx/writer.h"
#include "mqtt/publisher.h"
#include "store/history/history.h"

#define TYPE "text/plain; version=0.0.4; charset=utf-8"

static const struct {
	const char *key; /* in a plugin's JSON */
	const char *metric;
	enum prometheus_type type;
	const char *help;
	double scale;
} plugin_numbers[] = {
	{"polls", "plugin_polls_total", PROMETHEUS_COUNTER, "Polls that were answered.", 1},
	{"late_polls", "plugin_late_polls_total", PROMETHEUS_COUNTER,
	 "Polls that began late because the previous one was still running.", 1},
	{"slowed_polls", "plugin_slowed_polls_total", PROMETHEUS_COUNTER,
	 "Polls delayed because earlier ones gave more data than the plugin's share.", 1},
	{"errors", "plugin_errors_total", PROMETHEUS_COUNTER, "Calls that failed.", 1},
	{"restarts", "plugin_restarts_total", PROMETHEUS_COUNTER, "Restarts after a failure.", 1},
	{"reloads", "plugin_reloads_total", PROMETHEUS_COUNTER,
	 "New versions that replaced the running one.", 1},
	{"kills", "plugin_kills_total", PROMETHEUS_COUNTER,
	 "Processes that the broker killed for taking too much time or memory.", 1},
	{"host_calls", "plugin_host_calls_total", PROMETHEUS_COUNTER,
	 "Calls of the plugin to the broker.", 1},
	{"denied_calls", "plugin_denied_calls_total", PROMETHEUS_COUNTER,
	 "Calls to the broker that the grant does not cover.", 1},
	{"dropped_lines", "plugin_dropped_lines_total", PROMETHEUS_COUNTER,
	 "Log lines dropped because they were over the limit.", 1},
	{"thinned_readings", "plugin_thinned_readings_total", PROMETHEUS_COUNTER,
	 "Readings not written to the history because the plugin gave a newer one too soon.", 1},
	{"memory_bytes", "plugin_memory_bytes", PROMETHEUS_GAUGE,
	 "Private memory of the plugin's process.", 1},
	{"median_poll_ms", "plugin_poll_duration_median_seconds", PROMETHEUS_GAUGE,
	 "Median duration of the last 256 polls.", 0.001},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *name_of(const json_t *object, const char *key)
{
	const char *name = json_string_value(json_object_get(object, key));

	return name ? name : "";
}

/* Plugins */

static bool runs(const json_t *plugin)
{
	const char *state = name_of(plugin, "state");

	return !strcmp(state, "idle") || !strcmp(state, "calling") || !strcmp(state, "failing");
}

static void add_plugin_number(struct buffer *text, const json_t *plugins, size_t number)
{
	bool has_begun = false;

	for (size_t i = 0; i < json_array_size(plugins); i++) {
		const json_t *plugin = json_array_get(plugins, i);
		const json_t *value = json_object_get(plugin, plugin_numbers[number].key);
		const char *const labels[] = {"plugin", name_of(plugin, "name"), NULL};

		if (!json_is_number(value))
			continue;
		if (!has_begun)
			prometheus_begin(text, plugin_numbers[number].metric,
					 plugin_numbers[number].type, plugin_numbers[number].help);
		has_begun = true;
		prometheus_sample(text, plugin_numbers[number].metric, labels,
				  json_number_value(value) * plugin_numbers[number].scale);
	}
}

static void add_plugins(struct buffer *text, const struct web *web)
{
	const struct web_actions *actions = &web_config(web)->actions;
	json_t *plugins = actions->plugins ? actions->plugins(actions->arg) : NULL;

	if (json_array_size(plugins))
		prometheus_begin(text, "plugin_up", PROMETHEUS_GAUGE, "Whether the plugin runs.");
	for (size_t i = 0; i < json_array_size(plugins); i++) {
		const json_t *plugin = json_array_get(plugins, i);
		const char *const labels[] = {"plugin", name_of(plugin, "name"), NULL};

		prometheus_sample(text, "plugin_up", labels, runs(plugin));
	}
	for (size_t i = 0; i < COUNT(plugin_numbers); i++)
		add_plugin_number(text, plugins, i);
	json_decref(plugins);
}

/* The broker itself */

static void add_web(struct buffer *text, const struct web *web)
{
	struct web_events_counters events;
	struct web_counters now;

	web_counters(web, &now);
	web_events_counters(web_events(web), &events);
	const struct {
		const char *name, *help;
		enum prometheus_type type;
		uint64_t value;
	} numbers[] = {
		{"http_requests_total", "Requests answered.", PROMETHEUS_COUNTER, now.requests},
		{"http_refused_total", "Requests answered with 4xx.", PROMETHEUS_COUNTER,
		 now.refused},
		{"http_errors_total",
		 "Requests answered with 5xx, or not answered for lack of memory.",
		 PROMETHEUS_COUNTER, now.errors},
		{"log_ins_total", "Log-ins that succeeded.", PROMETHEUS_COUNTER, now.log_ins},
		{"log_ins_failed_total", "Log-ins with a wrong name, password or set-up link.",
		 PROMETHEUS_COUNTER, now.log_ins_failed},
		{"log_ins_slowed_total",
		 "Log-ins refused unchecked because they came too soon after failed ones.",
		 PROMETHEUS_COUNTER, now.log_ins_slowed},
		{"event_clients", "Clients of /api/v1/events connected now.", PROMETHEUS_GAUGE,
		 events.clients},
		{"event_clients_accepted_total", "Clients of /api/v1/events since the start.",
		 PROMETHEUS_COUNTER, events.accepted},
		{"event_clients_refused_total", "Clients of /api/v1/events refused over a limit.",
		 PROMETHEUS_COUNTER, events.refused},
		{"event_clients_dropped_total",
		 "Clients of /api/v1/events cut off because they read too slowly.",
		 PROMETHEUS_COUNTER, events.dropped},
		{"event_clients_ended_total",
		 "Clients of /api/v1/events cut off because they lost the right to read.",
		 PROMETHEUS_COUNTER, events.ended},
		{"events_total", "Events published.", PROMETHEUS_COUNTER, events.events},
		{"events_too_large_total", "Events that were too large to be sent.",
		 PROMETHEUS_COUNTER, events.too_large},
	};

	for (size_t i = 0; i < COUNT(numbers); i++)
		prometheus_single(text, numbers[i].name, numbers[i].type, numbers[i].help,
				  (double)numbers[i].value);
}

static void add_history(struct buffer *text, const struct web *web)
{
	const struct history *history = web_config(web)->history;

	if (!history)
		return;
	const struct history_counters now = history_counters(history);
	const struct {
		const char *name, *help;
		uint64_t value;
	} numbers[] = {
		{"history_committed_total", "Readings written to the history.", now.committed},
		{"history_dropped_total", "Readings dropped because the disk was too slow.",
		 now.dropped},
		{"history_refused_total", "Readings that the history refused.", now.refused},
		{"history_known_total", "Readings of other nodes that the history had already.",
		 now.known},
		{"history_commits_total", "Transactions that wrote readings.", now.commits},
		{"history_failures_total", "Transactions that failed.", now.failures},
		{"history_batches_refused_total",
		 "Batches of other nodes refused because the queue was full.", now.batches_refused},
		{"history_queries_refused_total", "Queries to the history refused over the limit.",
		 now.queries_refused},
	};

	prometheus_single(text, "history_up", PROMETHEUS_GAUGE,
			  "Whether the history can be written.", !history_is_failing(history));
	for (size_t i = 0; i < COUNT(numbers); i++)
		prometheus_single(text, numbers[i].name, PROMETHEUS_COUNTER, numbers[i].help,
				  (double)numbers[i].value);
}

static void add_process(struct buffer *text, const struct web *web)
{
	const char *const version[] = {"version", HARVESTER_VERSION, NULL};
	uv_rusage_t usage;
	size_t resident;

	prometheus_begin(text, "build_info", PROMETHEUS_GAUGE, "Always 1.");
	prometheus_sample(text, "build_info", version, 1);
	prometheus_single(text, "start_time_seconds", PROMETHEUS_GAUGE,
			  "Unix time at which the broker began to listen.",
			  (double)web_started_ms(web) / 1000);
	if (!uv_resident_set_memory(&resident))
		prometheus_single(text, "resident_memory_bytes", PROMETHEUS_GAUGE,
				  "Resident memory of the broker, without its plugins.",
				  (double)resident);
	if (!uv_getrusage(&usage))
		prometheus_single(
			text, "cpu_seconds_total", PROMETHEUS_COUNTER,
			"CPU time of the broker, without its plugins.",
			(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
				(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

static void add_queue_numbers(struct buffer *text, const json_t *queues, const char *key,
			      const char *metric, enum prometheus_type type, const char *help)
{
	if (json_array_size(queues))
		prometheus_begin(text, metric, type, help);
	for (size_t i = 0; i < json_array_size(queues); i++) {
		const json_t *queue = json_array_get(queues, i);
		const char *const labels[] = {"queue", name_of(queue, "queue"), NULL};

		prometheus_sample(text, metric, labels,
				  json_number_value(json_object_get(queue, key)));
	}
}

static void add_queues(struct buffer *text, const struct web *web)
{
	const struct web_actions *actions = &web_config(web)->actions;
	json_t *queues = actions->queues ? actions->queues(actions->arg) : NULL;

	add_queue_numbers(text, queues, "length", "queue_length", PROMETHEUS_GAUGE,
			  "Jobs waiting for a bus, including the running one.");
	add_queue_numbers(text, queues, "refused", "queue_refused_total", PROMETHEUS_COUNTER,
			  "Jobs refused because the queue of the bus was full.");
	json_decref(queues);
}

static void add_nodes(struct buffer *text, const struct web *web)
{
	const struct web_actions *actions = &web_config(web)->actions;
	json_t *nodes = actions->nodes ? actions->nodes(actions->arg) : NULL;

	web_metrics_add_nodes(text, nodes);
	web_metrics_add_hub(text, web_config(web)->hub);
	json_decref(nodes);
}

static void add_alerts(struct buffer *text, const struct web *web)
{
	const struct alerts *alerts = web_config(web)->alerts;
	json_t *shown = alerts ? alerts_to_json(alerts) : NULL;

	web_metrics_add_alerts(text, shown);
	json_decref(shown);
}

static void add_mqtt(struct buffer *text, const struct web *web)
{
	const struct mqtt_publisher *mqtt = web_config(web)->mqtt;
	json_t *shown = mqtt ? mqtt_publisher_to_json(mqtt) : NULL;

	web_metrics_add_mqtt(text, shown);
	json_decref(shown);
}

static void add_influx(struct buffer *text, const struct web *web)
{
	const struct influx_writer *influx = web_config(web)->influx;
	json_t *shown = influx ? influx_writer_to_json(influx) : NULL;

	web_metrics_add_influx(text, shown);
	json_decref(shown);
}

static void add_cluster(struct buffer *text, const struct web *web)
{
	const struct web_actions *actions = &web_config(web)->actions;
	json_t *cluster = actions->cluster ? actions->cluster(actions->arg) : NULL;

	if (cluster)
		web_metrics_add_cluster(text, cluster);
	json_decref(cluster);
}

static void add_bundles(struct buffer *text, const struct web *web)
{
	const struct web_actions *actions = &web_config(web)->actions;
	uint64_t installed, refused, rolled_back;

	if (!actions->bundles ||
	    !actions->bundles(actions->arg, &installed, &refused, &rolled_back))
		return;
	prometheus_single(text, "bundles_installed_total", PROMETHEUS_COUNTER,
			  "Bundles that came over the network and were installed.",
			  (double)installed);
	prometheus_single(text, "bundles_refused_total", PROMETHEUS_COUNTER,
			  "Bundles that came over the network and were refused.", (double)refused);
	prometheus_single(text, "bundles_rolled_back_total", PROMETHEUS_COUNTER,
			  "Versions that failed their probation, so the node went back.",
			  (double)rolled_back);
}

static void add_state(struct buffer *text, const struct web *web)
{
	const struct web_actions *actions = &web_config(web)->actions;

	if (actions->state_writes_refused)
		prometheus_single(text, "state_writes_refused_total", PROMETHEUS_COUNTER,
				  "Writes to plugin state refused over the limit.",
				  (double)actions->state_writes_refused(actions->arg));
	if (actions->readings_dropped)
		prometheus_single(
			text, "history_readings_dropped_total", PROMETHEUS_COUNTER,
			"Readings not stored since too many plugins write to the history.",
			(double)actions->readings_dropped(actions->arg));
}

struct web_answer web_get_metrics(struct web *web, struct web_request *request)
{
	struct web_answer answer = {.status = MHD_HTTP_OK};
	struct buffer text;

	(void)request;
	buffer_init(&text, web_config(web)->hub ? WEB_METRICS_HUB_SIZE_MAX : WEB_METRICS_SIZE_MAX);
	add_process(&text, web);
	add_web(&text, web);
	add_queues(&text, web);
	add_state(&text, web);
	add_bundles(&text, web);
	web_metrics_add_rollouts(&text, web);
	add_history(&text, web);
	add_plugins(&text, web);
	web_metrics_add_intake(&text, web_config(web)->intake);
	add_nodes(&text, web);
	add_alerts(&text, web);
	add_cluster(&text, web);
	add_mqtt(&text, web);
	add_influx(&text, web);
	web_metrics_add_readings(&text, web_config(web)->table,
				 clock_unix_ms(web_config(web)->clock));
	if (text.failed)
		answer = web_answer_problem(MHD_HTTP_INTERNAL_SERVER_ERROR,
					    "the metrics are too large for one answer: remove "
					    "plugins that return many sensors");
	else
		answer.response = web_response_text(text.data, text.size, TYPE);
	buffer_finish(&text);
	return answer;
}
