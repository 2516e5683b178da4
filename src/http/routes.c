/* The table of all routes, and what their queries and bodies may contain. */
#include "http/server/handler.h"

#include <stdint.h>

#define NUMBER_MAX ((int64_t)1 << 53) /* the largest integer that all JSON readers hold exactly */

const struct web_parameter web_no_parameters[] = {{0}};

static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const patterns[] = {"single", "triple", "long", NULL};
static const char *const fan_actions[] = {"test", NULL};

static const struct web_parameter logs_query[] = {
	[WEB_LOGS_NODE] = {.name = "node", .type = WEB_TEXT, .minimum = 1, .maximum = 64},
	[WEB_LOGS_LEVEL] = {.name = "level", .type = WEB_CHOICE, .choices = levels},
	[WEB_LOGS_SOURCE] = {.name = "source", .type = WEB_TEXT, .minimum = 1, .maximum = 128},
	[WEB_LOGS_SEARCH] = {.name = "search", .type = WEB_TEXT, .minimum = 1, .maximum = 256},
	[WEB_LOGS_AFTER] = {.name = "after", .type = WEB_INTEGER, .maximum = NUMBER_MAX},
	[WEB_LOGS_LIMIT] = {.name = "limit", .type = WEB_INTEGER, .minimum = 1, .maximum = 1000},
	{0},
};

static const struct web_parameter buzzer_body[] = {
	{.name = "pattern", .type = WEB_CHOICE, .is_required = true, .choices = patterns},
	{0},
};

static const struct web_parameter fan_body[] = {
	{.name = "action", .type = WEB_CHOICE, .is_required = true, .choices = fan_actions},
	{0},
};

static const struct web_parameter leds_body[] = {
	{.name = "color", .type = WEB_COLOR, .is_required = true},
	{.name = "seconds",
	 .type = WEB_INTEGER,
	 .is_required = true,
	 .minimum = 1,
	 .maximum = WEB_LIGHT_SECONDS_MAX},
	{0},
};

static const struct web_parameter snooze_body[] = {
	{.name = "seconds",
	 .type = WEB_INTEGER,
	 .is_required = true,
	 .maximum = WEB_SNOOZE_SECONDS_MAX},
	{0},
};

#define DIGEST_SIZE 64 /* hex */

static const struct web_parameter approve_body[] = {
	{.name = "digest",
	 .type = WEB_TEXT,
	 .is_required = true,
	 .minimum = DIGEST_SIZE,
	 .maximum = DIGEST_SIZE,
	 .advice = "send request.digest of the plugin in GET /api/v1/plugins, so that what is "
		   "approved is what was seen"},
	{0},
};

static const struct web_parameter bundle_body[] = {
	{.name = "bundle",
	 .type = WEB_TEXT,
	 .is_required = true,
	 .minimum = 4,
	 .maximum = WEB_BUNDLE_TEXT_MAX},
	{.name = "signature", .type = WEB_TEXT, .minimum = 4, .maximum = WEB_SIGNATURE_TEXT_MAX},
	{0},
};

/* reading_catalogue_patch() checks the same more closely. */
static const struct web_parameter sensor_body[] = {
	{.name = "name", .type = WEB_TEXT, .may_be_null = true, .minimum = 1, .maximum = 64},
	{.name = "room", .type = WEB_TEXT, .may_be_null = true, .minimum = 1, .maximum = 64},
	{.name = "order", .type = WEB_INTEGER, .may_be_null = true, .maximum = 9999},
	{.name = "hidden", .type = WEB_BOOLEAN, .may_be_null = true},
	{.name = "main", .type = WEB_TEXT, .may_be_null = true, .minimum = 1, .maximum = 64},
	{.name = "fields", .type = WEB_OBJECT, .may_be_null = true},
	{0},
};

#define NONE web_no_parameters

/* The oldest routes, those outside /api/v1/, check their query and body themselves (NULL, NULL). */
const struct web_route web_routes[] = {
	{"GET", "/api/readings", WEB_READ, web_get_readings, NULL, NULL},
	{"GET", "/", WEB_READ, web_get_page, NULL, NULL},
	{"GET", "/page", WEB_READ, web_get_framed_page, NULL, NULL},
	{"GET", "/values", WEB_READ, web_get_values, NULL, NULL},
	{"GET", "/login", WEB_ALWAYS, web_get_login, NULL, NULL},
	{"GET", "/service-worker.js", WEB_ALWAYS, web_get_service_worker, NULL, NULL},
	{"GET", "/assets/{name}", WEB_ALWAYS, web_get_asset, NULL, NULL},
	{"GET", "/api/logs", WEB_READ, web_get_logs, NULL, NULL},
	{"POST", "/api/buzzer", WEB_OPERATE, web_post_buzzer, NULL, NULL},
	{"POST", "/api/buzzer/test", WEB_OPERATE, web_post_buzzer_test, NULL, NULL},
	{"GET", "/api/fan/status", WEB_READ, web_get_fan_status, NULL, NULL},
	{"POST", "/api/fan/test", WEB_OPERATE, web_post_fan_test, NULL, NULL},
	{"GET", "/api/v1/readings", WEB_READ, web_get_readings_v1, NONE, NULL},
	{"DELETE", "/api/v1/readings/{sensor}", WEB_OPERATE, web_delete_reading, NONE, NONE},
	{"PATCH", "/api/v1/sensors/{sensor}", WEB_OPERATE, web_patch_sensor, NONE, sensor_body},
	{"GET", "/api/v1/events", WEB_READ, web_get_events, NONE, NULL},
	{"GET", "/api/v1/logs", WEB_READ, web_get_logs_v1, logs_query, NULL},
	{"GET", "/api/v1/history", WEB_READ, web_get_history, web_history_query, NULL},
	{"GET", "/api/v1/history/series", WEB_READ, web_get_series, web_series_query, NULL},
	{"GET", "/api/v1/history/status", WEB_READ, web_get_history_status, NONE, NULL},
	{"GET", "/api/v1/nodes", WEB_READ, web_get_nodes, NONE, NULL},
	{"POST", "/api/v1/nodes/{node}/buzzer", WEB_OPERATE, web_post_node_buzzer, NONE,
	 buzzer_body},
	{"GET", "/api/v1/nodes/{node}/fan", WEB_READ, web_get_node_fan, NONE, NULL},
	{"POST", "/api/v1/nodes/{node}/fan", WEB_OPERATE, web_post_node_fan, NONE, fan_body},
	{"GET", "/api/v1/nodes/{node}/outputs", WEB_READ, web_get_node_outputs, NONE, NULL},
	{"GET", "/api/v1/nodes/{node}/leds", WEB_READ, web_get_node_leds, NONE, NULL},
	{"POST", "/api/v1/nodes/{node}/leds", WEB_OPERATE, web_post_node_leds, NONE, leds_body},
	{"POST", "/api/v1/nodes/{node}/accept", WEB_OPERATE, web_post_node_accept, NONE, NONE},
	{"GET", "/api/v1/cluster", WEB_READ, web_get_cluster, NONE, NULL},
	{"GET", "/api/v1/mqtt", WEB_READ, web_get_mqtt, NONE, NULL},
	{"GET", "/api/v1/influx", WEB_READ, web_get_influx, NONE, NULL},
	{"GET", "/api/v1/log", WEB_READ, web_get_cluster_log, web_cluster_log_query, NULL},
	{"GET", "/api/v1/plugins", WEB_READ, web_get_plugins, NONE, NULL},
	{"POST", "/api/v1/plugins/{name}/approve", WEB_OPERATE, web_post_approve, NONE,
	 approve_body},
	{"POST", "/api/v1/plugins/{name}/reload", WEB_OPERATE, web_post_reload, NONE, NONE},
	{"POST", "/api/v1/plugins/{name}/enable", WEB_OPERATE, web_post_enable, NONE, NONE},
	{"POST", "/api/v1/plugins/{name}/disable", WEB_OPERATE, web_post_disable, NONE, NONE},
	{"POST", "/api/v1/bundles", WEB_OPERATE, web_post_bundle, NONE, bundle_body},
	{"GET", "/api/v1/rollouts", WEB_READ, web_get_rollouts, NONE, NULL},
	{"POST", "/api/v1/rollouts", WEB_OPERATE, web_post_rollout, NONE, web_rollout_fields},
	{"POST", "/api/v1/rollouts/{number}/pause", WEB_OPERATE, web_post_rollout_pause, NONE,
	 NONE},
	{"POST", "/api/v1/rollouts/{number}/resume", WEB_OPERATE, web_post_rollout_resume, NONE,
	 NONE},
	{"POST", "/api/v1/rollouts/{number}/abort", WEB_OPERATE, web_post_rollout_abort, NONE,
	 NONE},
	{"POST", "/api/v1/rollouts/{number}/undo", WEB_OPERATE, web_post_rollout_undo, NONE, NONE},
	{"GET", "/api/v1/alerts", WEB_READ, web_get_alerts, NONE, NULL},
	{"POST", "/api/v1/alerts", WEB_OPERATE, web_post_alert, NONE, NULL},
	{"PATCH", "/api/v1/alerts/{name}", WEB_OPERATE, web_patch_alert, NONE, NULL},
	{"DELETE", "/api/v1/alerts/{name}", WEB_OPERATE, web_delete_alert, NONE, NONE},
	{"POST", "/api/v1/alerts/{name}/acknowledge", WEB_OPERATE, web_post_alert_acknowledge, NONE,
	 NONE},
	{"POST", "/api/v1/alerts/{name}/snooze", WEB_OPERATE, web_post_alert_snooze, NONE,
	 snooze_body},
	{"POST", "/api/v1/alerts/{name}/test", WEB_OPERATE, web_post_alert_test, NONE, NONE},
	{"GET", "/api/v1/simulation", WEB_READ, web_get_simulation, NONE, NULL},
	{"GET", "/api/v1/openapi.json", WEB_OPEN, web_get_openapi, NONE, NULL},
	{"POST", "/push", WEB_PUSH, web_post_push, NULL, NULL},
	{"POST", "/api/v1/uplink/hello", WEB_NODE, web_post_hello, NONE, NULL},
	{"POST", "/api/v1/uplink/readings", WEB_NODE, web_post_uplink_readings, NONE, NULL},
	{"GET", "/api/v1/uplink/commands", WEB_NODE, web_get_commands, web_commands_query, NULL},
	{"POST", "/api/v1/uplink/results", WEB_NODE, web_post_results, web_commands_query, NULL},
	{"POST", "/api/v1/uplink/updates", WEB_NODE, web_post_updates, web_commands_query, NULL},
	{"GET", "/api/v1/uplink/bundle", WEB_NODE, web_get_uplink_bundle, web_uplink_bundle_query,
	 NULL},
	{"GET", "/healthz", WEB_ALWAYS, web_get_health, NULL, NULL},
	{"GET", "/readyz", WEB_OPEN, web_get_ready, NULL, NULL},
	{"GET", "/metrics", WEB_READ, web_get_metrics, NULL, NULL},
	{"GET", "/api/v1/session", WEB_OPEN, web_get_session, NONE, NULL},
	{"POST", "/api/v1/session", WEB_OPEN, web_post_session, NONE, web_session_fields},
	{"DELETE", "/api/v1/session", WEB_OPEN, web_delete_session, NONE, NONE},
	{"POST", "/api/v1/setup", WEB_ALWAYS, web_post_setup, NONE, web_setup_fields},
	{"GET", "/setup", WEB_ALWAYS, web_get_setup_page, NULL, NULL},
	{"GET", "/account.css", WEB_ALWAYS, web_get_account_style, NULL, NULL},
	{"GET", "/account.js", WEB_ALWAYS, web_get_account_script, NULL, NULL},
};

const size_t web_routes_count = sizeof(web_routes) / sizeof(*web_routes);
